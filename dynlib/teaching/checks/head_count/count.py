"""Checks of "count" and "lengths": how many heads a machine needs, and how the number grows with the length."""

from collections.abc import Callable

import numpy as np

from dynlib.teaching.checks import Refused, call, compare

IDENTITY, UP, DOWN = np.eye(2), np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])


def _ends(N: int, p: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((N, d)), rng.standard_normal((p, N))


def _machines() -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray, int, int, dict[str, int]]]:
    """What it is, A, B, C, L, how many heads it needs, and what mistakes return for it."""
    three = np.diag([0.9] * 6 + [0.5] * 5 + [-0.3] * 5)
    B, C = _ends(16, 4, 4, 1)
    deaf = np.where(np.diag(three) == 0.5, 0.0, C)
    chain = 0.8 * np.eye(4) + np.eye(4, k=1)
    B4, C4 = _ends(4, 4, 4, 2)
    delay, B_delay = np.kron(np.eye(3, k=-1), np.eye(2)), np.eye(6, 2)
    C_delay = _ends(6, 2, 1, 3)[1]
    B1, C1 = _ends(5, 1, 1, 4)
    B20, C20 = _ends(20, 2, 3, 5)
    close = np.diag([0.9, 0.9 + 3e-6, 0.9 + 6e-6])
    B3, C3 = _ends(3, 3, 3, 6)
    return [
        ("16 numbers that all keep 0.9", 0.9 * np.eye(16), B, C, 32, 1, {
            "as many heads as numbers in the state; but these fade alike": 16,
            "that is how many numbers one operator can answer with; the question is how many operators there are": 4,
        }),
        ("16 numbers with three different shares", three, B, C, 32, 3, {}),
        ("a chain of four numbers that all keep 0.8", chain, B4, C4, 32, 4, {
            "one share, one head; but each number also feeds another, and the curve of the lags bends": 1,
        }),
        ("the same chain, on two steps", chain, B4, C4, 2, 2, {"more heads than there are lags": 4}),
        ("three different shares, one of which is never read", three, B, deaf, 32, 2, {
            "a share that no answer hears was counted": 3,
        }),
        ("a memory of the last three inputs", delay, B_delay, C_delay, 8, 3, {
            "one too few; can an answer hear the newest input, of lag 0?": 2,
        }),
        ("five shares, one number in and one out", np.diag([0.9, 0.7, 0.5, 0.3, -0.2]), B1, C1, 32, 1, {
            "each share was counted; but what is a head's table allowed to hold?": 5,
        }),
        ("20 shares, three numbers in and two out", np.diag(np.linspace(-0.95, 0.95, 20)), B20, C20, 32, 6, {}),
        ("three shares, in units that are 1e12 times as small", three, 1e-12 * B, C, 32, 3, {
            "with all numbers 1e12 times as small it needs fewer; other units are no other machine": 0,
        }),
        ("three shares that differ by 3e-6", close, B3, C3, 32, 2, {
            "a direction counts here that is a billionth of the first, or less": 3,
        }),
        ("a single step", three, B, C, 1, 1, {}),
    ]


def check_count(answer: Callable) -> str:
    """Exercise "count": ``answer(A, B, C, L)`` is how many heads the machine needs on L steps: r, relative cut 1e-9.

    A (N, N), B (N, d), C (p, N) float64, L ≥ 1.
    """
    machines = _machines()
    for what, A, B, C, L, number, mistakes in machines:
        got = call(answer, A, B, C, L, shape=())
        try:
            compare(got, np.array(float(number)), [(message, float(mistaken)) for message, mistaken in mistakes.items()])
        except Refused as refused:
            raise Refused(f"{what}: {refused}") from None
    return f"check_count: accepted on {len(machines)} machines"


def check_lengths(answer: Callable) -> str:
    """Exercise "lengths": ``answer(M)`` is (L,) float64, the heads that the first 1, 2, …, L lags need.

    M is (L, p, d) float64. Singular values below 1e-9 of the largest of all L lags count as zero.
    """
    rng = np.random.default_rng(7)
    taps = np.stack([IDENTITY, IDENTITY, IDENTITY, UP, UP, DOWN])
    late = np.zeros((5, 2, 3))
    late[2], late[4] = rng.standard_normal((2, 2, 3))
    fading = np.einsum("tm,mpd->tpd", np.array([0.9, 0.4]) ** np.arange(12)[:, None], rng.standard_normal((2, 3, 2)))
    cases = [
        ("the taps I, I, I, E12, E12, E21", taps, [1, 1, 1, 2, 2, 3]),
        ("two inputs ago, four inputs ago, and nothing else", late, [0, 0, 1, 1, 2]),
        ("two shares", fading, [1] + [2] * 11),
        ("two shares, in units that are 1e12 times as small", 1e-12 * fading, [1] + [2] * 11),
        ("a single lag", rng.standard_normal((1, 3, 2)), [1]),
    ]
    for what, M, wanted in cases:
        L, rows = len(M), M.reshape(len(M), -1)
        cut = 1e-9 * np.linalg.norm(rows, 2)
        symptoms = [
            ("every lag was looked at by itself; the span is of all lags so far", (np.abs(rows).max(1) > cut).astype(float)),
            ("these are the ranks of the single operators; is an operator of rank 2 two directions?",
                np.linalg.matrix_rank(M, tol=cut).astype(float)),
            ("these are the most that there could be; lags can repeat themselves",
                np.minimum(np.arange(1.0, L + 1), rows.shape[1])),
            ("these are the last 1, 2, … lags; a short sequence has the newest lags, not the oldest",
                np.array([np.linalg.matrix_rank(rows[-m:], tol=cut) for m in range(1, L + 1)], dtype=float)),
            ("lag 0 is missing", np.array([np.linalg.matrix_rank(rows[1 : m + 1], tol=cut) if L > 1 else 0
                                           for m in range(1, L + 1)], dtype=float)),
            ("the number of the whole length stands everywhere", np.full(L, float(wanted[-1]))),
            ("with all numbers 1e12 times as small there are fewer; other units are no other lags", np.zeros(L)),
        ]
        got = call(answer, M, shape=(L,))
        try:
            compare(got, np.array(wanted, dtype=float), symptoms)
        except Refused as refused:
            raise Refused(f"{what}: {refused}") from None
    return f"check_lengths: accepted on {len(cases)} sets of lags"
