"""The training error at a time of training."""

from collections.abc import Callable

from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

CURVES = (
    # t, alpha, snr, inr, and the training error there, integrated over the density of the rates
    (3.0, 0.5, 5.0, 1.0, 0.18682083197280736),
    (3.0, 2.0, 5.0, 0.0, 0.5313901465782032),
    (0.0, 0.3, 2.0, 0.5, 3.5),
    (1.0, 1.0, 0.5, 3.0, 0.6985667298556874),
    (40.0, 0.8, 1.0, 0.0, 0.008065364269216757),
)
# What mistakes in the integral return for the first case; both show there.
MISTAKEN = {"noise_dropped": 0.11043040961449946, "distance_not_squared": 0.5626547377147633}

HINTS = {
    "both_forms_mixed": "an error is the mean of squares and cannot be negative; is something taken off twice?",
    "divided_by_weights": "the sum over all samples is divided by something, but not by their number",
    "noise_dropped": "labels without noise would have this training error",
    "all_fitted": "with more samples than weights the student fits them all; can it?",
    "distance_not_squared": "what is not yet fitted is counted as a distance; an error is its square",
}


def check_fitted(answer: Callable) -> str:
    """Exercise "fitted": ``answer(t, alpha, snr, inr)`` is the training error at the time t, a number."""
    for t, alpha, snr, inr, want in CURVES:
        beyond = max(0.0, (alpha - 1) / alpha)  # the share of the samples that is too much for the weights
        symptoms = {
            "both_forms_mixed": want + min(0.0, (alpha - 1) / alpha),
            "divided_by_weights": (want - beyond) * alpha + beyond,
            "all_fitted": want - beyond,
            **(MISTAKEN if (t, alpha) == (3.0, 0.5) else {}),
        }
        got = call(answer, t, alpha, snr, inr, shape=())
        compare(got, want, symptoms, HINTS, f"with t = {t}, alpha = {alpha}, snr = {snr}, inr = {inr}")
    return f"check_fitted: accepted on {len(CURVES)} cases"


def hidden(rng: Generator) -> tuple:
    """t, samples a weight on either side of 1 and not too near to it, snr and inr."""
    alpha = round(rng.choice([rng.uniform(0.2, 0.85), rng.uniform(1.2, 3)]), 2)
    return round(rng.uniform(0.2, 9), 2), alpha, round(rng.uniform(0.5, 9), 1), round(rng.uniform(0.2, 3), 1)


MISTAKES = {
    "both_forms_mixed": ("unreached = max(0, 1 - 1 / alpha)", "unreached = 1 - 1 / alpha"),
    "divided_by_weights": ("return modes @ left / alpha + unreached", "return modes @ left + unreached"),
    "noise_dropped": ("left = (lam * (snr + inr) + 1) * np.exp(-2 * lam * t)", "left = lam * (snr + inr) * np.exp(-2 * lam * t)"),
    "all_fitted": ("unreached = max(0, 1 - 1 / alpha)", "unreached = 0"),
    "distance_not_squared": (
        "left = (lam * (snr + inr) + 1) * np.exp(-2 * lam * t)",
        "left = (lam * (snr + inr) + 1) * np.exp(-lam * t)",
    ),
}
