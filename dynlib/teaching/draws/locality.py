"""Draws for the exercises of chapter 5."""

import numpy as np
from numpy.random import Generator

KINDS = ("shared", "local", "dense")


def _labels(rng: Generator, P: int) -> np.ndarray:
    return rng.choice([-1.0, 1.0], P)


def _pictures(rng: Generator, P: int, k: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (P, k, d) with one pattern in one patch, upright or negated, and their labels."""
    y, pattern = _labels(rng, P), rng.standard_normal(d)
    x = 0.4 * rng.standard_normal((P, k, d))
    x[np.arange(P), rng.integers(0, k, P)] += y[:, None] * pattern / np.linalg.norm(pattern)
    return np.round(x, 2), y


def _rotation(rng: Generator, n: int) -> np.ndarray:
    """A rotation of n ≥ 2 numbers, made of turns by 3, 4 and 5, so that a few decimals print it exactly."""
    g = np.eye(n)
    for _ in range(3):
        i, j = rng.permutation(n)[:2]
        turn = np.eye(n)
        turn[[i, j], [i, j]], turn[i, j], turn[j, i] = 0.6, -0.8, 0.8
        g = np.round(turn @ g, 3)
    return g


def draw_overlap(rng: Generator) -> tuple:
    noise = rng.standard_normal((int(rng.integers(2, 6)), int(rng.integers(1, 6))))
    return int(rng.integers(1, 12)), round(rng.uniform(0.2, 3), 2), np.round(noise, 2)


def draw_bound(rng: Generator) -> tuple:
    return int(rng.integers(0, 20)), int(rng.integers(2, 7)), int(rng.integers(2, 30)), round(rng.uniform(0.2, 1.5), 2)


def draw_unseen(rng: Generator) -> tuple:
    samples = 0 if rng.random() < 0.25 else int(rng.integers(1, 12))        # no samples is a case of its own
    return samples, int(rng.integers(2, 20)), str(rng.choice(KINDS))


def draw_start(rng: Generator) -> tuple:
    kind, k, d = str(rng.choice(KINDS)), int(rng.integers(2, 4)), int(rng.integers(2, 4))
    if kind == "local":
        return kind, np.round(rng.standard_normal((k, d)), 2), np.array([_rotation(rng, d) for _ in range(k)])
    n = d if kind == "shared" else k * d
    return kind, np.round(rng.standard_normal(d if kind == "shared" else (k, n)), 2), _rotation(rng, n)


def draw_gradient(rng: Generator) -> tuple:
    x, y = _pictures(rng, *(int(n) for n in rng.integers(2, 5, 3)))
    w = np.round(rng.standard_normal(x.shape[2]), 2)
    return x, y, w, round(rng.uniform(0.1, 0.6), 2) + 5e-5      # no answer lies on the threshold: all have four decimals


def draw_steps(rng: Generator) -> tuple:
    return _pictures(rng, int(rng.integers(5, 10)), *(int(n) for n in rng.integers(2, 4, 2)))


def draw_sparse(rng: Generator) -> tuple:
    """A pattern of two pixels, and a few samples of it."""
    P, D = int(rng.integers(4, 9)), int(rng.integers(4, 10))
    pattern, y, sigma = np.zeros(D), _labels(rng, P), round(rng.uniform(0.2, 0.6), 2)
    pattern[rng.permutation(D)[:2]] = rng.choice([-1, 1], 2) * rng.permutation([0.6, 0.8])
    return np.round(y[:, None] * pattern + sigma * rng.standard_normal((P, D)), 2), y, sigma
