"""How many samples do a few steps in closed form need, until their filters are right, or until their errors are few?

``python -m dynlib.sweep run locality.thresholding`` measures it as patches and pixels grow and stores the counts in
data/thresholding.csv.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dynlib.locality.complexity import sample_complexity
from dynlib.locality.samples import sample_dsd
from dynlib.locality.steps import gradient_steps, quantile_threshold
from dynlib.locality.threshold import soft_threshold
from dynlib_kernels.arguments.scalars import check_counts, check_number, check_rng

DATA = Path(__file__).parent / "data"
REPEATS, TEST = 6, 4000
OVERLAP, ERROR = 0.7, 0.1


def response_error(filters: np.ndarray, w: np.ndarray, sigma: float, rng: np.random.Generator, size: int = TEST) -> float:
    """The error of filters on new inputs, drawn as responses.

    ⟨w_j, x_j⟩ is y⟨w_j, w*⟩ in the signal's patch, plus noise. Responses of different patches are
    independent normals, so no input need be drawn. The threshold is the value that one response in
    k exceeds; an output of 0 counts half.

    Parameters
    ----------
    filters : (k, d) array
        Row j meets patch j.
    w : (d,) array
        The signal.
    sigma : float
        The noise of each pixel.
    rng : numpy.random.Generator
        Draws labels, places and noise.
    size : int, default 4000
        The number of draws.

    Returns
    -------
    float
        The error rate.

    """
    k, _ = filters.shape
    y, t = rng.choice([-1.0, 1.0], size), rng.integers(0, k, size)
    z = sigma * np.linalg.norm(filters, axis=1) * rng.standard_normal((size, k))
    z[np.arange(size), t] += y * (filters @ w)[t]
    f = soft_threshold(z, quantile_threshold(z, k) if k > 1 else 0.0).sum(1)
    return float(np.mean(np.where(f == 0, 0.5, f * y < 0)))


def learner_miss(goal: str, kind: str, steps: int, P: int, k: int, d: int, sigma: float, rng: np.random.Generator) -> float:
    """How far one learner is from its goal.

    Parameters
    ----------
    goal : str
        "overlap": 1 − the filters' mean overlap with the signal; "error": the error on new inputs.
        For dense the overlap is that with the mean of the signal's k places, the best direction
        that a linear unit can find.
    kind : str
        "shared", "local" or "dense".
    steps : int
        Steps of ``gradient_steps``.
    P : int
        Training samples.
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel, ≥ 0.
    rng : numpy.random.Generator
        Draws everything.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        For a count below 1, sigma < 0, an unknown kind, and anything but a generator.

    """
    check_counts("learner_miss", P=P, k=k, d=d, steps=steps)
    check_number("learner_miss", "sigma", sigma, 0)
    check_rng("learner_miss", rng)
    x, y, _ = sample_dsd(P, k, d, sigma, rng)
    filters = gradient_steps(x, y, kind, steps).filters
    w = np.eye(1, d)[0]
    if goal == "error":
        return response_error(filters, w, sigma, rng)
    along = filters @ w
    return float(np.clip(1 - (along.sum() / k**0.5 if kind == "dense" else along.mean()), 0, 1))


def searched(*, goal: str, axis: str, kind: str, steps: int, k: int, d: int, sigma: float, seed: int) -> Iterator[dict]:
    """One row: the samples at which the mean over six draws reaches overlap 0.7, or error 0.1.

    Parameters
    ----------
    goal : str
        "overlap" or "error", as ``learner_miss``.
    axis : str
        "k" or "d": what this setting varies; only stored.
    kind : str
        "shared", "local" or "dense".
    steps : int
        Steps of ``gradient_steps``.
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel.
    seed : int
        Seed of all draws, together with k, d and steps.

    Yields
    ------
    dict
        {"samples", "low", "high"}: the last two are the search's bracket.

    """
    rng = np.random.default_rng([seed, k, d, steps])
    power = {"shared": 1, "local": 2, "dense": 2}[kind]
    start = max(3, int((sigma**2 * k ** (power - (steps > 1)) if goal == "overlap" else 5 * sigma**4 * k**power) * d))
    found = sample_complexity(
        lambda P: float(np.mean([learner_miss(goal, kind, steps, P, k, d, sigma, rng) for _ in range(REPEATS)])),
        ERROR if goal == "error" else 1 - OVERLAP,
        start,
        factor=2**0.5,
    )
    yield {"samples": round(found.samples, 2), "low": found.bracket[0], "high": found.bracket[1]}
