"""The test error at the end of training."""

from collections.abc import Callable

from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

ENDS = (
    # alpha, snr, and the test error at the end
    (0.6, 5.0, 4.5),
    (1.25, 5.0, 5.0),
    (0.01, 2.0, 1 / 0.99 + 1.98),
    (4.0, 0.5, 4 / 3),
    (0.5, 0.0, 2.0),
    (1.001, 100.0, 1001.0),
)

HINTS = {
    "one_case_for_all": "an error below 1 would guess the noise of new labels; which of the two cases is this?",
    "symmetric": "as large as with α and 1/α exchanged; is a student frozen on both sides?",
    "nothing_frozen": "no part of the student seems frozen",
    "no_noise_floor": "even a perfect student cannot guess the noise of a new label, and this one can",
    "frozen_share_inverted": "the frozen share grows with the samples",
}


def check_end(answer: Callable) -> str:
    """Exercise "end": ``answer(alpha, snr)`` is the test error at the end of training, alpha other than 1."""
    for alpha, snr, want in ENDS:
        got = call(answer, alpha, snr, shape=())
        symptoms = {
            "one_case_for_all": alpha > 1 and bool(got < 1),
            "symmetric": want + (1 - 1 / alpha) * snr if alpha > 1 else None,
            "nothing_frozen": want - (1 - alpha) * snr if alpha < 1 else None,
            "no_noise_floor": want - 1,
            "frozen_share_inverted": want + (2 * alpha - 1) * snr if alpha < 1 else None,
        }
        compare(got, want, symptoms, HINTS, f"with alpha = {alpha}, snr = {snr}")
    return f"check_end: accepted on {len(ENDS)} cases"


def hidden(rng: Generator) -> tuple:
    """Samples a weight, on either side of 1 and not too near to it, and snr."""
    return round(rng.choice([rng.uniform(0.2, 0.85), rng.uniform(1.2, 3)]), 2), round(rng.uniform(0.5, 9), 1)


MISTAKES = {
    "one_case_for_all": ("alpha < 1", "alpha > 0"),
    "symmetric": ("return alpha / (alpha - 1)", "return alpha / (alpha - 1) + (1 - 1 / alpha) * snr"),
    "nothing_frozen": ("return 1 / (1 - alpha) + (1 - alpha) * snr", "return 1 / (1 - alpha)"),
    "no_noise_floor": ("return 1 / (1 - alpha) + (1 - alpha) * snr", "return alpha / (1 - alpha) + (1 - alpha) * snr"),
    "frozen_share_inverted": ("return 1 / (1 - alpha) + (1 - alpha) * snr", "return 1 / (1 - alpha) + alpha * snr"),
}
