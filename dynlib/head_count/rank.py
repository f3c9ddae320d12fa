"""Interaction rank: the dimension r of the space that a model's operators span, which is the number of heads that it needs.

One head writes W_ij = α_ij V: whatever its weights, all its operators lie on one line. H heads reach H dimensions. So the rank of
the matrix whose rows are the operators decides. Exactly how many of its singular values vanish is brittle, how many matter for
an error ε is not: hence ``epsilon_rank``.
"""

from dataclasses import dataclass

from dynlib.head_count.operators import operator_rows
from dynlib_kernels.arguments.scalars import check_number, check_share
from dynlib_kernels.arguments.systems import check_operators
from dynlib_kernels.engine import torch

TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class InteractionRank:
    """What ``interaction_rank`` found.

    Attributes
    ----------
    rank : int
        r: how many singular values are above the tolerance.
    at_least : bool
        Every row was independent of the others and there was room for more: a longer sequence may
        need more heads.
    singular_values : float64 tensor
        Of the rows vec(M_τ), largest first.
    weighted : float64 tensor
        The same with lag τ counted as often as it occurs in a sequence, n − τ times: rows √(n−τ)
        vec(M_τ).
    """

    rank: int
    at_least: bool
    singular_values: torch.Tensor
    weighted: torch.Tensor

    def __str__(self) -> str:
        return f"{'at least ' if self.at_least else ''}{self.rank}"

    def settled(self) -> int:
        """r, where it can be the system's and not only the number of lags that were looked at.

        Returns
        -------
        int
            r.

        Raises
        ------
        ValueError
            When all n operators were independent: r = n says nothing about longer sequences then.
        """
        if self.at_least:
            raise ValueError(
                f"settled: all n = {self.rank} operators are independent, so r = {self.rank} only counts them; "
                "give more lags: n = N, the size of the state, is always enough"
            )
        return self.rank

    def epsilon_rank(self, eps: float, *, weighted: bool = True) -> int:
        """The fewest heads whose relative error is at most eps.

        The error is the root of (missed squares / all squares).

        Parameters
        ----------
        eps : float
            0 < eps < 1.
        weighted : bool, default True
            The squares are those of the whole table W; for white noise as input they are those of
            the output. False counts every lag once instead.

        Returns
        -------
        int
            The number of heads.

        Raises
        ------
        ValueError
            Unless 0 < eps < 1.
        """
        check_share("epsilon_rank", "eps", eps)  # 0.01 asks for one percent
        tail = tail_squares(self.weighted if weighted else self.singular_values)
        return int((tail.sqrt() > eps).sum())


def of_size(x: torch.Tensor) -> torch.Tensor:
    """The power of two just above the largest entry of x, by which squares of x are kept from overflow; 1 for zeros.

    Parameters
    ----------
    x : tensor
        Real numbers.

    Returns
    -------
    tensor
        One number, of the dtype of x; dividing by it rounds nothing.
    """
    largest = x.detach().abs().max()
    return torch.ldexp(torch.ones_like(largest), torch.frexp(largest).exponent.clamp(-1021, 1023))


def tail_squares(singular_values: torch.Tensor) -> torch.Tensor:
    """Σ_{r>H} σ_r² / Σ σ_r² for H = 0, 1, …, summed from the small end.

    Parameters
    ----------
    singular_values : (m,) tensor
        σ, largest first.

    Returns
    -------
    (m + 1,) tensor
        From 1 down to 0. Zeros stay zeros.
    """
    singular_values = singular_values / of_size(singular_values)
    squares = singular_values**2
    tail = torch.cat([squares.flip(0).cumsum(0).flip(0), torch.zeros_like(squares[:1])])
    return tail / tail[0] if tail[0] > 0 else tail


def weighted_rows(M: torch.Tensor) -> torch.Tensor:
    """The rows √(n−τ) vec(M_τ) of lag operators.

    Parameters
    ----------
    M : (n, p, d) or (n, n, p, d) tensor
        Lag operators, or a table, which holds each pair already: weight 1.

    Returns
    -------
    (rows, p d) tensor
        The rows.
    """
    rows = operator_rows(M)
    if M.ndim == 4:
        return rows
    return rows * torch.arange(len(rows), 0, -1, dtype=rows.dtype, device=rows.device).sqrt()[:, None]


