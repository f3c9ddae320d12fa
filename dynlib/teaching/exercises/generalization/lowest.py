"""How few samples are best, where more would hurt."""

import math
from collections.abc import Callable

from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

# snr, and the load of least test error below 1
PLACES = ((5.0, 0.5527864045000421), (0.25, 0.0), (100.0, 0.9), (1.0, 0.0), (1.5, 0.18350341907227385))

HINTS = {
    "weak_signal_not_seen": "a negative number of samples",
    "root_forgotten": "the second derivative is not zero at a low point, and the first is not zero here",
    "signal_and_noise_swapped": "as if the noise of a label had the variance SNR, and the weights 1",
    "the_frozen_share": "that is the share that is frozen there",
    "the_error_there": "the error there, and not the place",
}


def check_lowest(answer: Callable) -> str:
    """Exercise "lowest": ``answer(snr)`` is the α < 1 of least test error at the end, 0 where that rises from α = 0."""
    for snr, want in PLACES:
        got = call(answer, snr, shape=())
        symptoms = {
            "weak_signal_not_seen": bool(got < 0),
            "root_forgotten": 1 - 1 / snr,
            "signal_and_noise_swapped": max(0.0, 1 - math.sqrt(snr)),
            "the_frozen_share": 1 - want,
            "the_error_there": 2 * math.sqrt(snr),
        }
        compare(got, want, symptoms, HINTS, f"with snr = {snr}")
    return f"check_lowest: accepted on {len(PLACES)} cases"


def hidden(rng: Generator) -> tuple:
    """A signal weaker or stronger than the noise."""
    return (round(rng.choice([rng.uniform(0.2, 0.9), rng.uniform(1.2, 9)]), 2),)


MISTAKES = {
    "weak_signal_not_seen": ("return max(0.0, 1 - frozen)", "return 1 - frozen"),
    "root_forgotten": ("frozen = 1 / math.sqrt(snr)", "frozen = 1 / snr"),
    "signal_and_noise_swapped": ("frozen = 1 / math.sqrt(snr)", "frozen = math.sqrt(snr)"),
    "the_frozen_share": ("return max(0.0, 1 - frozen)", "return min(1.0, frozen)"),
    "the_error_there": ("return max(0.0, 1 - frozen)", "return 2 / frozen"),
}
