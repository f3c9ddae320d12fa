"""How well a mean of a few looks points along the signal."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

MEANS = ((16, 1.0, 64), (16, 0.5, 64), (1, 0.3, 2), (7, 2.0, 9), (3, 0.7, 1))  # looks m, noise, dimensions D

HINTS = {
    "noise_multiplied": "more noise makes the overlap larger here",
    "looks_not_rooted": "four times the looks ought to halve the noise; here they quarter it",
    "one_look": "this is the cosine of a single look",
    "no_noise_along": "a mean never points a little farther along the signal than its looks say; noise along it is missing",
    "all_noise_across": "the noise along the signal is counted as noise across it, too",
    "squared": "a mean that points away from the signal has a positive cosine here, or its size is off: is it squared?",
}


def check_overlap(answer: Callable) -> str:
    """Exercise "overlap": ``answer(m, sigma, noise)`` is the cosine of a mean of m looks, from its noise (draws, D)."""
    for m, sigma, D in MEANS:
        noise = np.random.default_rng(D).standard_normal((5, D))
        signal, root = np.eye(1, D)[0], np.sqrt(m)
        want = _cosine(noise + root / sigma * signal)
        symptoms = {
            "noise_multiplied": _cosine(noise + root * sigma * signal),
            "looks_not_rooted": _cosine(noise + m / sigma * signal),
            "all_noise_across": _cosine(np.c_[noise + root / sigma * signal, noise[:, 0]]),
            "no_noise_along": _cosine(noise * (signal == 0) + root / sigma * signal),
            "one_look": _cosine(noise + signal / sigma),
            "squared": want**2,
        }
        got = call(answer, m, sigma, noise, shape=(5,))
        compare(got, want, symptoms, HINTS, f"{m} looks with noise {sigma:g} in {D} dimensions")
    return f"check_overlap: accepted on {len(MEANS)} means"


def _cosine(means: np.ndarray) -> np.ndarray:
    """Of the angle between each mean, (draws, D), and the signal, which points along the first axis."""
    return means[:, 0] / np.linalg.norm(means, axis=1)


def hidden(rng: Generator) -> tuple:
    """m, sigma and noise (draws, D)."""
    noise = rng.standard_normal((int(rng.integers(2, 6)), int(rng.integers(1, 6))))
    return int(rng.integers(1, 12)), round(rng.uniform(0.2, 3), 2), np.round(noise, 2)


MISTAKES = {
    "noise_multiplied": ("along = np.sqrt(m) / sigma + noise[:, 0]", "along = np.sqrt(m) * sigma + noise[:, 0]"),
    "looks_not_rooted": ("along = np.sqrt(m) / sigma + noise[:, 0]", "along = m / sigma + noise[:, 0]"),
    "one_look": ("along = np.sqrt(m) / sigma + noise[:, 0]", "along = 1 / sigma + noise[:, 0]"),
    "no_noise_along": ("along = np.sqrt(m) / sigma + noise[:, 0]", "along = np.full(len(noise), np.sqrt(m) / sigma)"),
    "all_noise_across": ("across = noise[:, 1:]", "across = noise"),
    "squared": ("return along / np.sqrt(along**2 + (across**2).sum(1))", "return along**2 / (along**2 + (across**2).sum(1))"),
}
