"""Check of "gate": normalised attention is a sum of scores behind a gate, and no other table is."""

from collections.abc import Callable

import numpy as np

from dynlib.teaching.checks import Refused, call, compare


def _tables() -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None, str]]:
    """What it is; W, q, k; its gate or None; and what it looks like when the answer is wrong about that."""
    rng = np.random.default_rng(22)

    def scores(L: int, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        q, k = rng.standard_normal((2, L, m))
        return q, k, np.tril(q @ k.T)

    def fading(L: int, gamma: float) -> np.ndarray:
        return gamma ** np.abs(np.subtract.outer(np.arange(L), np.arange(L)))

    q, k, S = scores(7, 3)
    open_ = np.exp(rng.uniform(-2, 2, 7))[:, None]
    turned = open_ * np.where(np.arange(7) == 4, -1, 1)[:, None]
    once = np.ones((7, 7))
    once[3, 1] = 0.98
    ahead = q @ k.T
    square = np.eye(5)[np.arange(9) % 5]
    q_square = square + 2 * np.roll(square, 1, axis=0)          # most scores are exactly 0, and none of a whole row
    S_square = np.tril(q_square @ square.T)
    open_square = np.exp(rng.uniform(-2, 2, 9))[:, None]
    q_one, k_one = np.array([[2.0]]), np.array([[-1.5]])
    return [
        ("scores behind a gate", open_ * S, q, k, open_[:, 0], "this is a table of (22), and no gate was found"),
        ("RetNet with gamma = 0.9", fading(7, 0.9) * S, q, k, None,
            "what was said long ago is heard less here, and a gate was found for it; a gate turns a row up as a whole"),
        ("a gate at the inputs", S * open_.T, q, k, None,
            "some inputs are louder than others here, whoever listens; can a gate at the output do that?"),
        ("a gate with a minus", turned * S, q, k, None,
            "answer 4 comes with its sign turned round, and a gate was found for it; no exponential does that"),
        ("scores in which a single one is too small", open_ * once * S, q, k, None,
            "one score out of 28 is two per cent too small, and a gate was found all the same"),
        ("scores that hear the future", open_ * ahead, q, k, None,
            "the first answer hears the last input, and a gate was found for it"),
        ("most queries and keys at right angles", open_square * S_square, q_square, square, open_square[:, 0],
            "this is a table of (22) in which many scores are 0, and no gate was found"),
        ("RetNet with gamma = 0.9 and values of 1e-12", 1e-12 * fading(7, 0.9) * S, q, k, None,
            "it fades like the RetNet before, only in other units, and this time a gate was found"),
        ("scores behind a gate of 1e-12", 1e-12 * open_ * S, q, k, 1e-12 * open_[:, 0],
            "this is a table of (22) in other units, and no gate was found"),
        ("one step", 0.25 * q_one * k_one, q_one, k_one, np.array([0.25]), "this is a table of (22), and no gate was found"),
        ("one step with the wrong sign", -0.25 * q_one * k_one, q_one, k_one, None,
            "the answer comes with its sign turned round, and a gate was found for it"),
    ]


def check_gate(answer: Callable) -> str:
    """Exercise "gate": ``answer(W, q, k)`` is the gate of each step, (L,) float64, or zeros where W is no table of (22).

    W is (L, L), q and k are (L, m), all float64; every row has a score that is not 0. What is a table of (22) is one to
    1e-12 of its largest entry; what is none misses by more than 1e-4 of it.
    """
    tables = _tables()
    for what, W, q, k, gate, looks in tables:
        got = call(answer, W, q, k, shape=(len(W),))
        if (gate is None) == got.any():
            raise Refused(f"{what}: {looks}")
        if gate is None:
            continue
        symptoms = [
            ("rows that were turned up come out as turned down", 1 / gate),
            ("a gate of 1 comes out as 0; this is what the network says, before the exponential", np.log(gate)),
        ]
        try:
            compare(got, gate, symptoms)
        except Refused as refused:
            raise Refused(f"{what}: {refused}") from None
    return f"check_gate: accepted on {len(tables)} tables"
