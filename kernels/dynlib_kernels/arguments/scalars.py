"""Whole numbers, finite numbers, choices and generators."""

import math
import numbers
import operator

import numpy as np


def whole(value) -> int | None:
    """value as an int, None where it is no whole number.

    NumPy's integers and tensors of one integer are whole numbers; 4.0, True and False are not.
    """
    if isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool"):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def check_count(where: str, name: str, value: int, *, least: int = 1, why: str = "") -> int:
    """value as an int, a whole number of at least ``least``; ``why`` ends the refusal."""
    count = whole(value)
    if count is None or count < least:
        raise ValueError(f"{where}: {name} = {value!r} must be a whole number of at least {least}{why}")
    return count


def check_counts(where: str, **counts: int) -> None:
    """Every count is a whole number of at least 1."""
    for name, value in counts.items():
        check_count(where, name, value)


def check_place(where: str, name: str, value: int, size: int) -> int:
    """value as an int, a whole number from 0 to size − 1."""
    place = whole(value)
    if place is None or not 0 <= place < size:
        raise ValueError(f"{where}: {name} = {value!r} must be a whole number from 0 to {size - 1}")
    return place


def check_number(where: str, name: str, value: float, low: float, *, open_end: bool = False) -> float:
    """value as a float, a finite number of at least ``low``, or above it with ``open_end``."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(value):
        raise ValueError(f"{where}: {name} = {value!r} must be a finite number")
    if value < low or (open_end and value == low):
        raise ValueError(f"{where}: {name} = {value!r} must be {'above' if open_end else 'at least'} {low:g}")
    return float(value)


def check_choice(where: str, name: str, value: str, choices) -> str:
    """Return value, one of the choices."""
    if value not in choices:
        raise ValueError(f"{where}: {name} = {value!r} is not known; choose from {', '.join(map(repr, choices))}")
    return value


def check_heads(where: str, d: int, s: int) -> int:
    """Channels a head, d/s."""
    if d % s:
        raise ValueError(f"{where}: d = {d} channels do not split over s = {s} heads; make d a multiple of {s}")
    return d // s


def check_rng(where: str, rng: np.random.Generator) -> np.random.Generator:
    """Return rng, a generator of one's own: the global one would make results depend on what ran before."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"{where}: rng is a {type(rng).__name__}; give a generator: np.random.default_rng(0)")
    return rng
