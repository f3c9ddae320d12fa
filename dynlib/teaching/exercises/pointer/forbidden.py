"""Which places a pointer may not name again."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import Refused, call

TARGETS = (([2, 4, 3, 0], 5), ([1, 0], 1), ([3, 1, 2, 4, 0], 4), ([5, 2, 0], 6), ([0], 3))

HINTS = {
    "own_step": "the right answer of a step is forbidden at that very step; what is its loss?",
    "one_step_late": "a point may be named twice in a row",
    "only_the_last": "only the last point is forbidden; the one before it may come again",
    "no_end": "the end is never allowed, so no answer can stop",
    "counted_from_zero": "every place stands one column too far to the left; column 0 is the end's",
}


def check_forbidden(answer: Callable) -> str:
    """Exercise "forbidden": ``answer(target, L)`` is (m, L + 1) bool, True at places that earlier steps took; place 0 never."""
    for listed, L in TARGETS:
        target = np.array(listed)
        steps, places = range(len(target)), range(L + 1)
        want = np.array([[j > 0 and j in target[:i] for j in places] for i in steps])
        got = call(answer, target, L, shape=want.shape, dtype=bool)
        if (got == want).all():
            continue
        shifted = np.roll(want, -1, axis=1)
        shifted[:, 0] = False
        symptoms = {
            "own_step": np.array([[j > 0 and j in target[: i + 1] for j in places] for i in steps]),
            "one_step_late": np.array([[j > 0 and j in target[: max(i - 1, 0)] for j in places] for i in steps]),
            "only_the_last": np.array([[j > 0 and i > 0 and j == target[i - 1] for j in places] for i in steps]),
            "no_end": want | (np.arange(L + 1) == 0),
            "counted_from_zero": shifted,
        }
        where = f"with the target {target.tolist()} and {L} point(s)"
        for name, mistaken in symptoms.items():
            if (got == mistaken).all():
                raise Refused(f"{where}: {HINTS[name]}")
        i, j = np.argwhere(got != want)[0]
        raise Refused(f"{where}: step {i}, place {j} is {got[i, j]}, expected {want[i, j]}")
    return f"check_forbidden: accepted on {len(TARGETS)} targets"


def hidden(rng: Generator) -> tuple:
    """A few different places from 1 to L, then the end; and L."""
    L = int(rng.integers(3, 8))
    return np.append(1 + rng.permutation(L)[: int(rng.integers(2, L + 1))], 0), L


MISTAKES = {
    "own_step": ("before = named.cumsum(0) - named", "before = named.cumsum(0)"),
    "one_step_late": (
        "before = named.cumsum(0) - named",
        "before = np.roll(named.cumsum(0), 2, axis=0) * (np.arange(len(named)) > 1)[:, None]",
    ),
    "only_the_last": (
        "before = named.cumsum(0) - named",
        "before = np.roll(named, 1, axis=0) * (np.arange(len(named)) > 0)[:, None]",
    ),
    "no_end": ("mask[:, 0] = False", "mask[:, 0] = True"),
    "counted_from_zero": ("named = target[:, None] == np.arange(L + 1)", "named = target[:, None] == np.arange(1, L + 2)"),
}
