"""How little H heads miss: Eckart and Young, and constructions under restrictions."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.head_count import (
    alternating_least_squares,
    error_floor,
    factorize,
    head_bound,
    interaction_rank,
    lag_operators,
    measured,
    mode_heads,
    nonnegative_heads,
    operator_span,
    operator_table,
    simplicial_heads,
    spectral_radius,
    to_modes,
)
from dynlib.head_count.train import DATA, miss, teacher, train_heads
from dynlib.sweep import read_runs

SMALL = settings(deadline=None, derandomize=True, max_examples=15)


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def some_system(N=5, p=4, d=3, seed=0, radius=0.9):
    A = normal(N, N, seed=seed)
    return A * radius / spectral_radius(A), normal(N, d, seed=seed + 1), normal(p, N, seed=seed + 2)


@pytest.fixture(scope="module")
def six():
    """A system of rank 6, p = 4, d = 5, n = 24: lag operators with frozen errors."""
    rng = np.random.default_rng(0)
    for N, p, d in ((4, 3, 3), (6, 3, 3), (12, 3, 3), (12, 3, 3), (20, 2, 2), (5, 1, 1), (8, 4, 2)):
        rng.standard_normal(N * N + N * d + p * N)
    rng.standard_normal(2 * 64 + 2 * 16 + 80 + 2 * 24)
    for states, shared in ((8, False), (8, True), (2, True)):
        rng.uniform(size=states)
        for _ in range(4):
            rng.uniform(size=0 if shared else states)
            rng.standard_normal(states)
    A = rng.standard_normal((6, 6))
    A *= 0.95 / abs(np.linalg.eigvals(A)).max()
    return lag_operators(*(torch.tensor(x) for x in (A, rng.standard_normal((6, 5)), rng.standard_normal((4, 6)))), 24)


def test_the_error_of_fewer_heads_is_the_tail(six):
    frozen = [0.393, 0.129, 0.0467, 0.00619, 5.1e-6]
    floor = error_floor(six)
    assert floor[0] == 1
    assert floor[-1] == 0
    for H, expected in enumerate(frozen, 1):
        heads = factorize(six, H)
        assert heads.heads == H
        assert heads.error == pytest.approx(expected, rel=0.01)
        assert heads.error == pytest.approx(floor[H].item(), rel=1e-8)
        assert alternating_least_squares(six, H, generator=torch.Generator().manual_seed(H)).error == pytest.approx(
            heads.error, rel=1e-6
        )
    assert factorize(six, 6).error < 1e-28
    assert alternating_least_squares(six, 6, steps=3, generator=torch.Generator().manual_seed(0)).error < 1e-28


def test_the_error_is_that_of_the_output_for_white_noise(six):
    """E‖y − ŷ‖²/E‖y‖², estimated from 4000 sequences: within 3 % of the error of three heads."""
    x = normal(4000, 24, 5)
    missed = operator_table(six - factorize(six, 3).operators())
    y, e = (torch.einsum("ijpd,bjd->bip", W, x) for W in (operator_table(six), missed))
    assert ((e**2).sum() / (y**2).sum()).item() == pytest.approx(factorize(six, 3).error, rel=0.03)


@SMALL
@given(N=st.integers(1, 5), p=st.integers(1, 3), d=st.integers(1, 3), extra=st.integers(0, 5), seed=st.integers(0, 99))
def test_r_heads_are_exact_and_r_minus_1_miss_the_last_singular_value(N, p, d, extra, seed):
    modes = torch.tensor([0.99, -0.9, 0.7, -0.5, 0.2], dtype=torch.float64)[:N]
    M = lag_operators(modes, normal(N, d, seed=seed), normal(p, N, seed=seed + 1), N + extra)
    found = interaction_rank(M)
    assert factorize(M, found.rank).error < 1e-20
    torch.testing.assert_close(factorize(M, found.rank).operators(), M, rtol=0, atol=1e-10)
    squares = found.weighted**2
    if found.rank > 1:
        expected = (squares[found.rank - 1] / squares.sum()).item()
        assert factorize(M, found.rank - 1).error == pytest.approx(expected, rel=1e-8, abs=1e-26)


def test_weights_of_each_pair_do_no_better(six):
    """The best α_ij for fixed values is a projection of M_{i−j}: it depends on the lag, though i and j were free."""
    heads = factorize(six, 2)
    W = operator_table(six)
    alpha = torch.linalg.lstsq(heads.values.reshape(2, -1).T, W.reshape(24 * 24, -1).T).solution.reshape(2, 24, 24)
    missed = ((W - torch.einsum("hij,hpd->ijpd", alpha, heads.values)) ** 2).sum() / (W**2).sum()
    assert missed.item() == pytest.approx(heads.error, rel=1e-10)
    torch.testing.assert_close(alpha[:, 7, 3], alpha[:, 20, 16], rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_one_more_head_makes_weights_positive(seed):
    M = lag_operators(*some_system(seed=10 * seed), 20)
    r = interaction_rank(M).rank
    heads = nonnegative_heads(M)
    assert heads.heads == r + 1 == 6
    assert heads.coefficients.min() == 0
    assert heads.error < 1e-25


def test_an_oscillating_channel_needs_two_positive_heads():
    lag = torch.arange(20, dtype=torch.float64)
    M = (torch.cos(0.7 * lag) * 0.95**lag)[:, None, None]
    assert interaction_rank(M).rank == 1
    assert nonnegative_heads(M).heads == 2
    for sign in (1.0, -1.0):
        with pytest.raises(ValueError, match=r"lag .* outside the cone"):
            simplicial_heads(M, sign * torch.ones(1, 1, 1, dtype=torch.float64))


def test_r_positive_heads_where_a_cone_holds_the_operators():
    """Positive real modes: their residues span such a cone. With one negative mode the cone of the residues is left at lag 1."""
    B, C = normal(3, 3), normal(3, 3, seed=1)
    residues = torch.einsum("pm,md->mpd", C, B)
    M = lag_operators(torch.tensor([0.9, 0.6, 0.3]).double(), B, C, 12)
    heads = simplicial_heads(M, residues)
    assert heads.heads == interaction_rank(M).rank == 3
    assert heads.coefficients.min() >= 0
    assert heads.error < 1e-25
    signs = lag_operators(torch.tensor([0.9, 0.6, -0.3]).double(), B, C, 12)
    with pytest.raises(ValueError, match=r"lag 1 of M lies outside.*-0.3 for generator 2"):
        simplicial_heads(signs, residues)
    with pytest.raises(ValueError, match="linearly dependent"):
        simplicial_heads(M, residues[[0, 1, 1]])
    with pytest.raises(ValueError, match="miss"):
        simplicial_heads(M, residues[:2])


def test_one_head_a_real_mode_two_a_complex_pair():
    modes = torch.tensor([0.95, 0.8, 0.5, -0.4]).double()
    B, C = normal(4, 3), normal(4, 4, seed=1)
    heads = mode_heads(modes, B, C, 20)
    assert heads.error < 1e-28
    assert torch.linalg.matrix_rank(heads.values).tolist() == [1, 1, 1, 1]
    pairs = 0.95 * torch.exp(1j * torch.tensor([0.0, 0.4, 1.1, torch.pi]).double())
    pairs[3] = -0.6  # two real modes and two pairs: a state of 6 numbers
    B, C = normal(4, 3, dtype=torch.complex128), normal(5, 4, seed=1, dtype=torch.complex128)
    heads = mode_heads(pairs, B, C, 20)
    assert heads.heads == 6
    assert heads.error < 1e-28
    assert torch.linalg.matrix_rank(heads.values[[1, 2, 4, 5]]).max() <= 2


def test_a_dense_system_in_its_modes():
    A, B, C = some_system(N=6, seed=4)
    modes = to_modes(A, B, C)
    M = lag_operators(A, B, C, 15)
    torch.testing.assert_close(lag_operators(*modes, 15), M, rtol=0, atol=1e-12)
    assert mode_heads(*modes, 15).heads == 6 == interaction_rank(M).rank


def test_heads_of_limited_width():
    """A rotation of four dimensions has rank-4 operators: heads of width 1 are needed by the rank, not by the span."""
    rotation = torch.linalg.matrix_exp(normal(4, 4) - normal(4, 4).T)
    assert head_bound(torch.eye(4).double().expand(6, 4, 4), 1) == 4
    assert head_bound(torch.eye(4).double().expand(6, 4, 4), 3) == 2
    M = torch.stack([torch.linalg.matrix_power(rotation, lag) for lag in range(6)])
    assert head_bound(M, 4) == interaction_rank(M).rank
    modes = mode_heads(torch.tensor([0.9, 0.5]).double(), normal(2, 3), normal(3, 2), 8)
    assert head_bound(modes.operators(), 1) == 2 == modes.heads


def test_gradient_descent_finds_the_cliff():
    """The same draws as a system of rank 4 of an earlier study: its errors with 1, 2, 3 and 4 heads."""
    torch.manual_seed(0)
    for shape in ((3, 4, 5), (3, 4, 5), (3, 4, 5), (3, 7, 7)):
        torch.randn(shape, dtype=torch.float64)
    A, B, C = (torch.randn(shape, dtype=torch.float64) for shape in ((4, 4), (4, 3), (3, 4)))
    M = lag_operators(A * 0.9 / spectral_radius(A), B, C, 16)
    assert error_floor(M)[1:4].tolist() == pytest.approx([0.237, 0.0197, 0.00696], rel=0.005)
    assert train_heads(M, 2, steps=400) == pytest.approx(error_floor(M)[2].item(), rel=1e-3)
    assert train_heads(M, 4, steps=800) < 1e-8


def test_the_stored_study():
    """Every seed of both searches ends at the singular values; softmax with a constant sink has no cliff."""
    rows = read_runs(DATA / "heads.csv")
    floor = error_floor(teacher())
    found = {(row["method"], row["H"], row["seed"]): row["error"] for row in rows}
    assert len(rows) == len(found) == 6 + 3 * 6 * 5
    for (method, H, _), value in found.items():
        if method == "softmax":
            assert 5e-4 < value < 0.6
            assert value > floor[H]
        elif H < 4:
            assert value == pytest.approx(floor[H].item(), rel=1e-6)
        else:
            assert value < 1e-29


def test_rows_of_the_study():
    M = teacher()
    assert interaction_rank(M).rank == 4
    assert list(miss(method="svd", H=2, seed=0)) == [{"error": error_floor(M)[2].item()}]
    assert list(miss(method="svd", H=2, seed=1)) == []
    assert next(miss(method="als", H=2, seed=1))["error"] == pytest.approx(error_floor(M)[2].item(), rel=1e-6)
    assert train_heads(M, 5, method="softmax", steps=20) > 1e-3
    with pytest.raises(ValueError, match="method = 'free'"):
        train_heads(M, 1, method="free")


def test_refusals():
    M = lag_operators(*some_system(), 8)
    for call, message in [
        (lambda: factorize(M, 0), r"H = 0"),
        (lambda: factorize(M, 9), r"H = 9 is more than min\(n, p d\) = 8"),
        (lambda: factorize(0 * M, 1), r"zero throughout"),
        (lambda: factorize(operator_table(M), 1), r"M has shape \(8, 8, 4, 3\)"),
        (lambda: factorize(M + 0j, 1), r"complex128"),
        (lambda: alternating_least_squares(M, 2, steps=0), r"steps = 0"),
        (lambda: measured(M, operator_span(M), torch.zeros(4, 8)), r"H = 4"),
        (lambda: nonnegative_heads(M[0]), r"M has shape"),
        (lambda: mode_heads(torch.eye(3), normal(3, 2), normal(2, 3), 4), r"to_modes"),
        (lambda: mode_heads(torch.ones(3), normal(3, 2), normal(2, 3), 0), r"n = 0"),
        (lambda: to_modes(torch.tensor([[0.5, 1.0], [0.0, 0.5]]).double(), normal(2, 2), normal(2, 2)), r"not diagonalisable"),
        (lambda: head_bound(M, 0), r"width = 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
