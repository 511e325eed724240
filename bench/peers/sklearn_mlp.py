"""The peer "sklearn": scikit-learn's MLPClassifier, one partial_fit an epoch.

It cannot draw He weights; it draws its own (Glorot, uniform).
"""

import time

import peer

options = peer.options("scikit-learn")

import sklearn  # noqa: E402, the number of threads is set first
from sklearn.neural_network import MLPClassifier  # noqa: E402

x_train, y_train, x_test, y_test = peer.load(options.data)
model = MLPClassifier(
    hidden_layer_sizes=options.hidden,
    activation="relu",
    solver="adam",
    alpha=0,
    batch_size=peer.BATCH_SIZE,
    learning_rate_init=peer.LEARNING_RATE,
    beta_1=peer.BETA1,
    beta_2=peer.BETA2,
    epsilon=peer.EPSILON,
    shuffle=True,
    random_state=1,
)
seconds = []
for _ in range(options.epochs):
    began = time.perf_counter()
    model.partial_fit(x_train, y_train, classes=range(10))
    seconds.append(time.perf_counter() - began)
peer.report("sklearn", sklearn.__version__, options.threads, seconds, model.score(x_test, y_test))
