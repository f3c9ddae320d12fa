"""The kernel of 128 channels with 64 numbers each: the table in full, two tables by autograd, two tables and a backward by hand.

Float32, the same inputs, threads and gradients for all three. Equality comes first: nothing is timed that was not compared with
float64. Peak memory is that of a fresh process, above what it held before the call. Threads: OMP_NUM_THREADS, 1 in `make bench`.
`python tests/bench/bench_diagonal_ssm.py 1 2` prints it all as one table, for 1 and 2 threads, with processor time too:
on a machine that is shared with others it is the steadier of the two.
"""

import math
import os
import subprocess
import sys
import time

import pytest
import torch

from dynlib.diagonal_ssm import s4d_lin
from dynlib.diagonal_ssm.vandermonde import vandermonde_tables, vandermonde_two_level
from dynlib_kernels.vandermonde import vandermonde_ref

H, N = 128, 64
LENGTHS = [1024, 4096, 16384]
FORMS = {"materialised": vandermonde_ref, "tables, autograd": vandermonde_tables, "two-level, by hand": vandermonde_two_level}
PASSES = ["forward", "forward and backward"]


def inputs():
    """z and c, (H, N/2) complex64, as an S4D-Lin layer has them at the start."""
    generator = torch.Generator().manual_seed(0)
    log_dt = math.log(1e-3) + math.log(100) * torch.rand(H, 1, generator=generator)
    z = (s4d_lin(N) * log_dt.exp()).to(torch.complex64)
    return z.requires_grad_(), torch.randn(H, N // 2, dtype=torch.complex64, generator=generator).requires_grad_()


def task(form, which, L):
    """A call without arguments: the kernel, and with "backward" the gradients with respect to z and c."""
    z, c = inputs()
    g = torch.randn(H, L, generator=torch.Generator().manual_seed(1))

    def forward():
        with torch.no_grad():
            return FORMS[form](z, c, L)

    return forward if which == "forward" else lambda: torch.autograd.grad(FORMS[form](z, c, L), (z, c), g)


def compare(form, L, rows=4):
    """Kernel and gradients of the first rows against the full table in complex128; c l |Im z| u is what float32 may lose."""
    z, c = (x.detach()[:rows].requires_grad_() for x in inputs())
    z64, c64 = (x.detach().to(torch.complex128).requires_grad_() for x in (z, c))
    g = torch.randn(rows, L, generator=torch.Generator().manual_seed(1))
    K, exact = FORMS[form](z, c, L), vandermonde_ref(z64, c64, L)
    found = (K.detach(), *torch.autograd.grad(K, (z, c), g))
    wanted = (exact.detach(), *torch.autograd.grad(exact, (z64, c64), g.double()))
    return max(((one - two).abs().max() / two.abs().max()).item() for one, two in zip(found, wanted, strict=True))


def peak_mib(form, which, L):
    """Peak resident memory of one call in a fresh process, above what it held before, in MiB."""
    code = (
        "import sys, resource, runpy, threading\n"
        "bench = runpy.run_path(sys.argv[1], run_name='bench')\n"
        "bench['torch'].set_num_threads(1)\n"
        "call = bench['task'](sys.argv[2], sys.argv[3], int(sys.argv[4]))\n"
        "bench['task'](sys.argv[2], sys.argv[3], 16)()\n"  # loads every library that the call needs
        "open('/proc/self/clear_refs', 'w').write('5')\n"  # the peak starts anew from here
        "now = lambda key: int(next(l for l in open('/proc/self/status') if l.startswith(key)).split()[1])\n"
        "before = now('VmRSS')\n"
        "result = call()\n"
        "print(now('VmHWM') - before)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, __file__, form, which, str(L)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    return int(run.stdout.split()[-1]) / 1024


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", PASSES)
@pytest.mark.parametrize("L", LENGTHS)
def test_kernel(benchmark, L, which, form):
    benchmark.group = f"kernel, H = {H}, N = {N}, L = {L}, {which}"
    assert compare(form, L) < (2e-3 if form != "two-level, by hand" else 2e-6)
    if sys.platform == "linux":
        benchmark.extra_info["peak MiB"] = round(peak_mib(form, which, L))
    benchmark.pedantic(task(form, which, L), rounds=3 if form == "materialised" else 15, warmup_rounds=1)


def table(threads=(1,), rounds=9):
    """Print time, ratio and memory of every form; "materialised" takes three rounds."""
    for L in LENGTHS:
        for which in PASSES:
            memory = {form: peak_mib(form, which, L) for form in FORMS}
            for count in threads:
                torch.set_num_threads(count)
                took = {}
                for form in FORMS:
                    call, taken = task(form, which, L), []
                    call()
                    for _ in range(3 if form == "materialised" else rounds):
                        start = time.perf_counter(), time.process_time()
                        call()
                        taken.append((time.perf_counter() - start[0], time.process_time() - start[1]))
                    took[form] = [min(column) for column in zip(*taken, strict=True)]
                for form, (wall, cpu) in took.items():
                    ratios = [slow / fast for slow, fast in zip(took["materialised"], (wall, cpu), strict=True)]
                    print(
                        f"{L:6d} {which:21s} threads {count} {form:19s} wall {wall * 1e3:8.1f} ms ({ratios[0]:5.1f}) "
                        f"cpu {cpu * 1e3:8.1f} ms ({ratios[1]:5.1f}) peak {memory[form]:7.1f} MiB error {compare(form, L):.0e}"
                    )


if __name__ == "__main__":
    table(threads=[int(count) for count in sys.argv[1:]] or (1,))
