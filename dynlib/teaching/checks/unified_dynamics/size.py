"""Checks of "state" and "needed": how many numbers a loop keeps, and how many a table asks for."""

import itertools
from collections.abc import Callable

import numpy as np

from dynlib.teaching.checks import Refused, call, compare

SERIES = ((16, 4, 64), (4, 1, 1), (1, 2, 3), (2, 6, 5), (3, 0, 7))       # entries a key m, degree p, channels d


def check_state(answer: Callable) -> str:
    """Exercise "state": ``answer(m, p, d)`` is how many numbers a loop keeps whose scores are e^{q·k} up to degree p."""
    for m, p, d in SERIES:
        # Every product of at most p factors out of m, written down: tuples of places, in order and with repeats.
        ways = {
            "all": itertools.combinations_with_replacement,
            "ordered": lambda places, r: itertools.product(places, repeat=r),
            "unequal": itertools.combinations,
        }
        count = {way: [sum(1 for _ in ways[way](range(m), r)) for r in range(p + 1)] for way in ways}
        features = sum(count["all"])
        symptoms = [
            ("only the last term of the series is in it; two keys at right angles would score 0 and not 1", d * count["all"][-1]),
            ("one score is 1 too small, for every query and key", d * (features - 1)),
            ("x₁x₂ and x₂x₁ are kept as two numbers", d * sum(count["ordered"])),
            ("x₁x₂ is kept, but not x₁²", d * sum(count["unequal"])),
            ("one value channel can be kept with these, but not the next", features),
        ]
        got = call(answer, m, p, d, shape=())
        try:
            compare(got, np.array(float(d * features)), [(message, float(number)) for message, number in symptoms])
        except Refused as refused:
            raise Refused(f"with m = {m}, p = {p}, d = {d}: {refused}") from None
    return f"check_state: accepted on {len(SERIES)} sizes"


def _tables() -> list[tuple[str, np.ndarray, int, dict[str, int]]]:
    """What it is, a table W, what it needs, and what mistakes return for it."""
    rng = np.random.default_rng(2)
    phi, psi = rng.uniform(0.1, 2, (2, 33, 4))
    linear = np.tril(phi @ psi.T)
    linear /= linear.sum(1, keepdims=True)
    early = np.eye(12)
    early[3:6, :3] = rng.standard_normal((3, 3))
    lag = np.subtract.outer(np.arange(9), np.arange(9))
    turning = np.tril(((0.3 - 1j) * np.exp((-0.1 + 0.7j) * np.maximum(lag, 0))).real)
    q, k = rng.standard_normal((2, 15, 4))
    softmax = np.tril(np.exp(q @ k.T))
    softmax /= softmax.sum(1, keepdims=True)
    crossings = range(1, 33)
    return [
        ("a table in which each answer hears its own input only", np.diag(rng.uniform(1, 2, 8)), 0, {
            "as many numbers as steps, for a loop that may start every step afresh": 8,
            "one number too many; what comes in at a step need not be kept to be heard in it": 1,
            "half the length; does the number depend on W at all?": 4,
        }),
        ("linear attention with four features and 33 steps", linear, 4, {
            "rounding noise is kept as well; no direction should count that double precision cannot see": 16,
            "nothing has to be kept, so no answer hears anything of the past; who hears whom in this block?": 0,
            "the numbers of all moments together; a loop can use the same ones again":
                sum(min(t, 33 - t, 4) for t in crossings),
            "that is the quietest moment; the loop has to get through the others too": 1,
        }),
        ("three facts that are told early, asked for early, and then forgotten", early, 3, {
            "the busiest moment of this table is not the middle": 0,
        }),
        ("a running sum over two steps", np.tril(np.ones((2, 2))), 1, {
            "there is one moment between the two steps, and nothing was counted there": 0,
        }),
        ("the same linear attention, in units that are 1e12 times as small", 1e-12 * linear, 4, {
            "with all numbers 1e12 times as small it needs less; other units are no other table": 0,
        }),
        ("one mode that turns", turning, 2, {}),
        ("softmax with 15 steps", softmax, 7, {}),
        ("a single step", np.ones((1, 1)), 0, {}),
    ]


def check_needed(answer: Callable) -> str:
    """Exercise "needed": ``answer(W)`` is the most that must cross any moment: the largest rank of a block W[t:, :t].

    W is (L, L) float64, zero above the diagonal. Singular values below 1e-9 of W's largest count as zero.
    """
    tables = _tables()
    for what, W, number, mistakes in tables:
        got = call(answer, W, shape=())
        try:
            compare(got, np.array(float(number)), [(message, float(mistaken)) for message, mistaken in mistakes.items()])
        except Refused as refused:
            raise Refused(f"{what}: {refused}") from None
    return f"check_needed: accepted on {len(tables)} tables"
