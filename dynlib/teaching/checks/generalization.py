"""Checks of the exercises of When more data hurts: ``check_<exercise>(answer)`` names the symptom, not the solution."""

import math
from collections.abc import Callable, Iterable

import numpy as np

from dynlib import generalization as theory
from dynlib.teaching.checks import Refused, call, compare

__all__ = [
    "check_end",
    "check_error",
    "check_fitted",
    "check_half",
    "check_lowest",
    "check_moment",
    "check_penalty",
    "check_small",
]

CURVES = ((3.0, 0.5, 5.0, 1.0), (3.0, 2.0, 5.0, 0.0), (0.0, 0.3, 2.0, 0.5), (1.0, 1.0, 0.5, 3.0), (40.0, 0.8, 1.0, 0.0))
ENDS = ((0.6, 5.0), (1.25, 5.0), (0.01, 2.0), (4.0, 0.5), (0.5, 0.0), (1.001, 100.0))
SIZES = ((50, 55, 5.0), (50, 20, 5.0), (50, 51, 5.0), (7, 7, 1.0), (9, 8, 1.0), (1, 3, 2.0), (3, 1, 2.0), (40, 400, 0.0))


def _numbers(where: str, answer: Callable, cases: Iterable[tuple], names: str, want: Callable, symptoms: Callable) -> str:
    """Compare answer(*case) with want(*case) for each case; symptoms(*case) are (message, mistaken number) pairs."""
    cases = list(cases)
    for case in cases:
        right = np.asarray(want(*case), dtype=np.float64)
        got = call(answer, *case, shape=right.shape)
        mistakes = [(message, np.asarray(number, dtype=np.float64)) for message, number in symptoms(*case)]
        try:
            compare(got, right, mistakes)
        except Refused as refused:
            given = ", ".join(f"{name} = {value}" for name, value in zip(names.split(), case, strict=True))
            raise Refused(f"with {given}: {refused}") from None
    return f"{where}: accepted on {len(cases)} cases"


