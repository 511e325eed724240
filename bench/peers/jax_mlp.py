"""The peer "jax": JAX in float32 on a GPU or on the CPU, an epoch as one `jit` function that scans over the batches.

The set stays on the device, and the order of an epoch is drawn there. The last batch, which has fewer rows, is a separate
step after the scan, in the same function.
"""

import os
import time

import peer

options = peer.options("JAX", [
    ("--platform", {"choices": ["cpu", "cuda"], "help": "the device (default: the fastest that JAX finds)"}),
])
os.environ["NPROC"] = str(options.threads)  # the threads of XLA on the CPU
if options.platform:
    os.environ["JAX_PLATFORMS"] = options.platform

import jax  # noqa: E402, after the options
import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402

jax.config.update("jax_default_matmul_precision", "float32")  # no TF32


def initial(key, widths):
    layers = []
    for i, o in zip(widths, widths[1:]):
        key, own = jax.random.split(key)
        layers.append((jax.random.normal(own, (i, o)) * jnp.sqrt(2 / i), jnp.zeros(o)))
    return layers


def logits_of(layers, x):
    for w, b in layers[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = layers[-1]
    return x @ w + b


def loss_of(layers, x, y):
    return -jnp.take_along_axis(jax.nn.log_softmax(logits_of(layers, x)), y[:, None], axis=1).mean()


def train(state, x, y):
    """Runs one step of Adam."""
    layers, m, v, step = state
    gradients = jax.grad(loss_of)(layers, x, y)
    step = step + 1
    m = jax.tree_util.tree_map(lambda m, g: peer.BETA1 * m + (1 - peer.BETA1) * g, m, gradients)
    v = jax.tree_util.tree_map(lambda v, g: peer.BETA2 * v + (1 - peer.BETA2) * g * g, v, gradients)
    root = jnp.sqrt(1 - peer.BETA2**step)
    rate, epsilon = peer.LEARNING_RATE * root / (1 - peer.BETA1**step), peer.EPSILON * root
    layers = jax.tree_util.tree_map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + epsilon), layers, m, v)
    return layers, m, v, step


def epoch(state, key, x, y):
    order = jax.random.permutation(key, len(x))
    whole = len(x) // peer.BATCH_SIZE * peer.BATCH_SIZE
    batches = order[:whole].reshape(-1, peer.BATCH_SIZE)
    state, _ = lax.scan(lambda state, rows: (train(state, x[rows], y[rows]), None), state, batches)
    return train(state, x[order[whole:]], y[order[whole:]]) if whole < len(x) else state


x_train, y_train, x_test, y_test = (jnp.asarray(array) for array in peer.load(options.data))
key, own = jax.random.split(jax.random.PRNGKey(1))
layers = initial(own, [x_train.shape[1], *options.hidden, 10])
m, v = (jax.tree_util.tree_map(jnp.zeros_like, layers) for _ in range(2))
state, seconds = (layers, m, v, jnp.zeros(())), []
run_epoch = jax.jit(epoch, donate_argnums=0)
for _ in range(options.epochs):
    key, own = jax.random.split(key)
    began = time.perf_counter()
    state = jax.block_until_ready(run_epoch(state, own, x_train, y_train))
    seconds.append(time.perf_counter() - began)
accuracy = float((logits_of(state[0], x_test).argmax(axis=1) == y_test).mean())
peer.report("jax", f"{jax.__version__} on {jax.devices()[0].device_kind}", options.threads, seconds, accuracy)
