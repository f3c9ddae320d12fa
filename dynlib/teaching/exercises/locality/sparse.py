"""A learner that is not blind: it knows that a pattern has few pixels."""

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

SPARSE = ((21, 512, 0.3), (7, 30, 0.3), (1, 4, 0.2), (9, 1, 0.5))  # samples P, pixels D, noise

HINTS = {
    "no_threshold": "nothing is dropped; this is the mean, and a blind learner",
    "no_labels": "the pictures are averaged without their labels",
    "noise_of_one_sample": "even the signal is dropped: the noise of a mean falls with the samples",
    "noise_of_one_pixel": "the largest of D noises is about √(2 ln D) times one of them; here noise slips through",
    "positive_only": "negative entries are always dropped; a pattern may have some",
    "soft": "what is kept is shortened as well",
    "summed": "a sum over the samples; its entries were compared with the limit for a mean",
}


def check_sparse(answer: Callable) -> str:
    """Exercise "sparse": ``answer(x, y, sigma)`` is the mean of y x without entries that are not above σ√(2 ln D / P)."""
    for P, D, sigma in SPARSE:
        rng = np.random.default_rng(P + 11)
        pattern = np.r_[0.8, -0.6, np.zeros(D)][:D] if D > 1 else -np.ones(1)
        y = rng.choice([-1.0, 1.0], P)
        straight = y[:, None] * pattern + sigma * rng.standard_normal((P, D))
        turned = straight @ np.linalg.qr(rng.standard_normal((D, D)))[0]
        for x, what in ((straight, "samples"), (turned, "turned samples")):
            signed = y[:, None] * x
            mean, plain = signed.mean(0), x.mean(0)
            limit = sigma * math.sqrt(2 * math.log(D)) / math.sqrt(P)
            symptoms = {
                "no_threshold": mean,
                "noise_of_one_sample": _without(mean, np.abs(mean) <= limit * math.sqrt(P)),
                "no_labels": _without(plain, np.abs(plain) <= limit),
                "positive_only": _without(mean, mean <= limit),
                "soft": mean - np.clip(mean, -limit, limit),
                "noise_of_one_pixel": _without(mean, np.abs(mean) <= sigma / math.sqrt(P)),
                "summed": _without(signed.sum(0), np.abs(signed.sum(0)) <= limit),
            }
            got = call(answer, x, y, sigma, shape=(D,))
            compare(got, _without(mean, np.abs(mean) <= limit), symptoms, HINTS, f"{P} {what} of {D} pixels")
    return f"check_sparse: accepted on {len(SPARSE)} sets of samples, and on the same sets turned"


def _without(entries: np.ndarray, dropped: np.ndarray) -> np.ndarray:
    """A copy in which the entries that are dropped are 0."""
    kept = entries.copy()
    kept[dropped] = 0
    return kept


def hidden(rng: Generator) -> tuple:
    """A few samples of a pattern of two pixels, their labels and the noise."""
    P, D = int(rng.integers(4, 9)), int(rng.integers(4, 10))
    pattern, y, sigma = np.zeros(D), rng.choice([-1.0, 1.0], P), round(rng.uniform(0.2, 0.6), 2)
    pattern[rng.permutation(D)[:2]] = rng.choice([-1, 1], 2) * rng.permutation([0.6, 0.8])
    return np.round(y[:, None] * pattern + sigma * rng.standard_normal((P, D)), 2), y, sigma


MISTAKES = {
    "no_threshold": ("return np.where(np.abs(mean) > limit, mean, 0.0)", "return np.where(np.abs(mean) >= 0, mean, 0.0)"),
    "no_labels": ("mean = y @ x / P", "mean = x.mean(0)"),
    "noise_of_one_sample": ("limit = sigma * np.sqrt(2 * np.log(D) / P)", "limit = sigma * np.sqrt(2 * np.log(D))"),
    "noise_of_one_pixel": ("limit = sigma * np.sqrt(2 * np.log(D) / P)", "limit = sigma / np.sqrt(P)"),
    "positive_only": ("return np.where(np.abs(mean) > limit, mean, 0.0)", "return np.where(mean > limit, mean, 0.0)"),
    "soft": ("return np.where(np.abs(mean) > limit, mean, 0.0)", "return np.sign(mean) * np.maximum(np.abs(mean) - limit, 0.0)"),
    "summed": ("mean = y @ x / P", "mean = y @ x"),
}
