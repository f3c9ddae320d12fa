"""How right the answers of a network are that names polygons."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5], [0.5, 0.1]])
HULL = [0, 1, 2, 3]
ANSWERS = (
    # answers, and what is right: the hull twice, half of it, a bow tie and a dent of 0.05; a quarter and a bow tie; the hull
    ([HULL, [1, 2, 3, 0], [0, 1, 2], [0, 2, 1, 3], [0, 5, 1, 2, 3]], [2 / 5, (1 + 1 + 0.5 + 0.95) / 4, 1 / 5]),
    ([[0, 1, 4], [0, 2, 1, 3]], [0.0, 0.25, 0.5]),
    ([[3, 2, 1, 0]], [1.0, 1.0, 0.0]),
)
# What mistakes return for the first set; all of them show there.
MISTAKEN = {
    "crossing_covers_nothing": [2 / 5, (1 + 1 + 0.5 + 0 + 0.95) / 5, 1 / 5],
    "exact_among_the_simple": [2 / 4, 0.8625, 1 / 5],
    "spelling_counts": [1 / 5, 0.8625, 1 / 5],
    "share_of_the_simple": [2 / 5, 0.8625, 4 / 5],
    "the_best": [2 / 5, 1.0, 1 / 5],
}

HINTS = {
    "crossing_covers_nothing": "an answer whose edges cross covers nothing here; it should be left out of the mean and "
    "counted beside it",
    "exact_among_the_simple": "answers whose edges cross are missing from the exact share",
    "spelling_counts": "a hull that begins elsewhere, or runs the other way, is counted as wrong",
    "share_of_the_simple": "the last number is the share of simple answers",
    "the_best": "the best answer is reported, not the mean",
}


def check_judge(answer: Callable) -> str:
    """Exercise "judge": ``answer(points, answers, hull)`` is exact share, mean area of simple ones, share of others."""
    for answers, want in ANSWERS:
        n = len(answers)
        got = call(answer, SQUARE, [np.array(c) for c in answers], np.array(HULL), shape=(3,))
        compare(got, want, MISTAKEN if n == 5 else {}, HINTS, f"with {n} answer(s)")
    return f"check_judge: accepted on {len(ANSWERS)} sets of answers"


def hidden(rng: Generator) -> tuple:
    """A hull and two points within it; one answer goes through one of those, others are the hull, however spelled, or cross."""
    m = int(rng.integers(4, 7))
    angle = 2 * np.pi * (np.arange(m) + rng.uniform(-0.2, 0.2, m)) / m
    points = np.append(np.exp(1j * angle), rng.uniform(0, 0.3, 2) * np.exp(1j * rng.uniform(0, 6, 2)))
    name = rng.permutation(m + 2)
    shuffled = np.empty((m + 2, 2))
    shuffled[name] = np.round(np.stack([points.real, points.imag], axis=1), 2)
    hull, dented = name[:m], name[:m].copy()
    dented[int(rng.integers(m))] = name[m]
    spelled = np.roll(hull, int(rng.integers(1, m)))
    others = [hull, spelled, spelled[::-1], np.append(hull[[0, 2, 1]], hull[3:])]
    answers = [dented, *(others[int(i)] for i in rng.integers(0, 4, int(rng.integers(2, 5))))]
    return shuffled, answers, hull


MISTAKES = {
    "crossing_covers_nothing": (
        "share = np.mean(simple) / pointer.simple_area(points, hull)",
        "share = sum(simple) / len(answers) / pointer.simple_area(points, hull)",
    ),
    "exact_among_the_simple": (
        "return np.array([np.mean(exact), share, 1 - len(simple) / len(answers)])",
        "return np.array([sum(exact) / len(simple), share, 1 - len(simple) / len(answers)])",
    ),
    "spelling_counts": (
        "exact = [pointer.polygon_equal(c, hull) for c in answers]",
        "exact = [np.array_equal(c, hull) for c in answers]",
    ),
    "share_of_the_simple": (
        "return np.array([np.mean(exact), share, 1 - len(simple) / len(answers)])",
        "return np.array([np.mean(exact), share, len(simple) / len(answers)])",
    ),
    "the_best": (
        "share = np.mean(simple) / pointer.simple_area(points, hull)",
        "share = max(simple) / pointer.simple_area(points, hull)",
    ),
}
