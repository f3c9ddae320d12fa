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
    """A table of normalised attention half of the time, and else one that is none for one of five reasons."""
    q, k = _pair(rng)
    L = len(q)
    scores, gate = q @ k.T, np.round(np.exp(rng.uniform(-1, 1, L)), 2)[:, None]
    W = gate * np.tril(scores)
    row = int(rng.integers(1, L - 1))
    match rng.integers(0, 12):
        case 0:                                         # what was said long ago fades
            W *= 0.9 ** np.abs(np.subtract.outer(np.arange(L), np.arange(L)))
        case 1:                                         # one answer comes with its sign turned round
            W[row] *= -1
        case 2:                                         # one score is too small
            W[row, 0] *= 0.9
        case 3:                                         # the first answers hear the future
            W = gate * scores
        case 4:                                         # it fades, and is small
            W *= 1e-12 * 0.9 ** np.abs(np.subtract.outer(np.arange(L), np.arange(L)))
        case 5:                                         # it is one in other units
            W *= 1e-12
    return W, q, k


def draw_needed(rng: Generator) -> tuple:
    """A table whose busiest moment needs a few numbers: a sum, facts told early, two steps, or none."""
    L, n = int(rng.integers(7, 12)), int(rng.integers(1, 4))
    read, write = np.round(rng.uniform(0.2, 2, (2, L, n)), 2)
    W = np.tril(read @ write.T)
    match rng.integers(0, 5):
        case 0:
            W *= 1e-12
        case 1:                                         # what is told at the first steps is asked for at the next ones
            W = np.diag(np.round(rng.uniform(1, 2, L), 2))
            W[n:2 * n, :n] = np.round(rng.standard_normal((n, n)), 2) + 3 * np.eye(n)
        case 2:                                         # two steps, with one moment between them
            W = np.tril(np.round(rng.uniform(1, 2, (2, 2)), 2))
        case 3:                                         # nothing of the past is heard
            W = np.diag(np.round(rng.uniform(1, 2, L), 2))
    return (W,)
