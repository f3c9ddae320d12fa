"""The mixers by their efficient route, by all pairs and step by step; d = 64, n = 16, one sequence, float32, no gradients.

Equality comes first: nothing is timed that was not compared with the loop in float64. Peak memory is that of a fresh process,
above what it held before the call. The loop stops at L = 2048, all pairs at 2048 too, and at 256 where they need L² d numbers.
`python tests/bench/bench_unified_dynamics.py 2048` prints everything at that length as one table.
"""

import os
import subprocess
import sys
import time

import pytest
import torch

from dynlib.unified_dynamics.model import WITH_KEYS, WITHOUT_KEYS

D, N = 64, 16
LENGTHS = [256, 1024, 2048, 8192]
ROUTES = ["chunked", "quadratic", "loop"]
MIXERS = WITH_KEYS | WITHOUT_KEYS
OWN_PACE = ("gla", "s6", "qlstm", "rglru")


def longest(name, route):
    """The largest L at which a route is worth waiting for."""
    if route == "chunked":
        return 8192
    return 256 if route == "quadratic" and name in OWN_PACE else 2048


def task(name, route, L):
    """A call without arguments, and the same in float64 by the loop."""
    torch.manual_seed(0)
    mixer = MIXERS[name](D, N) if name in WITH_KEYS else MIXERS[name](D)
    u = torch.randn(1, L, D, generator=torch.Generator().manual_seed(1))

    def call():
        with torch.no_grad():
            return mixer(u, route=route)

    def exact():
        with torch.no_grad():
            return mixer.double()(u.double(), route="loop")

    return call, exact


def error(name, route, L):
    """Largest error of float32, relative to the largest output."""
    call, exact = task(name, route, L)
    found, wanted = call().double(), exact()
    return ((found - wanted).abs().max() / wanted.abs().max()).item()


def peak_mib(name, route, L):
    """Peak resident memory of one call in a fresh process, above what it held before, in MiB."""
    code = (
        "import sys, runpy\n"
        "bench = runpy.run_path(sys.argv[1], run_name='bench')\n"
        "bench['torch'].set_num_threads(1)\n"
        "call, _ = bench['task'](sys.argv[2], sys.argv[3], int(sys.argv[4]))\n"
        "bench['task'](sys.argv[2], sys.argv[3], 70)[0]()\n"  # loads every library that the call needs
        "open('/proc/self/clear_refs', 'w').write('5')\n"  # the peak starts anew from here
        "now = lambda key: int(next(l for l in open('/proc/self/status') if l.startswith(key)).split()[1])\n"
        "before = now('VmRSS')\n"
        "result = call()\n"
        "print(now('VmHWM') - before)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, __file__, name, route, str(L)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    return int(run.stdout.split()[-1]) / 1024


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", MIXERS)
@pytest.mark.parametrize("L", LENGTHS)
def test_mixer(benchmark, L, name, route):
    benchmark.group = f"{name}, d = {D}, n = {N}, L = {L}"
    if longest(name, route) < L:
        pytest.skip(f"{route} at L = {L} takes too long or too much memory")
    assert error(name, route, L) < 1e-4
    if sys.platform == "linux":
        benchmark.extra_info["peak MiB"] = round(peak_mib(name, route, L), 1)
    benchmark.pedantic(task(name, route, L)[0], rounds=3 if route == "loop" else 7, warmup_rounds=1)


def table(L, rounds=5):
    """Print the shortest time of each route, its ratio to the efficient one, and its peak memory."""
    torch.set_num_threads(1)
    for name in MIXERS:
        took = {}
        for route in ROUTES:
            if longest(name, route) < L:
                continue
            call, taken = task(name, route, L)[0], []
            call()
            for _ in range(rounds if route != "loop" else 2):
                start = time.perf_counter()
                call()
                taken.append(time.perf_counter() - start)
            took[route] = min(taken)
        for route, seconds in took.items():
            print(
                f"{L:6d} {name:12s} {route:10s} {seconds * 1e3:8.1f} ms ({seconds / took['chunked']:5.1f}) "
                f"peak {peak_mib(name, route, L):7.1f} MiB error {error(name, route, min(L, 512)):.0e}",
                flush=True,
            )


if __name__ == "__main__":
    table(int(sys.argv[1]) if sys.argv[1:] else 2048)
