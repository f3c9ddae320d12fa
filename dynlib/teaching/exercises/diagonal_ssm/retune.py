"""New weights for the modes of S4D-LegS, with which the first kernel of LegS is met as well as it can be."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare
from dynlib.teaching.exercises.diagonal_ssm.speeds import turning

SINGLE = [-0.5 + 1j]
MODES = (SINGLE, [-0.3 + 2.5j, -1.2 + 0.4j, -0.7 - 6.0j], *(-0.5 + 1j * turning(N) for N in (2, 16, 64)))
# What mistakes return for the single mode; all of them show there.
MISTAKEN = {
    "conjugate_forgotten": 8 / 13 + 9j / 13,
    "half_the_modes": 6 / 13 - 4j / 13,
    "target_forgotten": -1j,
    "sign_of_the_target": 0.8 + 1.4j,
}

HINTS = {
    "sign_of_the_integral": "the kernel comes out upside down",
    "pair_counted_twice": "every weight is twice as large as it should be",
    "conjugate_forgotten": "a mode times itself should give the square of a length, a positive number; here it does not",
    "half_the_modes": "each mode is fitted as if its conjugate were not there",
    "target_forgotten": "these weights fit a kernel that never fades",
    "sign_of_the_target": "these weights fit something that grows",
    "weights_of_the_conjugates": "the modes turn the wrong way round",
}


def check_retune(answer: Callable) -> str:
    """Exercise "retune": ``answer(modes)`` are the weights r for which 2 Re Σ r_m e^{λ_m t} is nearest to e^{−t} in L2(0, ∞).

    modes and the result are (modes,) complex128; the modes are distinct and not real, one of each conjugate pair.
    """
    for case in MODES:
        modes = np.array(case)
        want = _nearest(modes)
        symptoms = {
            "sign_of_the_integral": -want,
            "pair_counted_twice": 2 * want,
            "weights_of_the_conjugates": want.conj(),
            **{name: np.array([value]) for name, value in MISTAKEN.items() if case is SINGLE},
        }
        got = call(answer, modes, shape=modes.shape, dtype=np.complex128)
        compare(got, want, symptoms, HINTS, f"with {len(modes)} mode(s)")
    miss = _distance(modes, got)
    return f"check_retune: accepted on {len(MODES)} sets of modes; {2 * len(modes)} of S4D-LegS now miss by {miss:.5f}"


def _nearest(modes: np.ndarray) -> np.ndarray:
    """The best weights in closed form, without a system of equations.

    What is missed is orthogonal to every mode. So its Laplace transform vanishes at −λ̄_j, and it has poles at λ_j and at −1
    with residue 1 there: β/(z+1) Π_j (z + λ̄_j)/(z − λ_j). The weights are minus the residues at λ_m.
    """
    both = np.r_[modes, modes.conj()]
    ratio = (modes[:, None] + both.conj()) / np.where(modes[:, None] == both, 1, modes[:, None] - both)
    beta = ((1 + both) / (1 - both.conj())).prod().real
    return -beta / (modes + 1) * ratio.prod(1)


def _distance(modes: np.ndarray, weights: np.ndarray) -> float:
    """The L2 distance from e^{−t}, by the integral of each product of two exponentials: ∫ e^{at} = −1/a."""
    rates, factors = np.r_[modes, modes.conj(), -1], np.r_[weights, weights.conj(), -1]
    return float(np.sqrt(max(0.0, -(np.outer(factors, factors) / np.add.outer(rates, rates)).sum().real)))


def hidden(rng: Generator) -> tuple:
    """One to four modes that decay, and turn at speeds at least half a radian a second apart."""
    count = int(rng.integers(1, 5))
    speeds = np.cumsum(rng.uniform(0.5, 4, count))
    return (np.round(-rng.uniform(0.1, 1.5, count) + 1j * speeds, 3),)


MISTAKES = {
    "sign_of_the_integral": ("gram = -1 / (every.conj()[:, None] + every)", "gram = 1 / (every.conj()[:, None] + every)"),
    "pair_counted_twice": (
        "return np.linalg.solve(gram, overlap)[: len(modes)]",
        "return 2 * np.linalg.solve(gram, overlap)[: len(modes)]",
    ),
    "conjugate_forgotten": ("gram = -1 / (every.conj()[:, None] + every)", "gram = -1 / (every[:, None] + every)"),
    "half_the_modes": ("every = np.concatenate([modes, modes.conj()])", "every = modes"),
    "target_forgotten": ("overlap = 1 / (1 - every.conj())", "overlap = -1 / every.conj()"),
    "sign_of_the_target": ("overlap = 1 / (1 - every.conj())", "overlap = 1 / (1 + every.conj())"),
    "weights_of_the_conjugates": (
        "return np.linalg.solve(gram, overlap)[: len(modes)]",
        "return np.linalg.solve(gram, overlap)[len(modes) :]",
    ),
}
