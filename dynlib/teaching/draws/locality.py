"""Draws for the exercises of chapter 5."""

import numpy as np
from numpy.random import Generator


def draw_overlap(rng: Generator) -> tuple:
    noise = np.round(rng.standard_normal((int(rng.integers(2, 5)), int(rng.integers(2, 7)))), 2)
    return int(rng.integers(1, 20)), round(rng.uniform(0.2, 2), 2), noise


def draw_bound(rng: Generator) -> tuple:
    return int(rng.integers(0, 200)), int(rng.integers(1, 12)), int(rng.integers(2, 70)), round(rng.uniform(0.2, 1.5), 2)


def draw_unseen(rng: Generator) -> tuple:
    return int(rng.integers(0, 12)), int(rng.integers(1, 9)), str(rng.choice(["shared", "local", "dense"]))


def draw_gradient(rng: Generator) -> tuple:
    P, k, d = int(rng.integers(1, 6)), int(rng.integers(1, 4)), int(rng.integers(1, 5))
    return (np.round(rng.standard_normal((P, k, d)), 2), rng.choice([-1.0, 1.0], P), np.round(rng.standard_normal(d), 2),
            round(rng.uniform(0.1, 1), 2))


def draw_steps(rng: Generator) -> tuple:
    P = int(rng.integers(2, 9))
    return np.round(rng.standard_normal((P, int(rng.integers(1, 4)), int(rng.integers(2, 5)))), 2), rng.choice([-1.0, 1.0], P)
