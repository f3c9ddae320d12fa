"""Draws for the exercises of chapter 6."""

import numpy as np
from numpy.random import Generator


def _target(rng: Generator, L: int) -> np.ndarray:
    """A few different places from 1 to L, and the end."""
    return np.append(1 + rng.permutation(L)[:int(rng.integers(2, L + 1))], 0)


def draw_scores(rng: Generator) -> tuple:
    L, m, H = (int(n) for n in rng.integers(2, 6, 3))
    return tuple(np.round(rng.standard_normal(shape), 2) for shape in ((L, H), (m, H), (H,)))


def draw_forbidden(rng: Generator) -> tuple:
    L = int(rng.integers(3, 8))
    return _target(rng, L), L


def draw_fed(rng: Generator) -> tuple:
    L = int(rng.integers(3, 8))
    return np.round(rng.random((L, 2)), 2), _target(rng, L), np.round(rng.random(2), 2)


def draw_canonical(rng: Generator) -> tuple:
    return (rng.permutation(12)[:int(rng.integers(3, 8))],)


def draw_least(rng: Generator) -> tuple:
    return int(rng.integers(3, 20)), bool(rng.integers(2)), bool(rng.integers(2))


def draw_surest(rng: Generator) -> tuple:
    return round(rng.uniform(0.02, 0.99), 2), int(rng.integers(2, 40))       # chance alone may be surer than p


def draw_shortest(rng: Generator) -> tuple:
    n = int(rng.integers(2, 7))
    return (np.round(rng.uniform(0.1, 1, (n, n)), 2) * (1 - np.eye(n)),)       # there and back may differ
