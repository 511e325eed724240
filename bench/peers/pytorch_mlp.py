"""The peers "pytorch" and "pytorch_compile": PyTorch on the CPU. The set is held as tensors and indexed by a permutation.

`--mode compile` has `torch.compile` make one function of a whole step: forward, gradients and Adam. That is faster than
compiling the network and the loss alone.
"""

import os
import time

import peer

options = peer.options("PyTorch", [
    ("--mode", {"choices": ["eager", "compile"], "default": "eager", "help": "how steps are run"}),
])
# On two processors, threads that wait asleep are twice as fast as threads that spin.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

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


def eager_step():
    """Returns a function that runs one step with PyTorch's optimizer."""
    # One kernel for the whole update, its fastest form; on the CPU it exists since version 2.4.
    fused = {"fused": True} if tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 4) else {}
    optimizer = torch.optim.Adam(
        model.parameters(), lr=peer.LEARNING_RATE, betas=(peer.BETA1, peer.BETA2), eps=peer.EPSILON, **fused
    )

    def step(x, y):
        loss = loss_of(model(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def compiled_step():
    """Returns a function that runs one step, compiled as a whole."""
    parameters = {name: parameter.detach() for name, parameter in model.named_parameters()}
    m, v = ({name: torch.zeros_like(p) for name, p in parameters.items()} for _ in range(2))
    count = 0

    def loss_at(parameters, x, y):
        return loss_of(torch.func.functional_call(model, parameters, (x,)), y)

    @torch.compile(dynamic=False)
    def update(rate, epsilon, x, y):
        for name, gradient in torch.func.grad(loss_at)(parameters, x, y).items():
            m[name].lerp_(gradient, 1 - peer.BETA1)
            v[name].mul_(peer.BETA2).addcmul_(gradient, gradient, value=1 - peer.BETA2)
            parameters[name].sub_(rate * m[name] / (v[name].sqrt() + epsilon))

    def step(x, y):
        nonlocal count
        count += 1
        root = (1 - peer.BETA2**count) ** 0.5
        rate = peer.LEARNING_RATE * root / (1 - peer.BETA1**count)
        with torch.no_grad():
            update(torch.tensor(rate), torch.tensor(peer.EPSILON * root), x, y)

    return step


x_train, y_train, x_test, y_test = (torch.from_numpy(array) for array in peer.load(options.data))
model = network([x_train.shape[1], *options.hidden, 10])
loss_of = nn.CrossEntropyLoss()
step = compiled_step() if options.mode == "compile" else eager_step()

seconds = []
for _ in range(options.epochs):
    began = time.perf_counter()
    for rows in torch.randperm(len(x_train)).split(peer.BATCH_SIZE):
        step(x_train[rows], y_train[rows])
    seconds.append(time.perf_counter() - began)
with torch.inference_mode():
    accuracy = (model(x_test).argmax(dim=1) == y_test).double().mean().item()
name = "pytorch" if options.mode == "eager" else "pytorch_compile"
peer.report(name, torch.__version__, torch.get_num_threads(), seconds, accuracy)
