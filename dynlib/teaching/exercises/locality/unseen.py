"""What a net cannot know of patches that it has never seen."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

COLLECTIONS = (
    # samples P, patches k, network, and its error: half of the share of all collections that leave a patch out
    (4, 16, "local", 15**4 / 16**4 / 2),
    (4, 16, "dense", 15**4 / 16**4 / 2),
    (3, 5, "shared", 0.0),
    (0, 5, "shared", 0.5),
    (0, 5, "local", 0.5),
    (6, 1, "local", 0.0),
    (9, 2, "dense", 1 / 2**9 / 2),
)

HINTS = {
    "nothing_guessed": "a filter that has seen nothing answers 0; a guess is right half of the time",
    "exponential": "this is true for many patches only",
    "one_more": "the chance that a patch was seen exactly never is counted for one sample more or less",
    "no_repeats": "with one sample, P/k of the patches are seen; with two, some of them twice",
    "shared_waits": "one filter learns from all patches, and here it waits until it has seen each of them",
    "dense_as_shared": "a local or dense net learns here from one picture what to do in every patch",
    "shared_without_samples": "without samples no net can do better than a guess",
}


def check_unseen(answer: Callable) -> str:
    """Exercise "unseen": ``answer(P, k, kind)`` is the error of a net after P samples without noise."""
    for P, k, kind, want in COLLECTIONS:
        got = call(answer, P, k, kind, shape=())
        if want == 0 and abs(got) <= 1e-9:
            continue
        symptoms = {
            "dense_as_shared": None if kind == "shared" else 0.5 * (P == 0),
            "shared_waits": 0.8**3 / 2 if (P, kind) == (3, "shared") else None,
            "nothing_guessed": 2 * want,
            "exponential": np.exp(-P / k) / 2,
            "one_more": (1 - 1 / k) ** (P + 1) / 2,
            "no_repeats": max(0.0, 1 - P / k) / 2,
            "shared_without_samples": 0.0,
        }
        compare(got, want, symptoms, HINTS, f"{kind}, {P} samples, {k} patches")
    return f"check_unseen: accepted on {len(COLLECTIONS)} nets"


def hidden(rng: Generator) -> tuple:
    """P, k and the network; no samples is a case of its own."""
    samples = 0 if rng.random() < 0.25 else int(rng.integers(1, 12))
    return samples, int(rng.integers(2, 20)), str(rng.choice(("shared", "local", "dense")))


MISTAKES = {
    "nothing_guessed": ("return 0.5 * never", "return 1.0 * never"),
    "exponential": ("never = (1 - 1 / k) ** P", "never = np.exp(-P / k)"),
    "one_more": ("never = (1 - 1 / k) ** P", "never = (1 - 1 / k) ** (P + 1)"),
    "no_repeats": ("never = (1 - 1 / k) ** P", "never = max(0.0, 1 - P / k)"),
    "shared_waits": ('kind == "shared"', 'kind == "share"'),
    "dense_as_shared": ('kind == "shared"', 'kind != "local"'),
    "shared_without_samples": ("never = float(P == 0)", "never = 0.0"),
}
