"""How many numbers a loop keeps whose scores are an exponential up to some degree."""

import itertools
from collections.abc import Callable, Iterable

from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

SERIES = ((16, 4, 64), (4, 1, 1), (1, 2, 3), (2, 6, 5), (3, 0, 7))  # entries a key m, degree p, channels d

HINTS = {
    "only_the_last_degree": "only the last term of the series is in it; two keys at right angles would score 0 and not 1",
    "constant_forgotten": "one score is 1 too small, for every query and key",
    "every_order_of_factors": "x₁x₂ and x₂x₁ are kept as two numbers",
    "no_powers": "x₁x₂ is kept, but not x₁²",
    "channels_forgotten": "one value channel can be kept with these, but not the next",
}


def check_state(answer: Callable) -> str:
    """Exercise "state": ``answer(m, p, d)`` is how many numbers a loop keeps whose scores are e^{q·k} up to degree p."""
    for m, p, d in SERIES:
        # Every product of at most p factors out of m, written down: tuples of places, in order and with repeats.
        ways: dict[str, Callable[[range, int], Iterable[tuple]]] = {
            "all": itertools.combinations_with_replacement,
            "ordered": lambda places, r: itertools.product(places, repeat=r),
            "unequal": itertools.combinations,
        }
        count = {way: [sum(1 for _ in ways[way](range(m), r)) for r in range(p + 1)] for way in ways}
        features = sum(count["all"])
        symptoms = {
            "only_the_last_degree": d * count["all"][-1],
            "constant_forgotten": d * (features - 1),
            "every_order_of_factors": d * sum(count["ordered"]),
            "no_powers": d * sum(count["unequal"]),
            "channels_forgotten": features,
        }
        compare(call(answer, m, p, d, shape=()), d * features, symptoms, HINTS, f"with m = {m}, p = {p}, d = {d}")
    return f"check_state: accepted on {len(SERIES)} sizes"


def hidden(rng: Generator) -> tuple:
    """m, p and d."""
    return int(rng.integers(3, 9)), int(rng.integers(2, 5)), int(rng.integers(2, 12))


MISTAKES = {
    "only_the_last_degree": ("return d * math.comb(m + p, p)", "return d * math.comb(m + p - 1, p)"),
    "constant_forgotten": ("return d * math.comb(m + p, p)", "return d * (math.comb(m + p, p) - 1)"),
    "every_order_of_factors": ("return d * math.comb(m + p, p)", "return d * sum(m**r for r in range(p + 1))"),
    "no_powers": ("return d * math.comb(m + p, p)", "return d * sum(math.comb(m, r) for r in range(p + 1))"),
    "channels_forgotten": ("return d * math.comb(m + p, p)", "return math.comb(m + p, p)"),
}
