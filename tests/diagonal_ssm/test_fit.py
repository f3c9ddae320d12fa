"""The smallest systems by hand, other routes to the same numbers, and what is refused."""

import math

import mpmath
import pytest
import torch

from dynlib.diagonal_ssm import (
    bump,
    discretize_zoh,
    exact_real_error,
    fit_kernel,
    mode_matrix,
    s4d_lin,
    s4d_real,
    target_kernels,
)
from dynlib_kernels.vandermonde import vandermonde_ref


@pytest.mark.parametrize("dt", [1e-9, 1e-3, 0.1, 2.0])
@pytest.mark.parametrize("a", [0.0, -1.0, -0.5 + 3j, -1e-8 + 1e-7j, -40 + 500j])
def test_zoh_is_the_exponential_of_the_held_system(a, dt):
    A_bar, B_bar = discretize_zoh(torch.tensor(a, dtype=torch.complex128), dt)
    held = torch.linalg.matrix_exp(torch.tensor([[a * dt, dt], [0, 0]], dtype=torch.complex128))
    torch.testing.assert_close(A_bar, held[0, 0], rtol=1e-11, atol=0)  # a phase of 1,000 rad costs three digits
    torch.testing.assert_close(B_bar, held[0, 1], rtol=1e-11, atol=0)


def test_columns_sum_to_the_kernel():
    A, L, dt = s4d_lin(10)[1:], 33, 0.05
    c = torch.randn(4, dtype=torch.complex128, generator=torch.Generator().manual_seed(0))
    A_bar, B_bar = discretize_zoh(A, dt)
    K = vandermonde_ref(torch.log(A_bar)[None], (c * B_bar)[None], L)[0]
    E = B_bar * A_bar ** torch.arange(L)[:, None]
    norms = torch.cat([torch.linalg.vector_norm(part, dim=0) for part in (E.real, E.imag)])
    weights = 2 * torch.cat([c.real, c.imag]) * norms
    torch.testing.assert_close(mode_matrix(A, dt, L) @ weights, K, rtol=1e-12, atol=1e-12)


def test_columns_have_norm_one_and_a_silent_one_is_left_out():
    M = mode_matrix(s4d_lin(8), 0.01, 100)
    assert M.shape == (100, 7)  # the mode that does not turn has no imaginary part
    torch.testing.assert_close(torch.linalg.vector_norm(M, dim=0), torch.ones(7, dtype=torch.float64))


def test_fit_of_a_mode_is_that_mode():
    target = mode_matrix(s4d_lin(8), 0.02, 90) @ torch.tensor([1.0, -2, 0, 0, 0.5, 0, 0], dtype=torch.float64)
    fit = fit_kernel(target, s4d_lin(8), 0.02)
    assert fit.error < 1e-12
    assert fit.rank == 7
    torch.testing.assert_close(fit.kernel, target)


def test_more_precision_never_fits_worse():
    errors = [fit_kernel(bump(256, 100, 6), s4d_real(64), 0.01, precision=p).error for p in (1e-3, 1e-5, 1e-7, 1e-9)]
    assert errors == sorted(errors, reverse=True)


def test_bump_is_one_at_its_lag():
    assert bump(50, 20, 3)[20] == 1
    assert math.isclose(bump(50, 20, 3)[23], math.exp(-0.5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: s4d_lin(7), "N = 7"),
        (lambda: s4d_lin(0), "N = 0"),
        (lambda: s4d_real(0), "N = 0"),
        (lambda: discretize_zoh(torch.tensor([0.1]), 0.1), "grows"),
        (lambda: discretize_zoh(torch.tensor([-1.0]), 0.0), "dt = 0"),
        (lambda: discretize_zoh(torch.tensor([-1.0]), float("nan")), "dt holds nan"),
        (lambda: discretize_zoh(torch.tensor([float("nan")]), 0.1), "nan or inf"),
        (lambda: discretize_zoh(torch.tensor([-1.0], dtype=torch.float16), 0.1), "float16"),
        (lambda: discretize_zoh([-1.0], 0.1), "list"),
        (lambda: mode_matrix(s4d_real(2), 0.1, 0), "L = 0"),
        (lambda: bump(10, 5, 0), "width = 0"),
        (lambda: fit_kernel(torch.zeros(5), s4d_real(2), 0.1), "not zero throughout"),
        (lambda: fit_kernel(torch.ones(5), s4d_real(2), 0.1, precision=1.0), "precision = 1.0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("N", [1, 2, 5])
def test_without_rounding_few_modes_reach_what_a_fit_reaches(N):
    target = bump(60, 20, 5)
    assert math.isclose(
        exact_real_error(target, N, 0.02), fit_kernel(target, s4d_real(N), 0.02, precision=1e-15).error, rel_tol=1e-9
    )


def test_without_rounding_the_fit_agrees_with_fifty_digits():
    """Normal equations of 30 modes in 80 digits, where float64 sees a matrix of rank 16."""
    mpmath.mp.dps = 80
    target, N, dt = bump(64, 30, 4), 30, 0.03
    M = mpmath.matrix([[mpmath.exp(-mpmath.mpf(n * l) * 3 / 100) for n in range(1, N + 1)] for l in range(64)])
    b = mpmath.matrix(target.tolist())
    missed = b - M * mpmath.lu_solve(M.T * M, M.T * b)
    assert math.isclose(exact_real_error(target, N, dt), float(mpmath.norm(missed) / mpmath.norm(b)), rel_tol=1e-8)


@pytest.mark.parametrize(("N", "dt", "said"), [(60, 0.02, "below 60"), (5, 1.0, "at most 20/L")])
def test_without_rounding_refuses(N, dt, said):
    with pytest.raises(ValueError, match=said):
        exact_real_error(bump(60, 20, 5), N, dt)


def test_targets_are_what_their_names_say():
    kernels = target_kernels(256)
    assert {len(kernel) for kernel in kernels.values()} == {256}
    assert [int(kernels[f"echo after {late} steps"].argmax()) for late in (20, 40, 100, 200)] == [20, 40, 100, 200]
    assert kernels["block of 64 steps"].sum() == 64
    assert math.isclose(kernels["slow decay"][60], math.exp(-1))
    assert math.isclose(kernels["power law"][99], 0.1)
    assert math.isclose(kernels["damped wave"][23], math.exp(-23 / 80))
