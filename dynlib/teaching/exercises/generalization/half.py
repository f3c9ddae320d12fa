"""When a mode of a two-layer net has half of its target."""

import math
from collections.abc import Callable

from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

# target, s0, and the time at which s is half of the target
TIMES = (
    (1.0, 1e-3, 3.453377389324277),
    (3.0, 1e-3, 1.3343390297915017),
    (0.5, 0.1, 1.3862943611198906),
    (2.0, 1e-9, 5.354103254251589),
)

HINTS = {
    "one_layer_learns": "twice too late; both layers learn",
    "three_layers": "too early by a third; that is the rate of three layers",
    "target_lost": "a large mode is not faster than a small one here",
    "odds_without_one": "the start is a little too far away; at which time is s at s0?",
    "one_layer_only": "that is when a mode of one layer gets there",
}


def check_half(answer: Callable) -> str:
    """Exercise "half": ``answer(target, s0)`` is the time at which a mode of a two-layer net has half of its target."""
    for target, s0, want in TIMES:
        symptoms = {
            "one_layer_learns": 2 * want,
            "three_layers": 2 / 3 * want,
            "target_lost": target * want,
            "odds_without_one": math.log(target / s0) / (2 * target),
            "one_layer_only": math.log((target - s0) / (target / 2)),
        }
        compare(call(answer, target, s0, shape=()), want, symptoms, HINTS, f"with target = {target}, s0 = {s0}")
    return f"check_half: accepted on {len(TIMES)} cases"


def hidden(rng: Generator) -> tuple:
    """A target, and a start well below half of it."""
    target = round(rng.uniform(0.5, 5), 2)
    return target, round(target * rng.uniform(0.001, 0.3), 4)


MISTAKES = {
    "one_layer_learns": ("return math.log(target / s0 - 1) / (2 * target)", "return math.log(target / s0 - 1) / target"),
    "three_layers": ("return math.log(target / s0 - 1) / (2 * target)", "return math.log(target / s0 - 1) / (3 * target)"),
    "target_lost": ("return math.log(target / s0 - 1) / (2 * target)", "return math.log(target / s0 - 1) / 2"),
    "odds_without_one": ("return math.log(target / s0 - 1) / (2 * target)", "return math.log(target / s0) / (2 * target)"),
    "one_layer_only": ("return math.log(target / s0 - 1) / (2 * target)", "return math.log((target - s0) / (target / 2))"),
}
