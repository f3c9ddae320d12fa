"""How many points an FFT needs so that nothing of a convolution comes around."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import Refused, call

LENGTHS = ((9, 9), (9, 4), (4, 9), (1, 1), (1, 5), (6, 1), (1024, 1024))  # inputs L, kernel values M

HINTS = {
    "no_padding": "outputs are wrong; the end of the answer has come around to the beginning",
    "one_short": "one output is wrong, the very first; one value has come around to it",
    "twice_the_length": "every output is right, but fewer points would do; one is to spare",
    "next_power_of_two": "every output is right, but fewer points would do; many are to spare",
    "only_the_input_counts": "every output is right, but fewer points would do; this kernel is shorter than the input",
    "the_whole_convolution": "every output is right, but fewer points would do; this kernel is longer than the input",
}


def check_points(answer: Callable) -> str:
    """Exercise "points": ``answer(L, M)`` is the least number of FFT points that gives L outputs of an M-long kernel exactly."""
    for L, M in LENGTHS:
        got = call(answer, L, M, shape=()).item()
        where = f"with L = {L} and M = {M}"
        if got != int(got) or got < 1:
            raise Refused(f"{where}: {got:g} is no number of points; it must be a whole number of at least 1")
        n = min(int(got), 4 * (L + M))  # more points than that change nothing but the time
        wrong = _wrong(n, L, M)
        if wrong == [0]:
            raise Refused(f"{where}: {HINTS['one_short']}")
        if wrong:
            raise Refused(f"{where}: {len(wrong)} {HINTS['no_padding']}")
        if n > 1 and not _wrong(n - 1, L, M):
            few = "only_the_input_counts" if M < L else "the_whole_convolution"
            if M == L:
                few = "twice_the_length" if _wrong(n - 2, L, M) else "next_power_of_two"
            raise Refused(f"{where}: {HINTS[few]}")
    return f"check_points: accepted on {len(LENGTHS)} pairs of lengths"


def _wrong(n: int, L: int, M: int) -> list[int]:
    """Which of the first L outputs a convolution by an n-point FFT gets wrong, seen on one pair of signals."""
    rng = np.random.default_rng(L + M)
    K, u = rng.uniform(1, 2, M)[:L], rng.uniform(1, 2, L)  # positive, so that nothing that comes around cancels
    y = np.fft.irfft(np.fft.rfft(K, n) * np.fft.rfft(u, n), n)[:L]
    missing = list(range(len(y), L))
    return np.flatnonzero(np.abs(y - np.convolve(u, K)[: len(y)]) > 0.5).tolist() + missing


def hidden(rng: Generator) -> tuple:
    """L and M."""
    return int(rng.integers(2, 60)), int(rng.integers(2, 60))


MISTAKES = {
    "no_padding": ("return L + min(L, M) - 1", "return max(L, M)"),
    "one_short": ("return L + min(L, M) - 1", "return L + min(L, M) - 2"),
    "twice_the_length": ("return L + min(L, M) - 1", "return L + min(L, M)"),
    "next_power_of_two": ("return L + min(L, M) - 1", "return 2 ** int(np.ceil(np.log2(L + min(L, M) - 1)))"),
    "only_the_input_counts": ("return L + min(L, M) - 1", "return 2 * L - 1"),
    "the_whole_convolution": ("return L + min(L, M) - 1", "return L + M - 1"),
}
