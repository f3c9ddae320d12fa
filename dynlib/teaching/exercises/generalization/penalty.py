"""The penalty of another library's ridge regression that is the best one here."""

import math
from collections.abc import Callable

from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

PENALTIES = ((200, 5.0, 40.0), (7, 0.5, 14.0), (1, 2.0, 0.5), (1000, 100.0, 10.0))  # n, snr, and the penalty

HINTS = {
    "features_not_scaled": "right for features of variance 1/n; these have the variance 1",
    "snr_itself": "a strong signal is punished most",
    "divided_the_wrong_way": "the features grew by √n, and the penalty has become smaller instead of larger",
    "root_of_the_scale": "the weights shrink by √n; the penalty holds their squares",
    "snr_inverted": "many features and a strong signal are punished most",
}


def check_penalty(answer: Callable) -> str:
    """Exercise "penalty": ``answer(n, snr)`` is scikit-learn's ``Ridge(alpha=…)`` for n features of variance 1."""
    for n, snr, want in PENALTIES:
        symptoms = {
            "features_not_scaled": 1 / snr,
            "snr_itself": snr,
            "divided_the_wrong_way": 1 / (n * snr),
            "root_of_the_scale": math.sqrt(n) / snr,
            "snr_inverted": n * snr,
        }
        compare(call(answer, n, snr, shape=()), want, symptoms, HINTS, f"with n = {n}, snr = {snr}")
    return f"check_penalty: accepted on {len(PENALTIES)} cases"


def hidden(rng: Generator) -> tuple:
    """n and snr."""
    return int(rng.integers(5, 200)), round(rng.uniform(0.5, 9), 1)


MISTAKES = {
    "features_not_scaled": ("return n / snr", "return 1 / snr"),
    "snr_itself": ("return n / snr", "return snr"),
    "divided_the_wrong_way": ("return n / snr", "return 1 / (n * snr)"),
    "root_of_the_scale": ("return n / snr", "return math.sqrt(n) / snr"),
    "snr_inverted": ("return n / snr", "return n * snr"),
}
