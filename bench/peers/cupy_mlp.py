"""The peer "cupy": a network written with CuPy in the way of NumPy, as many beginners write it.

Arrays are float64 on the GPU, every operation is a separate launch, and each epoch shuffles the whole set by a
permutation that NumPy drew.
"""

import time

import peer

options = peer.options("CuPy")

import cupy as cp  # noqa: E402, after the options
import numpy as np  # noqa: E402


class Mlp:
    """Layers of `widths` with ReLU between them. Weights are [I, O]."""

    def __init__(self, widths):
        rng = np.random.default_rng(1)
        self.weights = [cp.asarray(rng.standard_normal((i, o)) * np.sqrt(2 / i)) for i, o in zip(widths, widths[1:])]
        self.biases = [cp.zeros((1, o)) for o in widths[1:]]
        self.m = [cp.zeros_like(p) for p in self.weights + self.biases]
        self.v = [cp.zeros_like(p) for p in self.weights + self.biases]
        self.step = 0

    def forward(self, x):
        activations = [x]
        for index, (w, b) in enumerate(zip(self.weights, self.biases)):
            z = activations[-1] @ w + b
            if index < len(self.weights) - 1:
                activations.append(cp.maximum(z, 0))
            else:
                e = cp.exp(z - cp.max(z, axis=1, keepdims=True))
                activations.append(e / cp.sum(e, axis=1, keepdims=True))
        return activations

    def train(self, x, y):
        """Runs one step of Adam on the mean cross-entropy of a batch; y is one-hot."""
        activations = self.forward(x)
        delta = (activations[-1] - y) / len(x)
        weight_gradients, bias_gradients = [], []
        for index in reversed(range(len(self.weights))):
            weight_gradients.insert(0, activations[index].T @ delta)
            bias_gradients.insert(0, cp.sum(delta, axis=0, keepdims=True))
            if index:
                delta = (delta @ self.weights[index].T) * (activations[index] > 0)
        self.adam(weight_gradients + bias_gradients)

    def adam(self, gradients):
        self.step += 1
        parameters = self.weights + self.biases
        for index, g in enumerate(gradients):
            self.m[index] = peer.BETA1 * self.m[index] + (1 - peer.BETA1) * g
            self.v[index] = peer.BETA2 * self.v[index] + (1 - peer.BETA2) * g**2
            m_hat = self.m[index] / (1 - peer.BETA1**self.step)
            v_hat = self.v[index] / (1 - peer.BETA2**self.step)
            parameters[index] -= peer.LEARNING_RATE * m_hat / (cp.sqrt(v_hat) + peer.EPSILON)


x_train, y_train, x_test, y_test = (cp.asarray(array) for array in peer.load(options.data))
x_train, x_test = x_train.astype(cp.float64), x_test.astype(cp.float64)
classes = cp.eye(10)[y_train]
mlp = Mlp([x_train.shape[1], *options.hidden, 10])
rng, seconds = np.random.default_rng(2), []
for _ in range(options.epochs):
    began = time.perf_counter()
    order = cp.asarray(rng.permutation(len(x_train)))
    x_shuffled, y_shuffled = x_train[order], classes[order]
    for first in range(0, len(order), peer.BATCH_SIZE):
        mlp.train(x_shuffled[first : first + peer.BATCH_SIZE], y_shuffled[first : first + peer.BATCH_SIZE])
    cp.cuda.Device().synchronize()
    seconds.append(time.perf_counter() - began)
accuracy = float((cp.argmax(mlp.forward(x_test)[-1], axis=1) == y_test).mean())
peer.report("cupy", cp.__version__, options.threads, seconds, accuracy)
