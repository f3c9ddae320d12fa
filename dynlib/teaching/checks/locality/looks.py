"""Checks of "overlap", "bound" and "unseen": what a number of looks is worth."""

from collections.abc import Callable

import numpy as np
from scipy.stats import binom

from dynlib.locality import oracle_error
from dynlib.teaching.checks import Refused, call, compare

MEANS = ((16, 1.0, 64), (16, 0.5, 64), (1, 0.3, 2), (7, 2.0, 9), (3, 0.7, 1))              # looks m, noise, dimensions D


def check_overlap(answer: Callable) -> str:
    """Exercise "overlap": ``answer(m, sigma, noise)`` is the cosine of a mean of m looks, from its noise (draws, D)."""
    for m, sigma, D in MEANS:
        noise = np.random.default_rng(D).standard_normal((5, D))
        along, across = np.sqrt(m) / sigma + noise[:, 0], (noise[:, 1:] ** 2).sum(1)
        want = along / np.sqrt(along**2 + across)

        def of(along, across=across):
            with np.errstate(all="ignore"):
                return along / np.sqrt(along**2 + across)

        symptoms = [
            ("more noise makes the overlap larger here", of(np.sqrt(m) * sigma + noise[:, 0])),
            ("four times the looks ought to halve the noise; here they quarter it", of(m / sigma + noise[:, 0])),
            ("the noise along the signal is counted as noise across it, too", of(along, across + noise[:, 0] ** 2)),
            ("a mean never points a little farther along the signal than its looks say; noise along it is missing",
             of(np.sqrt(m) / sigma, across)),
            ("this is the cosine of a single look", of(1 / sigma + noise[:, 0])),
            ("a mean that points away from the signal has a positive cosine here, or its size is off: is it squared?", want**2),
        ]
        got = call(answer, m, sigma, noise, shape=(5,))
        _compare(f"{m} looks with noise {sigma:g} in {D} dimensions", got, want, symptoms)
    return f"check_overlap: accepted on {len(MEANS)} means"


# samples P, patches k, pixels d, noise
GAMES = ((2, 8, 64, 0.5), (64, 8, 64, 0.5), (5, 3, 2, 0.7), (4, 1, 6, 0.4), (0, 2, 3, 0.5))


def check_bound(answer: Callable) -> str:
    """Exercise "bound": ``answer(P, k, d, sigma)`` is the least error of a blind dense net."""
    for P, k, d, sigma in GAMES:
        def mean(D: int, first: int = 0, chance: float = 1 / k, P: int = P, sigma: float = sigma) -> float:
            return sum(binom.pmf(m, P, chance) * oracle_error(m, sigma, D) for m in range(first, P + 1))

        D = k * d - k + 1
        symptoms = [
            ("this is the bound of a local net: which directions could the signal of a patch be for a dense one?", mean(d)),
            ("a patch may get fewer samples than P/k, and more, and errors do not average like samples",
             oracle_error(P / k, sigma, D)),
            ("a little too large: the signal of this patch is at right angles to the others, and the guesser knows those",
             mean(k * d)),
            ("this learner has seen every sample in the right patch", oracle_error(P, sigma, D)),
            ("a patch without any sample makes no errors here", mean(D, first=1)),
            ("k directions too few: only the signals of the other patches are known", mean(max(k * d - k, 1))),
        ]
        got = call(answer, P, k, d, sigma, shape=())
        _compare(f"P = {P}, k = {k}, d = {d}, σ = {sigma}", got, np.array(mean(D)), [(said, np.array(x)) for said, x in symptoms])
    return f"check_bound: accepted on {len(GAMES)} tasks"


# samples P, patches k, network
COLLECTIONS = ((4, 16, "local"), (4, 16, "dense"), (3, 5, "shared"), (0, 5, "shared"), (0, 5, "local"), (6, 1, "local"),
               (9, 2, "dense"))


def check_unseen(answer: Callable) -> str:
    """Exercise "unseen": ``answer(P, k, kind)`` is the error of a net after P samples without noise."""
    for P, k, kind in COLLECTIONS:
        chance = (1 - 1 / k) ** P
        want = (0.5 if P == 0 else 0.0) if kind == "shared" else chance / 2
        symptoms = [
            ("one filter learns from all patches, and here it waits until it has seen each of them", chance / 2),
            ("a filter that has seen nothing answers 0; a guess is right half of the time", 2 * want),
            ("this is true for many patches only", np.exp(-P / k) / 2),
            ("the chance that a patch was seen exactly never is counted for one sample more or less", (1 - 1 / k) ** (P + 1) / 2),
            ("with one sample, P/k of the patches are seen; with two, some of them twice", max(0.0, 1 - P / k) / 2),
            ("without samples no net can do better than a guess", 0.0),
        ]
        if kind != "shared":
            one_is_enough = 0.5 if P == 0 else 0.0
            symptoms.insert(0, ("a local or dense net learns here from one picture what to do in every patch", one_is_enough))
        got = call(answer, P, k, kind, shape=())
        _compare(f"{kind}, {P} samples, {k} patches", got, np.array(want), [(said, np.array(float(x))) for said, x in symptoms])
    return f"check_unseen: accepted on {len(COLLECTIONS)} nets"


def _compare(where: str, got: np.ndarray, want: np.ndarray, symptoms: list) -> None:
    """``compare``, where a refusal says of which case it speaks; a want of 0 is compared with 1e-9 itself."""
    if np.abs(want).max() == 0 and np.abs(got).max() <= 1e-9:
        return
    try:
        compare(got, want, symptoms)
    except Refused as refused:
        raise Refused(f"{where}: {refused}") from None
