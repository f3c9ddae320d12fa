"""Causal convolution against sums, its padding, and its rounding."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.scan import causal_convolution, scan_convolution, scan_sequential


def draw(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@settings(deadline=None, derandomize=True, max_examples=80)
@given(L=st.integers(1, 60), M=st.integers(1, 80), kinds=st.tuples(*[st.sampled_from([torch.float64, torch.complex128])] * 2))
def test_equals_the_sum(L, M, kinds):
    u, K = draw(L, dtype=kinds[0]), draw(M, seed=1, dtype=kinds[1])
    y = causal_convolution(u, K)
    assert y.dtype == torch.promote_types(*kinds)
    torch.testing.assert_close(y, torch.from_numpy(np.convolve(u.numpy(), K.numpy())[:L]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("L", [2, 31, 1024])
def test_nothing_wraps_around(L):
    """A pulse at the end meets the end of the kernel: in a circle shorter than 2 L − 1 it would reach the first answer."""
    u, K = torch.zeros(L, dtype=torch.float64), torch.zeros(L, dtype=torch.float64)
    u[-1] = K[-1] = 1
    assert causal_convolution(u, K).abs().max() < 1e-15
    short = np.fft.irfft(np.fft.rfft(u, 2 * L - 2) * np.fft.rfft(K, 2 * L - 2), 2 * L - 2)[:L]
    assert abs(short).max() > 0.99


def test_broadcasts_and_has_a_gradient():
    u, K = draw(2, 3, 9).requires_grad_(), draw(3, 9, seed=1).requires_grad_()
    assert causal_convolution(u, K).shape == (2, 3, 9)
    assert torch.autograd.gradcheck(causal_convolution, (u, K))


@pytest.mark.parametrize("L", [64, 1024, 16384])
def test_float32_error_is_relative_to_the_whole_sequence(L):
    u, K = draw(4, L).float(), (draw(4, L, seed=1) * torch.exp(-torch.arange(L) / 100)).float()
    error = (causal_convolution(u, K) - causal_convolution(u.double(), K.double())).abs().amax(-1)
    norms = torch.linalg.vector_norm(u, dim=-1) * torch.linalg.vector_norm(K, dim=-1)
    bound = 20 * 2.0**-24 * math.log2(2 * L) * norms
    assert (error < bound).all()
    assert (error < bound / 40).all()  # what is seen


def test_a_small_tail_drowns_in_the_convolution_but_not_in_the_recurrence():
    b = torch.zeros(256)
    b[0] = 1000.0
    exact = 1000 * 0.8 ** torch.arange(256, dtype=torch.float64)
    tail = slice(150, 200)
    assert ((scan_sequential(0.8, b) / exact - 1).abs()[tail] < 2e-5).all()
    assert (scan_convolution(0.8, b) / exact - 1).abs()[tail].median() > 1000


def test_the_powers_of_a_are_rounded_once():
    a = torch.tensor([0.999 + 0.04j], dtype=torch.complex64)
    b = torch.zeros(4000, dtype=torch.complex64)
    b[0] = 1
    exact = scan_sequential(a.to(torch.complex128), b.to(torch.complex128))
    assert (scan_convolution(a, b) - exact).abs().max() < 5e-7
    assert (scan_sequential(a, b) - exact).abs().max() > 1.5e-6


def test_a_zero_factor_and_its_gradient():
    a = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    b = draw(5)
    x = scan_convolution(a, b)
    torch.testing.assert_close(x.detach(), b)
    [grad] = torch.autograd.grad(x.sum(), a)
    torch.testing.assert_close(grad, b[:-1].sum()[None])


def test_a_factor_that_changes_is_refused():
    with pytest.raises(ValueError, match=r"scan_convolution: a changes in time, by 0\.25; make it constant, or use scan_chunked"):
        scan_convolution(torch.tensor([0.5, 0.75]), torch.ones(2))


@pytest.mark.parametrize(
    ("u", "K", "message"),
    [
        (torch.ones(3).half(), torch.ones(3), "u is torch.float16; use float32"),
        (torch.ones(3), torch.full((3,), math.inf), "K holds nan or inf"),
        (torch.ones(2, 3), torch.ones(5, 3), r"u without time \(2,\), K without time \(5,\) do not broadcast"),
        (torch.ones(3), torch.tensor(1.0), "K has no axis; its last axis is time"),
    ],
)
def test_bad_input_is_named(u, K, message):
    with pytest.raises(ValueError, match=f"^causal_convolution: .*{message}"):
        causal_convolution(u, K)
