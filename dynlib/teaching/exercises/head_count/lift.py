"""Heads whose weights are not negative."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import Refused, call, compare

HINTS = {
    "clipped": "what was negative is silent now",
    "signs_dropped": "the signs are gone: what was to be taken away is added",
    "own_amounts": "each head was lifted by an amount of its own, and one last head cannot take back different amounts",
    "nothing_taken_back": "the heads were lifted, and nothing takes it back",
    "not_lifted": "the last head takes away what was never added",
    "largest_for_smallest": "the weight is below zero, and a softmax has none such",
}


def check_lift(answer: Callable) -> str:
    """Exercise "lift": ``answer(q)`` is (r + 1, L), not negative, whose combination of V_1 … V_r and −ΣV_h is that of q.

    q is (r, L) float64, the coordinates of the lags in V_1 … V_r. Any such weights will do.
    """
    rng = np.random.default_rng(5)
    turning = 0.9 ** np.arange(8) * np.cos(1.1 * np.arange(8))
    cases = [
        ("three values, of both signs", rng.standard_normal((3, 7))),
        ("one value, turning", turning[None]),
        ("two values, and weights that are positive already", np.array([[0.9], [0.4]]) ** np.arange(6)),
        ("four values in units of 1e-9", 1e-9 * rng.standard_normal((4, 5))),
        ("one value, one lag", np.array([[-2.0]])),
    ]
    for what, q in cases:
        r, L = q.shape
        got = call(answer, q, shape=(r + 1, L))
        below = np.clip(-q, 0, None).max(axis=0)  # how far each lag reaches below zero
        symptoms = {
            "clipped": np.maximum(q, 0),
            "signs_dropped": np.abs(q),
            "own_amounts": np.maximum(q, 0) - below,
            "nothing_taken_back": q + below,
            "not_lifted": q - below,
        }
        compare(seen(got, q)[:r], q, symptoms, HINTS, f"{what}, in what the weights add up to")
        if got.min() < -1e-12 * np.abs(q).max():
            head, lag = np.unravel_index(got.argmin(), got.shape)
            raise Refused(f"{what}: head {head}, lag {lag}: {HINTS['largest_for_smallest']}")
    return f"check_lift: accepted on {len(cases)} sets of coordinates"


def seen(result: np.ndarray, q: np.ndarray) -> np.ndarray:
    """What is left of each weight when the last head has taken its part back, and what lies below zero: lifts are free."""
    return np.vstack([result[:-1] - result[-1], np.minimum(result, 0)])


def hidden(rng: Generator) -> tuple:
    """Coordinates of either sign, (r, L)."""
    return (np.round(rng.standard_normal((int(rng.integers(1, 5)), int(rng.integers(2, 7)))), 2),)


MISTAKES = {
    "clipped": ("return np.vstack([q + m, m])", "return np.vstack([np.maximum(q, 0), 0 * m])"),
    "signs_dropped": ("return np.vstack([q + m, m])", "return np.vstack([np.abs(q), 0 * m])"),
    "own_amounts": ("return np.vstack([q + m, m])", "return np.vstack([q + np.maximum(0, -q), m])"),
    "nothing_taken_back": ("return np.vstack([q + m, m])", "return np.vstack([q + m, 0 * m])"),
    "not_lifted": ("return np.vstack([q + m, m])", "return np.vstack([q, m])"),
    "largest_for_smallest": ("m = np.maximum(0, -q.min(axis=0))", "m = np.maximum(0, q.max(axis=0))"),
}
