"""The loss that nobody can avoid where the label is spelled at random."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

# corners, whether the start and the way round are drawn, and the least loss: ln 8 in 5 steps, ln 2 in 4, ln 7 in 8, ln 10 in 6
LABELS = (
    (4, True, True, 0.4158883083359671),
    (3, False, True, 0.17328679513998632),
    (7, True, False, 0.24323876863191415),
    (5, True, True, 0.3837641821656743),
    (6, False, False, 0.0),
)

HINTS = {
    "not_a_mean": "this is paid once for a whole answer, and the loss is a mean over its steps",
    "no_end": "the step that ends the answer is not counted",
    "one_way": "both ways round cost as much as one",
    "bits": "this is counted in bits",
    "every_order": "every order of the corners is allowed here, not only once around",
}


def check_least(answer: Callable) -> str:
    """Exercise "least": ``answer(corners, any_start, any_way)`` is the least mean loss a step, in nats, of a random label."""
    for corners, start, way, want in LABELS:
        steps = corners + 1
        orders = np.prod(np.arange(1.0, steps)) if start else 2 if way else 1
        symptoms = {
            "not_a_mean": want * steps,
            "no_end": want * steps / corners,
            "one_way": want - np.log(2) / steps if way else None,
            "bits": want / np.log(2),
            "every_order": np.log(orders) / steps,
        }
        got = call(answer, corners, start, way, shape=())
        compare(got, want, symptoms, HINTS, f"with {corners} corners, any start {start}, any way {way}")
    return f"check_least: accepted on {len(LABELS)} kinds of label"


def hidden(rng: Generator) -> tuple:
    """Corners, any start, any way."""
    return int(rng.integers(3, 20)), bool(rng.integers(2)), bool(rng.integers(2))


MISTAKES = {
    "not_a_mean": ("return np.log(names) / (corners + 1)", "return np.log(names)"),
    "no_end": ("return np.log(names) / (corners + 1)", "return np.log(names) / corners"),
    "one_way": ("names = starts * (2 if any_way else 1)", "names = starts * 1"),
    "bits": ("return np.log(names) / (corners + 1)", "return np.log2(names) / (corners + 1)"),
    "every_order": (
        "names = starts * (2 if any_way else 1)",
        "names = np.prod(np.arange(1.0, corners + 1)) if any_start else 2.0 if any_way else 1.0",
    ),
}
