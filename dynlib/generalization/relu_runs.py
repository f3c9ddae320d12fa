"""Networks whose random ReLU layer stays as it was drawn: where training too long hurts most, and what the error is made of.

All is in closed form over all inputs. ``python -m dynlib.sweep run generalization.relu`` stores the errors of 30 to 1,200 units
on 300 noisy samples (data/relu.csv), and ``run generalization.parts`` the parts of the error of 10 to 800 units on 50 samples
without noise over time (data/parts.csv).
"""

from collections.abc import Iterator

import numpy as np

from dynlib.generalization.decomposition import error_decomposition
from dynlib.generalization.features import random_directions, relu_features
from dynlib_kernels.arguments.scalars import check_count

INPUTS = 15
NOISE = 0.3
WIDTHS = (30, 75, 150, 240, 270, 300, 330, 375, 600, 1200)
PART_WIDTHS = (10, 25, 40, 46, 50, 55, 70, 100, 200, 800)
PART_TIMES = (*(float(f"{t:.3g}") for t in np.geomspace(0.01, 1e4, 11)), np.inf)


def sample_task(width: int, samples: int, units: int, seed: int) -> tuple[np.random.Generator, list[np.ndarray]]:
    """Draw a student's first layer, a ReLU teacher and samples.

    Parameters
    ----------
    width : int
        Units of the student.
    samples : int
        The number of samples.
    units : int
        Units of the teacher.
    seed : int
        Seed of all draws.

    Returns
    -------
    tuple
        The generator, and (A, teacher, weights, X): a student's first layer (width, 15), a
        teacher's layer (units, 15) and output weights (units,), and samples as rows (samples, 15).

    Raises
    ------
    ValueError
        For a count below 1.

    """
    check_count("sample_task", "samples", samples)
    rng = np.random.default_rng(seed)
    teacher = random_directions(units, INPUTS, rng)
    weights = rng.standard_normal(units) / np.sqrt(units)
    A = random_directions(width, INPUTS, rng)
    return rng, [A, teacher, weights, rng.standard_normal((INPUTS, samples)).T]


def overtraining(*, width: int, seed: int, samples: int = 300, units: int = 30) -> Iterator[dict]:
    """One row: the error at the end of training, the lowest on the way and when.

    Both errors are with the noise of a new label. The features are divided by √width. The best time
    is chosen by the error over all inputs: an oracle.

    Parameters
    ----------
    width : int
        Units of the student.
    seed : int
        Seed of all draws.
    samples : int, default 300
        The number of samples.
    units : int, default 30
        Units of the teacher.

    Yields
    ------
    dict
        {"end", "stop", "stop_at", "slowest"}; the last is the slowest rate.

    """
    rng, (A, teacher, weights, X) = sample_task(width, samples, units, seed)
    A = A / np.sqrt(width)
    times = np.append(np.geomspace(1e-2, 1e8, 61), np.inf)
    found = error_decomposition(A, teacher, weights, X, NOISE * rng.standard_normal(samples), times)
    error = np.asarray(found.total) + NOISE**2
    slowest = np.linalg.svd(relu_features(A, X), compute_uv=False)[-1] ** 2
    row = {"end": error[-1], "stop": error.min(), "stop_at": times[error.argmin()], "slowest": slowest}
    yield {key: float(f"{value:.5g}") for key, value in row.items()}


def parts(*, width: int, seed: int, samples: int = 50, units: int = 20) -> Iterator[dict]:
    """One row a time: the parts of the error.

    The labels have no noise; features are divided by √width.

    Parameters
    ----------
    width : int
        Units of the student.
    seed : int
        Seed of all draws.
    samples : int, default 50
        The number of samples.
    units : int, default 20
        Units of the teacher.

    Yields
    ------
    dict
        "t" and the fields of ``Decomposition``.

    """
    _, (A, teacher, weights, X) = sample_task(width, samples, units, seed)
    found = error_decomposition(A / np.sqrt(width), teacher, weights, X, t=np.array(PART_TIMES))
    for k, t in enumerate(PART_TIMES):
        yield {"t": t} | {
            name: float(f"{getattr(found, name)[k]:.4g}")
            for name in ("approximation", "null_space", "overfitting", "cross", "total")
        }
