"""What this chapter asks of arrays, labels, noise and generators. Each refusal names function, argument, value and remedy."""

import math

import numpy as np

from dynlib.scan.arguments import check_choice, check_count

KINDS = ("shared", "local", "dense")


def check_sizes(where: str, **counts: int) -> None:
    """Every count is a whole number of at least 1."""
    for name, value in counts.items():
        check_count(where, name, int(value) if isinstance(value, np.integer) else value)


def check_kind(where: str, kind: str) -> str:
    """Return kind, one of shared, local, dense."""
    return check_choice(where, "kind", kind, KINDS)


def check_number(where: str, name: str, value: float, low: float, *, open_end: bool = False) -> float:
    """Return value, a finite number of at least ``low``, or above it with ``open_end``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)) or not math.isfinite(value):
        raise ValueError(f"{where}: {name} = {value!r} must be a finite number")
    if value < low or (open_end and value == low):
        raise ValueError(f"{where}: {name} = {value!r} must be {'above' if open_end else 'at least'} {low:g}")
    return float(value)


def check_rng(where: str, rng: np.random.Generator) -> np.random.Generator:
    """Return rng, a generator of one's own: the global one would make results depend on what ran before."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"{where}: rng is a {type(rng).__name__}; give a generator: np.random.default_rng(0)")
    return rng


def check_array(where: str, name: str, value, axes: str, **sizes: int) -> np.ndarray:
    """Return value, a float array of finite numbers with the lettered axes, "P k d" for instance.

    ``sizes`` fixes letters: k=4 asks for 4 entries on the axis k. An array may be empty along P. Integers are refused: a filter
    that is trained in place would be rounded at every step.
    """
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{where}: {name} is a {type(value).__name__}; give a float array: np.asarray({name}, dtype=float)")
    if value.dtype.kind != "f":
        raise ValueError(f"{where}: {name} is {value.dtype}; give real floating numbers: {name}.astype(float)")
    letters = axes.split()
    if value.ndim != len(letters):
        raise ValueError(f"{where}: {name} has shape {value.shape}; give it the axes ({', '.join(letters)})")
    for letter, size in zip(letters, value.shape, strict=True):
        if letter in sizes and size != sizes[letter]:
            raise ValueError(f"{where}: {name} of shape {value.shape} has {letter} = {size}, expected {sizes[letter]}; "
                             f"its axes are ({', '.join(letters)})")
        if size == 0 and letter != "P":
            raise ValueError(f"{where}: {name} has shape {value.shape}; the axis {letter} needs at least one entry")
    if not np.isfinite(value).all():
        raise ValueError(f"{where}: {name} holds nan or inf; np.isfinite({name}) says where")
    return value


def check_labels(where: str, y: np.ndarray, P: int) -> np.ndarray:
    """Return y, P ≥ 1 labels that are −1 or +1."""
    check_array(where, "y", y, "P", P=P)
    if P == 0:
        raise ValueError(f"{where}: x and y hold no samples; give at least one")
    wrong = y[np.abs(y) != 1]
    if wrong.size:
        raise ValueError(f"{where}: y holds {wrong[0]:g}; labels are -1 and +1: 2 * y - 1 turns 0 and 1 into them")
    return y
