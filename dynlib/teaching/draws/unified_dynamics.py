"""Draws for the exercises of chapter 2."""

import numpy as np
from numpy.random import Generator


def _pair(rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Queries and keys, (L, n) each."""
    return tuple(np.round(rng.standard_normal((2, int(rng.integers(3, 7)), int(rng.integers(1, 4)))), 2))


def draw_retnet(rng: Generator) -> tuple:
    return *_pair(rng), round(rng.uniform(0.5, 0.95), 2)


def seen_retnet(result: np.ndarray, q: np.ndarray, k: np.ndarray, gamma: float) -> np.ndarray:
    """The table of the loop: the units of its state are free."""
    decay, write, read = result
    L = len(decay)
    kept = np.array([[np.prod(decay[j + 1:i + 1], axis=0) if j <= i else 0 * decay[0] for j in range(L)] for i in range(L)])
    return np.einsum("in,ijn,jn->ij", read, kept, write)


def draw_mend(rng: Generator) -> tuple:
    L, d = int(rng.integers(3, 7)), int(rng.integers(1, 4))
    return np.round(rng.uniform(-9, 9, (L, d)), 1), np.round(np.cumsum(rng.uniform(0.4, 3, L)), 2)


def draw_state(rng: Generator) -> tuple:
    return int(rng.integers(3, 9)), int(rng.integers(2, 5)), int(rng.integers(2, 12))


def draw_gate(rng: Generator) -> tuple:
    """A table of normalised attention in three cases out of four, and else one that forgets."""
    q, k = _pair(rng)
    L = len(q)
    gate = np.round(np.exp(rng.uniform(-1, 1, L)), 2)[:, None]
    age = np.subtract.outer(np.arange(L), np.arange(L))
    fades = 0.9 ** np.abs(age) if rng.random() < 0.25 else 1.0
    return gate * fades * np.tril(q @ k.T), q, k


def draw_needed(rng: Generator) -> tuple:
    """A running sum with a few features, which are fewer than half of the steps."""
    L, n = int(rng.integers(6, 12)), int(rng.integers(1, 4))
    read, write = np.round(rng.uniform(0.2, 2, (2, L, n)), 2)
    return (np.tril(read @ write.T),)