def interaction_rank(M: torch.Tensor, *, tolerance: float = TOLERANCE, absolute: float | None = None) -> InteractionRank:
    """How many heads the operators M need: the dimension r of their span.

    The matrix of a diagonal layer, one kernel a channel, may be given as (n, d, 1): its singular
    values are those of the diagonal operators (n, d, d).

    r is that of this length; it can stand still and grow again (see ``rank_by_length``). For a
    state space model no length above the size N of its state adds anything, so n = N lags settle
    it; n > r alone does not.

    Parameters
    ----------
    M : (n, p, d) or (n, n, p, d) real tensor
        Lag operators, or a table.
    tolerance : float, default ``TOLERANCE``
        Singular values below it times the largest count as zero.
    absolute : float, optional
        A threshold in M's own units instead of ``tolerance``; only for operators that keep their
        size, such as the taps of a filter.

    Returns
    -------
    InteractionRank
        What was found.

    Raises
    ------
    ValueError
        For another shape, complex numbers, nan, inf, a tolerance outside (0, 1) or below the
        rounding of M's dtype, and for an absolute threshold where the operators decay: late lags
        would count as zero for being late.
    """
    exact = check_operators("interaction_rank", M)
    tolerance = check_share("interaction_rank", "tolerance", tolerance)
    if tolerance < 16 * torch.finfo(M.dtype).eps:
        raise ValueError(
            f"interaction_rank: tolerance = {tolerance:g} is below the rounding of M, {M.dtype}, which would count as "
            "rank; compute the operators in float64, or give a tolerance of 1e-5"
        )
    rows = operator_rows(exact)
    values = torch.linalg.svdvals(rows)
    if absolute is None:
        rank = int((values > tolerance * values[0]).sum())
    else:
        _check_absolute(rows, values, tolerance, absolute)
        rank = int((values > absolute).sum())
    return InteractionRank(rank, rank == len(rows) < rows.shape[1], values, torch.linalg.svdvals(weighted_rows(exact)))


def rank_by_length(M: torch.Tensor, *, tolerance: float = TOLERANCE) -> list[int]:
    """r_1 … r_n: the rank of the first 1 … n lag operators.

    It never falls, but it can stand still and grow again. One threshold for all lengths,
    ``tolerance`` times the largest singular value of the whole.

    Parameters
    ----------
    M : (n, p, d) real tensor
        Lag operators.
    tolerance : float, default ``TOLERANCE``
        As in ``interaction_rank``.

    Returns
    -------
    list of int
        The ranks.

    Raises
    ------
    ValueError
        As ``interaction_rank``, and for a table.

    Notes
    -----
    Cost: n decompositions.
    """
    if check_operators("rank_by_length", M).ndim != 3:
        raise ValueError(f"rank_by_length: M has shape {tuple(M.shape)}; give lag operators (n, p, d)")
    largest = interaction_rank(M, tolerance=tolerance).singular_values[0]
    rows = operator_rows(M.detach().to(torch.float64))
    return [int((torch.linalg.svdvals(rows[:n]) > tolerance * largest).sum()) for n in range(1, len(rows) + 1)]


def operator_span(M: torch.Tensor, *, tolerance: float = TOLERANCE) -> torch.Tensor:
    """An orthonormal basis V_1 … V_r of the operators' span, the direction with most of them first.

    Parameters
    ----------
    M : (n, p, d) or (n, n, p, d) real tensor
        As in ``interaction_rank``.
    tolerance : float, default ``TOLERANCE``
        As in ``interaction_rank``.

    Returns
    -------
    (r, p, d) float64 tensor
        The basis; the signs are not determined.

    Raises
    ------
    ValueError
        As ``interaction_rank``, and for operators that are all zero.
    """
    r = interaction_rank(M, tolerance=tolerance).rank
    if r == 0:
        raise ValueError("operator_span: M is zero throughout, and its span has no basis; give operators that are not 0")
    exact = check_operators("operator_span", M)
    return torch.linalg.svd(operator_rows(exact), full_matrices=False).Vh[:r].reshape(r, *M.shape[-2:])


def _check_absolute(rows: torch.Tensor, values: torch.Tensor, tolerance: float, absolute: float) -> None:
    check_number("interaction_rank", "absolute", absolute, 0, open_end=True)
    norms = torch.linalg.vector_norm(rows, dim=1)
    smallest = norms[norms > 0].min() / norms.max() if norms.any() else torch.ones(())
    if smallest < 0.01:
        relative = int((values > tolerance * values[0]).sum())
        raise ValueError(
            f"interaction_rank: absolute = {absolute:g}, but the operators decay to {smallest:.1e} of the largest; "
            f"leave absolute out: relative to the largest singular value, by {tolerance:g}, the rank is {relative}"
        )
