"""Does the theory, which has infinitely many weights, hold for 200? And what happens near α = 1, where means stop to exist?

``python -m dynlib.sweep run generalization.agreement`` trains 400 draws for each setting and stores the errors over time in
data/agreement.csv; ``run generalization.finite`` those at the end of training with 50 weights, 4,000 draws each, in
data/finite.csv.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dynlib.generalization.simulate import gradient_flow_path, sample_teacher_student
from dynlib_kernels.arguments.scalars import check_count

DATA = Path(__file__).parent / "data"
WEIGHTS, SNR = 200, 5.0
TIMES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
ALPHAS = (0.25, 0.5, 0.8, 1.0, 1.25, 2.0, 4.0)
FEW = 50
SAMPLES = (25, 40, 45, 49, 50, 51, 55, 60, 100)


def errors_over_time(*, alpha: float, inr: float, seed: int, repeats: int = 40, weights: int = WEIGHTS) -> Iterator[dict]:
    """One row a time: generalization and training error, each the mean over the draws.

    Nothing of the theory is used: teacher, inputs and noise are drawn, a student follows the
    gradient, and its error is counted from its distance to the teacher. Teachers and starts have
    equal lengths in all draws.

    Parameters
    ----------
    alpha : float
        Samples per weight; their number is rounded.
    inr : float
        Variance of a weight of the start, over the noise variance.
    seed : int
        Seed of all draws.
    repeats : int, default 40
        The number of draws.
    weights : int, default 200
        N, the weights of the student.

    Yields
    ------
    dict
        {"t", "error", "training"} for each of the module's ``TIMES``.

    Raises
    ------
    ValueError
        If repeats is no whole number of at least 1.

    """
    check_count("errors_over_time", "repeats", repeats)
    rng, samples = np.random.default_rng(seed), round(alpha * weights)
    errors = np.zeros((2, len(TIMES)))
    for _ in range(repeats):
        X, teacher, start, y = sample_teacher_student(weights, samples, SNR, inr, rng)
        w = gradient_flow_path(X, y, start, np.array(TIMES))
        errors += [1 + ((w - teacher) ** 2).mean(1), ((y - w @ X.T) ** 2).mean(1)]
    for t, error, training in zip(TIMES, *(errors / repeats), strict=True):
        yield {"t": t, "error": round(float(error), 5), "training": round(float(training), 6)}


def errors_at_the_end(*, samples: int, seed: int, repeats: int = 400, weights: int = FEW) -> Iterator[dict]:
    """One row: mean, median and largest error at the end of training from 0, over the draws.

    Parameters
    ----------
    samples : int
        P, the training samples.
    seed : int
        Seed of all draws.
    repeats : int, default 400
        The number of draws.
    weights : int, default 50
        N, the weights of the student.

    Yields
    ------
    dict
        {"mean", "median", "largest"}.

    Raises
    ------
    ValueError
        If repeats is no whole number of at least 1.

    """
    rng, errors = np.random.default_rng(seed), np.empty(check_count("errors_at_the_end", "repeats", repeats))
    for m in range(repeats):
        X, teacher, start, y = sample_teacher_student(weights, samples, SNR, 0.0, rng)
        errors[m] = 1 + ((gradient_flow_path(X, y, start, np.inf) - teacher) ** 2).mean()
    found = {"mean": errors.mean(), "median": np.median(errors), "largest": errors.max()}
    yield {name: round(float(value), 4) for name, value in found.items()}
