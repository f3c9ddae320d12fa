"""Handwritten digits: where the error peaks with the width and with the samples, and what stopping and ridge make of the peak.

``python -m dynlib.sweep run generalization.digits_width`` trains the output weights of random layers of 60 to 3,000 ReLU units on
300 digits, and ``run generalization.digits_samples`` those of all 64 pixels on 20 to 600. Both store the errors at the end of
training, stopped and with ridge, in data/digits_*.csv.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from dynlib.generalization.features import random_directions, relu_features
from dynlib_kernels.arguments.scalars import check_count

WIDTHS = (60, 100, 150, 200, 250, 280, 300, 315, 330, 375, 450, 600, 1500, 3000)
SAMPLES = (20, 30, 40, 46, 52, 55, 58, 61, 64, 70, 80, 100, 140, 200, 300, 600)
NOISES = (0.0, 0.2)
TEST = 700
TIMES = np.logspace(-3, 7, 61)
RIDGES = np.logspace(-6, 2, 49)


@dataclass(frozen=True)
class Split:
    """Digits to fit, to choose by and to test on.

    Each part is a pair: X (P, 64), pixels in 0..1, one digit a row; Y (P, 10), 0.9 and −0.1.

    Attributes
    ----------
    fit : tuple of two arrays
        To train on; the labels carry the noise.
    valid : tuple of two arrays
        To choose by; the labels carry the noise.
    test : tuple of two arrays
        To test on; the labels carry no noise.

    """

    fit: tuple[np.ndarray, np.ndarray]
    valid: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    X, labels = load_digits(return_X_y=True)
    return X / 16, labels


def split(n: int, noise: float, seed: int) -> Split:
    """n digits to fit, a third as many to choose by, 700 others to test on.

    Parameters
    ----------
    n : int
        Digits to fit, at most 800.
    noise : float
        The share of the labels of the first two parts that is drawn anew, from 0 to 1.
    seed : int
        Seed of the order and of the noise.

    Returns
    -------
    Split
        The three parts.

    Raises
    ------
    ValueError
        For n that is no count, above 800, or noise outside [0, 1].

    """
    if check_count("split", "n", n) > 800:
        raise ValueError(f"split: n = {n}; with a third more to choose by and {TEST} to test on, 1,797 digits allow up to 800")
    if not 0 <= noise <= 1:
        raise ValueError(f"split: noise = {noise!r} is a share of the labels; give a number from 0 to 1")
    X, labels = _digits()
    rng = np.random.default_rng(seed)
    order, held = rng.permutation(len(labels)), -(-n // 3)
    given = labels.copy()
    redrawn = order[: n + held][rng.random(n + held) < noise]
    given[redrawn] = rng.integers(0, 10, len(redrawn))

    def part(places, names):
        return X[places], np.eye(10)[names[places]] - 0.1

    return Split(part(order[:n], given), part(order[n : n + held], given), part(order[-TEST:], labels))


def errors_along(H: tuple[np.ndarray, np.ndarray, np.ndarray], digits: Split) -> dict:
    """Errors at the end of training, stopped, and with ridge, each of the last two chosen twice.

    Parameters
    ----------
    H : tuple of three (P, N_h) arrays
        Features of the three parts of ``digits``, one sample a row.
    digits : Split
        The labels of the same samples.

    Returns
    -------
    dict
        "rank", and for the end of training, "stop" and "ridge": per cent of test digits named wrong
        (``*_wrong``) and squared error summed over the ten outputs (``*_square``). ``stop_*`` and
        ``ridge_*`` are chosen by the squared error on the digits to choose by; ``oracle_*`` by the
        test error itself, which nobody can do outside a simulation. ``stop_at`` and ``ridge_at``
        say what was chosen.

    """
    fit, valid, test = H
    U, s, Vt = np.linalg.svd(fit.T, full_matrices=False)
    s = s[s > 1e-9 * s[0]]
    U, taught = U[:, : len(s)], Vt[: len(s)] @ digits.fit[1]
    filters = np.vstack([np.ones_like(s), -np.expm1(-np.outer(TIMES, s**2)), s**2 / (s**2 + RIDGES[:, None])]) / s

    def scored(features, Y):
        said = features @ U @ (filters[..., None] * taught)  # (filters, P, 10)
        wrong = (said.argmax(-1) != Y.argmax(-1)).mean(-1) * 100
        return wrong, ((said - Y) ** 2).sum(-1).mean(-1)

    _, chosen_by = scored(valid, digits.valid[1])
    wrong, square = scored(test, digits.test[1])
    row = {"rank": len(s), "end_wrong": wrong[0], "end_square": square[0]}
    first = 1
    for name, values in (("stop", TIMES), ("ridge", RIDGES)):
        here = slice(first, first := first + len(values))
        best = chosen_by[here].argmin()
        row |= {
            f"{name}_at": values[best],
            f"{name}_wrong": wrong[here][best],
            f"{name}_square": square[here][best],
            f"oracle_{name}_wrong": wrong[here].min(),
            f"oracle_{name}_square": square[here].min(),
        }
    return {key: value if key == "rank" else float(f"{value:.5g}") for key, value in row.items()}


def by_width(*, width: int, noise: float, seed: int, n: int = 300) -> Iterator[dict]:
    """One random layer of ReLU units with biases, whose output weights learn n digits from 0.

    Parameters
    ----------
    width : int
        The number of units.
    noise : float
        The share of wrong labels, as ``split``.
    seed : int
        Seed of split and layer.
    n : int, default 300
        Digits to fit.

    Yields
    ------
    dict
        One row, that of ``errors_along``.

    Raises
    ------
    ValueError
        As ``split``, and for a width that is no count.

    """
    digits, rng = split(n, noise, seed), np.random.default_rng([seed, width])
    A = random_directions(check_count("by_width", "width", width), 64, rng)
    b = 0.1 * rng.standard_normal((width, 1))

    def features(X):
        return relu_features(np.hstack([A, b]), np.column_stack([X, np.ones(len(X))])) / np.sqrt(width)

    yield errors_along(tuple(features(X) for X, _ in (digits.fit, digits.valid, digits.test)), digits)


def by_samples(*, n: int, noise: float, seed: int) -> Iterator[dict]:
    """The 64 pixels themselves, one output weight for each, learn n digits from 0.

    Parameters
    ----------
    n : int
        Digits to fit.
    noise : float
        The share of wrong labels, as ``split``.
    seed : int
        Seed of the split.

    Yields
    ------
    dict
        One row, that of ``errors_along``.

    Raises
    ------
    ValueError
        As ``split``.

    """
    digits = split(n, noise, seed)
    yield errors_along((digits.fit[0], digits.valid[0], digits.test[0]), digits)
