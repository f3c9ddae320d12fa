"""The overlap law: how well the mean of m noisy looks at a direction points along it.

u is a unit vector in R^D and v the mean of m samples of N(u, σ² I). Along u, v has 1 + σ g/√m; across u it has D − 1 coordinates
of pure noise. So the cosine between them is, in law,

    c = (a + g) / √((a + g)² + χ²_{D−1}),        a = √m / σ,   g ~ N(0, 1).

With r = m / (σ² D), samples per unknown in units of the noise, c² ≈ r / (1 + r) for large D: the curve of ridge regression,
``dynlib.modes.ridge_response``. A new sample N(u, σ² I) lies on the wrong side of v with the probability Φ(−c/σ), hence

    e_D(m, σ) = E Φ(−c/σ):       ½ for m = 0,  Φ(−1/σ) for m → ∞.

All of it is quadrature in double precision, with an absolute error below 1e-8: no sampling.
"""

import functools
import itertools

import numpy as np
from scipy.special import gammaln, ndtr, xlogy
from scipy.stats import poisson

from dynlib_kernels.arguments.arrays import check_reals
from dynlib_kernels.arguments.scalars import check_counts, check_noise, check_number

MOST_SAMPLES = 1e100  # more than that and m/σ² may have no float
MANY = 1e10  # looks from which on their number hardly scatters
REACH = 8.5  # a standard normal beyond this is 1e-17; χ around its middle is narrower still


_rule = functools.cache(np.polynomial.legendre.leggauss)


def _legendre(low, high, nodes: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of Gauss and Legendre between low and high, on a new last axis."""
    x, w = _rule(nodes)
    low, half = np.expand_dims(low, -1), np.expand_dims((np.asarray(high) - low) / 2, -1)
    return low + (x + 1) * half, w * half


def _check(where: str, m: float, sigma: float, D: int) -> None:
    if check_number(where, "m", m, 0) > MOST_SAMPLES:
        raise ValueError(f"{where}: m = {m!r} must be at most {MOST_SAMPLES:g}")
    check_noise(where, sigma)
    check_counts(where, D=D)


def overlap_cdf(q, m: float, sigma: float, D: int) -> np.ndarray:
    """P[c < q], the distribution of the overlap.

    c < q means g < χ q/√(1 − q²) − a, so it is the mean of Φ(χ q/√(1 − q²) − a) over χ_{D−1}. For D
    = 1 nothing is across, and c is the sign of a + g.

    Parameters
    ----------
    q : array_like
        Numbers from −1 to 1.
    m : float
        Samples, m ≥ 0, not necessarily whole.
    sigma : float
        The noise of each coordinate, > 0.
    D : int
        Dimensions, D ≥ 1.

    Returns
    -------
    float64 array of the shape of q
        Probabilities.

    Raises
    ------
    ValueError
        For anything outside these ranges.

    """
    _check("overlap_cdf", m, sigma, D)
    q = check_reals("overlap_cdf", "q", q)
    if not (np.abs(q) <= 1).all():
        raise ValueError(f"overlap_cdf: q = {q!r} must lie between -1 and 1; it is a cosine")
    a = np.sqrt(m) / sigma
    if D == 1:
        return np.where(q > -1, ndtr(-a), 0.0)
    across = np.sqrt(np.maximum((1 - q) * (1 + q), 1e-300))  # 1 − q² would lose the digits of 1 − |q|
    slope = q / across
    low, high = max(0.0, np.sqrt(D - 1) - REACH), np.sqrt(D - 1) + REACH
    ends = [(a + shift) / np.where(np.abs(slope) > 1e-300, slope, 1e-300) for shift in (-REACH, REACH)]
    rise = np.minimum(*ends), np.maximum(*ends)  # where Φ goes from 0 to 1, or for q < 0 from 1 to 0
    total = np.zeros_like(q)
    cuts = [np.broadcast_to(np.clip(cut, low, high), q.shape) for cut in (low, *rise, high)]
    for begin, end in itertools.pairwise(cuts):
        wide = end > begin  # most pieces are empty for most q
        length, w = _legendre(begin[wide], end[wide])
        density = np.exp(xlogy(D - 2, length) - length**2 / 2 - (D - 3) / 2 * np.log(2) - gammaln((D - 1) / 2))
        total[wide] += (w * density * ndtr(slope[wide][..., None] * length - a)).sum(-1)
    return np.clip(total, 0.0, 1.0)


def overlap_square(m: float, sigma: float, D: int) -> float:
    """E c², exactly.

    c² is a noncentral beta variable, so it is the mean of (1 + 2J)/(D + 2J) over J ~ Poisson(a²/2).

    Parameters
    ----------
    m, sigma, D : float, float, int
        As ``overlap_cdf``.

    Returns
    -------
    float
        The mean of the squared overlap.

    Raises
    ------
    ValueError
        As ``overlap_cdf``.

    """
    _check("overlap_square", m, sigma, D)
    mean = m / sigma**2 / 2
    if mean > MANY:  # J is mean ± √mean: two terms of 1/(D + 2J) around its mean, the next is mean⁻² of it
        return float(1 - (D - 1) / (D + 2 * mean) * (1 + 4 * mean / (D + 2 * mean) ** 2))
    J = np.arange(max(0, int(mean - 12 * np.sqrt(mean) - 40)), int(mean + 12 * np.sqrt(mean) + 41))
    p = poisson.pmf(J, mean)
    return float(p @ ((1 + 2 * J) / (D + 2 * J)) / p.sum())


def oracle_error(m: float, sigma: float, D: int) -> float:
    """The error of the best equivariant rule that knows where to look, after m samples.

    e_D(m, σ) = E Φ(−c/σ). Φ(−c/σ) is the chance that c < σN for a normal N, so it is the mean of
    P[c < q] over q = σN. The integral runs over the angle, q = sin θ, and around the angle where c
    usually is in a finer mesh.

    Parameters
    ----------
    m, sigma, D : float, float, int
        As ``overlap_cdf``.

    Returns
    -------
    float
        The error rate.

    Raises
    ------
    ValueError
        As ``overlap_cdf``.

    """
    _check("oracle_error", m, sigma, D)
    a = np.sqrt(m) / sigma
    if D == 1:
        return float(ndtr(a) * ndtr(-1 / sigma) + ndtr(-a) * ndtr(1 / sigma))
    end = np.arcsin(min(1.0, REACH * sigma))
    usual, width = np.arctan2(a, np.sqrt(D - 1)), REACH / np.sqrt(a**2 + D)
    cuts = np.unique(np.clip([-end, usual - width, usual + width, end], -end, end))
    total = ndtr(-np.sin(end) / sigma)  # q beyond the end: there c < q for sure
    for low, high in itertools.pairwise(cuts):
        angle, w = _legendre(low, high)
        q = np.sin(angle)
        density = np.exp(-((q / sigma) ** 2) / 2) / np.sqrt(2 * np.pi) / sigma * np.cos(angle)
        total += (w * density) @ overlap_cdf(q, m, sigma, D)
    return float(total)
