"""The impulse response of a diagonal state space model."""

import cmath
import itertools
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

CASES = (
    # modes A, weights C, dt, L: one mode, a mode that only decays, several modes and odd sizes
    ([-0.5 + 1j * np.pi], [1.0 + 0j], 0.1, 4),
    ([-1.0 + 0j], [0.3 - 2.0j], 0.05, 1),
    ([-0.5 + 2j, -0.1 - 7j, -2.0 + 0.5j], [1.0 - 1j, 0.2 + 3j, -1.5j], 0.03, 7),
)

HINTS = {
    "no_conjugate_pairs": "every value is half of what it should be; how many modes does one stored mode stand for?",
    "one_step_late": "the kernel comes one step late; y_k reads the state after the input u_k has entered",
    "input_in_one_instant": "K_0 is as if the input entered at one instant; it is held during the whole step, while the "
    "mode decays and turns",
    "input_not_discretised": "the kernel does not shrink with dt; a shorter step lets in less input",
    "imaginary_part": "this is a quarter turn away; which part of the sum does the output read?",
    "turns_backwards": "the modes turn the wrong way round",
}


def check_kernel(answer: Callable) -> str:
    """Exercise "kernel": ``answer(A, C, dt, L)`` is the zero-order-hold kernel of a diagonal state space model with B = 1.

    A and C are (modes,) complex128, one of each conjugate pair; the result is (L,) float64.
    """
    for A, C, dt, L in CASES:
        a, c = np.array(A), np.array(C)
        want = np.sum([_held(*mode, dt, L) for mode in zip(A, C, strict=True)], axis=0)
        got = call(answer, a, c, dt, L, shape=(L,))
        compare(got, want, _symptoms(a, c, dt, L, want), HINTS, f"with {len(A)} mode(s), dt = {dt}, L = {L}")
    return f"check_kernel: accepted on {len(CASES)} systems"


def _held(A: complex, C: complex, dt: float, L: int) -> list[float]:
    """The kernel of one mode, from the exact response to an input that is 1 during the first step and 0 after it."""
    response = [(cmath.exp(A * dt * step) - 1) / A for step in range(L + 1)]  # the state when the input stays 1
    return [2 * (C * (after - before)).real for before, after in itertools.pairwise(response)]


def _symptoms(A: np.ndarray, C: np.ndarray, dt: float, L: int, want: np.ndarray) -> dict[str, np.ndarray]:
    """What the known mistakes would return."""
    powers = np.exp(np.outer(np.arange(L + 1) * dt, A))  # (L + 1, modes)
    held = C * (np.exp(A * dt) - 1) / A
    return {
        "no_conjugate_pairs": want / 2,
        "one_step_late": 2 * (powers[1:] @ held).real,
        "input_in_one_instant": 2 * dt * (powers[:-1] @ C).real,
        "input_not_discretised": 2 * (powers[:-1] @ C).real,
        "imaginary_part": 2 * (powers[:-1] @ held).imag,
        "turns_backwards": 2 * (powers[:-1].conj() @ held).real,
    }


def hidden(rng: Generator) -> tuple:
    """One to four modes that decay and turn, their weights, dt and L."""
    count = int(rng.integers(1, 5))
    speeds = np.cumsum(rng.uniform(0.5, 4, count))  # half a radian a second apart or more, all upwards
    modes = np.round(-rng.uniform(0.1, 1.5, count) + 1j * speeds, 3)
    weights = np.round(rng.uniform(0.3, 2, count) * np.exp(1j * rng.uniform(-3, 3, count)), 3)
    return modes, weights, round(rng.uniform(0.01, 0.15), 3), int(rng.integers(3, 10))


MISTAKES = {
    "no_conjugate_pairs": ("return 2 * (powers @ (C * B_bar)).real", "return (powers @ (C * B_bar)).real"),
    "one_step_late": ("powers = A_bar ** np.arange(L)[:, None]", "powers = A_bar ** np.arange(1, L + 1)[:, None]"),
    "input_in_one_instant": ("A_bar, B_bar = np.exp(A * dt), (np.exp(A * dt) - 1) / A", "A_bar, B_bar = np.exp(A * dt), dt"),
    "input_not_discretised": ("A_bar, B_bar = np.exp(A * dt), (np.exp(A * dt) - 1) / A", "A_bar, B_bar = np.exp(A * dt), 1.0"),
    "imaginary_part": ("return 2 * (powers @ (C * B_bar)).real", "return 2 * (powers @ (C * B_bar)).imag"),
    "turns_backwards": ("return 2 * (powers @ (C * B_bar)).real", "return 2 * (powers.conj() @ (C * B_bar)).real"),
}
