"""Computes the answers of exported networks in Python, and prints the largest differences as JSON.

    python3 runtimes.py FOLDER

FOLDER has a folder for each network: rows.npy, answers.npy, and out.npz, out.safetensors and out.onnx.
A library that is not installed is left out.
"""
import importlib
import json
import math
import os
import sys

folder = sys.argv[1]


def load(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


np, torch, onnx, ort = load("numpy"), load("torch"), load("onnx"), load("onnxruntime")
safetensors = load("safetensors")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def numpy_activation(name, z):
    if name == "gelu":
        return z * (1 + np.vectorize(math.erf)(z / math.sqrt(2))) / 2
    return {
        "linear": lambda: z,
        "relu": lambda: np.maximum(z, 0),
        "sigmoid": lambda: sigmoid(z),
        "tanh": lambda: np.tanh(z),
        "softmax": lambda: softmax(z),
        "silu": lambda: z * sigmoid(z),
        "mish": lambda: z * np.tanh(np.logaddexp(0, z)),
        "leaky-relu": lambda: np.where(z > 0, z, 0.01 * z),
        "elu": lambda: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    }[name]()


def torch_module(name):
    nn = torch.nn
    return {
        "relu": nn.ReLU,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "softmax": lambda: nn.Softmax(dim=1),
        "silu": nn.SiLU,
        "mish": nn.Mish,
        "leaky-relu": lambda: nn.LeakyReLU(0.01),
        "elu": nn.ELU,
        "gelu": nn.GELU,
    }[name]()


def answers_of(config, y):
    """Turns the outputs of a network into what a prediction shows."""
    last = config["activations"][-1]
    loss = config.get("training", {}).get("config", {}).get("loss")
    if loss == "binary-cross-entropy":
        y = sigmoid(y) if last == "linear" else y
        return np.concatenate([1 - y, y], axis=1) if y.shape[1] == 1 else y
    return softmax(y) if last == "linear" and loss == "cross-entropy" else y


def in_numpy(weights, config, x):
    indices = sorted(int(name.split(".")[0]) for name in weights if name.endswith(".weight"))
    for index, activation in zip(indices, config["activations"]):
        x = x @ weights[f"{index}.weight"].astype(np.float64).T + weights[f"{index}.bias"]
        x = numpy_activation(activation, x)
    return answers_of(config, x)


def in_torch(weights, config, x):
    modules = []
    by_index = sorted((int(name.split(".")[0]), w.shape) for name, w in weights.items() if name.endswith(".weight"))
    for (_, (outputs, inputs)), activation in zip(by_index, config["activations"]):
        modules.append(torch.nn.Linear(inputs, outputs))
        if activation != "linear":
            modules.append(torch_module(activation))
    model = torch.nn.Sequential(*modules)
    model.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(w)) for name, w in weights.items()})
    with torch.no_grad():
        return answers_of(config, model.double()(torch.from_numpy(x)).numpy())


found = {}


def note(library, name, expected, answers):
    scale = 1
    if name.startswith("target"):
        scale = np.abs(expected).max(axis=0)
    difference = float((np.abs(expected - answers) / scale).max())
    found.setdefault(library, {})[name] = difference


for name in sorted(os.listdir(folder)) if np else []:
    path = os.path.join(folder, name)
    rows, expected = np.load(os.path.join(path, "rows.npy")), np.load(os.path.join(path, "answers.npy"))
    with np.load(os.path.join(path, "out.npz")) as npz:
        weights = {key: npz[key] for key in npz.files if key != "config"}
        config = json.loads(str(npz["config"]))
    x = rows.astype(np.float64) * config["inputScale"]
    note("NumPy", name, expected, in_numpy(weights, config, x))
    if torch:
        note("PyTorch", name, expected, in_torch(weights, config, x))
    if safetensors:
        file = os.path.join(path, "out.safetensors")
        with safetensors.safe_open(file, "np") as opened:
            loaded = {key: opened.get_tensor(key) for key in opened.keys()}
            other = json.loads(opened.metadata()["mlpcuda"])
        assert other == config and all((loaded[key] == weights[key]).all() for key in weights)
        note("safetensors", name, expected, in_numpy(loaded, other, x))
    if onnx:
        onnx.checker.check_model(os.path.join(path, "out.onnx"), full_check=True)
        onnx.checker.check_model(os.path.join(path, "out32.onnx"), full_check=True)
        found.setdefault("onnx", {})[name] = 0.0
    if ort:
        for file, library in (("out.onnx", "ONNX Runtime"), ("out32.onnx", "ONNX Runtime, float32")):
            session = ort.InferenceSession(os.path.join(path, file))
            shaped = rows.reshape(-1, *config["inputShape"])
            note(library, name, expected, session.run(None, {"input": shaped})[0].astype(np.float64))
print(json.dumps(found))
