"""The fewest heads of limited width: cases whose answer is known, each with its proof or its source."""

import pytest
import torch

from dynlib.head_count import (
    chain,
    fewest_heads,
    head_bound,
    head_size,
    interaction_rank,
    lag_operators,
    leaking,
    limited_heads,
    mode_heads,
    turning,
)

EYE = torch.eye(2, dtype=torch.float64)
SHIFT = torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)


def known(name):
    """Lag operators whose least number of rank-1 heads is known, and that number."""
    if name == "leaks":  # one rank-1 residue a mode, and as many are independent
        return lag_operators(*leaking([0.9, 0.6, 0.3], N=3, p=3, d=3), 8), 3
    if name == "turn":  # no operator a I + b J has rank 1; Gauss's three products make all of them
        return lag_operators(turning([0.54 + 0.72j])[0], EYE, EYE, 8), 3
    if name == "chain":  # a I + b E has rank 1 only for a = 0
        return lag_operators(chain(0.8, N=2)[0], EYE, EYE, 8), 3
    # products of polynomials modulo x³ − 1 = (x − 1)(x² + x + 1): 2·3 − 2 (Winograd 1977)
    third = torch.roll(torch.eye(3, dtype=torch.float64), 1, 0)
    return torch.stack([torch.linalg.matrix_power(third, power) for power in range(3)]), 4


@pytest.mark.parametrize("name", ["leaks", "turn", "chain", "round"])
def test_the_search_finds_what_is_known(name):
    M, fewest = known(name)
    bound, found = fewest_heads(M, 1, starts=6, generator=torch.Generator().manual_seed(0))
    assert bound <= found.heads == fewest
    torch.testing.assert_close(found.operators(), M, rtol=0, atol=1e-7)
    assert interaction_rank(found.values, tolerance=1e-6).rank == fewest
    assert (torch.linalg.svdvals(found.values)[:, 1] < 1e-9).all()
    torch.testing.assert_close(torch.linalg.matrix_norm(found.values), torch.linalg.vector_norm(found.coefficients, dim=1))


def test_strassen():
    """Operators X ⊗ I for 2 × 2 matrices X: seven heads of rank 1 (Strassen 1969), and six do not do (Winograd 1971)."""
    M = torch.stack([torch.kron(torch.outer(EYE[i], EYE[j]), EYE) for i in (0, 1) for j in (0, 1)])
    assert interaction_rank(M).rank == head_bound(M, 1) == 4
    found = limited_heads(M, 7, 1, starts=20, generator=torch.Generator().manual_seed(0))
    assert found.error < 1e-16
    torch.testing.assert_close(found.operators(), M, rtol=0, atol=1e-7)


def test_a_limit_that_is_no_answer():
    """Two rank-1 heads come as near to a chain of two as one likes, and grow on the way: the search must not call that exact."""
    M, _ = known("chain")
    near = limited_heads(M, 2, 1, starts=3, generator=torch.Generator().manual_seed(0))
    assert 1e-14 < near.error < 1e-4
    assert head_size(near, M) > 10
    split = mode_heads(
        torch.tensor([0.8, 0.8001]).double(),
        torch.linalg.inv(torch.tensor([[1.0, 1.0], [0.0, 1e-4]]).double()),
        torch.tensor([[1.0, 1.0], [0.0, 1e-4]]).double(),
        8,
    )
    assert split.heads == 2
    assert torch.linalg.vector_norm(split.operators() - M) < 1e-3 * torch.linalg.vector_norm(M)


def test_width_pays():
    M, _ = known("turn")
    assert limited_heads(M, 2, 2, generator=torch.Generator().manual_seed(0)).error < 1e-16
    assert limited_heads(M, 2, 9, starts=1, generator=torch.Generator().manual_seed(1)).error < 1e-16  # wider than p and d
    one = lag_operators(torch.tensor([0.5]).double(), torch.ones(1, 1).double(), torch.ones(1, 1).double(), 1)
    assert limited_heads(one, 1, 1, starts=1).error < 1e-16  # n = p = d = 1


def test_the_bound_sees_what_all_operators_answer_together():
    """Three rank-2 operators with ranges of their own: r = 3, but six heads of rank 1 are needed to answer in six dimensions."""
    eye = torch.eye(6, dtype=torch.float64)
    M = torch.stack([eye[:, 2 * k : 2 * k + 2] for k in range(3)])
    assert interaction_rank(M).rank == 3
    assert head_bound(M, 1) == head_bound(M.mT, 1) == 6
    assert head_bound(M, 2) == 3


def test_refusals():
    M = known("leaks")[0]
    for call, message in [
        (lambda: limited_heads(M, 0, 1), r"H = 0"),
        (lambda: limited_heads(M, 1, 0), r"width = 0"),
        (lambda: limited_heads(M, 1, 1, starts=0), r"starts = 0"),
        (lambda: limited_heads(M + 0j, 1, 1), r"complex128"),
        (lambda: limited_heads(M[0], 1, 1), r"M has shape \(3, 3\)"),
        (lambda: limited_heads(0 * M, 1, 1), r"zero throughout"),
        (lambda: fewest_heads(M, 1, largest=1.0), r"largest = 1.0"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
