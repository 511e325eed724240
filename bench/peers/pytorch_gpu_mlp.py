"""The peers "pytorch-eager", "pytorch-graphs" and "pytorch-compile": PyTorch on a GPU in float32, without TF32.

The set stays on the GPU as tensors and is indexed by a permutation drawn there. `--mode graphs` records a whole step,
the update included, into a CUDA graph and replays it; `--mode compile` has the network and its loss compiled with
`reduce-overhead`, which uses CUDA graphs too. Without a GPU everything runs on the CPU, neither compiled nor recorded: use
that to check the results, not to measure times.
"""

import time

import peer

options = peer.options("PyTorch on a GPU", [
    ("--mode", {"choices": ["eager", "graphs", "compile"], "default": "eager", "help": "how steps are run"}),
    ("--batch-size", {"type": int, "default": peer.BATCH_SIZE, "help": "rows of a step (default 128)"}),
])

import torch  # noqa: E402, the number of threads is set first
from torch import nn  # noqa: E402

torch.manual_seed(1)
torch.set_float32_matmul_precision("highest")  # no TF32
on_gpu = torch.cuda.is_available()
device = torch.device("cuda" if on_gpu else "cpu")


def network(widths):
    modules = []
    for i, o in zip(widths, widths[1:]):
        linear = nn.Linear(i, o)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1]).to(device)


x_train, y_train, x_test, y_test = (torch.from_numpy(array).to(device) for array in peer.load(options.data))
model = network([x_train.shape[1], *options.hidden, 10])
loss_function = nn.CrossEntropyLoss()
# One kernel for the whole update; `capturable` keeps the number of the step on the GPU, as a graph needs it.
fastest = {"fused": True, "capturable": options.mode == "graphs"} if on_gpu else {}
optimizer = torch.optim.Adam(
    model.parameters(), lr=peer.LEARNING_RATE, betas=(peer.BETA1, peer.BETA2), eps=peer.EPSILON, **fastest
)


def loss_of(x, y):
    return loss_function(model(x), y)


if options.mode == "compile" and on_gpu:
    loss_of = torch.compile(loss_of, mode="reduce-overhead", dynamic=False)


def train(rows):
    """Runs one step on these rows of the set."""
    if options.mode == "compile" and on_gpu:
        torch.compiler.cudagraph_mark_step_begin()
    optimizer.zero_grad(set_to_none=True)
    loss_of(x_train[rows], y_train[rows]).backward()
    optimizer.step()


class RecordedStep:
    """Records `train` for a fixed number of rows. The warm-up before the recording is undone."""

    def __init__(self, count):
        self.rows = torch.arange(count, device=device)
        parameters = [p.detach().clone() for p in model.parameters()]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                train(self.rows)
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(self.graph):
            train(self.rows)
        with torch.no_grad():
            for parameter, before in zip(model.parameters(), parameters):
                parameter.copy_(before)
            for state in optimizer.state.values():
                for tensor in state.values():
                    tensor.zero_()

    def __call__(self, rows):
        self.rows.copy_(rows)
        self.graph.replay()


steps = {}
if options.mode == "graphs" and on_gpu:
    for count in {min(options.batch_size, len(x_train)), len(x_train) % options.batch_size or options.batch_size}:
        steps[count] = RecordedStep(count)

seconds = []
for _ in range(options.epochs):
    began = time.perf_counter()
    for rows in torch.randperm(len(x_train), device=device).split(options.batch_size):
        steps.get(len(rows), train)(rows)
    if on_gpu:
        torch.cuda.synchronize()
    seconds.append(time.perf_counter() - began)
with torch.inference_mode():
    accuracy = (model(x_test).argmax(dim=1) == y_test).double().mean().item()
hardware = torch.cuda.get_device_name() if on_gpu else "the CPU"
peer.report(f"pytorch-{options.mode}", f"{torch.__version__} on {hardware}", options.threads, seconds, accuracy)
