"""What no learner of a kind can beat: exact lower bounds from the rotations it cannot see.

A learner that treats rotated data as it treats the data performs on the task as on the task after a random rotation, so not
better than somebody who knows everything except that rotation. The rotations are those of the architecture:

    dense    of the whole input: each w* in patch t could be any direction of R^{kd}
    local    of each patch by its own: k unrelated directions of R^d
    shared   of all patches alike: one direction of R^d, which every sample is about

Following Lahoti et al. (2024); statements and proofs are this book's, and stand in its chapter 5.
"""

import functools
import math
import warnings

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from dynlib.locality.overlap import oracle_error
from dynlib_kernels.arguments.samples import check_kind
from dynlib_kernels.arguments.scalars import check_count, check_counts, check_noise, check_number

NODES = 16
MOST = 2**36  # samples up to which the search counts; the mean over a binomial law takes its square root in memory


def _check(where: str, k: int, d: int, sigma: float, kind: str) -> tuple[int, int, float]:
    check_kind(where, kind)
    k, d = check_counts(where, k=k, d=d)
    return k, d, check_noise(where, sigma)


def unknown_directions(k: int, d: int, kind: str) -> int:
    """D, the dimension of the sphere on which the signal of one patch may lie.

    Dense: who knows the signals of the other patches knows that this one is at right angles to k −
    1 of kd directions.

    Parameters
    ----------
    k, d : int
        Patches, and pixels of each.
    kind : str
        "shared", "local" or "dense".

    Returns
    -------
    int
        kd − k + 1 for dense, d for local and shared.

    Raises
    ------
    ValueError
        For counts below 1 and an unknown kind.

    """
    k, d = check_counts("unknown_directions", k=k, d=d)
    return k * d - k + 1 if check_kind("unknown_directions", kind) == "dense" else d


def equivariant_lower_bound(P: int, k: int, d: int, sigma: float, kind: str) -> float:
    """The least error rate of any learner of this kind that cannot see its rotations (theorem L).

    Shared: e_d(P, σ). Local and dense: the mean of e_D(m, σ) over m ~ Binomial(P, 1/k), the samples
    that are about one patch. e_D is smooth in √m: from m = 16 on it is interpolated between 16
    Chebyshev nodes in each octave of √m, which are kept.

    Parameters
    ----------
    P : int
        Samples, P ≥ 0.
    k, d : int
        Patches, and pixels of each, at least 1.
    sigma : float
        The noise of each pixel, > 0.
    kind : str
        "shared", "local" or "dense".

    Returns
    -------
    float
        From Φ(−1/σ) to ½.

    Raises
    ------
    ValueError
        For anything else.

    """
    P = check_count("equivariant_lower_bound", "P", P, least=0)
    k, d, sigma = _check("equivariant_lower_bound", k, d, sigma, kind)
    D = unknown_directions(k, d, kind)
    if kind == "shared" or k == 1:
        return _few(P, sigma, D)
    low, high = (int(binom.ppf(tail, P, 1 / k)) for tail in (1e-13, 1 - 1e-13))
    m = np.arange(low, high + 1)
    p = binom.pmf(m, P, 1 / k)
    errors = np.empty(len(m))
    octave = np.maximum(np.log2(np.maximum(m, 1)) / 2, 1.0).astype(int)
    for one in np.unique(octave):
        here = octave == one
        errors[here] = _octave(int(one), sigma, D)(np.sqrt(m[here]))
    for place in np.flatnonzero(m < 16):
        errors[place] = _few(int(m[place]), sigma, D)
    return float(p @ errors / p.sum())


_few = functools.lru_cache(maxsize=4096)(oracle_error)  # the same few m come back for every P


@functools.lru_cache(maxsize=512)
def _octave(octave: int, sigma: float, D: int) -> np.polynomial.Chebyshev:
    """e_D as a polynomial in √m, for √m from 2^octave to twice that."""
    ends = [2.0**octave, 2.0 ** (octave + 1)]
    nodes = ends[0] * (1.5 + np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES) / 2)
    return np.polynomial.Chebyshev.fit(nodes, [oracle_error(s * s, sigma, D) for s in nodes], NODES - 1, domain=ends)


