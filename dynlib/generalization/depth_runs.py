"""What depth and the size of the start do to the error over training, for linear nets with one output and 60 inputs.

Nets of one to three layers are followed from four starts at three loads. ``python -m dynlib.sweep run
generalization.depth_curves`` stores the curves of one draw in data/depth_curves.csv and, for two of the starts, ``run
generalization.depth`` the lowest and the last error of five draws in data/depth.csv.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dynlib.generalization.deep import deep_linear_path
from dynlib.generalization.simulate import sample_teacher_student

DATA = Path(__file__).parent / "data"
WEIGHTS, SNR = 60, 5.0
FINE = tuple(float(f"{t:.4g}") for t in np.geomspace(1e-2, 1e4, 241))
TIMES = FINE[::6]
DEPTHS, STARTS, ALPHAS = (1, 2, 3), (0.001, 0.3, 1.0, 2.0), (0.5, 1.0, 2.0)


def errors(*, depth: int, start: float, alpha: float, seed: int) -> np.ndarray:
    """The generalization error of one net at 241 times from 0.01 to 10,000.

    A seed gives every depth and start the same data and direction.

    Parameters
    ----------
    depth : int
        The number of layers, which are balanced.
    start : float
        The standard deviation of the product's initial entries.
    alpha : float
        Samples per weight; their number is rounded.
    seed : int
        Seed of data and direction.

    Returns
    -------
    (241,) float64 array
        The error at each time of ``FINE``.

    Raises
    ------
    ValueError
        As ``deep_linear_path``.

    """
    X, teacher, direction, y = sample_teacher_student(WEIGHTS, round(alpha * WEIGHTS), SNR, 1.0, np.random.default_rng(seed))
    return 1 + ((deep_linear_path(X, y, start * direction, np.array(FINE), depth) - teacher) ** 2).mean(1)


def lowest_and_last(**settings) -> Iterator[dict]:
    """One row: the lowest error, its time, and the error at t = 10,000.

    Parameters
    ----------
    **settings : float or int
        The arguments of ``errors``.

    Yields
    ------
    dict
        {"lowest", "at", "last"}.

    """
    path = errors(**settings)
    found = {"lowest": path.min(), "at": FINE[int(path.argmin())], "last": path[-1]}
    yield {key: float(f"{value:.5g}") for key, value in found.items()}


def curve(**settings) -> Iterator[dict]:
    """One row for each of 41 times: the error along training.

    Parameters
    ----------
    **settings : float or int
        The arguments of ``errors``.

    Yields
    ------
    dict
        {"t", "error"}.

    """
    for t, error in zip(TIMES, errors(**settings)[::6], strict=True):
        yield {"t": t, "error": float(f"{error:.5g}")}
