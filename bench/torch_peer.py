"""The same workloads in PyTorch: python3 bench/torch_peer.py THREADS [W1,W3 ...]
Prints {"torch": version, "W1": [milliseconds ...], ...}. For one step at a time the fastest of PyTorch's own ways is taken:
nn.LSTM or nn.LSTMCell, eager or scripted."""
import json, os, statistics, sys, time

threads = sys.argv[1]
only = sys.argv[2].split(",") if len(sys.argv) > 2 and sys.argv[2] else None
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = threads
import torch
import torch.nn as nn
from typing import Tuple

torch.set_num_threads(int(threads))
torch.manual_seed(0)
import torch_text


def measure(run, calls=1):
    start = time.perf_counter()
    while True:
        run()
        if time.perf_counter() - start > 0.4:
            break
    samples, start = [], time.perf_counter()
    while len(samples) < 5 or (len(samples) < 50 and time.perf_counter() - start < 1.5):
        before = time.perf_counter()
        run()
        samples.append((time.perf_counter() - before) * 1e3 / calls)
    return samples


class ScriptableLSTM(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor, s: Tuple[torch.Tensor, torch.Tensor]) -> Tuple[torch.Tensor, Tuple[torch.Tensor, torch.Tensor]]:
        return self.layer(x, s)


class ScriptableGRU(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor, s: torch.Tensor) -> Tuple[torch.Tensor, torch.Tensor]:
        return self.layer(x, s)


def streaming(kind):
    lstm, calls = kind == "LSTM", 1000
    layer, cell = getattr(nn, kind)(64, 128).eval(), getattr(nn, kind + "Cell")(64, 128).eval()
    inputs3 = [torch.randn(1, 1, 64) for _ in range(64)]
    inputs2 = [x[0] for x in inputs3]

    def layer_steps(module):
        def run():
            h = torch.zeros(1, 1, 128)
            state = (h, h.clone()) if lstm else h
            for i in range(calls):
                _, state = module(inputs3[i & 63], state)
        return run

    def cell_steps(module):
        def run():
            h = torch.zeros(1, 128)
            if lstm:
                c = h.clone()
                for i in range(calls):
                    h, c = module(inputs2[i & 63], (h, c))
            else:
                for i in range(calls):
                    h = module(inputs2[i & 63], h)
        return run

    with torch.inference_mode():
        ways = [layer_steps(layer), cell_steps(cell)]
        for make in (
            lambda: layer_steps(torch.jit.freeze(torch.jit.script((ScriptableLSTM if lstm else ScriptableGRU)(layer).eval()))),
            lambda: cell_steps(torch.jit.freeze(torch.jit.script(cell))),
        ):
            try:
                ways.append(make())
            except Exception:  # scripting is gone from some versions
                pass
        return min((measure(way, calls) for way in ways), key=statistics.median)


def inference(kind, batch):
    with torch.inference_mode():
        layer, x = getattr(nn, kind)(128, 256).eval(), torch.randn(200, batch, 128)
        return measure(lambda: layer(x))


def training(kind, inputs, hidden, layers, batch, steps):
    module = getattr(nn, kind)(inputs, hidden, num_layers=layers)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    x, y = torch.randn(steps, batch, inputs), torch.randn(batch, hidden)

    def run():
        optimizer.zero_grad(set_to_none=True)
        out, _ = module(x)
        nn.functional.mse_loss(out[-1], y).backward()
        optimizer.step()

    return measure(run)


def alignment(steps, batch, classes, labels):
    x = torch.randn(steps, batch, classes, requires_grad=True)
    targets = torch.randint(1, classes, (batch, labels))
    lengths, target_lengths = torch.full((batch,), steps), torch.full((batch,), labels)

    def run():
        x.grad = None
        loss = nn.functional.ctc_loss(x.log_softmax(-1), targets, lengths, target_lengths)
        loss.backward()
        return loss.item()

    return measure(run)


workloads = {
    "W1": lambda: streaming("LSTM"),
    "W1GRU": lambda: streaming("GRU"),
    "W2B1": lambda: inference("LSTM", 1),
    "W2B32": lambda: inference("LSTM", 32),
    "W3": lambda: training("LSTM", 128, 256, 1, 32, 64),
    "W3GRU": lambda: training("GRU", 128, 256, 1, 32, 64),
    "W4": lambda: training("LSTM", 512, 512, 2, 64, 64),
    "W5": lambda: alignment(200, 16, 32, 30),
    **{name: lambda make=make: measure(make()) for name, make in torch_text.workloads.items()},
}
result = {"torch": torch.__version__}
for name, run in workloads.items():
    if only is None or name in only:
        result[name] = run()
print(json.dumps(result))
