"""Check of "shortest": the length of the best tour, by dynamic programming."""

from collections.abc import Callable
from itertools import pairwise, permutations

import numpy as np

from dynlib.teaching.checks import Refused, call, compare

CITIES = (4, 2, 6, 5, 3)


def check_shortest(answer: Callable) -> str:
    """Exercise "shortest": ``answer(d)`` is the length of the shortest tour through all cities; d (n, n), not symmetric."""
    for n in CITIES:
        d = np.random.default_rng(n).uniform(1, 2, (n, n))
        np.fill_diagonal(d, 0)
        tours = [(0, *rest) for rest in permutations(range(1, n))]
        legs = [sum(d[a, b] for a, b in pairwise(tour)) for tour in tours]
        home = [leg + d[tour[-1], 0] for leg, tour in zip(legs, tours, strict=True)]
        symptoms = [
            ("the way home is missing", min(legs)),
            ("every set is crossed by its longest way, and only the last step is the shortest", _longest_inside(d, legs, tours)),
            ("the step between two cities is read one row too high: it begins at another city", _row_too_high(d, tours)),
            ("the tour goes home the wrong way: from the first city to the last", _home_reversed(d, legs, tours)),
            ("one city is never visited", _without_last(d)),
            ("this is the tour that always goes to the nearest city left", _nearest(d)),
        ]
        try:
            compare(call(answer, d, shape=()), np.array(min(home)), [(text, np.array(x)) for text, x in symptoms])
        except Refused as refused:
            raise Refused(f"with {n} cities: {refused}") from None
    return f"check_shortest: accepted on {len(CITIES)} sets of cities"


def _home_reversed(d: np.ndarray, legs: list[float], tours: list[tuple]) -> float:
    return min(leg + d[0, tour[-1]] for leg, tour in zip(legs, tours, strict=True))


def _longest_inside(d: np.ndarray, legs: list[float], tours: list[tuple]) -> float:
    longest = [max(leg for leg, tour in zip(legs, tours, strict=True) if tour[-1] == last) for last in range(1, len(d))]
    return min(leg + d[last, 0] for last, leg in enumerate(longest, 1))


def _row_too_high(d: np.ndarray, tours: list[tuple]) -> float:
    return min(d[0, t[1]] + sum(d[a - 1, b] for a, b in pairwise(t[1:])) + d[t[-1], 0] for t in tours)


def _without_last(d: np.ndarray) -> float:
    n = len(d)
    tours = [(0, *rest) for rest in permutations(range(1, n), n - 2)]
    return min(sum(d[a, b] for a, b in zip(tour, (*tour[1:], 0), strict=True)) for tour in tours)


def _nearest(d: np.ndarray) -> float:
    here, left, length = 0, set(range(1, len(d))), 0.0
    while left:
        next_city = min(left, key=lambda city: d[here, city])
        length, here = length + d[here, next_city], next_city
        left.remove(here)
    return length + d[here, 0]
