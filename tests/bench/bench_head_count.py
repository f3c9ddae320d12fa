"""The same linear machine by its state, by heads as tables, and by heads as convolutions; float32, one sequence, no gradients.

64 numbers in 4 groups that fade alike, 16 in and 16 out: a state of 64, or 4 heads of 16 × 16. Equality with the machine in
float64 comes first. The tables need L² weights a head and stop at L = 2048. The second group counts the heads: singular values
against alternating least squares.
`python -m pytest tests/bench/bench_head_count.py` prints what took how long.
"""

import pytest
import torch

from dynlib.head_count import (
    DecayWeights,
    UFFLayer,
    alternating_least_squares,
    error_floor,
    factorize,
    lag_operators,
    leaking,
)
from dynlib.scan import causal_convolution, scan_chunked

SHARES = [0.95, 0.8, 0.6, 0.3]
LENGTHS = [256, 1024, 2048, 8192]


def by_state(u, A, B, C):
    """(L, d) to (L, p): 64 rows of the chunked scan."""
    return scan_chunked(A[:, None], (u @ B.T).T).T @ C.T


def by_tables(u, layer):
    """The heads as written: L × L weights each."""
    with torch.no_grad():
        return layer(u)


def by_convolution(u, kernels, values):
    """Each head convolves its 16 channels with one kernel."""
    return sum(causal_convolution((u @ V.T).T, K).T for K, V in zip(kernels, values, strict=True))


def task(route, L):
    """A call without arguments, and the exact answer in float64."""
    A, B, C = leaking(SHARES, N=64, p=16, d=16)
    u = torch.randn(L, 16, generator=torch.Generator().manual_seed(0))
    values = torch.einsum("pgm,gmd->gpd", C.reshape(16, 4, 16), B.reshape(4, 16, 16))
    shares = torch.tensor(SHARES)
    exact = by_state(u.double(), A, B, C)
    if route == "state":
        single = A.float(), B.float(), C.float()
        return lambda: by_state(u, *single), exact
    if route == "tables":
        layer = UFFLayer(DecayWeights(shares), values.float())
        return lambda: by_tables(u, layer), exact
    kernels = shares[:, None] ** torch.arange(L)
    return lambda: by_convolution(u, kernels, values.float()), exact


@pytest.mark.parametrize("L", LENGTHS)
@pytest.mark.parametrize("route", ["state", "tables", "convolution"])
def test_run(benchmark, route, L):
    if route == "tables" and L > 2048:
        pytest.skip("four tables of 8192 × 8192")
    torch.set_num_threads(1)
    call, exact = task(route, L)
    assert ((call() - exact).abs().max() / exact.abs().max()).item() < 1e-5
    benchmark.group = f"4 heads, L = {L}"
    benchmark.pedantic(call, rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("route", ["singular values", "by turns"])
def test_count(benchmark, route):
    torch.set_num_threads(1)
    M = lag_operators(*leaking(torch.linspace(0.95, -0.9, 12).tolist(), N=12, p=6, d=6), 128)
    generator = torch.Generator().manual_seed(0)
    calls = {"singular values": lambda: factorize(M, 4), "by turns": lambda: alternating_least_squares(M, 4, generator=generator)}
    assert calls[route]().error == pytest.approx(error_floor(M)[4].item(), rel=1e-3)
    benchmark.group = "4 heads of 12, L = 128"
    benchmark.pedantic(calls[route], rounds=3, warmup_rounds=1)
