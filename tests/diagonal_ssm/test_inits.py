"""Where the modes start, against the formulas as the paper and the authors' code have them."""

import math

import numpy as np
import pytest
import torch

from dynlib.diagonal_ssm import (
    INITS,
    initial_modes,
    legs_eigen,
    legs_matrices,
    random_imaginary,
    random_real,
    s4d_inv,
    s4d_legs,
    s4d_legs_input,
    s4d_lin,
    s4d_quad,
    s4d_rand,
    s4d_real,
)
from dynlib.diagonal_ssm.inits import SPEEDS


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("name", "speeds"),
    [
        ("lin", [0, math.pi, 2 * math.pi, 3 * math.pi]),
        ("inv", [8 / math.pi * v for v in (7, 5 / 3, 3 / 5, 1 / 7)]),
        ("inv2", [8 / math.pi * v for v in (7, 3, 5 / 3, 1)]),
        ("quad", [1 / math.pi, 9 / math.pi, 25 / math.pi, 49 / math.pi]),
    ],
)
def test_the_first_speeds_by_hand(name, speeds):
    A = initial_modes(name, 8)
    assert A.dtype == torch.complex128
    assert (A.real == -0.5).all()
    torch.testing.assert_close(A.imag, torch.tensor(speeds, dtype=torch.float64), rtol=1e-15, atol=0)


def test_real_modes_are_the_eigenvalues_of_legs():
    eigenvalues = np.sort(np.linalg.eigvals(legs_matrices(6).A.numpy()).real)[::-1]
    np.testing.assert_allclose(s4d_real(6).numpy(), eigenvalues, rtol=1e-10)


def test_the_law_of_lin_is_s4d_lin():
    torch.testing.assert_close(SPEEDS["lin"](torch.arange(5, dtype=torch.float64), 10), s4d_lin(10).imag)


def test_inv_at_64_starts_below_legs():
    assert s4d_inv(64)[0].imag.item() == pytest.approx(1283.43, abs=0.005)
    assert s4d_legs(64)[0].imag.item() == pytest.approx(64**2 / math.pi - 0.52345, abs=1e-5)
    miss = (s4d_inv(64).imag / s4d_legs(64).imag - 1).abs()
    assert miss.median().item() == pytest.approx(0.174, abs=0.001)
    assert miss.max().item() == pytest.approx(0.23, abs=0.005)


def test_random_parts_have_their_laws():
    A = s4d_rand(20_000, seeded())
    assert (A.real == -0.5).all()
    assert A.imag.log().mean().abs() < 0.04
    assert A.imag.log().std() == pytest.approx(1, abs=0.03)
    A = random_real(s4d_lin(20_000), seeded())
    torch.testing.assert_close(A.imag, s4d_lin(20_000).imag)
    assert ((A.real <= 0) & (A.real >= -1)).all()
    assert A.real.mean() == pytest.approx(-0.5, abs=0.01)
    A = random_real(s4d_real(10_000), seeded())
    assert A.mean() == pytest.approx(-2500, abs=60)
    assert ((A <= 0) & (A >= -5000)).all()
    A = random_imaginary("lin", 20_000, seeded())
    assert A.imag.max() == pytest.approx(math.pi * 10_000, rel=1e-3)
    assert A.imag.mean() == pytest.approx(math.pi * 5_000, rel=0.02)
    assert (A.imag.diff() < 0).any()  # drawn, not sorted
    places = (64 / (random_imaginary("inv", 64, seeded()).imag * math.pi / 64 + 1) - 1) / 2
    torch.testing.assert_close(places, 32 * torch.rand(32, dtype=torch.float64, generator=seeded()))


@pytest.mark.parametrize("name", INITS)
def test_every_initialisation_decays_and_a_seed_repeats_it(name):
    A, again, other = (initial_modes(name, 16, seeded(s)) for s in (1, 1, 2))
    assert len(A) == (8 if A.is_complex() else 16)
    assert A.dtype in (torch.complex128, torch.float64)
    assert (A.real < 0).all()
    assert torch.equal(A, again)
    assert torch.equal(A, other) == (name in ("legs", "inv", "lin", "inv2", "quad", "real"))


