"""S4's kernel of a state matrix that is diagonal plus rank one, against the dense recurrence; LRU's ring and normalisation."""

import math

import numpy as np
import pytest
import torch

from dynlib.diagonal_ssm import (
    dplr_kernel,
    legs_dplr,
    legs_matrices,
    normalisation,
    ring,
    ssm_kernel,
    truncated_weights,
)

DT = 0.03


def dense_kernel(A, B, C, dt, L):
    """C A_bar^l B_bar of a dense real system under the bilinear rule, one step after the other."""
    eye = np.eye(len(A))
    A_bar, x = np.linalg.solve(eye - dt / 2 * A, eye + dt / 2 * A), np.linalg.solve(eye - dt / 2 * A, dt * B)
    K = []
    for _ in range(L):
        K.append(C @ x)
        x = A_bar @ x
    return np.array(K)


@pytest.mark.parametrize(("N", "L"), [(2, 1), (2, 7), (8, 64), (16, 101), (32, 256)])
def test_it_is_the_kernel_of_the_dense_legs(N, L):
    A, P, B, V = legs_dplr(N)
    read = np.random.default_rng(0).standard_normal(N)
    C = torch.from_numpy(read).to(V.dtype) @ V
    K = dplr_kernel(A, P, B, truncated_weights(A, P, C, DT, L), DT, L)
    legs = legs_matrices(N)
    wanted = dense_kernel(legs.A.numpy(), legs.B.numpy(), read, DT, L)
    assert np.abs(K.numpy() - wanted).max() < 1e-11 * np.abs(wanted).max()


def test_without_the_rank_one_part_it_is_the_diagonal_kernel():
    A, P, B, V = legs_dplr(12)
    C = V[3].clone()
    K = dplr_kernel(A, 0 * P, B, truncated_weights(A, 0 * P, C, DT, 50), DT, 50)
    torch.testing.assert_close(K, ssm_kernel(A, C * B, DT, 50, method="bilinear"), rtol=0, atol=1e-12)


def test_weights_that_were_not_truncated_wrap_around():
    A, P, B, V = legs_dplr(8)
    C = V[0].clone()
    right = dplr_kernel(A, P, B, truncated_weights(A, P, C, DT, 20), DT, 20)
    wrapped = dplr_kernel(A, P, B, C, DT, 20)
    longer = dplr_kernel(A, P, B, truncated_weights(A, P, C, DT, 20_000), DT, 20_000)
    torch.testing.assert_close(longer[:20], right, rtol=0, atol=1e-10)
    torch.testing.assert_close(wrapped, longer.view(-1, 20).sum(0), rtol=0, atol=1e-10)


def test_gradients():
    A, P, B, V = legs_dplr(6)
    arguments = [v.clone().requires_grad_() for v in (A, P, B, V[1])]
    assert torch.autograd.gradcheck(lambda A, P, B, C: dplr_kernel(A, P, B, C, DT, 9), arguments)


def test_refusals():
    A, P, B, V = legs_dplr(6)
    with pytest.raises(ValueError, match="dplr_kernel: B has shape"):
        dplr_kernel(A, P, B[:2], V[0], DT, 9)
    with pytest.raises(ValueError, match=r"dplr_kernel: A is torch\.float64"):
        dplr_kernel(A.real, P.real, B.real, V[0].real, DT, 9)
    with pytest.raises(ValueError, match="truncated_weights: dt = tensor"):
        truncated_weights(A, P, V[0], torch.full((3,), DT), 9)
    with pytest.raises(ValueError, match="dplr_kernel: a result overflows"):
        dplr_kernel(0 * A, P, B, V[0], DT, 9)


def test_a_ring_is_uniform_by_area():
    factors = ring(20_000, 0.5, 0.9, math.pi / 10, torch.Generator().manual_seed(0))
    assert factors.abs().min() >= 0.5
    assert factors.abs().max() <= 0.9
    assert factors.angle().min() >= 0
    assert factors.angle().max() <= math.pi / 10
    inner = (factors.abs() < 0.7).double().mean().item()  # area within 0.7: (0.49 − 0.25)/(0.81 − 0.25)
    assert inner == pytest.approx(0.24 / 0.56, abs=3 * math.sqrt(0.25 / 20_000))
    with pytest.raises(ValueError, match=r"ring: r_min = 0\.9, r_max = 0\.5"):
        ring(3, 0.9, 0.5)


def test_the_normalisation_holds_the_variance_at_1():
    factors = ring(6, 0.3, 0.95, generator=torch.Generator().manual_seed(1))
    powers = factors[:, None] ** torch.arange(2000)  # the variance of x is the energy of its impulse response
    energy = (normalisation(factors)[:, None] * powers).abs().square().sum(-1)
    torch.testing.assert_close(energy, torch.ones(6, dtype=torch.float64), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="normalisation: factors reach"):
        normalisation(torch.tensor([1.5]))
