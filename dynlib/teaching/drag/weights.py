"""Weights small enough for a page: every matrix row in bytes and a scale, written as text."""

import base64
from collections.abc import Mapping

import numpy as np


def rounded(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights that the page computes with, float64: matrices on their int8 grid, vectors in single precision."""
    out = {}
    for name, value in weights.items():
        value = np.asarray(value, dtype=float)
        if value.ndim == 2:
            steps, scale = _bytes(value)
            value = steps * scale[:, None].astype(float)
        out[name] = value if value.ndim == 0 else value.astype(np.float32).astype(float) if value.ndim == 1 else value
    return out


def packed(weights: Mapping[str, np.ndarray]) -> dict:
    """The same weights as JSON: a number, ``[float32]`` for a vector, ``[columns, int8, float32]`` for a matrix."""
    out = {}
    for name, value in weights.items():
        value = np.asarray(value, dtype=float)
        if value.ndim == 0:
            out[name] = float(value)
        elif value.ndim == 1:
            out[name] = [_text(value.astype("<f4"))]
        else:
            steps, scale = _bytes(value)
            out[name] = [value.shape[1], _text(steps), _text(scale.astype("<f4"))]
    return out


def _bytes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A row's largest entry becomes ±127: ``matrix ≈ steps · scale[:, None]``."""
    scale = (np.abs(matrix).max(1) / 127).astype(np.float32)
    safe = np.where(scale > 0, scale, 1).astype(float)[:, None]
    return np.clip(np.round(matrix / safe), -127, 127).astype(np.int8), scale


def _text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()
