"""Draws for the exercises of chapter 1."""

import numpy as np
from numpy.random import Generator


def _modes(rng: Generator, count: int) -> np.ndarray:
    """Modes that leak, and turn at speeds at least half a radian a second apart, all upwards."""
    speeds = np.cumsum(rng.uniform(0.5, 4, count))
    return np.round(-rng.uniform(0.1, 1.5, count) + 1j * speeds, 3)


def _weights(rng: Generator, count: int) -> np.ndarray:
    return np.round(rng.uniform(0.3, 2, count) * np.exp(1j * rng.uniform(-3, 3, count)), 3)


def draw_kernel(rng: Generator) -> tuple:
    count = int(rng.integers(1, 5))
    return _modes(rng, count), _weights(rng, count), round(rng.uniform(0.01, 0.15), 3), int(rng.integers(3, 10))


def draw_points(rng: Generator) -> tuple:
    return int(rng.integers(2, 60)), int(rng.integers(2, 60))


def draw_weights(rng: Generator) -> tuple:
    count = int(rng.integers(1, 4))
    return _weights(rng, count), _modes(rng, count), round(rng.uniform(0.02, 0.2), 3), int(rng.integers(2, 12))


def draw_poles(rng: Generator) -> tuple:
    return round(rng.choice([-1, 1]) * rng.uniform(0.5, 30), 2), int(rng.integers(2, 9)), int(rng.integers(3, 14))


def draw_mismatch(rng: Generator) -> tuple:
    return np.round(rng.uniform(0.3, 60, int(rng.integers(2, 6))), 2), int(rng.integers(2, 40))


def draw_speeds(rng: Generator) -> tuple:
    return (2 * int(rng.integers(2, 20)),)


def draw_retune(rng: Generator) -> tuple:
    return (_modes(rng, int(rng.integers(1, 5))),)
