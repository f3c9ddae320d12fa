"""What a blind dense net cannot beat."""

from collections.abc import Callable

from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

GAMES = (
    # samples P, patches k, pixels d, noise, and the least error, integrated over the chance of m samples in the right patch
    (2, 8, 64, 0.5, 0.4831392487289784),
    (64, 8, 64, 0.5, 0.31664294669194154),
    (5, 3, 2, 0.7, 0.2228909177126938),
    (4, 1, 6, 0.4, 0.012483174423075009),
    (0, 2, 3, 0.5, 0.5),
)
# What mistakes return for the first game; all of them show there.
MISTAKEN = {
    "pixels_of_a_patch": 0.4565589444654485,
    "average_m": 0.46473113184723674,
    "all_directions": 0.48325168941405355,
    "all_samples": 0.40179676765303207,
    "no_empty_patch": 0.10032708502392705,
    "one_direction_too_few": 0.48312300006365916,
}

HINTS = {
    "pixels_of_a_patch": "this is the bound of a local net: which directions could the signal of a patch be for a dense one?",
    "all_directions": "a little too large: the signal of this patch is at right angles to the others, and the guesser knows "
    "those",
    "one_direction_too_few": "k directions too few: only the signals of the other patches are known",
    "average_m": "a patch may get fewer samples than P/k, and more, and errors do not average like samples",
    "all_samples": "this learner has seen every sample in the right patch",
    "no_empty_patch": "a patch without any sample makes no errors here",
}


def check_bound(answer: Callable) -> str:
    """Exercise "bound": ``answer(P, k, d, sigma)`` is the least error of a blind dense net."""
    for P, k, d, sigma, want in GAMES:
        got = call(answer, P, k, d, sigma, shape=())
        compare(got, want, MISTAKEN if P == 2 else {}, HINTS, f"P = {P}, k = {k}, d = {d}, σ = {sigma}")
    return f"check_bound: accepted on {len(GAMES)} tasks"


def hidden(rng: Generator) -> tuple:
    """P, k, d and sigma."""
    return int(rng.integers(0, 20)), int(rng.integers(2, 7)), int(rng.integers(2, 30)), round(rng.uniform(0.2, 1.5), 2)


MISTAKES = {
    "pixels_of_a_patch": ("D = k * d - (k - 1)", "D = d"),
    "all_directions": ("D = k * d - (k - 1)", "D = k * d"),
    "one_direction_too_few": ("D = k * d - (k - 1)", "D = max(k * d - k, 1)"),
    "average_m": ("return float(np.dot(chance, errors))", "return locality.oracle_error(P / k, sigma, D)"),
    "all_samples": ("return float(np.dot(chance, errors))", "return locality.oracle_error(P, sigma, D)"),
    "no_empty_patch": ("return float(np.dot(chance, errors))", "return float(np.dot(chance[1:], errors[1:]))"),
}
