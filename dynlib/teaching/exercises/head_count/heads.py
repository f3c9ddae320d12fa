"""Heads that have a machine's lag operators."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

MACHINES = (
    # what it is, the shares that its numbers keep, L, p, d, how many heads it needs
    ("three shares, four numbers in and four out", [0.9, 0.5, -0.3], 9, 4, 4, 3),
    ("two shares, three numbers in and two out", [0.95, 0.4], 7, 2, 3, 2),
    ("four shares, one number in and one out", [0.9, 0.6, 0.3, -0.5], 6, 1, 1, 1),
    ("a single step", [0.9, 0.5], 1, 2, 2, 1),
)

HINTS = {
    "no_singular_values": "all directions are equally loud",
    "singular_values_twice": "what was loud is louder, and what was soft softer; a singular value stands in both halves",
    "backwards": "the weights fade the wrong way: what was said first is heard loudest",
    "value_transposed": "each operator answers what it should have heard, and hears what it should have answered",
    "weighted_lags": "old inputs are too soft and new ones too loud: a lag counts for how often it occurs, but is heard once",
    "one_head_idle": "one head is missing from the sum",
}


def check_heads(answer: Callable) -> str:
    """Exercise "heads": ``answer(M)`` is r rows, one a head: L weights by lag, then the p·d entries of its value, row by row.

    M is (L, p, d) float64; cut at 1e-9 of the largest singular value. Any r heads that add up to M will do.
    """
    for what, shares, L, p, d, r in MACHINES:
        M = operators(shares, L, p, d)
        got = call(answer, M, shape=(r, L + p * d))
        where = f"{what}, in the operators that the heads add up to"
        compare(seen(got, M).reshape(M.shape), M, _symptoms(M, r), HINTS, where)
    return f"check_heads: accepted on {len(MACHINES)} machines"


def operators(shares: list[float], L: int, p: int, d: int) -> np.ndarray:
    """Lag operators (L, p, d) of a machine with one number for each share."""
    rng = np.random.default_rng(100 * p + 10 * d + L)
    residues = rng.standard_normal((len(shares), p, d))
    return np.einsum("tm,mpd->tpd", np.array(shares) ** np.arange(L)[:, None], residues)


def seen(result: np.ndarray, M: np.ndarray) -> np.ndarray:
    """What the heads say together, (L, p·d): which heads do it is free."""
    return np.einsum("hl,hv->lv", result[:, : len(M)], result[:, len(M) :])


def _symptoms(M: np.ndarray, r: int) -> dict[str, np.ndarray | None]:
    """The operators that the heads of the known mistakes add up to."""
    L, p, d = M.shape
    U, s, Vt = np.linalg.svd(M.reshape(L, p * d), full_matrices=False)

    def mixed(strength: np.ndarray) -> np.ndarray:
        return (U[:, :r] * strength @ Vt[:r]).reshape(M.shape)

    return {
        "no_singular_values": mixed(np.ones(r)),
        "singular_values_twice": mixed(s[:r] ** 2),
        "backwards": M[::-1],
        "value_transposed": M.transpose(0, 2, 1) if p == d else None,
        "weighted_lags": np.sqrt(L - np.arange(L))[:, None, None] * M,
        "one_head_idle": mixed(np.where(np.arange(r) == r - 1, 0, s[:r])),
    }


def hidden(rng: Generator) -> tuple:
    """What an input says tau steps later, for a few tau: (L, p, d). Each repeats the one before, or says something new."""
    p, d = (int(rng.integers(1, 4)) for _ in range(2))
    M = [np.round(rng.standard_normal((p, d)), 2)]
    for _ in range(int(rng.integers(3, 7))):
        M.append(0.5 * M[-1] if rng.random() < 0.5 else np.round(rng.standard_normal((p, d)), 2))
    return ((1e-12 if rng.random() < 0.25 else 1.0) * np.array(M),)  # now and then small, which changes no count


MISTAKES = {
    "no_singular_values": ("weights = (U[:, :r] * s[:r]).T", "weights = U[:, :r].T"),
    "singular_values_twice": ("return np.hstack([weights, Vt[:r]])", "return np.hstack([weights, s[:r, None] * Vt[:r]])"),
    "backwards": ("return np.hstack([weights, Vt[:r]])", "return np.hstack([weights[:, ::-1], Vt[:r]])"),
    "value_transposed": (
        "U, s, Vt = np.linalg.svd(M.reshape(len(M), -1), full_matrices=False)",
        "U, s, Vt = np.linalg.svd(M.transpose(0, 2, 1).reshape(len(M), -1), full_matrices=False)",
    ),
    "weighted_lags": ("weights = (U[:, :r] * s[:r]).T", "weights = (U[:, :r] * s[:r]).T * np.sqrt(len(M) - np.arange(len(M)))"),
    "one_head_idle": ("weights = (U[:, :r] * s[:r]).T", "weights = (U[:, :r] * s[:r] * (np.arange(r) < r - 1)).T"),
}
