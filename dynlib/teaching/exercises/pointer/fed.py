"""What the decoder is fed while it learns."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

TARGETS = (([2, 4, 3, 0], 5), ([1, 0], 1), ([3, 1, 2, 4, 0], 4), ([5, 2, 0], 6), ([0], 3))

HINTS = {
    "told_the_answer": "step i is fed the point that it should name: it learns to copy, and in use it has nothing to copy from",
    "counted_from_zero": "the places are counted from 1, and here the point after the right one is fed",
    "a_point_first": "the first step is fed a point, although nothing has been named yet",
    "zeros_first": "the first step is fed zeros and not what was learned for it",
    "always_the_first": "every step is told of the first one only",
}


def check_fed(answer: Callable) -> str:
    """Exercise "fed": ``answer(points, target, start)`` is what the decoder is fed, (m, 2) float64; points (L, 2), start (2,)."""
    for listed, L in TARGETS:
        rng = np.random.default_rng(L)
        points, start, target = rng.random((L, 2)), rng.random(2) - 2, np.array(listed)
        before = [points[c - 1] for c in target[:-1]]
        want = np.array([start, *before])
        symptoms = {
            "told_the_answer": np.array([points[c - 1] if c else start for c in target]),
            "counted_from_zero": np.array([start, *(points[c % L] for c in target[:-1])]),
            "a_point_first": np.array([points[0], *before]),
            "zeros_first": np.array([np.zeros(2), *before]),
            "always_the_first": np.array([start, *([points[target[0] - 1]] * len(before))]),
        }
        got = call(answer, points, target, start, shape=(len(target), 2))
        compare(got, want, symptoms, HINTS, f"with the target {target.tolist()} of {L} point(s)")
    return f"check_fed: accepted on {len(TARGETS)} targets"


def hidden(rng: Generator) -> tuple:
    """Points (L, 2), a few different places from 1 to L and the end, and the first input."""
    L = int(rng.integers(3, 8))
    target = np.append(1 + rng.permutation(L)[: int(rng.integers(2, L + 1))], 0)
    return np.round(rng.random((L, 2)), 2), target, np.round(rng.random(2), 2)


MISTAKES = {
    "told_the_answer": ("return np.concatenate([start[None], named])", "return np.concatenate([named, start[None]])"),
    "counted_from_zero": ("named = points[target[:-1] - 1]", "named = points[target[:-1] % len(points)]"),
    "a_point_first": ("return np.concatenate([start[None], named])", "return np.concatenate([points[:1], named])"),
    "zeros_first": ("return np.concatenate([start[None], named])", "return np.concatenate([0 * start[None], named])"),
    "always_the_first": ("named = points[target[:-1] - 1]", "named = points[0 * target[:-1] + target[0] - 1]"),
}
