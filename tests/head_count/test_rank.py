"""The rank of lag operators: fixed systems with known numbers, properties for all, and what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.head_count import (
    interaction_rank,
    lag_operators,
    operator_rows,
    operator_span,
    operator_table,
    rank_by_length,
    spectral_radius,
)

SMALL = settings(deadline=None, derandomize=True, max_examples=25)


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def filter_system(taps):
    """A (nilpotent), B and C of y_i = Σ_τ T_τ x_{i−τ}: the state is the last K inputs. taps (K, p, d)."""
    K, p, d = taps.shape
    A = torch.kron(torch.diag(torch.ones(K - 1, dtype=taps.dtype), -1), torch.eye(d, dtype=taps.dtype))
    return A, torch.eye(K * d, d, dtype=taps.dtype), taps.movedim(0, 1).reshape(p, K * d)


def systems_in_order():
    """The systems of the tables below, drawn one after the other from one generator: name, A, B, C, n, rank."""
    rng = np.random.default_rng(0)

    def stable(N, radius):
        A = rng.standard_normal((N, N))
        return A * radius / abs(np.linalg.eigvals(A)).max()

    for (N, p, d, n), r in {
        (4, 3, 3, 16): 4,
        (6, 3, 3, 16): 6,
        (12, 3, 3, 16): 9,
        (12, 3, 3, 8): 8,
        (20, 2, 2, 16): 4,
        (5, 1, 1, 16): 1,
        (8, 4, 2, 32): 8,
    }.items():
        yield f"generic N={N} p={p} d={d} n={n}", stable(N, 0.98), rng.standard_normal((N, d)), rng.standard_normal((p, N)), n, r
    B, C = rng.standard_normal((16, 4)), rng.standard_normal((4, 16))
    yield "one decay", 0.9 * np.eye(16), B, C, 32, 1
    yield "three decays", np.diag([0.9] * 6 + [0.5] * 5 + [-0.3] * 5), B, C, 32, 3
    jordan = 0.8 * np.eye(4) + np.diag(np.ones(3), 1)
    yield "Jordan block of 4", jordan, rng.standard_normal((4, 4)), rng.standard_normal((4, 4)), 32, 4
    shift, first = np.kron(np.eye(5, k=-1), np.eye(4)), np.kron(np.eye(5)[:, :1], np.eye(4))
    yield "filter of 5 taps", shift, first, rng.standard_normal((4, 20)), 32, 5
    turning = np.zeros((6, 6))
    for m, angle in enumerate((0.2, 0.5, 1.1)):
        c, s = np.exp(-0.05) * np.array([np.cos(angle), np.sin(angle)])
        turning[2 * m : 2 * m + 2, 2 * m : 2 * m + 2] = [[c, -s], [s, c]]
    yield "three complex pairs", turning, rng.standard_normal((6, 4)), rng.standard_normal((4, 6)), 32, 6
    for name, states, shared, r in (("own modes", 8, False, 4), ("shared modes", 8, True, 4), ("two shared modes", 2, True, 2)):
        poles, A, B, C = rng.uniform(0.5, 0.99, states), [], np.zeros((4 * states, 4)), np.zeros((4, 4 * states))
        for channel in range(4):
            A.append(poles if shared else rng.uniform(0.5, 0.99, states))
            own = slice(channel * states, (channel + 1) * states)
            B[own, channel], C[channel, own] = 1, rng.standard_normal(states)
        yield f"depthwise, {name}", np.concatenate(A), B, C, 32, r
    yield "the six heads", stable(6, 0.95), rng.standard_normal((6, 5)), rng.standard_normal((4, 6)), 24, 6


SYSTEMS = {name: (torch.tensor(A), torch.tensor(B), torch.tensor(C), n, r) for name, A, B, C, n, r in systems_in_order()}


@pytest.mark.parametrize("name", SYSTEMS)
def test_rank_of_known_systems(name):
    A, B, C, n, r = SYSTEMS[name]
    found = interaction_rank(lag_operators(A, B, C, n))
    assert found.rank == r
    assert found.at_least == (name == "generic N=12 p=3 d=3 n=8")
    assert str(found) == ("at least 8" if found.at_least else str(r))


@SMALL
@given(N=st.integers(1, 6), p=st.integers(1, 3), d=st.integers(1, 3), n=st.integers(1, 10), seed=st.integers(0, 50))
def test_generic_rank_is_the_smallest_of_three(N, p, d, n, seed):
    modes = 0.95 * torch.tensor([1.0, -0.9, 0.75, -0.6, 0.4, -0.2], dtype=torch.float64)[:N]
    M = lag_operators(modes, normal(N, d, seed=seed), normal(p, N, seed=seed + 99), n)
    ranks = rank_by_length(M)
    assert ranks == sorted(ranks)
    assert ranks == [min(m, N, p * d) for m in range(1, n + 1)]
    assert operator_span(M).shape == (ranks[-1], p, d)


def test_the_rank_can_stand_still_and_grow_again():
    one, up, down = torch.eye(2), torch.tensor([[0.0, 1.0], [0.0, 0.0]]), torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    taps = torch.stack([one, one, one, up, up, down]).double()
    M = lag_operators(*filter_system(taps), 9)
    torch.testing.assert_close(M[:6], taps)
    assert (M[6:] == 0).all()
    assert rank_by_length(M) == [1, 1, 1, 2, 2, 3, 3, 3, 3]
    assert interaction_rank(M, absolute=1e-9).rank == 3


@pytest.mark.parametrize("complex_modes", [False, True])
def test_lag_operators_by_definition(complex_modes):
    dtype = torch.complex128 if complex_modes else torch.float64
    A, B, C, D = 0.5 * normal(3, 3, dtype=dtype), normal(3, 2, seed=1, dtype=dtype), normal(4, 3, seed=2), normal(4, 2, seed=3)
    M = lag_operators(A, B, C, 5, D)
    pair = [C.to(dtype) @ torch.linalg.matrix_power(A, lag) @ B for lag in range(5)]
    expected = torch.stack([(m + m.conj()).real if complex_modes else m for m in pair])
    expected[0] += D
    torch.testing.assert_close(M, expected, rtol=0, atol=1e-13)
    modes = A[0]
    torch.testing.assert_close(lag_operators(modes, B, C, 5), lag_operators(torch.diag(modes), B, C, 5), rtol=0, atol=1e-13)


def test_the_table_is_constant_along_its_diagonals():
    M = normal(5, 2, 3)
    W = operator_table(M)
    for i in range(5):
        for j in range(5):
            assert torch.equal(W[i, j], M[i - j] if i >= j else torch.zeros(2, 3, dtype=M.dtype))
    assert operator_rows(W).shape == (25, 6)
    # The table counts every pair, the lags with their weights do the same: equal singular values.
    table, curve = interaction_rank(W), interaction_rank(M)
    torch.testing.assert_close(table.weighted[:5], curve.weighted[:5], rtol=1e-12, atol=1e-12)


def test_epsilon_rank_where_exact_rank_is_brittle():
    """Real poles close together need few heads for a small error; poles on a circle need all of them."""
    rng = np.random.default_rng(0)
    circle = 0.99 * np.exp(1j * np.linspace(0.1, 3, 8))
    cases = [(np.linspace(0.5, 0.99, 16), (4, 8)), (np.exp(-0.01 * np.arange(1, 17)), (4, 6)), (circle, (16, 16))]
    for modes, heads in cases:
        N, turning = len(modes), np.iscomplexobj(modes)
        B = rng.standard_normal((N, 5)) + (1j * rng.standard_normal((N, 5)) if turning else 0)
        C = rng.standard_normal((5, N)) + (1j * rng.standard_normal((5, N)) if turning else 0)
        found = interaction_rank(lag_operators(torch.tensor(modes), torch.tensor(B), torch.tensor(C), 64), tolerance=1e-12)
        assert tuple(found.epsilon_rank(eps, weighted=False) for eps in (1e-2, 1e-4)) == heads
        assert found.rank == (12 if modes[0] == np.exp(-0.01) else 16)


def test_a_depthwise_layer_may_give_its_kernels():
    """S4D-Lin layers: as many heads as channels, since no two kernels are alike."""
    for channels, heads in ((16, None), (64, (54, 64))):
        rng, A = np.random.default_rng(0), -0.5 + 1j * np.pi * np.arange(32)
        kernels = []
        for _ in range(channels):
            dt = np.exp(rng.uniform(np.log(1e-3), np.log(1e-1)))
            C = rng.standard_normal(32) + 1j * rng.standard_normal(32)
            kernels.append(2 * ((C * (np.exp(dt * A) - 1) / A) @ np.exp(dt * A[:, None] * np.arange(1024))).real)
        K = torch.tensor(np.array(kernels))
        found = interaction_rank(K.T[:, :, None])
        assert found.rank == channels
        if heads:
            assert tuple(found.epsilon_rank(eps, weighted=False) for eps in (0.1, 0.01)) == heads
    small = K[:4, :20]
    both = interaction_rank(small.T[:, :, None]), interaction_rank(torch.diag_embed(small.T))
    torch.testing.assert_close(both[0].singular_values, both[1].singular_values[:4])


def test_the_span_is_orthonormal_and_holds_the_operators():
    M = lag_operators(*SYSTEMS["the six heads"][:4])
    basis = operator_rows(operator_span(M))
    torch.testing.assert_close(basis @ basis.T, torch.eye(6, dtype=torch.float64), rtol=0, atol=1e-13)
    rows = operator_rows(M)
    torch.testing.assert_close(rows @ basis.T @ basis, rows, rtol=0, atol=1e-12)


def test_refusals():
    A, B, C = 0.9 * torch.eye(2, dtype=torch.float64), normal(2, 3), normal(2, 2)
    M = lag_operators(A, B, C, 4)
    for call, message in [
        (lambda: lag_operators(A, B, C, 0), r"n = 0"),
        (lambda: lag_operators(A, B.T, C, 3), r"B of shape \(3, 2\) has N = 3"),
        (lambda: lag_operators(A, B, C, 3, D=normal(3, 3)), r"D of shape"),
        (lambda: lag_operators(1e90 * A, B, C, 9), r"spectral radius 9e\+89.*n = 9"),
        (lambda: lag_operators(A.half(), B, C, 3), r"A is torch.float16"),
        (lambda: interaction_rank(M.to(torch.complex64)), r"M is torch.complex64.*M.real"),
        (lambda: interaction_rank(M[0]), r"M has shape \(2, 3\)"),
        (lambda: interaction_rank(M, tolerance=0), r"tolerance = 0"),
        (lambda: interaction_rank(M.float()), r"below the rounding of M, torch.float32"),
        (lambda: interaction_rank(M, absolute=-1.0), r"absolute = -1"),
        (lambda: interaction_rank(lag_operators(A / 2, B, C, 40), absolute=1e-9), r"decay to .*the rank is 1"),
        (lambda: interaction_rank(M).epsilon_rank(1.5), r"eps = 1.5"),
        (lambda: operator_span(0 * M), r"zero throughout"),
        (lambda: rank_by_length(operator_table(M)), r"\(n, p, d\)"),
        (lambda: operator_table(M[0]), r"M has shape \(2, 3\)"),
        (lambda: operator_rows(M[0, 0]), r"last two axes"),
        (lambda: spectral_radius(B), r"A of shape \(2, 3\)"),
        (lambda: interaction_rank(normal(3, 2, 2)).settled(), r"all n = 3 operators.*give more lags"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    assert interaction_rank(0 * M).rank == 0 == interaction_rank(0 * M).settled()
    assert interaction_rank(normal(5, 2, 2)).settled() == 4
    assert interaction_rank(M.float(), tolerance=1e-5).rank == 1
