"""The two-level sum of exponentials against the plain one, its gradient against finite differences, and its rounding."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.diagonal_ssm.vandermonde import block, vandermonde_materialised, vandermonde_tables, vandermonde_two_level
from dynlib_kernels.vandermonde import vandermonde_ref

FORMS = [vandermonde_two_level, vandermonde_tables, vandermonde_materialised]


def draw(H, N, dtype=torch.complex128, seed=0, speed=3.0):
    generator = torch.Generator().manual_seed(seed)
    z = -0.1 * torch.rand(H, N, dtype=torch.float64, generator=generator)
    if dtype.is_complex:
        z = torch.complex(z, speed * torch.randn(H, N, dtype=torch.float64, generator=generator))
    return z.to(dtype), torch.randn(H, N, dtype=dtype, generator=generator)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(H=st.integers(1, 4), N=st.integers(1, 9), L=st.integers(1, 300), kind=st.sampled_from([torch.complex128, torch.float64]))
def test_all_forms_are_the_sum(H, N, L, kind):
    z, c = draw(H, N, kind)
    direct = (c.numpy()[..., None] * np.exp(z.numpy()[..., None]) ** np.arange(L)).sum(1)
    direct = 2 * direct.real if kind.is_complex else direct
    for form in FORMS:
        K = form(z, c, L)
        assert K.shape == (H, L)
        assert K.dtype == torch.float64
        np.testing.assert_allclose(K.numpy(), direct, rtol=0, atol=1e-11)


def test_axes_before_the_modes_broadcast():
    z, c = draw(3, 5)
    for form in FORMS:
        K = form(z[0], c[None], 30)
        assert K.shape == (1, 3, 30)
        torch.testing.assert_close(K[0, 2], vandermonde_ref(z[0], c[2], 30), rtol=0, atol=1e-12)
        assert form(z[0], c[0].conj(), 7).shape == (7,)


@pytest.mark.parametrize("dtype", [torch.complex128, torch.float64])
@pytest.mark.parametrize("L", [1, 2, 3, 5, 24, 61])
def test_gradient_is_that_of_finite_differences(dtype, L):
    z, c = (x.requires_grad_() for x in draw(2, 3, dtype))
    assert torch.autograd.gradcheck(lambda z, c: vandermonde_two_level(z, c, L), (z, c))
    assert torch.autograd.gradcheck(lambda z, c: vandermonde_two_level(z, c, L), (z[0], c.conj()))


@pytest.mark.parametrize("dtype", [torch.complex128, torch.float64])
@pytest.mark.parametrize("L", [1, 50, 1000])
def test_gradients_of_all_forms_are_equal_and_have_the_closed_form(dtype, L):
    z, c = (x.requires_grad_() for x in draw(2, 4, dtype))
    g = torch.randn(2, L, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    lags = torch.arange(L, dtype=torch.float64)
    table = torch.exp(z.detach()[..., None] * lags)
    S, T = (torch.einsum("hl,hnl->hn", weight.to(dtype), table) for weight in (g, g * lags))
    expected = (2 * (c * T).conj(), 2 * S.conj()) if dtype.is_complex else (c * T, S)
    for form in FORMS:
        for found, wanted in zip(torch.autograd.grad(form(z, c, L), (z, c), g), expected, strict=True):
            torch.testing.assert_close(found, wanted.detach(), rtol=1e-10, atol=1e-10 * wanted.abs().max().item())


@pytest.mark.parametrize("L", [64, 1024, 16384])
@pytest.mark.parametrize("speed", [0.1, 3.0, 130.0])
def test_float32_error_does_not_grow_with_lag_or_speed(L, speed):
    """|K − exact| ≤ 2 (2 N + 48) u Σ|c| for what float32 was given; the plain form loses l |Im z| u more."""
    z, c = draw(4, 32, torch.complex64, speed=speed)
    z = torch.complex(z.real / 1000, z.imag)  # hardly a leak: the last lags count
    exact = vandermonde_ref(z.to(torch.complex128), c.to(torch.complex128), L)
    unit = 2.0**-24 * c.abs().double().sum(-1, keepdim=True)
    error = (vandermonde_two_level(z, c, L) - exact).abs() / unit
    assert error.max() <= 2 * (2 * 32 + 48)
    assert error.max() < 20  # what is seen
    plain = (vandermonde_ref(z, c, L) - exact).abs() / unit
    if L * speed > 10_000:
        assert plain.max() > 10 * error.max()
        assert plain.max() > 2 * (2 * 32 + 48)


def test_float32_gradients_are_as_exact():
    z, c = (x.requires_grad_() for x in draw(4, 32, torch.complex64))
    z64, c64 = (x.detach().to(torch.complex128).requires_grad_() for x in (z, c))
    g = torch.randn(4, 8000, generator=torch.Generator().manual_seed(1))
    found = torch.autograd.grad(vandermonde_two_level(z, c, 8000), (z, c), g)
    exact = torch.autograd.grad(vandermonde_materialised(z64, c64, 8000), (z64, c64), g.double())
    lags = torch.arange(8000, dtype=torch.float64)
    sizes = (g.abs() * lags).sum(-1, keepdim=True) * c64.detach().abs(), g.abs().double().sum(-1, keepdim=True)
    for one, two, size in zip(found, exact, sizes, strict=True):
        assert ((one - two).abs() < 20 * 2.0**-24 * size).all()


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="the reference needs 80-bit floats")
def test_float64_error():
    z, c = draw(2, 8, speed=130.0)
    lags = np.array([1, 9999, 16383])
    phase = z.imag.numpy().astype(np.longdouble)[..., None] * lags
    size = np.exp(z.real.numpy().astype(np.longdouble)[..., None] * lags)
    exact = 2 * (size * (c.real.numpy()[..., None] * np.cos(phase) - c.imag.numpy()[..., None] * np.sin(phase))).sum(1)
    error = np.abs(vandermonde_two_level(z, c, 16384)[:, lags].numpy() - exact)
    weights, speeds = c.abs().numpy()[..., None], z.imag.abs().numpy()[..., None]
    assert (error <= 2 * 2.0**-53 * (weights * (2 * 8 + 48 + 4 * lags * speeds)).sum(1)).all()


def test_modes_that_vanish_at_once_give_no_nan():
    z = torch.tensor([[-400.0 + 1j, -1e4 + 0j, 0j]], dtype=torch.complex64, requires_grad=True)
    c = torch.ones(1, 3, dtype=torch.complex64)
    K = vandermonde_two_level(z, c, 3000)
    torch.testing.assert_close(K[0, :3].detach(), torch.tensor([6.0, 2.0, 2.0]))
    [grad] = torch.autograd.grad(K.sum(), z)
    assert torch.isfinite(torch.view_as_real(grad)).all()


def test_growing_modes_are_allowed():
    z, c = torch.tensor([0.01 + 0.3j], dtype=torch.complex128), torch.tensor([1 + 2j])
    torch.testing.assert_close(vandermonde_two_level(z, c.to(z), 500), vandermonde_ref(z, c.to(z), 500), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("L", [1, 2, 3, 1000, 1024, 4096, 16384])
def test_blocks_cover_the_lags(L):
    fine, coarse = block(L)
    assert coarse == math.ceil(L / fine)
    assert fine + coarse <= 2 * math.sqrt(2 * L) + 1


Z, C = draw(2, 3, torch.complex64)


@pytest.mark.parametrize(
    ("z", "c", "L", "message"),
    [
        (Z, C, 0, "L = 0 must be a whole number of at least 1"),
        (Z, C, 2.0, "L = 2.0 must be a whole number"),
        (Z, C.to(torch.complex128), 4, "z is torch.complex64 but c is torch.complex128; give both one dtype"),
        (Z, C.real, 4, "z is torch.complex64 but c is torch.float32; give both one dtype"),
        (Z.real.half(), C, 4, "z is torch.float16; use float32"),
        (Z, C.real.bfloat16(), 4, "c is torch.bfloat16; use float32"),
        (Z * math.nan, C, 4, "z holds nan or inf"),
        (Z, C * math.inf, 4, "c holds nan or inf"),
        (Z, C[:, :2], 4, "z has 3 modes but c has 2"),
        (Z, C.expand(5, 2, 3)[:, :1].expand(5, 4, 3), 4, r"z \(2, 3\) and c \(5, 4, 3\) do not broadcast"),
        (Z[0, 0], C, 4, r"z has no axis and shape \(\); its last axis counts the modes"),
        (Z[:, :0], C[:, :0], 4, r"z has shape \(2, 0\) and holds nothing"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_bad_input_is_named(form, z, c, L, message):
    with pytest.raises(ValueError, match=f"^{form.__name__}: {message}"):
        form(z, c, L)
