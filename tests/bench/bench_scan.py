"""The four forms of x_t = a x_{t−1} + b_t, forward and backward, beside SciPy's filter; 64 sequences, float32, a constant."""

import pytest
import scipy.signal
import torch

from dynlib.scan import scan_associative, scan_chunked, scan_convolution, scan_sequential

ROWS = 64
FORMS = {"sequential": scan_sequential, "associative": scan_associative, "chunked": scan_chunked, "convolution": scan_convolution}


def inputs(L):
    generator = torch.Generator().manual_seed(0)
    a = 0.9 + 0.099 * torch.rand(ROWS, 1, generator=generator)
    return a.requires_grad_(), torch.randn(ROWS, L, generator=generator).requires_grad_()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", ["forward", "forward and backward"])
@pytest.mark.parametrize("L", [1024, 16384])
def test_scan(benchmark, L, which, form):
    benchmark.group = f"scan of {ROWS} sequences, L = {L}, {which}"
    a, b = inputs(L)
    exact = scan_chunked(a.double(), b.double())
    assert ((FORMS[form](a, b) - exact).abs().max() / exact.abs().max()) < 1e-4

    def call():
        x = FORMS[form](a, b)
        return x if which == "forward" else torch.autograd.grad(x, (a, b), torch.ones_like(x))

    benchmark.pedantic(call, rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("L", [1024, 16384])
def test_scipy(benchmark, L):
    """One call of ``lfilter`` a sequence, compiled: the strong baseline where a is constant and no gradient is asked for."""
    benchmark.group = f"scan of {ROWS} sequences, L = {L}, forward"
    a, b = (x.detach().numpy() for x in inputs(L))
    benchmark.pedantic(
        lambda: [scipy.signal.lfilter([1.0], [1.0, -v], row) for (v,), row in zip(a, b, strict=True)], rounds=5, warmup_rounds=1
    )
