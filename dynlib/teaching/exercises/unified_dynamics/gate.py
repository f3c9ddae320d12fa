"""Which tables are those of normalised attention: a sum of scores behind a gate, and no other."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import Refused, call, compare

HINTS = {
    "mask_forgotten": "this is a table of (22), and no gate was found",
    "fit_not_tested": "what was said long ago is heard less here, and a gate was found for it; a gate turns a row up as a whole",
    "sign_not_tested": "answer 4 comes with its sign turned round, and a gate was found for it; no exponential does that",
    "table_masked_too": "the first answer hears the last input, and a gate was found for it",
    "only_the_last_row_tested": "one score out of 28 is two per cent too small, and a gate was found all the same",
    "absolute_tolerance": "it fades like the RetNet before, only in other units, and this time a gate was found",
    "normaliser_for_the_gate": "rows that were turned up come out as turned down",
    "logarithm": "a gate of 1 comes out as 0; this is what the network says, before the exponential",
    "gate_at_the_inputs": "some inputs are louder than others here, whoever listens; can a gate at the output do that?",
    "no_gate_where_scores_vanish": "this is a table of (22) in which many scores are 0, and no gate was found",
    "no_gate_in_other_units": "this is a table of (22) in other units, and no gate was found",
    "sign_of_one_step": "the answer comes with its sign turned round, and a gate was found for it",
}


def _tables() -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, str]]:
    """What it is; W, q, k; its gate or None; and which symptom it is when the answer is wrong about that."""
    rng = np.random.default_rng(22)

    def scores(L: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        q, k = rng.standard_normal((2, L, m))
        return q, k, (q @ k.T) * np.tri(L)

    def fading(L: int, gamma: float) -> np.ndarray:
        return gamma ** np.abs(np.subtract.outer(np.arange(L), np.arange(L)))

    q, k, S = scores(7, 3)
    open_ = np.exp(rng.uniform(-2, 2, 7))[:, None]
    turned = open_ * np.where(np.arange(7) == 4, -1, 1)[:, None]
    once = np.ones((7, 7))
    once[3, 1] = 0.98
    ahead = q @ k.T
    square = np.eye(5)[np.arange(9) % 5]
    q_square = square + 2 * np.roll(square, 1, axis=0)  # most scores are exactly 0, and none of a whole row
    S_square = np.tril(q_square @ square.T)
    open_square = np.exp(rng.uniform(-2, 2, 9))[:, None]
    q_one, k_one = np.array([[2.0]]), np.array([[-1.5]])
    return [
        ("scores behind a gate", open_ * S, q, k, open_[:, 0], "mask_forgotten"),
        ("RetNet with gamma = 0.9", fading(7, 0.9) * S, q, k, None, "fit_not_tested"),
        ("a gate at the inputs", S * open_.T, q, k, None, "gate_at_the_inputs"),
        ("a gate with a minus", turned * S, q, k, None, "sign_not_tested"),
        ("scores in which a single one is too small", open_ * once * S, q, k, None, "only_the_last_row_tested"),
        ("scores that hear the future", open_ * ahead, q, k, None, "table_masked_too"),
        (
            "most queries and keys at right angles",
            open_square * S_square,
            q_square,
            square,
            open_square[:, 0],
            "no_gate_where_scores_vanish",
        ),
        ("RetNet with gamma = 0.9 and values of 1e-12", 1e-12 * fading(7, 0.9) * S, q, k, None, "absolute_tolerance"),
        ("scores behind a gate of 1e-12", 1e-12 * open_ * S, q, k, 1e-12 * open_[:, 0], "no_gate_in_other_units"),
        ("one step", 0.25 * q_one * k_one, q_one, k_one, np.array([0.25]), "mask_forgotten"),
        ("one step with the wrong sign", -0.25 * q_one * k_one, q_one, k_one, None, "sign_of_one_step"),
    ]


def check_gate(answer: Callable) -> str:
    """Exercise "gate": ``answer(W, q, k)`` is the gate of each step, (L,) float64, or zeros where W is no table of (22).

    W is (L, L), q and k are (L, m), all float64; every row has a score that is not 0. What is a table of (22) is one to
    1e-12 of its largest entry; what is none misses by more than 1e-4 of it.
    """
    tables = _tables()
    for what, W, q, k, gate, symptom in tables:
        got = call(answer, W, q, k, shape=(len(W),))
        if (gate is None) == got.any():
            raise Refused(f"{what}: {HINTS[symptom]}")
        if gate is not None:
            compare(got, gate, {"normaliser_for_the_gate": 1 / gate, "logarithm": np.log(gate)}, HINTS, what)
    return f"check_gate: accepted on {len(tables)} tables"


def hidden(rng: Generator) -> tuple:
    """A table of normalised attention half of the time, and else one that is none for one of five reasons."""
    scores = np.zeros((1, 1))
    while not np.tril(scores).any(axis=1).all():  # numbers of two digits may make a row of zeros, which shows no gate
        q, k = np.round(rng.standard_normal((2, int(rng.integers(3, 7)), int(rng.integers(1, 4)))), 2)
        scores = q @ k.T
    L = len(q)
    gate = np.round(np.exp(rng.uniform(-1, 1, L)), 2)[:, None]
    W = gate * np.tril(scores)
    row = int(rng.integers(1, L - 1))
    match rng.integers(0, 12):
        case 0:  # what was said long ago fades
            W *= 0.9 ** np.abs(np.subtract.outer(np.arange(L), np.arange(L)))
        case 1:  # one answer comes with its sign turned round
            W[row] *= -1
        case 2:  # one score is too small
            W[row, 0] *= 0.9
        case 3:  # the first answers hear the future
            W = gate * scores
        case 4:  # it fades, and is small
            W *= 1e-12 * 0.9 ** np.abs(np.subtract.outer(np.arange(L), np.arange(L)))
        case 5:  # it is one in other units
            W *= 1e-12
    return W, q, k


MISTAKES = {
    "mask_forgotten": ("scores = np.tril(q @ k.T)", "scores = q @ k.T"),
    "fit_not_tested": (
        "return g if fits and (g > 0).all() else np.zeros(len(W))",
        "return g if (g > 0).all() else np.zeros(len(W))",
    ),
    "sign_not_tested": ("return g if fits and (g > 0).all() else np.zeros(len(W))", "return g if fits else np.zeros(len(W))"),
    "table_masked_too": ("scores = np.tril(q @ k.T)", "W, scores = np.tril(W), np.tril(q @ k.T)"),
    "only_the_last_row_tested": (
        "fits = np.abs(W - g[:, None] * scores).max() <= 1e-9 * np.abs(W).max()",
        "fits = np.abs(W - g[:, None] * scores)[-1].max() <= 1e-9 * np.abs(W).max()",
    ),
    "absolute_tolerance": (
        "fits = np.abs(W - g[:, None] * scores).max() <= 1e-9 * np.abs(W).max()",
        "fits = np.abs(W - g[:, None] * scores).max() <= 1e-9",
    ),
    "normaliser_for_the_gate": (
        "return g if fits and (g > 0).all() else np.zeros(len(W))",
        "return 1 / g if fits and (g > 0).all() else np.zeros(len(W))",
    ),
    "logarithm": (
        "return g if fits and (g > 0).all() else np.zeros(len(W))",
        "return np.log(g) if fits and (g > 0).all() else np.zeros(len(W))",
    ),
}
