"""The test error at a time of training."""

from collections.abc import Callable

from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

CURVES = (
    # t, alpha, snr, inr, and the test error there, integrated over the density of the rates
    (3.0, 0.5, 5.0, 1.0, 4.670373360617715),
    (3.0, 2.0, 5.0, 0.0, 1.7800502406557586),
    (0.0, 0.3, 2.0, 0.5, 3.5),
    (1.0, 1.0, 0.5, 3.0, 2.607241428788911),
    (40.0, 0.8, 1.0, 0.0, 3.9928710732611394),
)
# What mistakes in the integral return for the first case; all of them show there.
MISTAKEN = {
    "distance_not_squared": 4.9820772521552605,
    "noise_at_double_speed": 5.023616524543717,
    "alpha_inverted": 1.8029811531973094,
    "start_forgotten": 4.132178149438558,
    "pi_for_two_pi": 5.340746721235423,
}

HINTS = {
    "frozen_modes_missing": "a part of the student never moves, and its error is missing",
    "no_noise_floor": "even a perfect student cannot guess the noise of a new label, and this one can",
    "distance_not_squared": "what is not yet learnt is counted as a distance; an error is its square",
    "noise_at_double_speed": "the noise that was learnt comes in too fast; how large is the square of what was let through?",
    "alpha_inverted": "samples and weights have changed places",
    "start_forgotten": "the student seems to start at 0",
    "start_only_in_moving_modes": "where nothing is learnt the student's own start has been forgotten",
    "pi_for_two_pi": "twice as many modes as there are weights",
}


def check_error(answer: Callable) -> str:
    """Exercise "error": ``answer(t, alpha, snr, inr)`` is the test error at the time t, a number."""
    for t, alpha, snr, inr, want in CURVES:
        frozen = max(0, 1 - alpha)
        symptoms = {
            "frozen_modes_missing": want - frozen * (snr + inr),
            "no_noise_floor": want - 1,
            "start_only_in_moving_modes": want - frozen * inr,
            **(MISTAKEN if (t, alpha) == (3.0, 0.5) else {}),
        }
        got = call(answer, t, alpha, snr, inr, shape=())
        compare(got, want, symptoms, HINTS, f"with t = {t}, alpha = {alpha}, snr = {snr}, inr = {inr}")
    return f"check_error: accepted on {len(CURVES)} cases"


def hidden(rng: Generator) -> tuple:
    """t, samples a weight on either side of 1 and not too near to it, snr and inr."""
    alpha = round(rng.choice([rng.uniform(0.2, 0.85), rng.uniform(1.2, 3)]), 2)
    return round(rng.uniform(0.2, 9), 2), alpha, round(rng.uniform(0.5, 9), 1), round(rng.uniform(0.2, 3), 1)


MISTAKES = {
    "frozen_modes_missing": ("return 1 + modes @ cost + frozen", "return 1 + modes @ cost"),
    "no_noise_floor": ("return 1 + modes @ cost + frozen", "return modes @ cost + frozen"),
    "distance_not_squared": (
        "cost = (snr + inr) * left**2 + (1 - left) ** 2 / lam",
        "cost = (snr + inr) * left + (1 - left) ** 2 / lam",
    ),
    "noise_at_double_speed": (
        "cost = (snr + inr) * left**2 + (1 - left) ** 2 / lam",
        "cost = (snr + inr) * left**2 + (1 - left**2) / lam",
    ),
    "alpha_inverted": (
        "theta = (np.arange(4000) + 0.5) * np.pi / 4000",
        ("alpha = 1 / alpha\ntheta = (np.arange(4000) + 0.5) * np.pi / 4000"),
    ),
    "start_forgotten": ("left = np.exp(-lam * t)", "left, inr = np.exp(-lam * t), 0"),
    "start_only_in_moving_modes": ("frozen = max(0, 1 - alpha) * (snr + inr)", "frozen = max(0, 1 - alpha) * snr"),
    "pi_for_two_pi": (
        "modes = 4 * alpha * np.sin(theta) ** 2 / (2 * np.pi * lam) * np.pi / 4000",
        "modes = 4 * alpha * np.sin(theta) ** 2 / (np.pi * lam) * np.pi / 4000",
    ),
}
