"""Checks of "canonical", "judge" and "least": which answers are one polygon, how right they are, what nobody can learn."""

from collections.abc import Callable

import numpy as np

from dynlib.pointer import polygon_equal, simple_area
from dynlib.teaching.checks import Refused, call, compare

CYCLES = ([2, 3, 4], [7, 4, 9, 1], [5, 3, 8, 2, 6], [4, 6, 2, 9, 1, 7], [3, 9, 1])    # each runs the right way first
LABELS = ((4, True, True), (3, False, True), (7, True, False), (5, True, True), (6, False, False))  # corners, start, way


def check_canonical(answer: Callable) -> str:
    """Exercise "canonical": ``answer(c)`` is int64, the polygon from its smallest index on, towards the smaller neighbour."""
    for cycle in CYCLES:
        for turned in (cycle, cycle[1:] + cycle[:1], cycle[::-1]):
            c, first = np.array(turned), turned.index(min(turned))
            forth = turned[first:] + turned[:first]
            back = forth[:1] + forth[:0:-1]
            want, other = sorted([forth, back], key=lambda way: way[1])
            symptoms = [
                ("a polygon that is named the other way round gets another name", forth),
                ("the corners are sorted, so that a polygon and a bow tie have one name", sorted(turned)),
                ("the larger neighbour comes second", other),
                ("the name begins somewhere else when the answer does", turned if turned[1] < turned[-1] else
                    turned[:1] + turned[:0:-1]),
                ("the name begins at the largest index", _largest_first(turned)),
            ]
            got = call(answer, c, shape=c.shape, dtype=np.int64)
            if got.tolist() == want:
                continue
            named = [message for message, mistaken in symptoms if got.tolist() == mistaken]
            raise Refused(f"with {turned}: " + (named[0] if named else f"it is {got.tolist()}, expected {want}"))
    return f"check_canonical: accepted on {len(CYCLES)} polygons, each named in three ways"


def _largest_first(cycle: list[int]) -> list[int]:
    first = cycle.index(max(cycle))
    forth = cycle[first:] + cycle[:first]
    return min(forth, forth[:1] + forth[:0:-1], key=lambda way: way[1])


SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5], [0.5, 0.1]])
HULL = np.array([0, 1, 2, 3])
ANSWERS = (
    [HULL, HULL[[1, 2, 3, 0]], np.array([0, 1, 2]), np.array([0, 2, 1, 3]), np.array([0, 5, 1, 2, 3])],
    [np.array([0, 1, 4]), np.array([0, 2, 1, 3])],
    [np.array([3, 2, 1, 0])],
)


def check_judge(answer: Callable) -> str:
    """Exercise "judge": ``answer(points, answers, hull)`` is exact share, mean area of simple ones, share of others."""
    for answers in ANSWERS:
        areas = [simple_area(SQUARE, found) for found in answers]
        simple = [a for a in areas if a is not None]
        exact = sum(area is not None and polygon_equal(found, HULL) for found, area in zip(answers, areas, strict=True))
        n, whole = len(answers), simple_area(SQUARE, HULL)
        failed = 1 - len(simple) / n
        want = np.array([exact / n, np.mean(simple) / whole, failed])
        spelled = sum(np.array_equal(found, HULL) for found in answers)
        symptoms = [
            ("an answer whose edges cross covers nothing here; it should be left out of the mean and counted beside it",
                np.array([exact / n, sum(simple) / n / whole, failed])),
            ("answers whose edges cross are missing from the exact share", np.array([exact / max(len(simple), 1), *want[1:]])),
            ("a hull that begins elsewhere, or runs the other way, is counted as wrong", np.array([spelled / n, *want[1:]])),
            ("the last number is the share of simple answers", np.array([*want[:2], 1 - failed])),
            ("the best answer is reported, not the mean", np.array([want[0], max(simple) / whole, failed])),
        ]
        try:
            compare(call(answer, SQUARE, answers, HULL, shape=(3,)), want, symptoms)
        except Refused as refused:
            raise Refused(f"with {n} answer(s): {refused}") from None
    return f"check_judge: accepted on {len(ANSWERS)} sets of answers"


def check_least(answer: Callable) -> str:
    """Exercise "least": ``answer(corners, any_start, any_way)`` is the least mean loss a step, in nats, of a random label."""
    for corners, start, way in LABELS:
        ways = (corners if start else 1) * (2 if way else 1)
        want, steps = np.log(ways) / (corners + 1), corners + 1
        symptoms = [
            ("this is paid once for a whole answer, and the loss is a mean over its steps", np.log(ways)),
            ("the step that ends the answer is not counted", np.log(ways) / corners),
            ("both ways round cost as much as one", np.log(corners if start else 1) / steps),
            ("this is counted in bits", np.log2(ways) / steps),
            ("every order of the corners is allowed here, not only once around",
                np.log(np.prod(np.arange(1, corners + 1.0)) if start else 2 if way else 1) / steps),
        ]
        try:
            compare(call(answer, corners, start, way, shape=()), np.array(want), [(t, np.array(x)) for t, x in symptoms])
        except Refused as refused:
            raise Refused(f"with {corners} corners, any start {start}, any way {way}: {refused}") from None
    return f"check_least: accepted on {len(LABELS)} kinds of label"
