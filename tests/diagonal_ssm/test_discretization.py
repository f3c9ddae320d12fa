"""One step, against the dense matrix exponential and the definition of each method."""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.diagonal_ssm import discretize, discretize_bilinear, discretize_dss, discretize_zoh, s4d_lin, s4d_real
from dynlib.diagonal_ssm.discretization import METHODS, step_exponent
from dynlib_kernels.elementary import expm1

MODES = [-0.5 + 3.1j, -2.0 + 0j, 0j, -1e-9 + 1e-7j, -40 + 900j, 1.3j]


@pytest.mark.parametrize("dt", [1e-3, 0.1, 3.0])
@pytest.mark.parametrize("a", MODES)
def test_zoh_is_the_dense_matrix_exponential(a, dt):
    """exp of [[a, 1], [0, 0]] dt holds A_bar and B_bar (Van Loan, 1978)."""
    dense = scipy.linalg.expm(np.array([[a, 1], [0, 0]]) * dt)
    A_bar, B_bar = discretize_zoh(torch.tensor(a, dtype=torch.complex128), dt)
    assert A_bar.item() == pytest.approx(dense[0, 0], rel=1e-11)
    assert B_bar.item() == pytest.approx(dense[0, 1], rel=1e-11)


@pytest.mark.parametrize("method", ["zoh", "bilinear"])
def test_equals_scipy_on_the_real_form(method):
    a, dt = -0.7 + 2.2j, 0.3
    dense, drive = np.array([[a.real, -a.imag], [a.imag, a.real]]), np.array([[1.0], [0.0]])
    A, B, *_ = scipy.signal.cont2discrete((dense, drive, np.eye(2), np.zeros((2, 1))), dt, method)
    A_bar, B_bar = (v.item() for v in discretize(torch.tensor(a, dtype=torch.complex128), dt, method))
    assert A[0, 0] + 1j * A[1, 0] == pytest.approx(A_bar)
    assert B[0, 0] + 1j * B[1, 0] == pytest.approx(B_bar)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(re=st.floats(-50, 0), im=st.floats(-2000, 2000), dt=st.floats(1e-5, 2))
def test_a_mode_that_decays_still_does(re, im, dt):
    A = torch.tensor(complex(re, im), dtype=torch.complex128)
    for method in ("zoh", "bilinear"):
        A_bar, _ = discretize(A, dt, method)
        assert A_bar.abs() <= 1 + 1e-15
        torch.testing.assert_close(torch.exp(step_exponent(A, dt, method)), A_bar, rtol=1e-11, atol=1e-15)


def test_both_agree_to_second_order():
    A = torch.tensor([-0.5 + 3j, -1 + 0j], dtype=torch.complex128)
    off = [(discretize_zoh(A, dt)[0] - discretize_bilinear(A, dt)[0]).abs().max() for dt in (1e-2, 1e-3)]
    assert off[0] / off[1] == pytest.approx(1000, rel=0.05)


def test_a_fast_mode_hardly_decays_after_bilinear():
    """The fastest mode of S4D-LegS at N = 64 and dt = 0.1: half-lives of 14 and 58,880 steps."""
    A = torch.tensor([-0.5 + 1j * (64**2 / math.pi - math.pi / 6)], dtype=torch.complex128)
    half_lives = [math.log(0.5) / math.log(discretize(A, 0.1, m)[0].abs().item()) for m in ("zoh", "bilinear")]
    assert half_lives == pytest.approx([13.86, 58_880], rel=1e-3)


def test_small_steps_keep_their_digits_in_float32():
    for a in (1e-2, 1e-4, 1e-6, 1e-8):
        _, B_bar = discretize_zoh(torch.tensor([complex(-a, a)], dtype=torch.complex64), 0.01)
        z = torch.tensor([complex(-a, a) * 0.01], dtype=torch.complex128)
        assert (B_bar / (0.01 * (1 + z / 2)) - 1).abs() < 3e-7


def test_expm1_keeps_its_digits():
    z = torch.tensor([1e-12 + 1e-10j, -3 + 40j, 1e-9j, 0j], dtype=torch.complex128)
    series = [1e-12 + 1e-10j + 0.5 * (1e-12 + 1e-10j) ** 2, np.exp(-3 + 40j) - 1, 1e-9j - 0.5e-18, 0]
    np.testing.assert_allclose(expm1(z).numpy(), series, rtol=1e-14)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_exponent_of_bilinear_keeps_its_digits(dtype):
    """The logarithm of a rounded A_bar would be off by 6e-8, here 6e-4 of it."""
    A = torch.tensor([-0.5 + 1j, -0.9 + 0.02j], dtype=torch.complex128)
    z = A * 1e-4
    exact = z + z**3 / 12  # 2 artanh(z/2)
    found = step_exponent(A.to(dtype.to_complex()), torch.tensor(1e-4, dtype=dtype), "bilinear")
    assert ((found - exact).abs() / exact.abs() < 8 * torch.finfo(dtype).eps).all()


