"""Weights small enough for a page: a row of a matrix is whole numbers of one byte each, times a scale of its own.

Rounding a network after its training moves its probabilities by some hundredths, so ``dynlib.pointer.grid`` goes on training the
page's network with rounded matrices.
"""

import base64
from collections.abc import Mapping

import numpy as np


def byte_rows(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``matrix ≈ steps · scale[:, None]``, a byte for each entry.

    Parameters
    ----------
    matrix : (rows, columns) array
        The weights.

    Returns
    -------
    tuple of two arrays
        steps, int8 of the matrix's shape; scale, float32 a row, whose largest entry is ±127.

    """
    scale = (np.abs(matrix).max(1) / 127).astype(np.float32)
    safe = np.where(scale > 0, scale, 1).astype(float)[:, None]
    return np.clip(np.round(matrix / safe), -127, 127).astype(np.int8), scale


def rounded(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights that a page computes with: matrices on their grid, vectors in single precision.

    Parameters
    ----------
    weights : mapping of str to array
        As ``plain.plain_weights`` returns them.

    Returns
    -------
    dict of str to float64 array
        The same names.

    """
    out = {}
    for name, value in weights.items():
        value = np.asarray(value, dtype=float)
        if value.ndim == 2:
            steps, scale = byte_rows(value)
            value = steps * scale[:, None].astype(float)
        out[name] = value.astype(np.float32).astype(float) if value.ndim == 1 else value
    return out


def packed(weights: Mapping[str, np.ndarray]) -> dict:
    """The same weights as JSON.

    Parameters
    ----------
    weights : mapping of str to array
        As ``plain.plain_weights`` returns them.

    Returns
    -------
    dict
        A number, ``[float32]`` for a vector, ``[columns, int8, float32]`` for a matrix, in base64.

    """
    out: dict[str, float | list] = {}
    for name, value in weights.items():
        value = np.asarray(value, dtype=float)
        if value.ndim == 0:
            out[name] = float(value)
        elif value.ndim == 1:
            out[name] = [_text(value.astype("<f4"))]
        else:
            steps, scale = byte_rows(value)
            out[name] = [value.shape[1], _text(steps), _text(scale.astype("<f4"))]
    return out


def _text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()