def samples_needed(target: float, k: int, d: int, sigma: float, kind: str) -> float:
    """The smallest P whose lower bound is at most ``target``.

    With fewer samples no such learner gets there.

    Parameters
    ----------
    target : float
        An error rate between 0 and ½.
    k, d, sigma, kind : int, int, float, str
        As ``equivariant_lower_bound``.

    Returns
    -------
    float
        A whole number, or nan, with a warning that says why, for a target at or below Φ(−1/σ): no
        number of samples gets there.

    Raises
    ------
    ValueError
        As ``equivariant_lower_bound``, and for a target outside 0 … ½.

    """
    k, d, sigma = _check("samples_needed", k, d, sigma, kind)
    if not 0 < check_number("samples_needed", "target", target, 0) < 0.5:
        raise ValueError(f"samples_needed: target = {target!r} must lie between 0 and 1/2, where guessing is")
    floor = ndtr(-1 / sigma)
    if target <= floor:
        warnings.warn(
            f"samples_needed: the target {target:g} is not above {floor:.3g}, the error of one who knows the signal "
            "and its place; no number of samples reaches it",
            stacklevel=2,
        )
        return math.nan
    low, high = 0, 1
    while equivariant_lower_bound(high, k, d, sigma, kind) > target:
        low, high = high, 2 * high
        if high > MOST:
            raise ValueError(
                f"samples_needed: target = {target:g}, k = {k}, d = {d} and sigma = {sigma:g} ask for more than {MOST} samples; "
                "take leading_order, which is right for so many"
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if equivariant_lower_bound(middle, k, d, sigma, kind) > target else (low, middle)
    return float(high)


def leading_order(target: float, k: int, d: int, sigma: float, kind: str) -> float:
    """``samples_needed`` for many unknowns, where c² = r/(1 + r).

    κ k D (shared: κ d), κ = σ⁴z²/(1 − σ²z²), z = −Φ⁻¹(target).

    Parameters
    ----------
    target : float
        An error rate between 0 and ½.
    k, d, sigma, kind : int, int, float, str
        As ``equivariant_lower_bound``.

    Returns
    -------
    float
        Samples; inf for a target below the floor, that is for σz ≥ 1.

    Raises
    ------
    ValueError
        As ``samples_needed``.

    """
    k, d, sigma = _check("leading_order", k, d, sigma, kind)
    if not 0 < check_number("leading_order", "target", target, 0) < 0.5:
        raise ValueError(f"leading_order: target = {target!r} must lie between 0 and 1/2, where guessing is")
    needed = (sigma * ndtri(target)) ** 2  # the square of the overlap that is needed
    if needed >= 1:
        return math.inf
    return float(sigma**2 * needed / (1 - needed) * unknown_directions(k, d, kind) * (1 if kind == "shared" else k))


def squared_loss_bound(P: int, k: int, d: int, sigma: float, kind: str) -> float:
    """The least mean of (f − y)² of a local or shared network with short filters: theorem L2.

    For filters of length at most 1 and any threshold: (1 − √(1/d + r + r² + s))₊² with r = P/(kσ²d)
    and s = P(1 − 1/k)/(k σ⁴d²); shared: with k = 1.

    Parameters
    ----------
    P : int
        Samples, P ≥ 0.
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel, > 0.
    kind : str
        "shared" or "local".

    Returns
    -------
    float
        The bound, from 0 to 1.

    Raises
    ------
    ValueError
        For kind "dense", whose units can add up, and for numbers outside their ranges.

    """
    P = check_count("squared_loss_bound", "P", P, least=0)
    k, d, sigma = _check("squared_loss_bound", k, d, sigma, kind)
    if kind == "dense":
        raise ValueError(
            "squared_loss_bound: kind = 'dense' has no such bound, for its units can point the same way and add up; "
            "give 'shared' or 'local'"
        )
    places = 1 if kind == "shared" else k
    r, spread = P / (places * sigma**2 * d), P / places * (1 - 1 / places) / (sigma**2 * d) ** 2
    return max(0.0, 1 - math.sqrt(1 / d + r + r**2 + spread)) ** 2