def test_legs_matrices_by_hand():
    legs = legs_matrices(3)
    r3, r5, r15 = math.sqrt(3), math.sqrt(5), math.sqrt(15)
    torch.testing.assert_close(legs.A, torch.tensor([[-1, 0, 0], [-r3, -2, 0], [-r5, -r15, -3]], dtype=torch.float64))
    normal = torch.tensor([[-1, r3, r5], [-r3, -1, r15], [-r5, -r15, -1]], dtype=torch.float64) / 2
    torch.testing.assert_close(legs.A_normal, normal)
    torch.testing.assert_close(legs.B, torch.tensor([1, r3, r5], dtype=torch.float64))


@pytest.mark.parametrize("N", [2, 8, 64])
def test_legs_modes_diagonalise_the_normal_part(N):
    legs, (A, B, V) = legs_matrices(N), legs_eigen(N)
    assert (legs.A_normal @ legs.A_normal.T - legs.A_normal.T @ legs.A_normal).abs().max() < 1e-9
    torch.testing.assert_close(legs.A_normal.to(V.dtype) @ V, V * A, rtol=0, atol=1e-10)
    torch.testing.assert_close(V.mH @ legs.B.to(V.dtype) / 2, B.to(V.dtype), rtol=0, atol=1e-11)
    assert (B > 0).all()
    assert (A.real + 0.5).abs().max() < 1e-12
    general = np.linalg.eigvals(legs.A_normal.numpy())
    np.testing.assert_allclose(general.real, -0.5, atol=1e-9)
    np.testing.assert_allclose(np.sort(general.imag)[::-1][: N // 2], A.imag.numpy(), rtol=1e-9)
    assert torch.equal(s4d_legs_input(N), B)


def test_legs_input_does_not_depend_on_the_phases_of_the_eigenvectors():
    A, B, V = legs_eigen(12)
    omega, W = np.linalg.eigh(-1j * (legs_matrices(12).A_normal.numpy() + 0.5 * np.eye(12)))
    kernel = (W * np.exp((-0.5 + 1j * omega) * 0.3)) @ (W.conj().T @ legs_matrices(12).B.numpy()) / 2
    ours = 2 * (V * torch.exp(A * 0.3) @ B.to(V.dtype)).real
    np.testing.assert_allclose(ours.numpy(), kernel.real, atol=1e-12)


def test_how_many_modes_the_official_clip_changes():
    assert 2 * (2 * s4d_legs_input(64) > 2).sum() == 22
    assert 2 * s4d_legs_input(64).max().item() == pytest.approx(40.75, abs=0.01)


def test_legs_itself_cannot_be_diagonalised():
    seen = [np.linalg.cond(np.linalg.eig(legs_matrices(N).A.numpy())[1]) for N in (4, 8, 16)]
    np.testing.assert_allclose(seen, [86.1, 7.7e4, 8.3e10], rtol=0.02)


@pytest.mark.parametrize("N", [0, 1, 7, -2, 4.0, True, "8"])
@pytest.mark.parametrize("init", [s4d_lin, s4d_inv, s4d_quad, s4d_rand, s4d_legs])
def test_an_odd_number_is_refused(init, N):
    with pytest.raises(ValueError, match=rf"{init.__name__}: N = {N!r} must be an even whole number of at least 2"):
        init(N)


def test_other_bad_input_is_named():
    with pytest.raises(ValueError, match="s4d_real: N = 0 must be a whole number of at least 1"):
        s4d_real(0)
    with pytest.raises(ValueError, match="name = 'lim' is not known; choose from 'legs', 'inv', 'lin'"):
        initial_modes("lim", 8)
    with pytest.raises(ValueError, match="law = 'legs' is not known; choose from 'lin', 'inv', 'inv2', 'quad'"):
        random_imaginary("legs", 8)
    with pytest.raises(ValueError, match=r"A has shape \(2, 4\); give one vector"):
        random_real(torch.zeros(2, 4))
