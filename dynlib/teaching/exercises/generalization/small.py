"""The mean test error at the end, where the weights are few."""

from collections.abc import Callable

from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

SIZES = (
    # weights n, samples p, snr, and the mean: 0 where it is infinite
    (50, 55, 5.0, 13.5),
    (50, 20, 5.0, 4 + 20 / 29),
    (50, 51, 5.0, 0.0),
    (7, 7, 1.0, 0.0),
    (9, 8, 1.0, 0.0),
    (1, 3, 2.0, 2.0),
    (3, 1, 2.0, 10 / 3),
    (40, 400, 0.0, 1 + 40 / 359),
)

HINTS = {
    "limit_of_many_weights": "that is the limit of many weights; with so few the mean is larger",
    "one_to_the_other_side": "even less than the limit of many weights",
    "nothing_frozen": "nothing of the student seems frozen",
    "all_modes_move": "there is no noise for each of the modes that are not there; how many modes move?",
    "frozen_share_inverted": "the frozen share grows with the samples",
}


def check_small(answer: Callable) -> str:
    """Exercise "small": ``answer(n, p, snr)`` is the mean test error at the end, n weights, p samples; 0 where it is infinite."""
    for n, p, snr, want in SIZES:
        gap, least, frozen = abs(p - n), min(n, p), max(0.0, (n - p) / n)
        symptoms = {
            "limit_of_many_weights": 1 + least / gap + frozen * snr if gap else None,
            "one_to_the_other_side": 1 + least / (gap + 1) + frozen * snr if gap else None,
        }
        if gap > 1:
            symptoms |= {
                "nothing_frozen": want - frozen * snr,
                "all_modes_move": want + gap / (gap - 1),
                "frozen_share_inverted": want + (2 * p / n - 1) * snr if p < n else None,
            }
        compare(call(answer, n, p, snr, shape=()), want, symptoms, HINTS, f"with n = {n}, p = {p}, snr = {snr}")
    return f"check_small: accepted on {len(SIZES)} cases"


def hidden(rng: Generator) -> tuple:
    """n, p not far from it, and snr."""
    n = int(rng.integers(2, 30))
    return n, max(1, n + int(rng.integers(-6, 12))), round(rng.uniform(0.5, 9), 1)


MISTAKES = {
    "limit_of_many_weights": ("noise = min(n, p) / (gap - 1)", "noise = min(n, p) / gap"),
    "one_to_the_other_side": ("noise = min(n, p) / (gap - 1)", "noise = min(n, p) / (gap + 1)"),
    "nothing_frozen": ("frozen = max(0.0, 1 - p / n)", "frozen = 0.0"),
    "all_modes_move": ("noise = min(n, p) / (gap - 1)", "noise = max(n, p) / (gap - 1)"),
    "frozen_share_inverted": ("frozen = max(0.0, 1 - p / n)", "frozen = p / n if p < n else 0.0"),
}
