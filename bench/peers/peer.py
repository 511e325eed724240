"""The parts that the Python peers share: their options, the data set, and the line of JSON that each prints."""

import argparse
import json
import os
import resource

LEARNING_RATE, BETA1, BETA2, EPSILON = 0.001, 0.9, 0.999, 1e-8
BATCH_SIZE = 128


def options(name, own=()):
    """Reads the options, and sets the threads of every BLAS: call it before importing NumPy. `own` are the peer's further
        options, each a flag and its arguments for argparse."""
    parser = argparse.ArgumentParser(description=f"Trains on MNIST with {name} and times each epoch.")
    parser.add_argument("--data", required=True, help=".npz with x_train, y_train, x_test, y_test")
    parser.add_argument("--layers", default="128,64", help="widths of the hidden layers (default 128,64)")
    parser.add_argument("--epochs", type=int, default=6, help="passes over the training set (default 6)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="threads (default: all cores)")
    for flag, described in own:
        parser.add_argument(flag, **described)
    parsed = parser.parse_args()
    parsed.hidden = [int(width) for width in parsed.layers.split(",")]
    # Some systems choose OpenBLAS's kernels by hand, which is slower than its own choice for the processor.
    for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(variable, None)
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[variable] = str(parsed.threads)
    return parsed


def load(path):
    """Returns x_train [60000, 784], y_train, x_test, y_test: inputs as float32 from 0 to 1, labels as int64."""
    import numpy as np

    with np.load(path) as file:
        train, test = ((file[f"x_{part}"], file[f"y_{part}"]) for part in ("train", "test"))
    scaled = [(x.reshape(len(x), -1).astype(np.float32) / 255, y.astype(np.int64)) for x, y in (train, test)]
    return *scaled[0], *scaled[1]


def blas():
    """Returns the version and the kernels of the OpenBLAS in use, if threadpoolctl is installed (it comes with
    scikit-learn)."""
    try:
        import threadpoolctl
    except ImportError:
        return ""
    found = [pool for pool in threadpoolctl.threadpool_info() if pool["internal_api"] == "openblas"]
    return "".join(f", OpenBLAS {pool['version']} ({pool['architecture']})" for pool in found[:1])


def report(peer, version, threads, seconds, accuracy):
    """Prints the result: the seconds of training for each epoch, and the test accuracy."""
    rss_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({
        "peer": peer,
        "version": version,
        "threads": threads,
        "secondsPerEpoch": seconds,
        "testAccuracy": accuracy,
        "peakRssMB": round(rss_kib * 1024 / 1e6, 1),
    }))
