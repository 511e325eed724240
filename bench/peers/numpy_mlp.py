"""The peer "numpy": float32 NumPy on its BLAS. Every array is allocated once; Adam works in place over one flat vector."""

import time

import peer

options = peer.options("NumPy")

import numpy as np  # noqa: E402, the number of threads is set first


class Mlp:
    """Layers of `widths` with ReLU between them. Weights are [I, O], so that forward is `x @ w`."""

    def __init__(self, widths, rng):
        shapes = list(zip(widths, widths[1:]))
        size = sum((i + 1) * o for i, o in shapes)
        self.parameters, self.gradients = np.zeros(size, np.float32), np.empty(size, np.float32)
        self.m, self.v = np.zeros(size, np.float32), np.zeros(size, np.float32)
        self.scratch = np.empty(size, np.float32)
        self.layers, self.layer_gradients = self.views(self.parameters, shapes), self.views(self.gradients, shapes)
        for weights, _ in self.layers:
            weights[:] = rng.standard_normal(weights.shape, np.float32) * np.sqrt(2 / len(weights))
        self.outputs = [np.empty((peer.BATCH_SIZE, o), np.float32) for _, o in shapes]
        self.deltas = [np.empty_like(output) for output in self.outputs]
        self.step = 0

    @staticmethod
    def views(flat, shapes):
        pairs, at = [], 0
        for i, o in shapes:
            pairs.append((flat[at : at + i * o].reshape(i, o), flat[at + i * o : at + (i + 1) * o]))
            at += (i + 1) * o
        return pairs

    def train(self, x, labels):
        """Runs one step of Adam on the mean cross-entropy of a batch."""
        rows, last = len(x), len(self.layers) - 1
        outputs, deltas = [y[:rows] for y in self.outputs], [d[:rows] for d in self.deltas]
        inputs = x
        for index, (weights, bias) in enumerate(self.layers):
            y = np.matmul(inputs, weights, out=outputs[index])
            y += bias
            if index < last:
                np.maximum(y, 0, out=y)
            inputs = y

        delta = np.subtract(outputs[last], outputs[last].max(axis=1, keepdims=True), out=deltas[last])
        np.exp(delta, out=delta)
        delta /= delta.sum(axis=1, keepdims=True)
        delta[np.arange(rows), labels] -= 1
        delta /= rows

        for index in range(last, -1, -1):
            weight_gradient, bias_gradient = self.layer_gradients[index]
            np.matmul((outputs[index - 1] if index else x).T, deltas[index], out=weight_gradient)
            deltas[index].sum(axis=0, out=bias_gradient)
            if index:
                np.matmul(deltas[index], self.layers[index][0].T, out=deltas[index - 1])
                deltas[index - 1] *= outputs[index - 1] > 0
        self.adam()

    def adam(self):
        self.step += 1
        correction = np.sqrt(1 - peer.BETA2**self.step)
        rate = peer.LEARNING_RATE * correction / (1 - peer.BETA1**self.step)
        g, scratch = self.gradients, self.scratch
        self.m *= np.float32(peer.BETA1)
        self.m += np.multiply(g, np.float32(1 - peer.BETA1), out=scratch)
        self.v *= np.float32(peer.BETA2)
        np.multiply(g, g, out=g)
        g *= np.float32(1 - peer.BETA2)
        self.v += g
        np.sqrt(self.v, out=scratch)
        scratch += np.float32(peer.EPSILON * correction)
        np.divide(self.m, scratch, out=scratch)
        scratch *= np.float32(rate)
        self.parameters -= scratch

    def predict(self, x):
        for index, (weights, bias) in enumerate(self.layers):
            x = x @ weights + bias
            if index < len(self.layers) - 1:
                x = np.maximum(x, 0)
        return x.argmax(axis=1)


x_train, y_train, x_test, y_test = peer.load(options.data)
rng = np.random.default_rng(1)
mlp = Mlp([x_train.shape[1], *options.hidden, 10], rng)
batch, seconds = np.empty((peer.BATCH_SIZE, x_train.shape[1]), np.float32), []
for _ in range(options.epochs):
    began = time.perf_counter()
    order = rng.permutation(len(x_train))
    for first in range(0, len(order), peer.BATCH_SIZE):
        rows = order[first : first + peer.BATCH_SIZE]
        # mode="clip" lets NumPy write straight into `out`; the default mode copies through a buffer.
        mlp.train(np.take(x_train, rows, axis=0, out=batch[: len(rows)], mode="clip"), y_train[rows])
    seconds.append(time.perf_counter() - began)
accuracy = float((mlp.predict(x_test) == y_test).mean())
peer.report("numpy", np.__version__ + peer.blas(), options.threads, seconds, accuracy)
