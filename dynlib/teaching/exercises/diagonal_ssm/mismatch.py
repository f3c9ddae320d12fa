"""By how much the diagonal part of HiPPO-LegS misses the whole, one frequency after the other."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

# Angular frequencies omega, N, and |D/K − 1| from the two models' matrices, one linear system a frequency. Whole frequencies
# too, where a product that is taken on the wrong axis vanishes.
FREQUENCIES = (
    ([10.0], 64, [0.1372576675874757]),
    (
        [-2.0, 0.5, 5.0, 17.0, 80.0],
        7,
        [0.2169765054646469, 0.06799985795960221, 0.5037465266148476, 2.7915122178368574, 0.5233341432126948],
    ),
    ([0.25, 3.0], 1, [0.22360679774997902, 0.49319696191607193]),
    ([1.0, 100.0, 30.0], 20, [0.050655998585424716, 1.2247387858838452, 0.45452144538974915]),
)
# What mistakes return for the first case; all of them show there.
MISTAKEN = {
    "size_of_the_remainder": 0.15437688027360957,
    "sign_in_the_denominator": 0.17449985771302431,
    "lengths_added": 0.1337317845771645,
    "counts_from_one": 0.1629249989336754,
    "plus_one_forgotten": 0.9963459204937822,
    "real_axis": 0.0,
}

HINTS = {
    "size_of_the_remainder": "far above N the error should settle at one half; yours goes to 1",
    "sign_in_the_denominator": "far above N the error should settle at one half; yours grows without bound",
    "lengths_added": "right at very low and very high frequencies, wrong between them: lengths of complex numbers do not add",
    "counts_from_one": "at low frequencies both models agree; your error does not vanish there",
    "plus_one_forgotten": "your error does not fall when N grows",
    "real_axis": "your error vanishes at whole numbers; an oscillation e^(iωt) sits on another axis",
}


def check_mismatch(answer: Callable) -> str:
    """Exercise "mismatch": ``answer(omega, N)`` is the relative error of S4D-LegS at angular frequencies omega.

    omega is (k,) float64 without zeros, and the result too.
    """
    for omega, N, want in FREQUENCIES:
        got = call(answer, np.array(omega), N, shape=(len(omega),))
        symptoms = {name: np.array([value]) for name, value in MISTAKEN.items() if N == 64}
        compare(got, want, symptoms, HINTS, f"with N = {N}")
    return f"check_mismatch: accepted for {len(FREQUENCIES)} orders N"


def hidden(rng: Generator) -> tuple:
    """A few frequencies and an N."""
    return np.round(rng.uniform(0.3, 60, int(rng.integers(2, 6))), 2), int(rng.integers(2, 40))


MISTAKES = {
    "size_of_the_remainder": ("return np.abs(R / (1 + R))", "return np.abs(R)"),
    "sign_in_the_denominator": ("return np.abs(R / (1 + R))", "return np.abs(R / (1 - R))"),
    "lengths_added": ("return np.abs(R / (1 + R))", "return np.abs(R) / (1 + np.abs(R))"),
    "counts_from_one": ("z, k = 1j * omega[:, None], np.arange(N)", "z, k = 1j * omega[:, None], np.arange(1, N + 1)"),
    "plus_one_forgotten": ("R = np.prod((z - k) / (z + k + 1), axis=1)", "R = np.prod((z - k) / (z + k), axis=1)"),
    "real_axis": ("z, k = 1j * omega[:, None], np.arange(N)", "z, k = abs(omega[:, None]), np.arange(N)"),
}
