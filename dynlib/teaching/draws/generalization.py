"""Draws for the exercises of chapter 4."""

import numpy as np
from numpy.random import Generator


def _load(rng: Generator) -> float:
    """Samples a weight, on either side of 1 and not too near to it."""
    return round(rng.choice([rng.uniform(0.2, 0.85), rng.uniform(1.2, 3)]), 2)


def draw_error(rng: Generator) -> tuple:
    return round(rng.uniform(0.2, 9), 2), _load(rng), round(rng.uniform(0.5, 9), 1), round(rng.uniform(0.2, 3), 1)


def draw_fitted(rng: Generator) -> tuple:
    return round(rng.uniform(0.2, 9), 2), _load(rng), round(rng.uniform(0.5, 9), 1), round(rng.uniform(0.2, 3), 1)


def draw_end(rng: Generator) -> tuple:
    return _load(rng), round(rng.uniform(0.5, 9), 1)


def draw_lowest(rng: Generator) -> tuple:
    return (round(rng.choice([rng.uniform(0.2, 0.9), rng.uniform(1.2, 9)]), 2),)


def draw_moment(rng: Generator) -> tuple:
    rates = np.round(rng.uniform(0.1, 4, int(rng.integers(2, 6))), 2)
    rates[0] *= rng.choice([1.0, 1e-9])         # a mode that hardly learns
    return rates, round(rng.uniform(0.5, 9), 1)


def draw_penalty(rng: Generator) -> tuple:
    return int(rng.integers(5, 200)), round(rng.uniform(0.5, 9), 1)


def draw_small(rng: Generator) -> tuple:
    n = int(rng.integers(2, 30))
    return n, max(1, n + int(rng.integers(-6, 12))), round(rng.uniform(0.5, 9), 1)


def draw_half(rng: Generator) -> tuple:
    target = round(rng.uniform(0.5, 5), 2)
    return target, round(target * rng.uniform(0.001, 0.3), 4)
