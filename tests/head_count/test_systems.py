"""The small systems have the lag operators that they promise, and the number of heads that they are there to show."""

import numpy as np
import pytest
import torch

from dynlib.head_count import chain, delay_line, interaction_rank, lag_operators, leaking, turning


@pytest.mark.parametrize(
    ("system", "r"),
    [
        (leaking([0.9]), 1),
        (leaking([0.9, 0.5, -0.3], N=15), 3),
        (leaking([0.9, 0.5, -0.3], N=3, p=1, d=1), 1),
        (chain(0.8), 4),
        (chain(0.8, N=1), 1),
        (turning([0.9 * np.exp(0.7j), 0.8 * np.exp(1.9j)]), 4),
    ],
)
def test_rank_is_the_promised_one(system, r):
    assert interaction_rank(lag_operators(*system, 24)).rank == r


def test_leaking_is_the_sum_of_its_modes():
    A, B, C = leaking([0.9, -0.5], N=4, p=3, d=2)
    assert A.tolist() == [0.9, 0.9, -0.5, -0.5]
    wanted = sum(A[m] ** 5 * torch.outer(C[:, m], B[m]) for m in range(4))
    torch.testing.assert_close(lag_operators(A, B, C, 6)[5], wanted)


def test_turning_has_its_factors_as_eigenvalues():
    A, _, _ = turning([0.5 + 0.2j])
    np.testing.assert_allclose(np.sort_complex(np.linalg.eigvals(A.numpy())), [0.5 - 0.2j, 0.5 + 0.2j], rtol=1e-12)


def test_chain_is_not_diagonalisable():
    A, _, _ = chain(0.8, N=4)
    shifted = A - 0.8 * torch.eye(4, dtype=A.dtype)
    assert torch.linalg.matrix_rank(shifted) == 3
    assert not torch.linalg.matrix_power(shifted, 4).any()


@pytest.mark.parametrize(("K", "p", "d"), [(5, 2, 3), (1, 1, 1)])
def test_delay_line_says_its_taps_and_then_nothing(K, p, d):
    taps = torch.arange(1.0, K * p * d + 1, dtype=torch.float64).reshape(K, p, d)
    M = lag_operators(*delay_line(taps), K + 2)
    torch.testing.assert_close(M[:K], taps, rtol=0, atol=0)
    assert not M[K:].any()


def test_same_seed_same_system_and_bad_input_is_named():
    assert torch.equal(leaking([0.9], seed=3)[1], leaking([0.9], seed=3)[1])
    assert not torch.equal(leaking([0.9], seed=3)[1], leaking([0.9], seed=4)[1])
    with pytest.raises(ValueError, match="factors has 3 entries, which do not share N = 16 numbers evenly"):
        leaking([0.9, 0.8, 0.7])
    with pytest.raises(ValueError, match=r"factors = \[\] must be a list"):
        leaking([])
    with pytest.raises(ValueError, match="N = 0"):
        chain(0.9, N=0)
    with pytest.raises(ValueError, match=r"turning: factors = \[\] must be a list"):
        turning([])
    with pytest.raises(ValueError, match="p = 0"):
        chain(0.9, p=0)
    with pytest.raises(ValueError, match="taps"):
        delay_line(torch.zeros(3, 2))
