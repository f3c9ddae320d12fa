"""Gradient descent on the logistic loss, for real: how many samples do shared, local and dense nets need?

``python -m dynlib.sweep run locality.descent`` measures it as the number of patches k grows, and as the number of pixels d does,
with two sets of seeds, and stores every size that was tried in data/descent.csv.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dynlib.locality.complexity import Search, sample_complexity
from dynlib.locality.networks import backward, forward
from dynlib.locality.samples import sample_dsd
from dynlib.locality.steps import quantile_threshold
from dynlib.locality.threshold import soft_threshold
from dynlib_kernels.arguments.arrays import check_array
from dynlib_kernels.arguments.samples import check_kind, check_labels
from dynlib_kernels.arguments.scalars import check_counts, check_rng

DATA = Path(__file__).parent / "data"
STEPS, EVERY, START = 24, 2, 1e-3
VALIDATION, TEST = 600, 1000
TARGET, REPEATS = 0.1, 3
KINDS = ("shared", "local", "dense")


def descend(
    x: np.ndarray,
    y: np.ndarray,
    kind: str,
    rng: np.random.Generator,
    *,
    thresholded: bool,
    steps: int = STEPS,
    units: int | None = None,
) -> Iterator[tuple[np.ndarray, float]]:
    """Full-batch gradient descent on mean log(1 + e^{−y f}).

    The start is Gaussian with standard deviation 0.001, and the learning rate makes the first step
    1 long, on average over the filters: both know nothing of the pixels' axes. The first step has
    no threshold. From then on, if ``thresholded``, b is the value that one response in k exceeds,
    by size; else it stays 0.

    Parameters
    ----------
    x : (P, k, d) array
        Inputs.
    y : (P,) array
        Labels ±1.
    kind : str
        "shared", "local" or "dense".
    rng : numpy.random.Generator
        Draws the start.
    thresholded : bool
        Whether there is a threshold from the second step on.
    steps : int, default 24
        The number of steps.
    units : int, optional
        Units of a dense net; k unless told.

    Yields
    ------
    tuple
        Weights and threshold, after every second step and the last.

    Raises
    ------
    ValueError
        For bad names and shapes.

    """
    P, k, d = check_array("descend", "x", x, "P k d").shape
    check_labels("descend", y, P)
    check_kind("descend", kind)
    check_rng("descend", rng)
    check_counts("descend", steps=steps, units=units or k)
    shape = {"shared": (d,), "local": (k, d), "dense": (units or k, k * d)}[kind]
    W, b, rate = (START * rng.standard_normal(shape)).astype(x.dtype), 0.0, None
    for step in range(steps):
        _, z = forward(kind, x, W)
        if step and thresholded:
            b = quantile_threshold(z, k)
        margin = np.clip(y * soft_threshold(z, b).sum(1), -30, 30)
        slope, _ = backward(kind, x, z, b, (-y / (1 + np.exp(margin)) / P).astype(x.dtype))
        if rate is None:
            rate = 1 / np.linalg.norm(np.atleast_2d(slope), axis=1).mean()
        W = W - rate.astype(x.dtype) * slope
        if step % EVERY == 0 or step == steps - 1:
            yield W, b


def net_error(kind: str, W: np.ndarray, b: float, x: np.ndarray, y: np.ndarray) -> float:
    """The share of wrong signs; an output of 0 counts half, one that is nan counts as wrong.

    Parameters
    ----------
    kind : str
        "shared", "local" or "dense".
    W : array
        Filters in the shape of that kind.
    b : float
        The threshold, ≥ 0.
    x : (P, k, d) array
        Inputs.
    y : (P,) array
        Labels ±1.

    Returns
    -------
    float
        The error rate.

    """
    f = soft_threshold(forward(kind, x, W)[1], b).sum(1)
    return float(np.mean(np.where(f == 0, 0.5, ~(f * y > 0))))


def trained_error(kind: str, P: int, k: int, d: int, sigma: float, rng: np.random.Generator) -> tuple[float, float]:
    """Train one net on P samples, in single precision, and test it.

    Threshold or none, and after how many steps to stop, is chosen on 600 validation samples; the
    test is on 1,000 others.

    Parameters
    ----------
    kind : str
        "shared", "local" or "dense".
    P : int
        Training samples.
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel.
    rng : numpy.random.Generator
        Draws everything.

    Returns
    -------
    tuple of two floats
        (validation error, test error).

    """
    (x, y), (x_valid, y_valid) = (_single(sample_dsd(size, k, d, sigma, rng)) for size in (P, VALIDATION))
    best = min(
        ((net_error(kind, W, b, x_valid, y_valid), run, stop), W, b)
        for run in (False, True)
        for stop, (W, b) in enumerate(descend(x, y, kind, rng, thresholded=run))
    )
    (validation, *_), W, b = best
    return validation, net_error(kind, W, b, *_single(sample_dsd(TEST, k, d, sigma, rng)))


def _single(sample):
    x, y, _ = sample
    return x.astype(np.float32), y.astype(np.float32)


def samples_needed_by(
    kind: str, k: int, d: int, sigma: float, seed: int, *, target: float = TARGET, repeats: int = REPEATS
) -> Search:
    """The sample complexity of one kind of net, searched with the mean of a few nets at each size.

    Parameters
    ----------
    kind : str
        "shared", "local" or "dense".
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel.
    seed : int
        Seed of all draws, together with k and d.
    target : float, default 0.1
        The error rate to come down to.
    repeats : int, default 3
        Nets at each size.

    Returns
    -------
    Search
        As ``sample_complexity``.

    """
    rng = np.random.default_rng([seed, k, d])
    start = max(4, round(d / 2 * {"shared": 1 / k, "local": 1, "dense": k}[kind]))

    def error_at(P: int) -> tuple[float, float]:
        return tuple(np.mean([trained_error(kind, P, k, d, sigma, rng) for _ in range(repeats)], axis=0).tolist())

    return sample_complexity(error_at, target, start, smallest=3)


def searched(*, axis: str, kind: str, k: int, d: int, sigma: float, seed: int) -> Iterator[dict]:
    """One row for each number of samples that the search tried.

    Parameters
    ----------
    axis : str
        "k" or "d": what this setting varies; only stored.
    kind : str
        "shared", "local" or "dense".
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel.
    seed : int
        As ``samples_needed_by``.

    Yields
    ------
    dict
        {"samples", "low", "high", "P", "validation", "test"}; ``samples`` and the bracket are those
        of the whole search.

    """
    found = samples_needed_by(kind, k, d, sigma, seed)
    low, high = found.bracket
    for P, (validation, test) in sorted(found.history.items()):
        yield {
            "samples": round(found.samples, 2),
            "low": low,
            "high": high,
            "P": P,
            "validation": round(validation, 5),
            "test": round(test, 5),
        }
