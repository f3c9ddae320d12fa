"""What a few steps of descent need, in closed form: linear nets, two steps with a threshold between them, unseen places.

Linear nets. One step without a threshold leaves the mean of y x, and dense and local are then the same estimator: the loss does
not ask who was allowed to look where. It mixes k directions of which each sample shows one, and every other patch adds its noise
to the answer. With z = 1/(σ√k √(1 + σ²k²d/P)) the error is about Φ(−z).

Two steps. The first, linear, finds a filter with some overlap; a threshold b then separates the signal's patches from the others,
and the second step is the mean of signal patches only. How often this fails is bounded by three terms (`two_step_bound`).
"""

import math
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from dynlib.locality.overlap import overlap_cdf
from dynlib_kernels.arguments.scalars import check_choice, check_count, check_counts, check_noise, check_number


def _check(where: str, k: int, d: int, sigma: float) -> None:
    check_counts(where, k=k, d=d)
    check_noise(where, sigma)


def linear_dense_error(P: int, k: int, d: int, sigma: float) -> float:
    """About the error of a dense or local net after one step without a threshold.

    That is of sign⟨v, x⟩, v the mean of P samples y x. v is the signal's k places, each with 1/k,
    and noise of σ²kd/P in squared length; its overlap with any one place is 1/√(k (1 + σ²k²d/P)),
    and the new input's noise meets all of v. Within 0.006 where k, d are 4, 128 and above.

    Parameters
    ----------
    P : int
        Samples.
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel, > 0.

    Returns
    -------
    float
        The error rate.

    Raises
    ------
    ValueError
        For P, k, d < 1 and sigma ≤ 0.

    """
    check_counts("linear_dense_error", P=P)
    _check("linear_dense_error", k, d, sigma)
    return float(ndtr(-1 / (sigma * math.sqrt(k * (1 + sigma**2 * k**2 * d / P)))))


def linear_samples(target: float, k: int, d: int, sigma: float, kind: str) -> float:
    """About the samples that one step without a threshold needs to reach an error.

    With z = −Φ⁻¹(target) and ρ = zσ√k, the overlap that is needed against the noise of k patches:
    dense and local σ²k²d ρ²/(1 − ρ²); shared, which averages k filters, σ²kd ρ²/(1 − ρ²).

    Parameters
    ----------
    target : float
        An error rate between 0 and ½.
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel, > 0.
    kind : str
        "shared", "local" or "dense".

    Returns
    -------
    float
        Samples; inf where no number is enough.

    Raises
    ------
    ValueError
        For a target outside 0 … ½, bad sizes and kinds.

    """
    _check("linear_samples", k, d, sigma)
    check_choice("linear_samples", "kind", kind, ("shared", "local", "dense"))
    if not 0 < check_number("linear_samples", "target", target, 0) < 0.5:
        raise ValueError(f"linear_samples: target = {target!r} must lie between 0 and 1/2, where guessing is")
    needed = float(ndtri(target)) ** 2 * sigma**2 * k
    if needed >= 1:
        return math.inf
    return sigma**2 * (k if kind == "shared" else k * k) * d * needed / (1 - needed)


class TwoSteps(NamedTuple):
    """What ``two_step_bound`` says.

    Attributes
    ----------
    failure : float
        A bound on the probability that a filter's overlap ends below q, at most 1.
    threshold : float
        The b that it is for.

    """

    failure: float
    threshold: float


def two_step_bound(P1: int, P2: int, k: int, d: int, sigma: float, q: float, kind: str) -> TwoSteps:
    """How often two steps fail (theorem U): P1 samples without a threshold, P2 fresh ones with it.

    The threshold is b = ρ/2.

        shared  P[c_{P1/k} < ρ] + 2 k P2 Φ(−ρ/2σ) + P[c_{P2} < q]
        local   k (E P[c_{n²/P1} < ρ] + E P[c_m < q]) + 2 k P2 Φ(−ρ/2σ),
                n ~ Bin(P1, 1/k) and m ~ Bin(P2, 1/k): any of k filters

    c_m is the overlap after m samples in d dimensions. ρ is the best of 0.02, 0.03, …, 0.98.
    Filters that do not fail have, with the threshold q/2, an error of at most `threshold_error`.

    Parameters
    ----------
    P1, P2 : int
        Samples of the first and of the second step.
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel, > 0.
    q : float
        The overlap below which a filter fails, from 0 to 1.
    kind : str
        "shared" or "local".

    Returns
    -------
    TwoSteps
        The bound and its threshold.

    Raises
    ------
    ValueError
        For counts below 1, sigma ≤ 0, q outside 0 … 1, and kind "dense", which has no such theorem.

    """
    check_counts("two_step_bound", P1=P1, P2=P2)
    _check("two_step_bound", k, d, sigma)
    if check_number("two_step_bound", "q", q, 0) >= 1:
        raise ValueError(f"two_step_bound: q = {q!r} must be an overlap below 1")
    check_choice("two_step_bound", "kind", kind, ("shared", "local"))
    rho = np.linspace(0.02, 0.98, 97)
    if kind == "shared":
        early, late = overlap_cdf(rho, P1 / k, sigma, d), overlap_cdf(q, P2, sigma, d)
    else:
        early = k * _binomial_mean(lambda n: overlap_cdf(rho, n * n / P1, sigma, d), P1, k)
        late = k * _binomial_mean(lambda m: overlap_cdf(q, m, sigma, d), P2, k)
    failure = early + 2 * k * P2 * ndtr(-rho / (2 * sigma)) + late
    best = int(failure.argmin())
    return TwoSteps(float(min(1.0, failure[best])), float(rho[best] / 2))


def _binomial_mean(function, P: int, k: int) -> np.ndarray:
    """E function(m) for m ~ Bin(P, 1/k), without what lies outside all but 1e-12 of it."""
    counts = np.arange(binom.ppf(1e-12, P, 1 / k), binom.ppf(1 - 1e-12, P, 1 / k) + 1)
    return sum(p * function(m) for m, p in zip(counts, binom.pmf(counts, P, 1 / k), strict=True))


def threshold_error(q: float, k: int, sigma: float) -> float:
    """A bound on the error of filters with an overlap of at least q each, with the threshold q/2.

    (2k − 1) Φ(−q/2σ): the answer is right when the signal's response passes and no other does.

    Parameters
    ----------
    q : float
        The overlap, > 0.
    k : int
        Patches.
    sigma : float
        The noise of each pixel, > 0.

    Returns
    -------
    float
        The bound.

    Raises
    ------
    ValueError
        For q ≤ 0, k < 1, sigma ≤ 0.

    """
    check_counts("threshold_error", k=k)
    check_noise("threshold_error", sigma)
    check_number("threshold_error", "q", q, 0, open_end=True)
    return float((2 * k - 1) * ndtr(-q / (2 * sigma)))


def unseen_error(P: int, k: int) -> float:
    """The error of a local net without noise.

    Half the chance (1 − 1/k)^P that the asked place was never seen.

    Parameters
    ----------
    P : int
        Samples, P ≥ 0.
    k : int
        Patches, k ≥ 1.

    Returns
    -------
    float
        The error rate.

    Raises
    ------
    ValueError
        For P < 0 and k < 1.

    """
    check_count("unseen_error", "P", P, least=0)
    check_counts("unseen_error", k=k)
    if k == 1:
        return 0.0 if P else 0.5
    return 0.5 * math.exp(P * math.log1p(-1 / k))  # 1 − 1/k would lose the digits of 1/k
