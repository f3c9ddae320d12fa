"""How large weights must be for a sure answer."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

# share p, places n, and the least sum of weights
BOUNDS = (
    (0.9, 10, 2.1972245773362196),
    (0.5, 2, 0.0),
    (0.99, 51, 4.253571427781368),
    (0.6, 4, 0.752038698388137),
    (0.25, 3, 0.0),
)

HINTS = {
    "whole_range": "this is twice too much; how far apart can the largest and the smallest score be?",
    "its_own_rival": "the place counts itself among its rivals",
    "one_rival": "this is enough against a single rival",
    "bits": "this is counted in bits",
    "less_than_nothing": "a share that is no more than an equal one needs no weights at all",
}


def check_surest(answer: Callable) -> str:
    """Exercise "surest": ``answer(p, n)`` is the least Σ|v_h| with which one of n places can have the share p."""
    for p, n, want in BOUNDS:
        got = call(answer, p, n, shape=())
        symptoms = {
            "whole_range": 2 * want,
            "its_own_rival": max(np.log(n * p / (1 - p)) / 2, 0),
            "one_rival": max(np.log(p / (1 - p)) / 2, 0.0),
            "bits": want / np.log(2),
            "less_than_nothing": bool(got < 0),
        }
        compare(got, want, symptoms, HINTS, f"with the share {p} among {n} places")
    return f"check_surest: accepted on {len(BOUNDS)} shares"


def hidden(rng: Generator) -> tuple:
    """p and n; chance alone may be surer than p."""
    return round(rng.uniform(0.02, 0.99), 2), int(rng.integers(2, 40))


MISTAKES = {
    "whole_range": ("return max(np.log(odds) / 2, 0.0)", "return max(np.log(odds), 0.0)"),
    "its_own_rival": ("odds = (n - 1) * p / (1 - p)", "odds = n * p / (1 - p)"),
    "one_rival": ("odds = (n - 1) * p / (1 - p)", "odds = p / (1 - p)"),
    "bits": ("return max(np.log(odds) / 2, 0.0)", "return max(np.log2(odds) / 2, 0.0)"),
    "less_than_nothing": ("return max(np.log(odds) / 2, 0.0)", "return np.log(odds) / 2"),
}
