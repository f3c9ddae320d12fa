"""How well one can do who knows the signal and not its place.

Given w*, the responses z_j = ⟨w*, x_j⟩ are all that matters. The likelihood of y is the mean over patches of exp(y z_j / σ²), so
the best guess is the sign of Σ_j sinh(z_j / σ²). The soft threshold is its caricature: flat near 0, odd, growing outside.
"""

import numpy as np

from dynlib.locality.threshold import soft_threshold
from dynlib_kernels.arguments.scalars import check_choice, check_counts, check_noise, check_rng

RULES = ("sinh", "threshold", "largest", "linear", "oracle")


def scores(z: np.ndarray, sigma: float, rule: str) -> np.ndarray:
    """What a rule makes of the responses: a number for each sample, whose sign is its guess.

    Parameters
    ----------
    z : (P, k) array
        Responses ⟨w*, x_j⟩.
    sigma : float
        The noise of each pixel, > 0.
    rule : str
        "sinh": Bayes. "threshold": Σ φ_½(z). "largest": the response of largest size. "linear": the
        sum. ("oracle" needs the place.)

    Returns
    -------
    (P,) array
        The scores.

    Raises
    ------
    ValueError
        For an unknown rule.

    """
    if check_choice("scores", "rule", rule, RULES[:-1]) == "sinh":
        u = z / sigma**2
        top = np.abs(u).max(1, keepdims=True)  # e^{±u} overflows from 710 on; a scale leaves the sign as it is
        size = np.abs(u)  # 2 sinh |u| = e^|u| (1 − e^{−2|u|}), which keeps the digits of small u
        return (np.sign(u) * np.exp(size - top) * -np.expm1(-2 * size)).sum(1)
    if rule == "threshold":
        return soft_threshold(z, 0.5).sum(1)
    if rule == "largest":
        return np.take_along_axis(z, np.abs(z).argmax(1)[:, None], 1)[:, 0]
    return z.sum(1)


def bayes_error_known_signal(
    k: int,
    sigma: float,
    size: int,
    rng: np.random.Generator,
    rule: str = "sinh",
) -> tuple[float, float]:
    """The error rate of a rule that knows w*, by ``size`` draws, and its standard error.

    Parameters
    ----------
    k : int
        Patches.
    sigma : float
        The noise of each pixel, > 0.
    size : int
        The number of draws.
    rng : numpy.random.Generator
        Draws labels, places and noise.
    rule : str, default "sinh"
        One of ``RULES``: "sinh" is the best without the place, "oracle" is told it.

    Returns
    -------
    tuple of two floats
        The error rate and its standard error.

    Raises
    ------
    ValueError
        For numbers outside these ranges, an unknown rule, anything but a generator.

    """
    k, size = check_counts("bayes_error_known_signal", k=k, size=size)
    sigma = check_noise("bayes_error_known_signal", sigma)
    check_rng("bayes_error_known_signal", rng)
    check_choice("bayes_error_known_signal", "rule", rule, RULES)
    y, t = rng.choice([-1.0, 1.0], size), rng.integers(0, k, size)
    z = sigma * rng.standard_normal((size, k))
    z[np.arange(size), t] += y
    f = z[np.arange(size), t] if rule == "oracle" else scores(z, sigma, rule)
    error = float(np.mean(np.where(f == 0, 0.5, ~(f * y > 0))))
    return error, float(np.sqrt(error * (1 - error) / size))
