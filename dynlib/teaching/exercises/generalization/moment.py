"""The best moment to stop each mode."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

MODES = (
    # rates, snr, and the best moments
    ([0.01, 0.3, 1.0, 4.0], 5.0, [4.879016416943201, 3.054302439580517, 1.791759469228055, 0.7611306094308558]),
    ([1e-12, 1e-6, 2.0], 0.5, [0.499999999999875, 0.49999987500004167, 0.34657359027997264]),
    ([0.7], 1e4, [12.648297535681712]),
)

HINTS = {
    "log_of_snr": "for a signal weaker than the noise the moment is negative; look at the slow modes",
    "one_over_the_filter": "the share that the best filter keeps back, not the time after which the mode has learnt the rest",
    "half_the_moment": "the moments are half of what they should be; which exponential was set equal to which?",
    "digits_lost": "for the slowest mode digits are lost: 1 + 1e-12 has only four of them left",
    "one_clock": "every mode stops as if its rate were 1",
    "own_units": "in units of each mode's own time constant; multiply it back",
}


def check_moment(answer: Callable) -> str:
    """Exercise "moment": ``answer(lam, snr)`` is the best moment of each mode, (n,) float64, for rates lam > 0 (n,)."""
    for rates, snr, moments in MODES:
        lam, want = np.array(rates), np.array(moments)
        got = call(answer, lam, snr, shape=lam.shape)
        symptoms = {
            "log_of_snr": np.log(snr) / lam,
            "one_over_the_filter": 1 / (lam + 1 / snr),
            "half_the_moment": want / 2,
            "digits_lost": bool(np.abs(got / want - 1).max() < 1e-3) and lam.min() < 1e-9,
            "one_clock": np.full(lam.shape, np.log(1 + snr)),
            "own_units": want * lam,
        }
        compare(got, want, symptoms, HINTS, f"with lam = {lam}, snr = {snr}")
    return f"check_moment: accepted on {len(MODES)} cases"


def hidden(rng: Generator) -> tuple:
    """A few rates, one of them perhaps of a mode that hardly learns, and snr."""
    rates = np.round(rng.uniform(0.1, 4, int(rng.integers(2, 6))), 2)
    rates[0] *= rng.choice([1.0, 1e-9])
    return rates, round(rng.uniform(0.5, 9), 1)


MISTAKES = {
    "log_of_snr": ("return np.log1p(snr * lam) / lam", "return np.log(snr) / lam"),
    "one_over_the_filter": ("return np.log1p(snr * lam) / lam", "return 1 / (lam + 1 / snr)"),
    "half_the_moment": ("return np.log1p(snr * lam) / lam", "return np.log1p(snr * lam) / (2 * lam)"),
    "digits_lost": ("return np.log1p(snr * lam) / lam", "return np.log(1 + snr * lam) / lam"),
    "one_clock": ("return np.log1p(snr * lam) / lam", "return np.log1p(snr) + 0 * lam"),
    "own_units": ("return np.log1p(snr * lam) / lam", "return np.log1p(snr * lam)"),
}

# The formula is right; that log1p keeps its digits is half of what is asked.
CREDIT = {"digits_lost": 1 / 2}
