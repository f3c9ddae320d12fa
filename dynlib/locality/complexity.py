"""How many samples does a learner need? A search that looks at validation errors only, and the slope of what it finds."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import isotonic_regression

from dynlib_kernels.arguments.arrays import check_reals
from dynlib_kernels.arguments.scalars import check_count, check_counts, check_has, check_number, check_rng


@dataclass(frozen=True)
class Search:
    """What `sample_complexity` found.

    Attributes
    ----------
    samples : float
        Where the error crosses the target; nan where it was not seen to, and reason says why.
    bracket : tuple of two floats
        The largest P below which the target was always missed, and the smallest from which on it
        was always met, among those tried. They are neighbours, unless noise sends the errors up and
        down across the target: then reason says so, and samples is where the nearest decreasing
        curve crosses.
    reason : str
        Empty where there is nothing to say.
    history : dict of int to tuple of two floats
        {P: (validation error, test error)}; the search never looks at the second, which is nan
        where none was measured.

    """

    samples: float
    bracket: tuple[float, float]
    reason: str
    history: dict[int, tuple[float, float]]


def sample_complexity(
    error_at: Callable[[int], float | tuple[float, float]],
    target: float,
    start: int,
    *,
    smallest: int = 2,
    largest: int = 20_000,
    factor: float = 1.5,
    confirm: int = 1,
    floor: float = 0.0,
) -> Search:
    """The number of samples at which a learner's error comes down to the target.

    From ``start`` the search goes up or down in steps of ``factor`` until the target is met (or
    missed) ``confirm`` more times in a row, so that one lucky run does not end it. Between the two
    neighbours of the crossing the logarithm of P is interpolated.

    Parameters
    ----------
    error_at : callable
        error_at(P) is the mean error of P samples, on a validation set; or that and the error on a
        fresh test set, for the plot: what was minimised is biased.
    target : float
        An error rate in (0, 1).
    start : int
        The first P that is tried.
    smallest, largest : int, default 2 and 20,000
        No P beyond these is tried.
    factor : float, default 1.5
        The ratio of neighbouring P, above 1.
    confirm : int, default 1
        How many more times in a row ends the search.
    floor : float, default 0
        An error that no number of samples comes below, where known.

    Returns
    -------
    Search
        Its samples are nan, with a reason, when the target is not above the floor, when it is not
        met at ``largest``, and when it is met already at ``smallest``.

    Raises
    ------
    ValueError
        For a target outside (0, 1), a start outside smallest … largest, a factor ≤ 1, and an error
        that is nan or outside 0 … 1.

    """
    where = "sample_complexity"
    check_has(where, "error_at", error_at, "__call__", like="a function of P that returns an error")
    if not 0 < check_number(where, "target", target, 0) < 1:
        raise ValueError(f"{where}: target = {target!r} must be an error rate between 0 and 1")
    check_number(where, "floor", floor, 0)
    smallest, largest, start = check_counts(where, smallest=smallest, largest=largest, start=start)
    confirm = check_count(where, "confirm", confirm, least=0)
    if not smallest <= start <= largest:
        raise ValueError(f"{where}: start = {start} must lie between smallest = {smallest} and largest = {largest}")
    if not check_number(where, "factor", factor, 0) > 1:
        raise ValueError(f"{where}: factor = {factor!r} must be above 1, or the search stands still")
    history: dict[int, tuple[float, float]] = {}

    def met(P: int) -> bool:
        if P not in history:
            found = error_at(P)
            validation, test = found if isinstance(found, tuple) else (found, math.nan)
            if not 0 <= validation <= 1:
                raise ValueError(f"{where}: error_at({P}) = {validation!r} must lie between 0 and 1; count nan as an error")
            history[P] = float(validation), float(test)
        return history[P][0] <= target

    if target <= floor:
        return Search(math.nan, (math.nan, math.nan), f"the target {target:g} is not above the floor {floor:g}", history)
    for up in [True, False] if not met(start) else [False, True]:
        _walk(met, start, up, smallest, largest, factor, confirm)
    return Search(*_crossing(history, target), history)


def _walk(met, start: int, up: bool, smallest: int, largest: int, factor: float, confirm: int) -> None:
    """Try larger (or smaller) P until the target was met (missed) once and then ``confirm`` more times in a row."""
    P, row = start, 0
    while True:
        row = row + 1 if met(P) == up else 0
        end = largest if up else smallest
        if row > confirm or end == P:
            return
        P = min(largest, max(P + 1, round(P * factor))) if up else max(smallest, min(P - 1, round(P / factor)))


def _crossing(history, target: float) -> tuple[float, tuple[float, float], str]:
    """(samples, bracket, reason) from what was tried."""
    tried = sorted(history)
    good = [P for P in tried if history[P][0] <= target]
    bad = [P for P in tried if history[P][0] > target]
    if not good:
        return math.nan, (bad[-1], math.inf), f"the error is still {history[bad[-1]][0]:.3g} at {bad[-1]} samples"
    if not bad:
        return math.nan, (0, good[0]), f"the target is met already at {good[0]} samples"
    first_met, last_missed = good[0], bad[-1]
    low, high = max([0, *(P for P in bad if first_met > P)]), min([math.inf, *(P for P in good if last_missed < P)])
    wavers = last_missed > first_met
    reason = f"errors go up and down across the target between {low} and {high} samples" if wavers else ""
    falling = isotonic_regression([history[P][0] for P in tried], increasing=False)
    last = int((falling > target).sum()) - 1
    if not 0 <= last < len(tried) - 1:
        return math.nan, (low, high), reason
    share = (falling[last] - target) / (falling[last] - falling[last + 1])
    return math.exp(math.log(tried[last]) + share * math.log(tried[last + 1] / tried[last])), (low, high), reason


def loglog_slope(x, y, rng: np.random.Generator, boot: int = 2000) -> tuple[float, tuple[float, float]]:
    """The exponent p of y ~ x^p, by least squares on logarithms, with an interval.

    The interval covers 95 % of bootstrap samples.

    Parameters
    ----------
    x : (points,) array_like
        At least 3 different points.
    y : (points,) or (seeds, points) array_like
        A row for each seed. Rows are drawn anew with replacement; a single row has no seeds to
        draw, so its points are.
    rng : numpy.random.Generator
        Draws the bootstrap samples.
    boot : int, default 2000
        Draws, at least 1.

    Returns
    -------
    tuple
        (slope, (low, high)).

    Raises
    ------
    ValueError
        For fewer than 3 points, values that are not positive and finite, shapes that do not fit,
        and an rng that is no ``numpy.random.Generator``.

    """
    where = "loglog_slope"
    x, y = check_reals(where, "x", x, infinite=True), check_reals(where, "y", y, infinite=True)
    if x.ndim != 1 or len(x) < 3 or len(set(x.tolist())) < 3:
        raise ValueError(f"{where}: x has shape {x.shape}; a slope with an interval needs at least 3 different points, one axis")
    if y.ndim not in (1, 2) or y.shape[-1] != len(x) or y.size == 0:
        raise ValueError(
            f"{where}: y has shape {y.shape}; it must be (points,) or (seeds, points) with points = {len(x)}, as x has"
        )
    for name, values in (("x", x), ("y", y)):
        unfit = values[~(np.isfinite(values) & (values > 0))]
        if unfit.size:
            raise ValueError(
                f"{where}: {name} holds {unfit[0]}; logarithms need positive finite numbers: leave out what was not found"
            )
    check_rng(where, rng)
    boot = check_count(where, "boot", boot)
    log_x, log_y = np.log(x), np.log(np.atleast_2d(y))
    if len(log_y) > 1:
        slopes = _slope(log_x, log_y)
        drawn = slopes[rng.integers(0, len(slopes), (boot, len(slopes)))].mean(1)
    else:
        picks = [pick for pick in rng.integers(0, len(x), (2 * boot, len(x))) if len(set(pick.tolist())) > 1][:boot]
        drawn = np.array([_slope(log_x[pick], log_y[:, pick])[0] for pick in picks])
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(_slope(log_x, log_y).mean()), (float(low), float(high))


def _slope(log_x: np.ndarray, log_y: np.ndarray) -> np.ndarray:
    """Least-squares slope of each row."""
    centred = log_x - log_x.mean()
    return log_y @ centred / (centred @ centred)
