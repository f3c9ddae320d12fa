"""The length of the best tour."""

from collections.abc import Callable
from itertools import pairwise, permutations

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

CITIES = (4, 2, 6, 5, 3)

HINTS = {
    "not_home": "the way home is missing",
    "home_reversed": "the tour goes home the wrong way: from the first city to the last",
    "one_left_out": "one city is never visited",
    "longest_inside": "every set is crossed by its longest way, and only the last step is the shortest",
    "row_too_high": "the step between two cities is read one row too high: it begins at another city",
    "nearest_city": "this is the tour that always goes to the nearest city left",
}


def check_shortest(answer: Callable) -> str:
    """Exercise "shortest": ``answer(d)`` is the length of the shortest tour through all cities; d (n, n), not symmetric."""
    for n in CITIES:
        d = np.random.default_rng(n).uniform(1, 2, (n, n))
        np.fill_diagonal(d, 0)
        tours = [(0, *order) for order in permutations(range(1, n))]
        legs = [sum(d[a, b] for a, b in pairwise(tour)) for tour in tours]
        want = min(leg + d[tour[-1], 0] for leg, tour in zip(legs, tours, strict=True))
        compare(call(answer, d, shape=()), want, _symptoms(d, legs, tours), HINTS, f"with {n} cities")
    return f"check_shortest: accepted on {len(CITIES)} sets of cities"


def _symptoms(d: np.ndarray, legs: list[float], tours: list[tuple]) -> dict[str, float]:
    """What the known mistakes would return; ``legs`` is how long each tour is without its way home."""
    n = len(d)
    both = list(zip(legs, tours, strict=True))
    longest = [max(leg for leg, tour in both if tour[-1] == last) for last in range(1, n)]
    without = [(0, *order) for order in permutations(range(1, n), n - 2)]
    return {
        "not_home": min(legs),
        "longest_inside": min(leg + d[last, 0] for last, leg in enumerate(longest, 1)),
        "row_too_high": min(d[0, t[1]] + sum(d[a - 1, b] for a, b in pairwise(t[1:])) + d[t[-1], 0] for t in tours),
        "home_reversed": min(leg + d[0, tour[-1]] for leg, tour in both),
        "one_left_out": min(sum(d[a, b] for a, b in zip(tour, (*tour[1:], 0), strict=True)) for tour in without),
        "nearest_city": _nearest(d),
    }


def _nearest(d: np.ndarray) -> float:
    here, left, length = 0, set(range(1, len(d))), 0.0
    while left:
        following = min(left, key=lambda city: d[here, city])
        length, here = length + d[here, following], following
        left.remove(here)
    return length + d[here, 0]


def hidden(rng: Generator) -> tuple:
    """Distances (n, n); there and back may differ."""
    n = int(rng.integers(2, 7))
    return (np.round(rng.uniform(0.1, 1, (n, n)), 2) * (1 - np.eye(n)),)


MISTAKES = {
    "not_home": ("return min(best[everyone, j] + d[j + 1, 0] for j in rest)", "return min(best[everyone, j] for j in rest)"),
    "home_reversed": (
        "return min(best[everyone, j] + d[j + 1, 0] for j in rest)",
        "return min(best[everyone, j] + d[0, j + 1] for j in rest)",
    ),
    "one_left_out": (
        "return min(best[everyone, j] + d[j + 1, 0] for j in rest)",
        (
            "return min(best[everyone ^ (1 << k), j] + d[j + 1, 0] "
            "for j in rest for k in rest if j != k or len(d) < 3) if len(d) > 2 else 0.0"
        ),
    ),
    "longest_inside": (
        "best[S, j] = min(best[S ^ (1 << j), k] + d[k + 1, j + 1] for k in inside if k != j)",
        "best[S, j] = max(best[S ^ (1 << j), k] + d[k + 1, j + 1] for k in inside if k != j)",
    ),
    "row_too_high": (
        "best[S, j] = min(best[S ^ (1 << j), k] + d[k + 1, j + 1] for k in inside if k != j)",
        "best[S, j] = min(best[S ^ (1 << j), k] + d[k, j + 1] for k in inside if k != j)",
    ),
}

# The table over sets of cities, which is what the exercise is about, is right, and only its last line is not.
CREDIT = {"not_home": 2 / 3, "home_reversed": 2 / 3}
