"""The peer "pytorch": eager PyTorch on the CPU. The set is held as tensors and indexed by a permutation."""

import time

import peer

options = peer.options("PyTorch")

import torch  # noqa: E402, the number of threads is set first
from torch import nn  # noqa: E402

torch.set_num_threads(options.threads)
torch.manual_seed(1)


def network(widths):
    modules = []
    for i, o in zip(widths, widths[1:]):
        linear = nn.Linear(i, o)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


x_train, y_train, x_test, y_test = (torch.from_numpy(array) for array in peer.load(options.data))
model = network([x_train.shape[1], *options.hidden, 10])
loss_of = nn.CrossEntropyLoss()
# One kernel for the whole update, its fastest form; on the CPU it exists since version 2.4.
fused = {"fused": True} if tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 4) else {}
optimizer = torch.optim.Adam(
    model.parameters(), lr=peer.LEARNING_RATE, betas=(peer.BETA1, peer.BETA2), eps=peer.EPSILON, **fused
)

seconds = []
for _ in range(options.epochs):
    began = time.perf_counter()
    for rows in torch.randperm(len(x_train)).split(peer.BATCH_SIZE):
        loss = loss_of(model(x_train[rows]), y_train[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    seconds.append(time.perf_counter() - began)
with torch.inference_mode():
    accuracy = (model(x_test).argmax(dim=1) == y_test).double().mean().item()
peer.report("pytorch", torch.__version__, torch.get_num_threads(), seconds, accuracy)
