"""Numbers as short text: integer levels of an axis, written in 64 characters.

A page holds up to 150 frames in 60 KB, so a number is stored as its *level*: an integer 0..4092 along its axis,
4095 for "missing". The levels of a series are written as differences in base64 VLQ, the notation of source maps:
five bits a character, lowest first, the sign in the lowest bit, and bit six says that more follows. A smooth curve
takes little more than one character a number, a rough one two or three.

A table's cell is one character: 31 levels each side of zero, which grow as the square root of the value.
"""

import math
import string
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
TOP = 4092  # three times 1364: both edges of the box lie on a level
MISSING = 4095
CELL_TOP = 31  # a table cell has 31 levels each side of zero, so zero is exact
MISSING_CELL = 63

# Rounding happens at .5 - NUDGE instead of .5: round numbers (half of a limit) lie exactly on .5, and there the last
# bit, which differs between machines, would choose the level.
NUDGE = 1e-6


@dataclass(frozen=True)
class Axis:
    """A linear or logarithmic axis.

    Levels cover three times the visible range, one range below it and one above: a line that leaves
    the box is then clipped by the box and does not lie on its edge. Further out than that a value
    takes the last level.

    Attributes
    ----------
    low, high : float
        The ends in the data's units, ``low < high``, positive if ``log``.
    log : bool
        Whether the axis is logarithmic.
    """

    low: float
    high: float
    log: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """The visible range on the transformed scale: exponents of ten if ``log``."""
        return (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)

    def fraction(self, values: ArrayLike) -> np.ndarray:
        """Position along the axis: 0 at ``low``, 1 at ``high``.

        Parameters
        ----------
        values : array_like
            Of any shape.

        Returns
        -------
        float64 ndarray of the same shape
            NaN where the axis has no place (NaN, inf, log of ≤ 0).
        """
        array = np.asarray(values, dtype=np.float64)
        low, high = self.ends
        known = np.isfinite(array) & (array > 0) if self.log else np.isfinite(array)
        t = np.where(known, array, 1.0)
        t = np.log10(t) if self.log else t
        # halves, so that a float near the largest does not overflow
        return np.where(known, (t / 2 - low / 2) / (high / 2 - low / 2), np.nan)

    def levels(self, values: ArrayLike) -> np.ndarray:
        """Integer levels of values, within half a level.

        Parameters
        ----------
        values : array_like
            Of any shape.

        Returns
        -------
        int64 ndarray of the same shape
            0..4092, and 4095 where :meth:`fraction` is NaN.
        """
        fraction = np.clip(self.fraction(values), -1, 2)
        missing = np.isnan(fraction)
        levels = np.floor((np.where(missing, 0.0, fraction) + 1) / 3 * TOP + 0.5 + NUDGE).astype(np.int64)
        return np.where(missing, MISSING, np.minimum(levels, TOP))

    def values(self, levels: ArrayLike) -> np.ndarray:
        """The inverse of :meth:`levels`.

        Parameters
        ----------
        levels : array_like of int
            Of any shape.

        Returns
        -------
        float64 ndarray of the same shape
            NaN for missing.
        """
        array = np.asarray(levels)
        low, high = self.ends
        t = low + (high - low) * (3 * array / TOP - 1)
        return np.where(array == MISSING, np.nan, 10.0**t if self.log else t)


def pack(levels: np.ndarray) -> str:
    """Integer levels as text: base64 VLQ of their differences.

    Parameters
    ----------
    levels : one-dimensional array of int
        The levels.

    Returns
    -------
    str
        In the 64 characters of ``ALPHABET``.
    """
    text, last = [], 0
    for level in np.asarray(levels).tolist():
        step, last = level - last, level
        rest = -step << 1 | 1 if step < 0 else step << 1
        while rest > 31:
            text.append(ALPHABET[rest & 31 | 32])
            rest >>= 5
        text.append(ALPHABET[rest])
    return "".join(text)


def unpack(text: str) -> np.ndarray:
    """The inverse of :func:`pack`.

    Parameters
    ----------
    text : str
        What :func:`pack` wrote.

    Returns
    -------
    one-dimensional int64 ndarray
        The levels.
    """
    levels, last, number, shift = [], 0, 0, 0
    for character in text:
        code = ALPHABET.index(character)
        number += (code & 31) << shift
        shift += 5
        if code < 32:
            last += -(number >> 1) if number & 1 else number >> 1
            levels.append(last)
            number = shift = 0
    return np.array(levels, dtype=np.int64)


def pack_cells(table: np.ndarray, limit: float) -> str:
    """A table (rows, cols) within ±``limit`` as one character a cell, row after row; NaN is missing.

    Levels grow as the square root of the value, so that small weights keep two digits and are seen.
    """
    missing = np.isnan(table)
    scaled = np.where(missing, 0.0, table) / limit
    levels = np.sign(scaled) * np.floor(np.sqrt(np.abs(scaled)) * CELL_TOP + 0.5 + NUDGE) + CELL_TOP
    levels = np.where(missing, MISSING_CELL, levels).astype(np.int64)
    return "".join(ALPHABET[level] for level in levels.ravel().tolist())


def unpack_cells(text: str, cols: int) -> np.ndarray:
    """The inverse of :func:`pack_cells`.

    Parameters
    ----------
    text : str
        What :func:`pack_cells` wrote.
    cols : int
        How many columns the table has.

    Returns
    -------
    (rows, cols) float64 ndarray
        The signed square root of each value over ``limit``, in [-1, 1]; NaN if missing.
    """
    codes = np.array([ALPHABET.index(character) for character in text], dtype=np.int64)
    return np.where(codes == MISSING_CELL, np.nan, (codes - CELL_TOP) / CELL_TOP).reshape(-1, cols)


# How the script in the page reads all of this: it has no numbers of its own.
CODE = {"alphabet": ALPHABET, "top": TOP, "missing": MISSING, "cells": CELL_TOP, "missingCell": MISSING_CELL}


def as_double(values, name: str, *, allow_complex: bool = False) -> np.ndarray:
    """Values as a float64 (or complex128) array.

    Integers and Python floats are exact enough; anything of lower precision is refused, since its
    printed digits differ from machine to machine. torch tensors in float64 are accepted.

    Parameters
    ----------
    values : array_like or tensor
        Of any shape.
    name : str
        How errors call it.
    allow_complex : bool
        Whether complex128 is accepted, and made of real values too.

    Returns
    -------
    ndarray
        float64, or complex128 if ``allow_complex``.

    Raises
    ------
    ValueError
        For another dtype; the message names ``name``.
    """
    if hasattr(values, "detach"):  # a torch tensor; torch itself is not needed here
        dtype = str(values.dtype).removeprefix("torch.")
        if dtype in ("float64", "complex128") or dtype.startswith("int"):
            values = values.detach().cpu().numpy()
    else:
        values = np.asarray(values)
        dtype = str(values.dtype)
    if allow_complex and dtype == "complex128":
        return values
    if dtype == "float64" or dtype.startswith(("int", "uint")):
        return values.astype(np.complex128 if allow_complex else np.float64)
    wanted = "complex128 or float64" if allow_complex else "float64"
    raise ValueError(f"{name} is {dtype}, and its digits would differ between machines; compute it in {wanted}")
