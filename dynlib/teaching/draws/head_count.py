"""Draws for the exercises of chapter 3."""

import numpy as np
from numpy.random import Generator


def _system(rng: Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Four numbers that fade at up to three different rates, one of them perhaps at once, with the ways in and out."""
    rates = np.array([0.9, 0.5, 0.2, 0.0])[rng.permutation(4)[:int(rng.integers(1, 4))]]
    turned = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    rate = np.concatenate([rates] * 4)[:4]
    p, d = (int(rng.integers(1, 4)) for _ in range(2))
    B = np.round(rng.standard_normal((4, d)), 2)
    if rng.random() < 0.25:         # one rate is heard with less than a billionth of the others
        B[rate == rates[0]] *= 1e-11
    return turned @ np.diag(rate) @ turned.T, _units(rng) * turned @ B, np.round(rng.standard_normal((p, 4)), 2)


def _units(rng: Generator) -> float:
    """Now and then everything is small, which changes no count."""
    return 1e-12 if rng.random() < 0.25 else 1.0


def _operators(rng: Generator) -> np.ndarray:
    """What an input says tau steps later, for a few tau: (L, p, d). Each repeats the one before, or says something new."""
    p, d = (int(rng.integers(1, 4)) for _ in range(2))
    M = [np.round(rng.standard_normal((p, d)), 2)]
    for _ in range(int(rng.integers(3, 7))):
        M.append(0.5 * M[-1] if rng.random() < 0.5 else np.round(rng.standard_normal((p, d)), 2))
    return _units(rng) * np.array(M)


def draw_count(rng: Generator) -> tuple:
    return *_system(rng), int(rng.integers(1, 30))


def draw_lengths(rng: Generator) -> tuple:
    return (_operators(rng),)


def draw_heads(rng: Generator) -> tuple:
    return (_operators(rng),)


def seen_heads(result: np.ndarray, M: np.ndarray) -> np.ndarray:
    """What the heads say together: which heads do it is free."""
    return np.einsum("hl,hv->lv", result[:, :len(M)], result[:, len(M):])


def draw_miss(rng: Generator) -> tuple:
    """Operators that all say something new, and fewer heads than they need."""
    L, p, d = int(rng.integers(3, 7)), int(rng.integers(1, 4)), int(rng.integers(2, 4))
    return np.round(rng.standard_normal((L, p, d)), 2), int(rng.integers(1, min(L, p * d)))


def draw_silent(rng: Generator) -> tuple:
    H, m, d, p, L = (int(n) for n in rng.integers(1, 4, 5))
    W_Q, W_K = np.round(rng.standard_normal((2, H, m, d)), 2)
    return W_Q, W_K, np.round(rng.standard_normal((H, L + 1, L + 1)), 2), np.round(rng.standard_normal((H, p, d)), 2)


def draw_lift(rng: Generator) -> tuple:
    return (np.round(rng.standard_normal((int(rng.integers(1, 5)), int(rng.integers(2, 7)))), 2),)


def seen_lift(result: np.ndarray, q: np.ndarray) -> np.ndarray:
    """What is left of each weight when the last head has taken its part back, and what lies below zero: lifts are free."""
    return np.vstack([result[:-1] - result[-1], np.minimum(result, 0)])
