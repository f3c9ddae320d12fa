"""The locally connected layer on the CPU against unfold + einsum: float32, one thread, forward and backward apart.

Equality comes first: nothing is timed that does not agree with the plain form, values and both gradients, in float64 to 1e-10 and
in float32 to 1e-4 of the largest entry. `python tests/bench/bench_locality.py` prints times, ratios and peak memory as one table.
"""

import os
import subprocess
import sys
import time

import pytest
import torch

from dynlib.locality.layer import local_conv2d
from dynlib_kernels.local_conv import local_conv_ref

# B, C, H = W, O, K, stride
SHAPES = {
    "digits, 3 × 3 cells": (64, 1, 24, 8, 8, 8),
    "28², C = 1": (64, 1, 28, 8, 5, 1),
    "28², C = 8": (16, 8, 28, 16, 5, 1),
    "16², C = 8": (64, 8, 16, 16, 3, 1),
    "16², C = 16, few samples": (8, 16, 16, 32, 3, 1),
    "32², separate patches": (64, 3, 32, 16, 4, 4),
    "16², one sample": (1, 3, 16, 8, 3, 1),
}
ROUTES = ("layer", "unfold + einsum")


def draw(name, dtype):
    """x, filters (P, O, D) and a gradient of the output."""
    B, C, H, O, K, stride = SHAPES[name]
    P = ((H - K) // stride + 1) ** 2
    generator = torch.Generator().manual_seed(0)
    shapes = ((B, C, H, H), (P, O, C * K * K), (B, O, round(P**0.5), round(P**0.5)))
    x, w, g = (torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in shapes)
    return x.requires_grad_(), w.requires_grad_(), g


def run(route, name, x, w):
    """The output by one route; the plain form gets the same filters in its own shape."""
    _, C, _, O, K, stride = SHAPES[name]
    if route == "layer":
        return local_conv2d(x, w, K, stride)
    side = round(len(w) ** 0.5)
    return local_conv_ref(x, w.view(side, side, O, C, K, K), stride)


def error(name, dtype):
    """Largest difference of output and gradients between the routes, each relative to its largest entry."""
    x, w, g = draw(name, dtype)
    found, wanted = ([y, *torch.autograd.grad(y, (x, w), g)] for y in (run(route, name, x, w) for route in ROUTES))
    return max(((a - b).abs().max() / b.abs().max()).item() for a, b in zip(found, wanted, strict=True))


def task(route, name, direction):
    """A call without arguments: forward without gradients, or backward alone."""
    x, w, g = draw(name, torch.float32)
    if direction == "forward":
        x, w = x.detach(), w.detach()
        return lambda: run(route, name, x, w)
    y = run(route, name, x, w)
    return lambda: torch.autograd.grad(y, (x, w), g, retain_graph=True)


def peak_mib(route, name):
    """Peak resident memory of forward and backward in a fresh process, above what it held before, in MiB."""
    code = (
        "import sys, runpy\n"
        "bench = runpy.run_path(sys.argv[1], run_name='bench')\n"
        "torch = bench['torch']\n"
        "torch.set_num_threads(1)\n"
        "bench['task'](sys.argv[2], '16², one sample', 'backward')()\n"  # loads every library that the call needs
        "x, w, g = bench['draw'](sys.argv[3], torch.float32)\n"
        "open('/proc/self/clear_refs', 'w').write('5')\n"  # the peak starts anew from here
        "now = lambda key: int(next(l for l in open('/proc/self/status') if l.startswith(key)).split()[1])\n"
        "before = now('VmRSS')\n"
        "torch.autograd.grad(bench['run'](sys.argv[2], sys.argv[3], x, w), (x, w), g)\n"
        "print(now('VmHWM') - before)\n"
    )
    made = subprocess.run(
        [sys.executable, "-c", code, __file__, route, name],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    return int(made.stdout.split()[-1]) / 1024


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("name", SHAPES)
def test_layer(benchmark, name, direction, route):
    benchmark.group = f"locally connected, {name}, {direction}"
    assert error(name, torch.float64) < 1e-10
    assert error(name, torch.float32) < 1e-4
    benchmark.pedantic(task(route, name, direction), rounds=20, warmup_rounds=2)


def table(rounds=20):
    """Print the shortest time of each route in both directions, the ratio, and peak memory."""
    torch.set_num_threads(1)
    for name in SHAPES:
        took = {}
        for direction in ("forward", "backward"):
            for route in ROUTES:
                call, taken = task(route, name, direction), []
                call()
                for _ in range(rounds):
                    start = time.perf_counter()
                    call()
                    taken.append(time.perf_counter() - start)
                took[direction, route] = min(taken)
        told = "  ".join(
            f"{way} {took[way, 'layer'] * 1e3:6.2f} ms, ratio {took[way, ROUTES[1]] / took[way, 'layer']:4.1f}"
            for way in ("forward", "backward")
        )
        memory = " / ".join(f"{peak_mib(route, name):.0f}" for route in ROUTES)
        print(f"{name:26s} {told}  peak {memory} MiB  error {error(name, torch.float32):.0e}", flush=True)


if __name__ == "__main__":
    table()
