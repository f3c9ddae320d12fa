"""How the number of heads grows with the length."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

IDENTITY, UP, DOWN = np.eye(2), np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])

HINTS = {
    "each_lag_alone": "every lag was looked at by itself; the span is of all lags so far",
    "ranks_of_operators": "these are the ranks of the single operators; is an operator of rank 2 two directions?",
    "the_bound": "these are the most that there could be; lags can repeat themselves",
    "from_the_end": "these are the last 1, 2, … lags; a short sequence has the newest lags, not the oldest",
    "whole_length": "the number of the whole length stands everywhere",
    "absolute_cut": "with all numbers 1e12 times as small there are fewer; other units are no other lags",
    "lag_zero_left_out": "lag 0 is missing",
}


def check_lengths(answer: Callable) -> str:
    """Exercise "lengths": ``answer(M)`` is (L,) float64, the heads that the first 1, 2, …, L lags need.

    M is (L, p, d) float64. Singular values below 1e-9 of the largest of all L lags count as zero.
    """
    rng = np.random.default_rng(7)
    taps = np.stack([IDENTITY, IDENTITY, IDENTITY, UP, UP, DOWN])
    late = np.zeros((5, 2, 3))
    late[2], late[4] = rng.standard_normal((2, 2, 3))
    fading = np.einsum("tm,mpd->tpd", np.array([0.9, 0.4]) ** np.arange(12)[:, None], rng.standard_normal((2, 3, 2)))
    cases = [
        ("the taps I, I, I, E12, E12, E21", taps, [1, 1, 1, 2, 2, 3]),
        ("two inputs ago, four inputs ago, and nothing else", late, [0, 0, 1, 1, 2]),
        ("two shares", fading, [1] + [2] * 11),
        ("two shares, in units that are 1e12 times as small", 1e-12 * fading, [1] + [2] * 11),
        ("a single lag", rng.standard_normal((1, 3, 2)), [1]),
    ]
    for what, M, wanted in cases:
        got = call(answer, M, shape=(len(M),))
        compare(got, np.array(wanted, dtype=float), _symptoms(M, wanted), HINTS, what)
    return f"check_lengths: accepted on {len(cases)} sets of lags"


def _symptoms(M: np.ndarray, wanted: list[int]) -> dict[str, np.ndarray]:
    """What the known mistakes would return."""
    L = len(M)
    lags = M.reshape(L, -1)
    cut = np.linalg.norm(lags, 2) / 1e9

    def ranks(parts: list[np.ndarray]) -> np.ndarray:
        return np.array([np.linalg.matrix_rank(part, tol=cut) if part.size else 0 for part in parts], dtype=float)

    numbers = range(1, L + 1)
    return {
        "each_lag_alone": (np.abs(lags).max(1) > cut).astype(float),
        "ranks_of_operators": ranks(list(M)),
        "the_bound": np.minimum(np.arange(1.0, L + 1), lags.shape[1]),
        "from_the_end": ranks([lags[L - m :] for m in numbers]),
        "lag_zero_left_out": ranks([lags[1 : m + 1] for m in numbers]),
        "whole_length": np.full(L, float(wanted[-1])),
        "absolute_cut": np.zeros(L),
    }


def hidden(rng: Generator) -> tuple:
    """What an input says tau steps later, for a few tau: (L, p, d). Each repeats the one before, or says something new."""
    p, d = (int(rng.integers(1, 4)) for _ in range(2))
    M = [np.round(rng.standard_normal((p, d)), 2)]
    for _ in range(int(rng.integers(3, 7))):
        M.append(0.5 * M[-1] if rng.random() < 0.5 else np.round(rng.standard_normal((p, d)), 2))
    return ((1e-12 if rng.random() < 0.25 else 1.0) * np.array(M),)  # now and then small, which changes no count


MISTAKES = {
    "each_lag_alone": (
        "found = [np.linalg.matrix_rank(rows[:m], tol=zero) for m in range(1, len(M) + 1)]",
        "found = [np.linalg.matrix_rank(rows[m - 1 : m], tol=zero) for m in range(1, len(M) + 1)]",
    ),
    "ranks_of_operators": (
        "found = [np.linalg.matrix_rank(rows[:m], tol=zero) for m in range(1, len(M) + 1)]",
        "found = [np.linalg.matrix_rank(M[m - 1], tol=zero) for m in range(1, len(M) + 1)]",
    ),
    "the_bound": (
        "found = [np.linalg.matrix_rank(rows[:m], tol=zero) for m in range(1, len(M) + 1)]",
        "found = [min(m, rows.shape[1]) for m in range(1, len(M) + 1)]",
    ),
    "from_the_end": (
        "found = [np.linalg.matrix_rank(rows[:m], tol=zero) for m in range(1, len(M) + 1)]",
        "found = [np.linalg.matrix_rank(rows[-m:], tol=zero) for m in range(1, len(M) + 1)]",
    ),
    "whole_length": (
        "found = [np.linalg.matrix_rank(rows[:m], tol=zero) for m in range(1, len(M) + 1)]",
        "found = [np.linalg.matrix_rank(rows, tol=zero) for m in range(1, len(M) + 1)]",
    ),
    "absolute_cut": ("zero = 1e-9 * np.linalg.norm(rows, 2)", "zero = 1e-9"),
}
