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


def draw_judge(rng: Generator) -> tuple:
    """A hull and two points within it; one answer goes through one of those, others are the hull, however spelled, or cross."""
    m = int(rng.integers(4, 7))
    angle = 2 * np.pi * (np.arange(m) + rng.uniform(-0.2, 0.2, m)) / m
    points = np.append(np.exp(1j * angle), rng.uniform(0, 0.3, 2) * np.exp(1j * rng.uniform(0, 6, 2)))
    name = rng.permutation(m + 2)
    shuffled = np.empty((m + 2, 2))
    shuffled[name] = np.round(np.stack([points.real, points.imag], axis=1), 2)
    hull, dented = name[:m], name[:m].copy()
    dented[int(rng.integers(m))] = name[m]
    spelled = np.roll(hull, int(rng.integers(1, m)))
    others = [hull, spelled, spelled[::-1], np.append(hull[[0, 2, 1]], hull[3:])]
    answers = [dented, *(others[int(i)] for i in rng.integers(0, 4, int(rng.integers(2, 5))))]
    return shuffled, answers, hull


def draw_least(rng: Generator) -> tuple:
    return int(rng.integers(3, 20)), bool(rng.integers(2)), bool(rng.integers(2))


def draw_surest(rng: Generator) -> tuple:
    return round(rng.uniform(0.02, 0.99), 2), int(rng.integers(2, 40))       # chance alone may be surer than p


def draw_shortest(rng: Generator) -> tuple:
    n = int(rng.integers(2, 7))
    return (np.round(rng.uniform(0.1, 1, (n, n)), 2) * (1 - np.eye(n)),)       # there and back may differ
