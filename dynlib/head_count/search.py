"""The fewest heads of limited width: a baseline for an open question.

H heads of width w make the lag operators M exactly when the tensor M_τ[p, d] is a sum of H terms c_h(τ) V_h with rank V_h ≤ w.
For w = 1 that is the tensor's rank. No formula is known for it, and to decide it is NP-hard (Håstad 1990). There are bounds from
below, ``head_bound``, and whatever somebody found from above. This module looks from above, by descents from random starts. What
it finds shows that so many heads do; that it finds nothing does not show that fewer do not.

A best answer need not exist. Where a limit of H terms needs more than H terms, the error falls for ever while the heads grow
against each other (de Silva and Lim 2008): a small error with large heads is the sign of it, see ``head_size``.
"""

import math

import numpy as np
import scipy.optimize

from dynlib.head_count.constructions import head_bound
from dynlib.head_count.factorization import Factorization, check_heads_given, measured
from dynlib.head_count.rank import of_size, operator_span, weighted_rows
from dynlib_kernels.arguments.scalars import check_counts, check_generator, check_number
from dynlib_kernels.arguments.systems import check_operators
from dynlib_kernels.arguments.tensors import check_shapes
from dynlib_kernels.engine import torch

# A descent minimises the missed squares plus a ridge times the squares of its unknowns, for one ridge after the other. Without
# any it can run away; the last one moves the missed squares by about 1e-22. A ridge can put a head out, and at zero every slope
# vanishes: a little noise before each descent lights it again.
RIDGES, NOISE = (1e-2, 1e-4, 1e-7, 1e-11), (0.5, 0.1, 0.01, 0.0)


def limited_heads(
    M: torch.Tensor, H: int, width: int, *, starts: int = 10, enough: float = 1e-16, generator: torch.Generator | None = None
) -> Factorization:
    """The best H heads with values of rank ≤ ``width`` that so many random starts lead to.

    Parameters
    ----------
    M : (n, p, d) real tensor
        Lag operators.
    H : int
        At least 1.
    width : int
        At least 1.
    starts : int, default 10
        At least 1.
    enough : float, default 1e-16
        The relative squared error at which no further start is tried.
    generator : torch.Generator, optional
        Of the starts, on the CPU.

    Returns
    -------
    Factorization
        In float64, its heads of one size: ‖V_h‖ = ‖c_h‖.

    Raises
    ------
    ValueError
        For another shape, complex numbers, nan, inf, an M that is zero throughout, and counts below
        1.
    """
    check_shapes("limited_heads", M=(M, "n p d"))
    H, width, starts = check_counts("limited_heads", H=H, width=width, starts=starts)
    check_number("limited_heads", "enough", enough, 0)
    check_generator("limited_heads", "generator", generator)
    exact = check_operators("limited_heads", M)
    if exact.any() and not 1e-150 < exact.abs().max() < 1e150:
        raise ValueError(
            f"limited_heads: M holds up to {exact.abs().max():.3g}; give sizes from 1e-150 to 1e150, whose squares have floats"
        )
    n, p, d = exact.shape
    w = min(width, p, d)
    # Only r directions of the lags matter, and a rotation of them changes neither the error nor the number of heads.
    U, s, Vh = torch.linalg.svd(weighted_rows(exact), full_matrices=False)
    r = len(operator_span(exact))
    core = (s[:r, None] * Vh[:r]).reshape(r, p, d).numpy()
    size = np.linalg.norm(core)
    core = core / size
    best: Factorization | None = None
    for _ in range(starts):
        noise = torch.randn(len(RIDGES), H * (r + p * w + w * d), dtype=torch.float64, generator=generator).numpy()
        c, V = _descend(core, noise, H, w)
        unweighted = U[:, :r] / torch.arange(n, 0, -1, dtype=torch.float64).sqrt()[:, None]
        coefficients, values = size * (unweighted @ torch.from_numpy(c).T).T, torch.from_numpy(V)
        norms = torch.linalg.vector_norm(coefficients, dim=1), torch.linalg.matrix_norm(values)
        balance = (norms[0].clamp(min=1e-150) / norms[1].clamp(min=1e-150)).sqrt()  # an idle head is 0 by 0
        found = measured(exact, balance[:, None, None] * values, coefficients / balance[:, None])
        best = found if best is None or found.error < best.error else best
        if best.error <= enough:
            break
    assert best is not None  # starts ≥ 1
    return best


