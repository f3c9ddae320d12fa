"""The weights with which S4D is DSS, whose kernel is a softmax over time."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

SYSTEMS = (
    # weights w, modes A, dt, L
    ([1.0 + 0j], [-0.5 + 1j * np.pi], 0.1, 4),
    ([1.0 - 1j, 0.2 + 3j, -1.5j], [-0.5 + 2j, -0.1 - 7j, -2.0 + 0.5j], 0.03, 7),
    ([0.3 - 2.0j], [-1.0 + 0j], 0.05, 1),
    ([2.0 + 1j, -1.0 + 0j], [-0.2 + 1j, -0.2 + 40j], 0.2, 33),
)

HINTS = {
    "length_forgotten": "the answer knows nothing of L; the softmax divides by a sum over all L steps",
    "sign_of_the_geometric_sum": "the kernel comes out upside down",
    "one_power_too_many": "these are the weights for a sequence that is one step longer",
    "divided_by_the_mode_twice": "each weight is off by the factor 1/A_n of its own mode; compare what the two kernels are "
    "multiplied by",
    "hold_not_cancelled": "the kernel would be right with B_bar = 1/A; count the factors that depend on dt alone",
    "upside_down_fraction": "the larger the sum over the steps, the larger this weight; it should be smaller",
}


def check_weights(answer: Callable) -> str:
    """Exercise "weights": ``answer(w, A, dt, L)`` are the weights C with which the zero-order-hold kernel is that of DSS.

    w and A are (modes,) complex128, and so is the result.
    """
    for case in SYSTEMS:
        w, A, dt, L = np.array(case[0]), np.array(case[1]), *case[2:]
        held = np.exp(A * dt) - 1  # A B_bar
        total = np.exp(np.outer(np.arange(L), A) * dt).sum(0)  # what the softmax divides by, term by term
        want = w / (held * total)
        longer = total + np.exp(L * A * dt)
        symptoms = {
            "length_forgotten": w / held,
            "sign_of_the_geometric_sum": -want,
            "one_power_too_many": w / (held * longer),
            "divided_by_the_mode_twice": want / A,
            "hold_not_cancelled": w / total,
            "upside_down_fraction": w * held * total,
        }
        got = call(answer, w, A, dt, L, shape=w.shape, dtype=np.complex128)
        compare(got, want, symptoms, HINTS, f"with {len(w)} mode(s), dt = {dt}, L = {L}")
    return f"check_weights: accepted on {len(SYSTEMS)} systems"


def hidden(rng: Generator) -> tuple:
    """One to three weights and modes, dt and L."""
    count = int(rng.integers(1, 4))
    w = np.round(rng.uniform(0.3, 2, count) * np.exp(1j * rng.uniform(-3, 3, count)), 3)
    speeds = np.cumsum(rng.uniform(0.5, 4, count))
    A = np.round(-rng.uniform(0.1, 1.5, count) + 1j * speeds, 3)
    return w, A, round(rng.uniform(0.02, 0.2), 3), int(rng.integers(2, 12))


MISTAKES = {
    "length_forgotten": ("return w / (np.exp(L * A * dt) - 1)", "return w / (np.exp(A * dt) - 1)"),
    "sign_of_the_geometric_sum": ("return w / (np.exp(L * A * dt) - 1)", "return w / (1 - np.exp(L * A * dt))"),
    "one_power_too_many": ("return w / (np.exp(L * A * dt) - 1)", "return w / (np.exp((L + 1) * A * dt) - 1)"),
    "divided_by_the_mode_twice": ("return w / (np.exp(L * A * dt) - 1)", "return w / A / (np.exp(L * A * dt) - 1)"),
    "hold_not_cancelled": ("return w / (np.exp(L * A * dt) - 1)", "return w * (np.exp(A * dt) - 1) / (np.exp(L * A * dt) - 1)"),
    "upside_down_fraction": ("return w / (np.exp(L * A * dt) - 1)", "return w * (np.exp(L * A * dt) - 1)"),
}
