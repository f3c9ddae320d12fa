"""Checks of "kernel" and "points": the answer to a pulse, and how many FFT points apply it without a wrap."""

import cmath
import itertools
from collections.abc import Callable

import numpy as np

from dynlib.teaching.checks import Refused, call, compare

CASES = (
    # modes A, weights C, dt, L: one mode, a mode that only leaks, several modes and odd sizes
    ([-0.5 + 1j * np.pi], [1.0 + 0j], 0.1, 4),
    ([-1.0 + 0j], [0.3 - 2.0j], 0.05, 1),
    ([-0.5 + 2j, -0.1 - 7j, -2.0 + 0.5j], [1.0 - 1j, 0.2 + 3j, -1.5j], 0.03, 7),
)


def _held(A: complex, C: complex, dt: float, L: int) -> list[float]:
    """The kernel of one mode, from the exact response to an input that is 1 during the first step and 0 after it."""
    response = [(cmath.exp(A * dt * step) - 1) / A for step in range(L + 1)]  # the state when the input stays 1
    return [2 * (C * (after - before)).real for before, after in itertools.pairwise(response)]


def _symptoms(A: np.ndarray, C: np.ndarray, dt: float, L: int, want: np.ndarray) -> list:
    """What the known mistakes would return, and how each of them looks from outside."""
    powers = np.exp(np.outer(np.arange(L + 1) * dt, A))  # (L + 1, modes)
    held = C * (np.exp(A * dt) - 1) / A
    looks = {
        "every value is half of what it should be; how many modes does one stored mode stand for?": want / 2,
        "the kernel comes one step late; y_k reads the state after the input u_k has entered": 2 * (powers[1:] @ held).real,
        "K_0 is as if the input entered at one instant; it is held during the whole step, while the mode leaks and turns":
            2 * dt * (powers[:-1] @ C).real,
        "the kernel does not shrink with dt; a shorter step lets in less input": 2 * (powers[:-1] @ C).real,
        "this is a quarter turn away; which part of the sum does the output read?": 2 * (powers[:-1] @ held).imag,
        "the modes turn the wrong way round": 2 * (powers[:-1].conj() @ held).real,
    }
    return list(looks.items())


def check_kernel(answer: Callable) -> str:
    """Exercise "kernel": ``answer(A, C, dt, L)`` is the zero-order-hold kernel of a diagonal state space model with B = 1.

    A and C are (modes,) complex128, one of each conjugate pair; the result is (L,) float64.
    """
    for A, C, dt, L in CASES:
        a, c = np.array(A), np.array(C)
        want = np.sum([_held(*mode, dt, L) for mode in zip(A, C, strict=True)], axis=0)
        got = call(answer, a, c, dt, L, shape=(L,))
        try:
            compare(got, want, _symptoms(a, c, dt, L, want))
        except Refused as refused:
            raise Refused(f"with {len(A)} mode(s), dt = {dt}, L = {L}: {refused}") from None
    return f"check_kernel: accepted on {len(CASES)} systems"


LENGTHS = ((9, 9), (9, 4), (4, 9), (1, 1), (1, 5), (6, 1), (1024, 1024))     # inputs L, kernel values M


def _wrong(n: int, L: int, M: int) -> list[int]:
    """Which of the first L outputs a convolution by an n-point FFT gets wrong, seen on one pair of signals."""
    rng = np.random.default_rng(L + M)
    K, u = rng.uniform(1, 2, M)[:L], rng.uniform(1, 2, L)        # positive, so that nothing that comes around cancels
    y = np.fft.irfft(np.fft.rfft(K, n) * np.fft.rfft(u, n), n)[:L]
    missing = list(range(len(y), L))
    return np.flatnonzero(np.abs(y - np.convolve(u, K)[: len(y)]) > 0.5).tolist() + missing


def check_points(answer: Callable) -> str:
    """Exercise "points": ``answer(L, M)`` is the least number of FFT points that gives L outputs of an M-long kernel exactly."""
    for L, M in LENGTHS:
        got = call(answer, L, M, shape=()).item()
        where = f"with L = {L} and M = {M}"
        if got != int(got) or got < 1:
            raise Refused(f"{where}: {got:g} is no number of points; it must be a whole number of at least 1")
        n = min(int(got), 4 * (L + M))          # more points than that change nothing but the time
        if wrong := _wrong(n, L, M):
            if wrong == [0]:
                raise Refused(f"{where}: one output is wrong, the very first; one value has come around to it")
            raise Refused(f"{where}: {len(wrong)} outputs are wrong; the end of the answer has come around to the beginning")
        if n > 1 and not _wrong(n - 1, L, M):
            few = "this kernel is shorter than the input" if M < L else "this kernel is longer than the input"
            if M == L:
                few = "one is to spare" if _wrong(n - 2, L, M) else "many are to spare"
            raise Refused(f"{where}: every output is right, but fewer points would do; {few}")
    return f"check_points: accepted on {len(LENGTHS)} pairs of lengths"
