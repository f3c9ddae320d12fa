"""The one name of a polygon."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import Refused, call

CYCLES = ([2, 3, 4], [7, 4, 9, 1], [5, 3, 8, 2, 6], [4, 6, 2, 9, 1, 7], [3, 9, 1])  # each runs the right way first

HINTS = {
    "one_way_only": "a polygon that is named the other way round gets another name",
    "sorted": "the corners are sorted, so that a polygon and a bow tie have one name",
    "larger_neighbour": "the larger neighbour comes second",
    "not_turned": "the name begins somewhere else when the answer does",
    "from_the_largest": "the name begins at the largest index",
}


def check_canonical(answer: Callable) -> str:
    """Exercise "canonical": ``answer(c)`` is int64, the polygon from its smallest index on, towards the smaller neighbour."""
    for cycle in CYCLES:
        for turned in (cycle, cycle[1:] + cycle[:1], cycle[::-1]):
            forth, back = _around(turned, turned.index(min(turned)))
            want, other = sorted([forth, back], key=lambda way: way[1])
            got = call(answer, np.array(turned), shape=(len(turned),), dtype=np.int64).tolist()
            if got == want:
                continue
            symptoms = {
                "one_way_only": forth,
                "sorted": sorted(turned),
                "larger_neighbour": other,
                "not_turned": turned if turned[1] < turned[-1] else turned[:1] + turned[:0:-1],
                "from_the_largest": min(_around(turned, turned.index(max(turned))), key=lambda way: way[1]),
            }
            named = [HINTS[name] for name, mistaken in symptoms.items() if got == mistaken]
            raise Refused(f"with {turned}: " + (named[0] if named else f"it is {got}, expected {want}"))
    return f"check_canonical: accepted on {len(CYCLES)} polygons, each named in three ways"


def _around(cycle: list[int], first: int) -> tuple[list[int], list[int]]:
    """The same polygon from a place on, both ways round."""
    forth = cycle[first:] + cycle[:first]
    return forth, forth[:1] + forth[:0:-1]


def hidden(rng: Generator) -> tuple:
    """A polygon of three to seven corners."""
    return (rng.permutation(12)[: int(rng.integers(3, 8))],)


MISTAKES = {
    "one_way_only": ("c[-1] < c[1]", "c[-1] < 0"),
    "sorted": ("c = np.roll(c, -c.argmin())", "c = np.sort(c)"),
    "larger_neighbour": ("c[-1] < c[1]", "c[-1] > c[1]"),
    "not_turned": ("c = np.roll(c, -c.argmin())", "c = np.copy(c)"),
    "from_the_largest": ("c = np.roll(c, -c.argmin())", "c = np.roll(c, -c.argmax())"),
}
