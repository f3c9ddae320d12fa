"""A loop that writes with the wrong normaliser, mended from outside."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

MEANS = ((6, 3, 2), (1, 2, 1), (2, 1, 3), (9, 4, 1))  # steps L, features n, channels d

HINTS = {
    "fed_as_it_is": "the answers are as wrong as if nothing had been done",
    "upside_down": "the fault is in the answers twice now",
    "normaliser_taken_out": "no normaliser is left in what is written, and late inputs are too loud",
    "telescoped_all_the_way": "two normalisers are in what is written, and late inputs are too quiet",
    "first_step_left_out": "only the first input is heard with a wrong weight; by what does the loop divide there?",
}


def check_mend(answer: Callable) -> str:
    """Exercise "mend": a loop that writes with η_{i−1}, fed with ``answer(v, eta)``, answers what attention answers to v.

    v and the result are (L, d) float64, eta (L,) without zeros; η_{−1} = 1.
    """
    for L, n, d in MEANS:
        rng = np.random.default_rng(10 * L + n)
        phi, psi = rng.uniform(0.2, 2, (2, L, n))
        v = rng.standard_normal((L, d))
        scores = np.tril(phi @ psi.T)
        eta = scores.sum(1)
        late = np.concatenate([np.ones(1), eta[:-1]])
        own = np.concatenate([eta[:1], eta[:-1]])
        fed = {
            "fed_as_it_is": v,
            "upside_down": v * (eta / late)[:, None],
            "normaliser_taken_out": v * late[:, None],
            "telescoped_all_the_way": v / eta[:, None],
            "first_step_left_out": v * (own / eta)[:, None],
        }
        got = call(answer, v, eta, shape=(L, d))
        where = f"with {L} step(s) and {d} channel(s), in what the loop answers"
        symptoms = {name: _printed(phi, psi, late, eta, mistaken) for name, mistaken in fed.items()}
        compare(_printed(phi, psi, late, eta, got), scores / eta[:, None] @ v, symptoms, HINTS, where)
    return f"check_mend: accepted on {len(MEANS)} loops"


def _printed(phi: np.ndarray, psi: np.ndarray, late: np.ndarray, eta: np.ndarray, fed: np.ndarray) -> np.ndarray:
    """What the loop as printed answers, (L, d): it writes with the normaliser of the step before."""
    state, answers = np.zeros((phi.shape[1], fed.shape[1])), []
    for i in range(len(eta)):
        state = late[i] / eta[i] * state + np.outer(psi[i], fed[i] / late[i])
        answers.append(phi[i] @ state)
    return np.array(answers)


def hidden(rng: Generator) -> tuple:
    """Values (L, d) and normalisers that grow, (L,)."""
    L, d = int(rng.integers(3, 7)), int(rng.integers(1, 4))
    return np.round(rng.uniform(-9, 9, (L, d)), 1), np.round(np.cumsum(rng.uniform(0.4, 3, L)), 2)


MISTAKES = {
    "fed_as_it_is": ("return v * (before / eta)[:, None]", "return v"),
    "upside_down": ("return v * (before / eta)[:, None]", "return v * (eta / before)[:, None]"),
    "normaliser_taken_out": ("return v * (before / eta)[:, None]", "return v * before[:, None]"),
    "telescoped_all_the_way": ("return v * (before / eta)[:, None]", "return v * np.cumprod(before / eta)[:, None]"),
    "first_step_left_out": ("before = np.concatenate([[1.0], eta[:-1]])", "before = np.concatenate([eta[:1], eta[:-1]])"),
}
