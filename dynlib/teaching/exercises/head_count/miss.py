"""What the best of fewer heads miss."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare
from dynlib.teaching.exercises.head_count.heads import operators

HINTS = {
    "every_lag_once": "every lag counts once; how often does lag 0 occur in the table, and the last one?",
    "root_forgotten": "early lags weigh too much; the square of the weight is how often a lag occurs",
    "not_squared": "the share of the singular values, and not of their squares",
    "one_direction": "only the first direction that is missed is counted",
    "head_more": "that is what one head more misses",
    "head_fewer": "that is what one head fewer misses",
    "what_is_caught": "that is what the heads catch",
    "no_share": "the squares themselves, and not their share",
    "root": "the share of the size, and not of the squares",
}


def check_miss(answer: Callable) -> str:
    """Exercise "miss": ``answer(M, H)`` is the share of the squares of the whole table that the best H heads miss.

    M is (L, p, d) float64, and 1 ≤ H < r.
    """
    cases = [
        ("three shares", operators([0.9, 0.5, -0.3], 9, 4, 4), 1),
        ("three shares", operators([0.9, 0.5, -0.3], 9, 4, 4), 2),
        ("five shares", operators([0.95, 0.7, 0.4, -0.2, -0.8], 12, 3, 2), 3),
        ("two shares, in units that are 1e6 times as large", 1e6 * operators([0.95, 0.4], 7, 2, 3), 1),
    ]
    for what, M, H in cases:
        L = len(M)
        occurs = np.bincount([i - j for i in range(L) for j in range(i + 1)])  # how often the table holds each lag
        squares, once, twice = (_squares(M, counts) for counts in (occurs, np.ones(L), occurs**2))
        want = squares[H:].sum() / squares.sum()
        symptoms = {
            "every_lag_once": once[H:].sum() / once.sum(),
            "root_forgotten": twice[H:].sum() / twice.sum(),
            "not_squared": np.sqrt(squares[H:]).sum() / np.sqrt(squares).sum(),
            "one_direction": squares[H] / squares.sum(),
            "head_more": squares[H + 1 :].sum() / squares.sum(),
            "head_fewer": squares[H - 1 :].sum() / squares.sum(),
            "what_is_caught": 1 - want,
            "no_share": squares[H:].sum(),
            "root": np.sqrt(want),
        }
        compare(call(answer, M, H, shape=()), want, symptoms, HINTS, f"{what}, {H} head(s)")
    return f"check_miss: accepted on {len(cases)} machines"


def _squares(M: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """How much of a table with so many of each lag each direction holds, largest first: eigenvalues, no singular ones."""
    lags = [lag.ravel() for lag in M]
    found = np.linalg.eigvalsh(sum(count * np.outer(lag, lag) for count, lag in zip(counts, lags, strict=True)))[::-1]
    return np.where(found > 1e-13 * found[0], found, 0.0)


def hidden(rng: Generator) -> tuple:
    """Operators that all say something new, and fewer heads than they need."""
    L, p, d = int(rng.integers(3, 7)), int(rng.integers(1, 4)), int(rng.integers(2, 4))
    return np.round(rng.standard_normal((L, p, d)), 2), int(rng.integers(1, min(L, p * d)))


MISTAKES = {
    "every_lag_once": ("rows = np.sqrt(occurs)[:, None] * M.reshape(len(M), -1)", "rows = M.reshape(len(M), -1)"),
    "root_forgotten": (
        "rows = np.sqrt(occurs)[:, None] * M.reshape(len(M), -1)",
        "rows = occurs[:, None] * M.reshape(len(M), -1)",
    ),
    "not_squared": ("return (s[H:] ** 2).sum() / (s**2).sum()", "return s[H:].sum() / s.sum()"),
    "one_direction": ("return (s[H:] ** 2).sum() / (s**2).sum()", "return s[H] ** 2 / (s**2).sum()"),
    "head_more": ("return (s[H:] ** 2).sum() / (s**2).sum()", "return (s[H + 1 :] ** 2).sum() / (s**2).sum()"),
    "head_fewer": ("return (s[H:] ** 2).sum() / (s**2).sum()", "return (s[H - 1 :] ** 2).sum() / (s**2).sum()"),
    "what_is_caught": ("return (s[H:] ** 2).sum() / (s**2).sum()", "return (s[:H] ** 2).sum() / (s**2).sum()"),
    "no_share": ("return (s[H:] ** 2).sum() / (s**2).sum()", "return (s[H:] ** 2).sum()"),
    "root": ("return (s[H:] ** 2).sum() / (s**2).sum()", "return np.sqrt((s[H:] ** 2).sum() / (s**2).sum())"),
}
