"""The Marchenko–Pastur law: how fast the modes of X Xᵀ learn, for N inputs of variance 1/N and P = α N samples.

    ρ(λ) = √((λ₊ − λ)(λ − λ₋)) / (2πλ)  on [λ₋, λ₊], and an atom of mass max(0, 1 − α) at 0;   λ± = (√α ± 1)²

Scale: the mean rate is α. With inputs of variance 1 and X Xᵀ/P the rates are λ/α; with variance 1 alone they are λ N.
Source: Marchenko and Pastur 1967; this scaling is that of Advani, Saxe and Sompolinsky 2020.
"""

import functools
import warnings

import numpy as np

from dynlib_kernels.arguments.arrays import check_not_negative, check_positive
from dynlib_kernels.arguments.scalars import check_count

NEAR_ONE, ENOUGH = 0.02, 2000  # |α − 1| below which even nodes miss the crowd of slow modes, unless there are so many
NODES = 200  # of the crowded rule; the integrals of this chapter are then exact to 1e-12


def marchenko_pastur_edges(alpha) -> tuple[np.ndarray, np.ndarray]:
    """The slowest and the fastest rate of the continuous part, ((√α − 1)², (√α + 1)²).

    Parameters
    ----------
    alpha : array_like
        α > 0.

    Returns
    -------
    tuple of two float64 arrays
        λ₋ and λ₊, each in the shape of alpha.

    Raises
    ------
    ValueError
        For α ≤ 0, nan and inf.

    """
    (alpha,) = check_positive("marchenko_pastur_edges", alpha=alpha)
    root = np.sqrt(alpha)
    return ((alpha - 1) / (root + 1)) ** 2, (root + 1) ** 2  # the first as a quotient: √α − 1 cancels near 1


def marchenko_pastur_density(lam, alpha):
    """ρ(λ) of the continuous part, 0 outside its edges; the atom at 0 is not in it.

    At α = 1 the density grows like 1/(π√λ), and is inf at λ = 0.

    Parameters
    ----------
    lam : array_like
        λ ≥ 0.
    alpha : array_like
        α > 0; broadcasts with lam.

    Returns
    -------
    float64 array of the broadcast shape, or a number
        ρ(λ).

    Raises
    ------
    ValueError
        For other values.

    """
    (lam,) = check_not_negative("marchenko_pastur_density", lam=lam)
    low, high = marchenko_pastur_edges(alpha)
    lam, low, high = np.broadcast_arrays(lam, low, high)
    inside = np.sqrt(np.maximum(high - lam, 0) * np.maximum(lam - low, 0))
    density = np.divide(inside, 2 * np.pi * lam, out=np.zeros(lam.shape), where=lam > 0)
    return np.where((lam == 0) & (low == 0), np.inf, density)[()]


def marchenko_pastur_atom(alpha):
    """The share of modes that no sample touches, max(0, 1 − α): their rate is 0.

    Parameters
    ----------
    alpha : array_like
        α > 0.

    Returns
    -------
    float64 array of the shape of alpha, or a number
        The mass of the atom.

    Raises
    ------
    ValueError
        For α ≤ 0, nan and inf.

    """
    (alpha,) = check_positive("marchenko_pastur_atom", alpha=alpha)
    return np.maximum(0.0, 1 - alpha)[()]


@functools.cache
def _warn_of_few_nodes() -> None:
    warnings.warn(
        f"marchenko_pastur_quadrature: within {NEAR_ONE} of α = 1 fewer than {ENOUGH} even nodes miss the slow modes; "
        "nodes that crowd at the slow edge are used instead",
        stacklevel=3,
    )


def marchenko_pastur_quadrature(alpha: float, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights with ∫ f(λ) ρ(λ) dλ = Σ weight f(λ) over the continuous part.

    The weights add up to min(1, α); the atom has to be added. With λ = λ₋ + 4√α sin²(θ/2) the rule
    is the midpoint rule in θ, whose error falls geometrically for α ≠ 1. Near α = 1 that takes
    thousands of nodes, so there fewer than 2,000 are placed by ``crowded_quadrature``, with one
    warning. At α = 1 itself ∫ρ/λ is infinite; no rule shows that.

    Parameters
    ----------
    alpha : float
        α > 0, one number.
    n : int, default 400
        The number of nodes.

    Returns
    -------
    tuple of two (n,) float64 arrays
        Nodes λ > 0, increasing, and weights.

    Raises
    ------
    ValueError
        For α ≤ 0, nan, inf, an array, and n that is no whole number of at least 1.

    """
    n = check_count("marchenko_pastur_quadrature", "n", n)
    if np.ndim(alpha):
        raise ValueError(f"marchenko_pastur_quadrature: alpha has shape {np.shape(alpha)}; give one number a call")
    low, _ = marchenko_pastur_edges(alpha)
    if abs(alpha - 1) < NEAR_ONE and n < ENOUGH:
        _warn_of_few_nodes()
        return crowded_quadrature(float(alpha), n)
    return _nodes(float(alpha), float(low), (np.arange(n) + 0.5) * np.pi / n, np.full(n, np.pi / n))


@functools.lru_cache(maxsize=512)
def crowded_quadrature(alpha: float, n: int = NODES) -> tuple[np.ndarray, np.ndarray]:
    """As ``marchenko_pastur_quadrature``, with nodes that crowd at the slow edge.

    Right at every α, and at every t < 1e14. Gauss–Legendre in x, θ = c sinh x. c is the angle at
    which λ − λ₋ has grown to λ₋, but at least 1e-8: there a curve e^{−λt} of any age bends within a
    unit of x, and so does 1/λ.

    Parameters
    ----------
    alpha : float
        α > 0.
    n : int, default 200
        The number of nodes.

    Returns
    -------
    tuple of two (n,) float64 arrays
        Nodes and weights, read-only: they are shared by all who ask again.

    """
    low, _ = marchenko_pastur_edges(alpha)
    c = min(max(np.sqrt(low) / alpha**0.25, 1e-8), 1.0)
    x, weight = _legendre(n)
    end = np.arcsinh(np.pi / c)
    x, weight = end * (x + 1) / 2, end * weight / 2
    nodes, weights = _nodes(alpha, float(low), c * np.sinh(x), weight * c * np.cosh(x))
    nodes.flags.writeable = weights.flags.writeable = False  # they are shared by all who ask again
    return nodes, weights


_legendre = functools.cache(np.polynomial.legendre.leggauss)


def _nodes(alpha: float, low: float, theta: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """λ(θ) and the weights ρ(λ) dλ of a rule in θ on (0, π)."""
    lam = low + 4 * np.sqrt(alpha) * np.sin(theta / 2) ** 2
    return lam, weight * 4 * alpha * np.sin(theta) ** 2 / (2 * np.pi * lam)


def marchenko_pastur_stieltjes(gamma, alpha):
    """m(−γ) = ∫ ρ(λ)/(λ + γ) dλ with the atom.

    The positive root of γ m² + (γ + α − 1) m − 1 = 0, in the form that does not cancel.

    Parameters
    ----------
    gamma : array_like
        γ > 0.
    alpha : array_like
        α > 0; broadcasts with gamma.

    Returns
    -------
    float64 array of the broadcast shape, or a number
        m(−γ).

    Raises
    ------
    ValueError
        For other values.

    """
    gamma, alpha = check_positive("marchenko_pastur_stieltjes", gamma=gamma, alpha=alpha)
    b = 1 - alpha - gamma
    root = np.hypot(b, 2 * np.sqrt(gamma))
    return np.where(b > 0, (b + root) / (2 * gamma), 2 / (root + np.abs(b)))[()]