def fewest_heads(
    M: torch.Tensor,
    width: int,
    *,
    starts: int = 10,
    enough: float = 1e-16,
    largest: float = 1e3,
    generator: torch.Generator | None = None,
) -> tuple[int, Factorization]:
    """The fewest heads of this width that the search finds to be exact.

    It counts up from ``head_bound``.

    Parameters
    ----------
    M : (n, p, d) real tensor
        As in ``limited_heads``.
    width : int
        As in ``limited_heads``.
    starts : int, default 10
        As in ``limited_heads``.
    enough : float, default 1e-16
        As in ``limited_heads``.
    largest : float, default 1000
        Above 1. A find is refused when a value or coefficient is over ``largest`` times the size of
        M: it would be a limit, not a solution.
    generator : torch.Generator, optional
        As in ``limited_heads``.

    Returns
    -------
    lowest : int
        The lower bound.
    found : Factorization
        The heads found.

    Raises
    ------
    ValueError
        As ``limited_heads``, and where not even r ⌈min(p, d) / width⌉ heads are found, which always
        do.
    """
    check_shapes("fewest_heads", M=(M, "n p d"))
    if not check_number("fewest_heads", "largest", largest, 1) > 1:
        raise ValueError(f"fewest_heads: largest = {largest!r} must be above 1, such as 1000")
    width, starts = check_counts("fewest_heads", width=width, starts=starts)
    check_number("fewest_heads", "enough", enough, 0)
    lowest = head_bound(M, width)
    most = len(operator_span(M)) * -(-min(M.shape[1:]) // width)
    for H in range(lowest, most + 1):
        found = limited_heads(M, H, width, starts=starts, enough=enough, generator=generator)
        if found.error <= enough and head_size(found, M) <= largest:
            return lowest, found
    raise ValueError(
        f"fewest_heads: starts = {starts} lead to no exact heads of M, not even {most}, with errors of at most "
        f"enough = {enough:g}; give more starts"
    )


def head_size(heads: Factorization, M: torch.Tensor) -> float:
    """max_h ‖c_h‖ ‖V_h‖ / ‖M‖: how much larger than their sum the heads are that cancel in it.

    Parameters
    ----------
    heads : Factorization
        The heads.
    M : (n, p, d) tensor
        The lag operators.

    Returns
    -------
    float
        The ratio.
    """
    check_heads_given("head_size", heads)
    M = check_operators("head_size", M)
    each = torch.linalg.vector_norm(heads.coefficients, dim=1) * torch.linalg.matrix_norm(heads.values)
    if not M.any():
        raise ValueError("head_size: M is zero throughout, and no size is relative to it; give an operator that is not 0")
    return (each.max() / torch.linalg.vector_norm(M / of_size(M)) / of_size(M)).item()


def _descend(core: np.ndarray, noise: np.ndarray, H: int, w: int) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (H, r) and values (H, p, d) after Levenberg and Marquardt's descents along ``RIDGES``, from noise."""
    r, p, d = core.shape
    cuts = np.cumsum([H * r, H * p * w])

    def parts(theta):
        c, out, into = np.split(theta, cuts)
        return c.reshape(H, r), out.reshape(H, p, w), into.reshape(H, w, d)

    def missed(theta, ridge):
        c, out, into = parts(theta)
        return np.concatenate([(np.einsum("hr,hpw,hwd->rpd", c, out, into) - core).ravel(), math.sqrt(ridge) * theta])

    def slope(theta, ridge):
        c, out, into = parts(theta)
        by_c = np.einsum("rs,hpd->rpdhs", np.eye(r), out @ into).reshape(core.size, -1)
        by_out = np.einsum("hr,pq,hwd->rpdhqw", c, np.eye(p), into).reshape(core.size, -1)
        by_into = np.einsum("hr,hpw,de->rpdhwe", c, out, np.eye(d)).reshape(core.size, -1)
        return np.concatenate([np.concatenate([by_c, by_out, by_into], 1), math.sqrt(ridge) * np.eye(theta.size)])

    theta = np.zeros(noise.shape[1])
    for ridge, level, draw in zip(RIDGES, NOISE, noise, strict=True):
        found = scipy.optimize.least_squares(
            missed, theta + level * draw, slope, method="lm", args=(ridge,), max_nfev=200, xtol=1e-15, ftol=1e-15, gtol=1e-15
        )
        theta = found.x
    c, out, into = parts(theta)
    return c, out @ into