def test_the_exponent_of_a_real_mode_that_bilinear_turns():
    A = torch.tensor([-1.0, -2.0, -3.0], dtype=torch.float64, requires_grad=True)
    z = step_exponent(A, 1.0, "bilinear")
    expected = torch.tensor([1 / 3, 0, -0.2], dtype=torch.complex128)
    torch.testing.assert_close(torch.exp(z), expected, rtol=0, atol=1e-15)
    [grad] = torch.autograd.grad(torch.exp(z).real.sum(), A)
    torch.testing.assert_close(grad[[0, 2]], 1 / (1 - A.detach()[[0, 2]] / 2) ** 2)
    assert torch.isfinite(grad).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("modes", [s4d_lin(8), s4d_real(4)])
def test_gradients(method, modes):
    A, dt = modes.clone().requires_grad_(), torch.tensor([[0.02], [0.3]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda A, dt: discretize(A, dt, method, 20), (A, dt))
    assert torch.autograd.gradcheck(lambda A, dt: step_exponent(A, dt, method), (A, dt))


def test_the_gradient_at_a_mode_that_stands_still():
    A = torch.zeros(1, dtype=torch.complex128, requires_grad=True)
    A_bar, B_bar = discretize_zoh(A, 0.25)
    assert (A_bar.item(), B_bar.item()) == (1, 0.25)
    [grad] = torch.autograd.grad(A_bar.real.sum() + B_bar.real.sum(), A)
    assert torch.isfinite(torch.view_as_real(grad)).all()


@pytest.mark.parametrize("m", [1, -3, 20])
@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_dss_refuses_its_poles(m, dtype):
    A = torch.tensor([-0.5 + 1j, 2j * math.pi * m / (20 * 0.1)], dtype=dtype)
    with pytest.raises(ValueError, match=r"discretize_dss: L A dt = .*j is a pole, .* change L or dt, or give the mode"):
        discretize_dss(A, 0.1, 20)
    discretize_dss(A - 0.1, 0.1, 20)
    discretize_dss(A * 1.01, 0.1, 20)


def test_dss_refuses_a_mode_that_stands_still():
    with pytest.raises(ValueError, match="L A dt = 0 is a pole"):
        discretize_dss(torch.zeros(1), 0.1, 20)


LIN = s4d_lin(4)


@pytest.mark.parametrize(
    ("A", "dt", "message"),
    [
        (LIN + 1, 0.1, "A has a real part of 0.5; a mode with Re A > 0 grows without bound, make it ≤ 0"),
        (LIN * math.nan, 0.1, r"A holds nan or inf; torch.isfinite\(A\) says where"),
        (torch.ones(2).half(), 0.1, "A is torch.float16; use float32"),
        (torch.ones(2).bfloat16(), 0.1, "A is torch.bfloat16; use float32"),
        (torch.ones(2).long(), 0.1, "A is torch.int64; use float32"),
        ([-1.0], 0.1, "A is a list; give a tensor"),
        (LIN, 0.0, "dt = 0 must be finite and positive"),
        (LIN, -0.1, "dt = -0.1 must be finite and positive"),
        (LIN, math.inf, "dt = inf must be finite and positive"),
        (LIN, torch.tensor([0.1, math.nan]), "dt holds nan or inf"),
        (LIN, torch.tensor([0.1, -2.0]), "dt = -2 must be finite and positive"),
        (LIN, torch.full((2,), 0.1).half(), "dt is torch.float16; use float32"),
        (LIN, 0.1j, "dt is complex; a step of time is real"),
        (LIN, torch.full((3,), 0.1), r"the shapes A \(2,\), dt \(3,\) do not broadcast; align them"),
    ],
)
@pytest.mark.parametrize("method", ["zoh", "bilinear"])
def test_bad_input_is_named(A, dt, message, method):
    with pytest.raises(ValueError, match=f"^discretize_{method}: {message}"):
        discretize(A, dt, method)


def test_a_method_and_a_length_are_named():
    with pytest.raises(ValueError, match="discretize: method = 'euler' is not known; choose from 'zoh', 'bilinear', 'dss'"):
        discretize(LIN, 0.1, "euler")
    with pytest.raises(ValueError, match=r"discretize: method = .dss. is a softmax over L steps, and L is left out"):
        discretize(LIN, 0.1, "dss")
    for L in (0, 2.0):
        with pytest.raises(ValueError, match=f"discretize_dss: L = {L} must be a whole number of at least 1"):
            discretize(LIN, 0.1, "dss", L)
