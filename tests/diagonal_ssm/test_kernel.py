"""The kernel of the whole model, against a dense real system, closed numbers, and DSS as its authors write it."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch

from dynlib.diagonal_ssm import (
    INITS,
    S4D,
    bump,
    discretize,
    dss_kernel,
    fit_kernel,
    initial_modes,
    mode_matrix,
    s4d_lin,
    s4d_real,
    ssm_kernel,
)
from dynlib.diagonal_ssm.kernel import FORMS

ONE = torch.tensor([-0.5 + 1j * math.pi], dtype=torch.complex128)


def weights(*shape, seed=0, dtype=torch.complex128):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def dense_kernel(A, C, dt, L, method):
    """K_l = C A_bar^l B_bar of the real system with two states a mode, discretised as a dense matrix."""
    blocks = [np.array([[a.real, -a.imag], [a.imag, a.real]]) for a in A.numpy()]
    dense, drive = scipy.linalg.block_diag(*blocks), np.tile([1.0, 0.0], len(A))
    read = np.stack([2 * C.real.numpy(), -2 * C.imag.numpy()], 1).ravel()
    eye = np.eye(len(dense))
    if method == "zoh":
        whole = scipy.linalg.expm(dt * np.block([[dense, drive[:, None]], [np.zeros((1, len(dense) + 1))]]))
        A_bar, x = whole[:-1, :-1], whole[:-1, -1]
    else:
        A_bar = np.linalg.solve(eye - dt / 2 * dense, eye + dt / 2 * dense)
        x = np.linalg.solve(eye - dt / 2 * dense, dt * drive)
    K = []
    for _ in range(L):
        K.append(read @ x)
        x = A_bar @ x
    return np.array(K)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("zoh", [0.1919289066, 0.1647731619, 0.1244671862, 0.0761112689]),
        ("bilinear", [0.1906446467, 0.1642734249, 0.1248949387, 0.0774247263]),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_one_mode_by_hand(method, expected, form):
    K = ssm_kernel(ONE, torch.ones_like(ONE), 0.1, 4, method=method, form=form)
    np.testing.assert_allclose(K.numpy(), expected, atol=6e-11)


@pytest.mark.parametrize("method", ["zoh", "bilinear"])
@pytest.mark.parametrize("form", FORMS)
def test_equals_the_dense_system(method, form):
    A, C = s4d_lin(16), weights(8)
    K = ssm_kernel(A, C, 0.05, 200, method=method, form=form)
    np.testing.assert_allclose(K.numpy(), dense_kernel(A, C, 0.05, 200, method), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dt", [0.01, 0.5, 2.0])
@pytest.mark.parametrize("method", ["zoh", "bilinear"])
def test_real_modes_count_once_even_where_bilinear_turns_them(dt, method):
    A, C = s4d_real(5), weights(5, dtype=torch.float64)  # dt = 0.5: A_bar = 0 for A = −4; dt = 2: all below 0 but one
    A_bar, B_bar = discretize(A, dt, method)
    expected = torch.stack([(C * B_bar * A_bar**l).sum() for l in range(30)])
    for form in FORMS:
        torch.testing.assert_close(ssm_kernel(A, C, dt, 30, method=method, form=form), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("method", ["zoh", "bilinear", "dss"])
def test_gradients_of_the_forms_agree(init, method):
    A = initial_modes(init, 8, torch.Generator().manual_seed(0)).expand(2, -1).clone().requires_grad_()
    C = weights(2, A.shape[-1], dtype=A.dtype).requires_grad_()
    dt = torch.tensor([[0.013], [0.09]], dtype=torch.float64, requires_grad=True)
    g = weights(2, 64, seed=1, dtype=torch.float64)
    found = [torch.autograd.grad(ssm_kernel(A, C, dt, 64, method=method, form=form), (A, C, dt), g) for form in FORMS]
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-9 * two.abs().max().item())


def test_gradcheck_through_the_whole_kernel():
    A, C = s4d_lin(4).requires_grad_(), weights(2).requires_grad_()
    dt = torch.tensor([0.2], dtype=torch.float64, requires_grad=True)
    for method in ("zoh", "bilinear", "dss"):
        assert torch.autograd.gradcheck(lambda *x, m=method: ssm_kernel(*x, 11, method=m), (A, C, dt))


def test_dss_as_its_authors_write_it():
    A, w = s4d_lin(32), weights(16)
    K = dss_kernel(A, w, 0.01, 1024)
    for form in FORMS:
        torch.testing.assert_close(ssm_kernel(A, w, 0.01, 1024, method="dss", form=form), K, rtol=0, atol=1e-12)
    zoh = ssm_kernel(A, w / (torch.exp(1024 * 0.01 * A) - 1), 0.01, 1024)
    torch.testing.assert_close(zoh, K, rtol=0, atol=1e-12)
    each = torch.stack([dss_kernel(A[n : n + 1], w[n : n + 1], 0.01, 1024).sum() for n in range(16)])
    torch.testing.assert_close(each, 2 * (w / A).real)


def test_dss_takes_modes_that_grow_and_the_kernel_does_not():
    A, w = -s4d_lin(8).conj(), weights(4)
    grown = dss_kernel(A, w, 5.0, 400)  # e^{1000} on the way
    exponent = (A[:, None] * 5.0 * (torch.arange(400) - 399)).numpy()
    softmax = np.exp(exponent) / np.exp(exponent).sum(1, keepdims=True)
    np.testing.assert_allclose(grown.numpy(), 2 * ((w / A).numpy() @ softmax).real, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match=r"A has a real part of 0\.5; a mode with Re A > 0 grows"):
        ssm_kernel(A, w, 5.0, 400)
    with pytest.raises(ValueError, match="is a pole"):
        dss_kernel(torch.tensor([2j * math.pi * 3 / 4], dtype=torch.complex128), w[:1], 0.01, 400)


def test_zoh_and_bilinear_part_as_the_step_grows():
    """Relative distance in L2, root mean square over the weights: 1.6 %, 98 % and 185 % for S4D-Lin with 64 numbers."""
    A, C = s4d_lin(64), weights(500, 32)
    seen = []
    for dt in (1e-3, 1e-2, 1e-1):
        one, two = (ssm_kernel(A, C, dt, 1024, method=m) for m in ("zoh", "bilinear"))
        seen.append(((one - two).norm() / one.norm()).item())
    assert seen == pytest.approx([0.0156, 0.976, 1.85], rel=0.05)


def test_the_spread_of_the_output_at_the_start():
    """White noise of spread 1 through S4D-Lin with 64 numbers: 0.25, 0.79 and 1.41."""
    C = weights(1000, 32)
    for dt, spread in ((1e-3, 0.25), (1e-2, 0.79), (1e-1, 1.41)):
        K = ssm_kernel(s4d_lin(64), C, dt, 4096)
        assert K.square().sum(-1).mean().sqrt().item() == pytest.approx(spread, rel=0.03)


def test_fits_of_an_echo():
    fade, turn = (fit_kernel(bump(256, 100, 6), A, 0.01) for A in (s4d_real(64), s4d_lin(32)))
    assert fade.error > 0.5
    assert turn.error < 0.01
    assert mode_matrix(s4d_lin(64), 0.01, 1000).shape == (1000, 63)  # the sine of the mode that does not turn is zero


def test_a_kernel_of_the_layer_is_the_kernel_of_its_parameters():
    layer = S4D(3, 8, generator=torch.Generator().manual_seed(0)).double()
    A, C, dt = layer.ssm()
    torch.testing.assert_close(layer.kernel(50), torch.stack([ssm_kernel(A[h], C[h], dt[h], 50) for h in range(3)]))


LIN, C = s4d_lin(8), weights(4)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((LIN, C, 0.1, 0), {}, "L = 0 must be a whole number"),
        ((LIN, C, 0.0, 9), {}, "dt = 0 must be finite and positive"),
        ((LIN, C[:3], 0.1, 9), {}, r"A is \(4,\) and C is \(3,\); both end in the modes"),
        ((LIN, C.real, 0.1, 9), {}, "A is complex but C is real; a real mode takes a real weight"),
        ((LIN, C * math.nan, 0.1, 9), {}, "C holds nan or inf"),
        ((LIN, C.real.half(), 0.1, 9), {}, "C is torch.float16; use float32"),
        ((LIN.expand(2, 4), C.expand(3, 4), 0.1, 9), {}, r"A \(2, 4\), C \(3, 4\) do not broadcast"),
        ((LIN, C, 0.1, 9), {"method": "euler"}, "method = 'euler' is not known"),
        ((LIN, C, 0.1, 9), {"form": "fast"}, "form = 'fast' is not known; choose from 'two-level', 'tables', 'materialised'"),
    ],
)
def test_bad_input_is_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        ssm_kernel(*arguments, **options)


def test_dss_kernel_names_real_modes():
    with pytest.raises(ValueError, match="dss_kernel: A is real"):
        dss_kernel(s4d_real(4), weights(4, dtype=torch.float64), 0.1, 9)
