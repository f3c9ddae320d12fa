"""The speeds at which the modes of S4D-LegS turn."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

ORDERS = (6, 2, 4, 16, 64)
# What two mistakes return for the first order; both show there.
MISTAKEN = {
    "half_forgotten": [9.035705011348018, 1.8319484020846035, 0.0],
    "whole_turns": [4.7614689732104445, 1.2227345925510327, 0.0],
}

HINTS = {
    "slowest_first": "the right speeds, slowest first",
    "leading_term": "the fastest is too fast by about half a radian a second, and the slow ones by more",
    "two_terms": "the fast ones are nearly right, the slow ones are not, and some turn backwards",
    "s4d_inv": "every speed is too slow, the fastest by about N/π",
    "half_forgotten": "the slowest stands still, and the fastest is too slow by a factor of about 1 − 1/N",
    "whole_turns": "the slowest stands still, and each other one lies between two right ones",
}


def check_speeds(answer: Callable) -> str:
    """Exercise "speeds": ``answer(N)`` are the N/2 speeds of S4D-LegS, (N/2,) float64, largest first; N is even."""
    for N in ORDERS:
        want = turning(N)
        odd = 2 * np.arange(N // 2) + 1
        leading = N**2 / (odd * np.pi)
        symptoms = {
            "slowest_first": want[::-1],
            "leading_term": leading,
            "two_terms": leading - odd * np.pi / 6,
            "s4d_inv": N / np.pi * (N / odd - 1),
            **{name: np.array(value) for name, value in MISTAKEN.items() if N == 6},
        }
        compare(call(answer, N, shape=(N // 2,)), want, symptoms, HINTS, f"with N = {N}")
    return f"check_speeds: accepted for {len(ORDERS)} orders N"


def turning(N: int) -> np.ndarray:
    """The speeds by another route, (N/2,): the normal part of LegS without its real part has the eigenvalues ±iω."""
    root, order = np.sqrt(2 * np.arange(N) + 1), np.arange(N)
    turn = np.outer(root, root) * np.sign(order - order[:, None]) / 2  # antisymmetric
    return np.linalg.eigvalsh(-1j * turn)[: N // 2 - 1 : -1]


def hidden(rng: Generator) -> tuple:
    """An even N."""
    return (2 * int(rng.integers(2, 20)),)


MISTAKES = {
    "slowest_first": ("return middle", "return middle[::-1]"),
    "leading_term": ("return middle", "return N**2 / (odd * np.pi)"),
    "two_terms": ("return middle", "return N**2 / (odd * np.pi) - odd * np.pi / 6"),
    "s4d_inv": ("return middle", "return N / np.pi * (N / odd - 1)"),
    "half_forgotten": (
        "k, odd = np.arange(N) + 0.5, 2 * np.arange(N // 2) + 1",
        "k, odd = np.arange(N), 2 * np.arange(N // 2) + 1",
    ),
    "whole_turns": (
        "k, odd = np.arange(N) + 0.5, 2 * np.arange(N // 2) + 1",
        "k, odd = np.arange(N) + 0.5, 2 * np.arange(N // 2) + 2",
    ),
}

# All speeds are right; that the fastest is wanted first is a matter of reading, not of the chapter.
CREDIT = {"slowest_first": 2 / 3}
