"""The scores of a pointer network."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

SIZES = ((3, 2, 4), (1, 1, 1), (4, 4, 5), (2, 5, 3))  # points L, steps m, units H

HINTS = {
    "bend_after_the_sum": "no score exceeds 1, however large v is; what should be bent?",
    "no_bend": "the row of a step is the row of every other step, but for one number added to it; a softmax sees no step",
    "without_v": "each hidden number counts the same; v has no say",
    "mean": "the sum over hidden numbers became a mean",
    "bent_apart": "points and steps do not meet inside the bend, so no step changes which point is ahead",
}


def check_scores(answer: Callable) -> str:
    """Exercise "scores": ``answer(E, D, v)`` is u, (m, L) float64, for E (L, H), D (m, H), v (H,)."""
    for L, m, H in SIZES:
        rng = np.random.default_rng(100 * L + m)
        E, D, v = 2 * rng.standard_normal((L, H)), 2 * rng.standard_normal((m, H)), rng.standard_normal(H)
        want = np.array([[sum(v[h] * np.tanh(E[j, h] + D[i, h]) for h in range(H)) for j in range(L)] for i in range(m)])
        met = E + D[:, None]
        symptoms = {"bend_after_the_sum": np.tanh(met @ v), "no_bend": met @ v}
        if H > 1:
            symptoms |= {
                "without_v": np.tanh(met).sum(-1),
                "bent_apart": np.add.outer(np.tanh(D) @ v, np.tanh(E) @ v),
                "mean": want / H,
            }
        where = f"with {L} point(s), {m} step(s) and H = {H}"
        compare(call(answer, E, D, v, shape=(m, L)), want, symptoms, HINTS, where)
    return f"check_scores: accepted on {len(SIZES)} sizes"


def hidden(rng: Generator) -> tuple:
    """E (L, H), D (m, H) and v (H,)."""
    L, m, H = (int(n) for n in rng.integers(2, 6, 3))
    return tuple(np.round(rng.standard_normal(shape), 2) for shape in ((L, H), (m, H), (H,)))


MISTAKES = {
    "bend_after_the_sum": ("return np.tanh(inside) @ v", "return np.tanh(inside @ v)"),
    "no_bend": ("return np.tanh(inside) @ v", "return inside @ v"),
    "without_v": ("return np.tanh(inside) @ v", "return np.tanh(inside).sum(-1)"),
    "mean": ("return np.tanh(inside) @ v", "return np.tanh(inside) @ v / len(v)"),
    "bent_apart": ("return np.tanh(inside) @ v", "return (np.tanh(E)[None] + np.tanh(D)[:, None]) @ v"),
}
