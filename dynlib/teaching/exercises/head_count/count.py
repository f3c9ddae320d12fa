"""How many heads a machine needs."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

HINTS = {
    "state_size": "as many heads as numbers in the state; but these fade alike",
    "rank_of_the_stack": "that is how many numbers one operator can answer with; the question is how many operators there are",
    "eigenvalues": "one share, one head; but each number also feeds another, and the curve of the lags bends",
    "residues_of_modes": "more heads than there are lags",
    "lag_zero_left_out": "one too few; can an answer hear the newest input, of lag 0?",
    "absolute_cut": "with all numbers 1e12 times as small it needs fewer; other units are no other machine",
    "cut_too_low": "a direction counts here that is a billionth of the first, or less",
    "silent_share": "a share that no answer hears was counted",
    "shares_for_one_output": "each share was counted; but what is a head's table allowed to hold?",
}


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
        ("16 numbers that all keep 0.9", 0.9 * np.eye(16), B, C, 32, 1, {"state_size": 16, "rank_of_the_stack": 4}),
        ("16 numbers with three different shares", three, B, C, 32, 3, {}),
        ("a chain of four numbers that all keep 0.8", chain, B4, C4, 32, 4, {"eigenvalues": 1}),
        ("the same chain, on two steps", chain, B4, C4, 2, 2, {"residues_of_modes": 4}),
        ("three different shares, one of which is never read", three, B, deaf, 32, 2, {"silent_share": 3}),
        ("a memory of the last three inputs", delay, B_delay, C_delay, 8, 3, {"lag_zero_left_out": 2}),
        (
            "five shares, one number in and one out",
            np.diag([0.9, 0.7, 0.5, 0.3, -0.2]),
            B1,
            C1,
            32,
            1,
            {"shares_for_one_output": 5},
        ),
        ("20 shares, three numbers in and two out", np.diag(np.linspace(-0.95, 0.95, 20)), B20, C20, 32, 6, {}),
        ("three shares, in units that are 1e12 times as small", three, 1e-12 * B, C, 32, 3, {"absolute_cut": 0}),
        ("three shares that differ by 3e-6", close, B3, C3, 32, 2, {"cut_too_low": 3}),
        ("a single step", three, B, C, 1, 1, {}),
    ]


def check_count(answer: Callable) -> str:
    """Exercise "count": ``answer(A, B, C, L)`` is how many heads the machine needs on L steps: r, relative cut 1e-9.

    A (N, N), B (N, d), C (p, N) float64, L ≥ 1.
    """
    machines = _machines()
    for what, A, B, C, L, number, mistaken in machines:
        compare(call(answer, A, B, C, L, shape=()), number, mistaken, HINTS, what)
    return f"check_count: accepted on {len(machines)} machines"


def hidden(rng: Generator) -> tuple:
    """Four numbers that fade at up to three different rates, one of them perhaps at once, the ways in and out, and L."""
    rates = np.array([0.9, 0.5, 0.2, 0.0])[rng.permutation(4)[: int(rng.integers(1, 4))]]
    turned = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    rate = np.concatenate([rates] * 4)[:4]
    p, d = (int(rng.integers(1, 4)) for _ in range(2))
    B = np.round(rng.standard_normal((4, d)), 2)
    if rng.random() < 0.25:  # one rate is heard with less than a billionth of the others
        B[rate == rates[0]] *= 1e-11
    unit = 1e-12 if rng.random() < 0.25 else 1.0  # now and then everything is small, which changes no count
    C = np.round(rng.standard_normal((p, 4)), 2)
    return turned @ np.diag(rate) @ turned.T, unit * turned @ B, C, int(rng.integers(1, 30))


MISTAKES = {
    "state_size": ("return int((s > 1e-9 * s[0]).sum())", "return len(A)"),
    "rank_of_the_stack": (
        "s = np.linalg.svd(M.reshape(L, -1), compute_uv=False)",
        "s = np.linalg.svd(M.reshape(-1, B.shape[1]), compute_uv=False)",
    ),
    "eigenvalues": ("return int((s > 1e-9 * s[0]).sum())", "return len(np.unique(np.linalg.eigvals(A).round(6)))"),
    "residues_of_modes": (
        "return int((s > 1e-9 * s[0]).sum())",
        "return np.linalg.matrix_rank(np.stack([np.linalg.matrix_power(A, k).ravel() for k in range(len(A))]), tol=1e-9)",
    ),
    "lag_zero_left_out": ("range(L)", "range(1, L + 1)"),
    "absolute_cut": ("return int((s > 1e-9 * s[0]).sum())", "return int((s > 1e-9).sum())"),
    "cut_too_low": ("return int((s > 1e-9 * s[0]).sum())", "return int((s > 1e-14 * s[0]).sum())"),
}
