"""Pointer networks: labels a minute, a training step against the usual loop, and beams; float32, one thread.

A step is forward and backward of the loss of tours. "one call": the decoder's LSTM over the whole target at once, the scores as
the library chooses; "table" and "step by step" are its two choices; "loop" is the form found in public code, an LSTM cell and the
scores of one step after the other, W1 e computed anew in each. Equality comes first: nothing is timed whose loss and gradients
were not compared. Peak memory is that of a fresh process, above what it held before the call.
`python tests/bench/bench_pointer.py` prints everything as one table.
"""

import contextlib
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dynlib.pointer import PointerNetwork, beam, sample_examples, scores

SHAPES = [(16, 10, 64), (128, 10, 64), (128, 20, 128), (32, 50, 128), (128, 50, 128)]  # sets, points, H
FORMS = ["one call", "table", "step by step", "loop"]
LABELS = {
    "hulls, n = 5": ("hull", 5),
    "hulls, n = 10": ("hull", 10),
    "tours, n = 8": ("tsp", 8),
    "triangulations, n = 8": ("delaunay", 8),
}


class Loop(nn.Module):
    """The same network, step by step, with the weights of the one given."""

    def __init__(self, network):
        super().__init__()
        self.network, self.cell = network, nn.LSTMCell(network.d_in, network.H)
        self.cell.load_state_dict({name.removesuffix("_l0"): value for name, value in network.decoder.state_dict().items()})

    def loss(self, P, T):
        net, x, total = self.network, self.network.start.expand(len(P), -1), 0.0
        points = net.scaled(P)
        e, (h, c) = net.encoder(points)
        h, c, mask = h[0], c[0], torch.zeros(P.shape[:2], dtype=torch.bool)
        for i in range(T.shape[1]):
            h, c = self.cell(x, (h, c))
            u = (torch.tanh(net.W1(e) + net.W2(h)[:, None]) @ net.v).masked_fill(mask, -torch.inf)
            total = total + cross_entropy(u, T[:, i] - 1)
            mask = mask.scatter(1, T[:, i : i + 1] - 1, True)
            x = points[torch.arange(len(P)), T[:, i] - 1]
        return total / T.shape[1]


@contextlib.contextmanager
def choice(form):
    """Hold the library to one way of computing scores."""
    kept = scores.TABLE
    scores.TABLE = {"table": 2**62, "step by step": 0}.get(form, kept)
    try:
        yield
    finally:
        scores.TABLE = kept


def task(form, B, n, H):
    """A call without arguments: one step's loss, its gradients left in the network; and the network."""
    torch.manual_seed(0)
    network = PointerNetwork(H=H, end=False)
    P = torch.rand(B, n, 2)
    T = torch.argsort(torch.rand(B, n), 1) + 1
    model = Loop(network) if form == "loop" else network

    def call():
        model.zero_grad()
        with choice(form):
            loss = model.loss(P, T)
            loss.backward()
        return loss.item()

    return call, network


def error(form, B, n, H):
    """Largest difference to "table" of loss and of the gradient of W1, relative to its largest entry."""
    found, wanted = [], []
    for name, into in ((form, found), ("table", wanted)):
        call, network = task(name, B, n, H)
        into += [call(), network.W1.weight.grad]
    return max(abs(found[0] - wanted[0]), ((found[1] - wanted[1]).abs().max() / wanted[1].abs().max()).item())


def peak_mib(form, B, n, H):
    """Peak resident memory of one call in a fresh process, above what it held before, in MiB."""
    code = (
        "import sys, runpy\n"
        "bench = runpy.run_path(sys.argv[1], run_name='bench')\n"
        "bench['torch'].set_num_threads(1)\n"
        "call, _ = bench['task'](sys.argv[2], *map(int, sys.argv[3:]))\n"
        "bench['task'](sys.argv[2], 2, 3, 8)[0]()\n"  # loads every library that the call needs
        "open('/proc/self/clear_refs', 'w').write('5')\n"  # the peak starts anew from here
        "now = lambda key: int(next(l for l in open('/proc/self/status') if l.startswith(key)).split()[1])\n"
        "before = now('VmRSS')\n"
        "result = call()\n"
        "print(now('VmHWM') - before)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, __file__, form, str(B), str(n), str(H)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    return int(run.stdout.split()[-1]) / 1024


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("shape", SHAPES)
def test_step(benchmark, shape, form):
    benchmark.group = f"training step, {shape[0]} tours of {shape[1]}, H = {shape[2]}"
    assert error(form, *shape) < 1e-4
    if sys.platform == "linux":
        benchmark.extra_info["peak MiB"] = round(peak_mib(form, *shape), 1)
    benchmark.pedantic(task(form, *shape)[0], rounds=7, warmup_rounds=1)


@pytest.mark.parametrize("name", LABELS)
def test_labels(benchmark, name):
    what, n = LABELS[name]
    benchmark.group = "1,000 labelled examples"
    benchmark.pedantic(lambda: sample_examples(what, 1000, n, np.random.default_rng(0)), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("k", [1, 10])
def test_beam(benchmark, k):
    benchmark.group = "1,000 tours of 20 cities, H = 64"
    torch.manual_seed(0)
    network, P = PointerNetwork(end=False), torch.rand(1000, 20, 2)
    benchmark.pedantic(lambda: beam(network, P, k), rounds=3, warmup_rounds=1)


def best(call, rounds):
    """Shortest wall and processor seconds of a call; on a shared machine the second is the steadier."""
    call()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter(), time.process_time()
        call()
        taken.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return [min(column) for column in zip(*taken, strict=True)]


def table(rounds=7):
    torch.set_num_threads(1)
    for name, (what, n) in LABELS.items():
        wall, cpu = best(lambda what=what, n=n: sample_examples(what, 1000, n, np.random.default_rng(0)), 3)
        print(f"{name:24s} {60 / wall:8.0f} thousand a minute, {60 / cpu:8.0f} of processor time", flush=True)
    for shape in SHAPES:
        took = {form: best(task(form, *shape)[0], rounds) for form in FORMS}
        for form, (wall, cpu) in took.items():
            ratios = [slow / fast for slow, fast in zip(took["loop"], (wall, cpu), strict=True)]
            print(
                f"{shape!s:14s} {form:14s} wall {wall * 1e3:7.1f} ms ({ratios[0]:4.2f}) cpu {cpu * 1e3:7.1f} ms "
                f"({ratios[1]:4.2f}) peak {peak_mib(form, *shape):7.1f} MiB error {error(form, *shape):.0e}",
                flush=True,
            )
    torch.manual_seed(0)
    network, P = PointerNetwork(end=False), torch.rand(1000, 20, 2)
    for k in (1, 10):
        wall, cpu = best(lambda k=k: beam(network, P, k), 2)
        print(f"beam of {k}, 1,000 tours of 20: wall {wall:.2f} s, cpu {cpu:.2f} s", flush=True)


if __name__ == "__main__":
    table()