def _modes(t: float, alpha: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rates, their density times dλ, and e^{−λt}: the sums from which mistaken curves are made."""
    theta = (np.arange(n) + 0.5) * np.pi / n
    lam = 1 - 2 * np.sqrt(alpha) * np.cos(theta) + alpha
    return lam, np.pi / n * 4 * alpha * np.sin(theta) ** 2 / (2 * np.pi * lam), np.exp(-lam * t)


def check_error(answer: Callable) -> str:
    """Exercise "error": ``answer(t, alpha, snr, inr)`` is the test error at the time t, a number."""

    def symptoms(t, alpha, snr, inr):
        S, frozen, right = snr + inr, max(0, 1 - alpha), theory.generalization_error(t, alpha, snr, inr)
        lam, rho, left = _modes(t, alpha)
        noise = rho @ ((1 - left) ** 2 / lam)
        return [
            ("a part of the student never moves, and its error is missing", right - frozen * S),
            ("even a perfect student cannot guess the noise of a new label, and this one can", right - 1),
            ("what is not yet learnt is counted as a distance; an error is its square", 1 + S * (rho @ left + frozen) + noise),
            ("the noise that was learnt comes in too fast; how large is the square of what was let through?",
                1 + S * (rho @ left**2 + frozen) + rho @ ((1 - left**2) / lam)),
            ("samples and weights have changed places", theory.generalization_error(t, 1 / alpha, snr, inr)),
            ("the student seems to start at 0", theory.generalization_error(t, alpha, snr)),
            ("where nothing is learnt the student's own start has been forgotten", right - frozen * inr),
            ("twice as many modes as there are weights", 1 + S * (2 * rho @ left**2 + frozen) + 2 * noise),
        ]

    return _numbers("check_error", answer, CURVES, "t alpha snr inr", theory.generalization_error, symptoms)


def check_fitted(answer: Callable) -> str:
    """Exercise "fitted": ``answer(t, alpha, snr, inr)`` is the training error at the time t, a number."""

    def symptoms(t, alpha, snr, inr):
        right, rest = theory.training_error(t, alpha, snr, inr), max(0.0, 1 - 1 / alpha)
        lam, rho, left = _modes(t, alpha)
        signal = (snr + inr) * (rho * lam) @ left**2
        return [
            ("an error is the mean of squares and cannot be negative; is something taken off twice?",
                (signal + rho @ left**2) / alpha + 1 - 1 / alpha),
            ("the sum over all samples is divided by something, but not by their number", (right - rest) * alpha + rest),
            ("labels without noise would have this training error", signal / alpha + rest),
            ("with more samples than weights the student fits them all; can it?", right - rest),
            ("what is not yet fitted is counted as a distance; an error is its square",
                ((snr + inr) * (rho * lam) @ left + rho @ left) / alpha + rest),
        ]

    return _numbers("check_fitted", answer, CURVES, "t alpha snr inr", theory.training_error, symptoms)


def check_end(answer: Callable) -> str:
    """Exercise "end": ``answer(alpha, snr)`` is the test error at the end of training, alpha other than 1."""

    def symptoms(alpha, snr):
        small = min(alpha, 1 / alpha)
        return [
            ("an error below 1 would guess the noise of new labels; which of the two cases is this?",
                1 / (1 - alpha) + (1 - alpha) * snr),
            ("as large as with α and 1/α exchanged; is a student frozen on both sides?", 1 / (1 - small) + (1 - small) * snr),
            ("no part of the student seems frozen", 1 / (1 - small)),
            ("even a perfect student cannot guess the noise of a new label, and this one can",
                theory.asymptotic_error(alpha, snr) - 1),
            ("the frozen share grows with the samples", 1 / (1 - small) + (alpha < 1) * alpha * snr),
        ]

    return _numbers("check_end", answer, ENDS, "alpha snr", theory.asymptotic_error, symptoms)


def check_lowest(answer: Callable) -> str:
    """Exercise "lowest": ``answer(snr)`` is the α < 1 of least test error at the end, 0 where that rises from α = 0."""

    def symptoms(snr):
        at = 1 - 1 / math.sqrt(snr)
        return [
            ("a negative number of samples", at if at < 0 else math.nan),
            ("the second derivative is not zero at a low point, and the first is not zero here", 1 - 1 / snr),
            ("as if the noise of a label had the variance SNR, and the weights 1", max(0.0, 1 - math.sqrt(snr))),
            ("that is the share that is frozen there", min(1.0, 1 / math.sqrt(snr))),
            ("the error there, and not the place", 2 * math.sqrt(snr)),
        ]

    return _numbers("check_lowest", answer, [(5.0,), (0.25,), (100.0,), (1.0,), (1.5,)], "snr",
                    lambda snr: max(0.0, 1 - 1 / math.sqrt(snr)), symptoms)


def check_moment(answer: Callable) -> str:
    """Exercise "moment": ``answer(lam, snr)`` is the best moment of each mode, (n,) float64, for rates lam > 0 (n,)."""
    cases = [(np.array([0.01, 0.3, 1.0, 4.0]), 5.0), (np.array([1e-12, 1e-6, 2.0]), 0.5), (np.array([0.7]), 1e4)]

    def symptoms(lam, snr):
        x = snr * lam
        return [
            ("for a signal weaker than the noise the moment is negative; look at the slow modes", np.log(snr) / lam),
            ("the share that the best filter keeps back, not the time after which the mode has learnt the rest",
                1 / (lam + 1 / snr)),
            ("the moments are half of what they should be; which exponential was set equal to which?", np.log1p(x) / (2 * lam)),
            ("for the slowest mode digits are lost: 1 + 1e-12 has only four of them left", np.log(1 + x) / lam),
            ("every mode stops as if its rate were 1", np.full(lam.shape, np.log1p(snr))),
            ("in units of each mode's own time constant; multiply it back", np.log1p(x)),
        ]

    return _numbers("check_moment", answer, cases, "lam snr", theory.mode_stopping_time, symptoms)


def check_penalty(answer: Callable) -> str:
    """Exercise "penalty": ``answer(n, snr)`` is scikit-learn's ``Ridge(alpha=…)`` for n features of variance 1."""

    def symptoms(n, snr):
        return [
            ("right for features of variance 1/n; these have the variance 1", 1 / snr),
            ("a strong signal is punished most", snr),
            ("the features grew by √n, and the penalty has become smaller instead of larger", 1 / (n * snr)),
            ("the weights shrink by √n; the penalty holds their squares", math.sqrt(n) / snr),
            ("many features and a strong signal are punished most", n * snr),
        ]

    return _numbers("check_penalty", answer, [(200, 5.0), (7, 0.5), (1, 2.0), (1000, 100.0)], "n snr",
                    lambda n, snr: n / snr, symptoms)


def check_small(answer: Callable) -> str:
    """Exercise "small": ``answer(n, p, snr)`` is the mean test error at the end, n weights, p samples; 0 where it is infinite."""

    def want(n, p, snr):
        mean = theory.finite_size_asymptotic_error(n, p, snr)
        return 0.0 if math.isinf(mean) else mean

    def symptoms(n, p, snr):
        gap, least, frozen = abs(p - n), min(n, p), max(0.0, 1 - p / n)
        if gap == 0:
            return []
        mistakes = [
            ("that is the limit of many weights; with so few the mean is larger", 1 + least / gap + frozen * snr),
            ("even less than the limit of many weights", 1 + least / (gap + 1) + frozen * snr),
        ]
        if gap > 1:
            mistakes += [
                ("nothing of the student seems frozen", 1 + least / (gap - 1)),
                ("there is no noise for each of the modes that are not there; how many modes move?",
                    1 + max(n, p) / (gap - 1) + frozen * snr),
                ("the frozen share grows with the samples", 1 + least / (gap - 1) + (p < n) * p / n * snr),
            ]
        return mistakes

    return _numbers("check_small", answer, SIZES, "n p snr", want, symptoms)


def check_half(answer: Callable) -> str:
    """Exercise "half": ``answer(target, s0)`` is the time at which a mode of a two-layer net has half of its target."""

    def symptoms(target, s0):
        odds = math.log(target / s0 - 1)
        return [
            ("twice too late; both layers learn", odds / target),
            ("too early by a third; that is the rate of three layers", odds / (3 * target)),
            ("a large mode is not faster than a small one here", odds / 2),
            ("the start is a little too far away; at which time is s at s0?", math.log(target / s0) / (2 * target)),
            ("that is when a mode of one layer gets there", math.log((target - s0) / (target / 2))),
        ]

    return _numbers("check_half", answer, [(1.0, 1e-3), (3.0, 1e-3), (0.5, 0.1), (2.0, 1e-9)], "target s0",
                    lambda target, s0: math.log(target / s0 - 1) / (2 * target), symptoms)
