"""scikit-learn's GridSearchCV over MLPClassifier: the networks of bench/sweep.ts, ranked by a tenth of the training rows.

The split is the same for every network, and each network is trained once: no cross-validation, no refit.
"""

import argparse
import json
import os
import warnings

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--data", required=True)
parser.add_argument("--rates", required=True)
parser.add_argument("--seeds", required=True)
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--jobs", type=int, required=True)
options = parser.parse_args()

for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[variable] = "1"  # one thread for each job, as for each network of the sweep
os.environ["PYTHONWARNINGS"] = "ignore"  # of the jobs: training ends before it converges
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402, the number of threads is set first
import sklearn  # noqa: E402
from sklearn.model_selection import GridSearchCV, PredefinedSplit  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402

import peer  # noqa: E402

x_train, y_train, x_test, y_test = peer.load(options.data)
held = np.random.default_rng(1).permutation(len(x_train))[: len(x_train) // 10]
fold = np.full(len(x_train), -1)
fold[held] = 0
model = MLPClassifier(
    hidden_layer_sizes=(128, 64),
    activation="relu",
    solver="adam",
    alpha=0,
    batch_size=peer.BATCH_SIZE,
    beta_1=peer.BETA1,
    beta_2=peer.BETA2,
    epsilon=peer.EPSILON,
    max_iter=options.epochs,
    tol=0,
    n_iter_no_change=options.epochs + 1,
    early_stopping=False,
)
grid = {
    "learning_rate_init": [float(rate) for rate in options.rates.split(",")],
    "random_state": [int(seed) for seed in options.seeds.split(",")],
}
search = GridSearchCV(model, grid, cv=PredefinedSplit(fold), scoring="accuracy", refit=False, n_jobs=options.jobs)
search.fit(x_train, y_train)
print(json.dumps({
    "peer": "GridSearchCV",
    "version": sklearn.__version__,
    "best": float(search.cv_results_["mean_test_score"].max()),
    "networks": len(search.cv_results_["params"]),
}))
