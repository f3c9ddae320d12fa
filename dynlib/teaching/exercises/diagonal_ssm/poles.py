"""The time steps at which the softmax of DSS divides by zero."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

TURNS = (
    # speed omega, L, count
    (np.pi, 4, 3),
    (-7.0, 8, 3),
    (2.0, 2, 5),
    (0.3, 3, 1),
    (40.0, 7, 13),
)

HINTS = {
    "counts_from_zero": "one of these is no time step at all",
    "every_multiple": "at one of these all L terms are 1, and their sum is L",
    "whole_turn_in_one_step": "at these the mode turns whole circles in one step: the L terms are 1, and their sum is L",
    "half_a_turn": "the first of these is too early: there the L terms reach around half a circle and have not closed it",
    "sign_of_the_speed": "time runs backwards; the mode turns the other way round",
    "speed_forgotten": "these do not depend on how fast the mode turns",
}


def check_poles(answer: Callable) -> str:
    """Exercise "poles": ``answer(omega, L, count)`` are the smallest dt > 0 where 1 + e^{iωdt} + … + e^{i(L−1)ωdt} = 0.

    The result is (count,) float64, smallest first.
    """
    for omega, L, count in TURNS:
        # The sum is a polynomial in e^{iωdt}: its roots, then the same angles after whole turns.
        angles = np.sort(np.angle(np.roots(np.ones(L))) % (2 * np.pi))
        want = (angles + 2 * np.pi * np.arange(count)[:, None]).ravel()[:count] / abs(omega)
        every = 2 * np.pi * np.arange(count + 1) / (L * abs(omega))
        symptoms = {
            "counts_from_zero": every[:-1],
            "every_multiple": every[1:],
            "whole_turn_in_one_step": every[1:] * L,
            "half_a_turn": want / 2,
            "sign_of_the_speed": -want,
            "speed_forgotten": want * abs(omega),
        }
        got = call(answer, omega, L, count, shape=(count,))
        compare(got, want, symptoms, HINTS, f"with omega = {omega:.4g}, L = {L}, count = {count}")
    return f"check_poles: accepted on {len(TURNS)} modes"


def hidden(rng: Generator) -> tuple:
    """omega of either sign, L and count."""
    return round(rng.choice([-1, 1]) * rng.uniform(0.5, 30), 2), int(rng.integers(2, 9)), int(rng.integers(3, 14))


MISTAKES = {
    "counts_from_zero": ("turns = np.arange(1, 2 * count + 1)", "return 2 * np.pi * np.arange(count) / (L * abs(omega))"),
    "every_multiple": ("turns = turns[turns % L > 0][:count]", "turns = turns[:count]"),
    "whole_turn_in_one_step": ("turns = turns[turns % L > 0][:count]", "turns = L * turns[:count]"),
    "half_a_turn": ("return 2 * np.pi * turns / (L * abs(omega))", "return np.pi * turns / (L * abs(omega))"),
    "sign_of_the_speed": ("return 2 * np.pi * turns / (L * abs(omega))", "return 2 * np.pi * turns / (L * omega)"),
    "speed_forgotten": ("return 2 * np.pi * turns / (L * abs(omega))", "return 2 * np.pi * turns / L"),
}
