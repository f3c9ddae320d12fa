"""The exercises: one module each, in the package of its room, and what all their checks share.

A check names the symptom, never the solution. ``check_NAME(answer)`` stands in the module NAME; it returns a line of
confirmation or raises ``Refused``. The same function serves the chapter, the reader's form, pytest and the batch grader, so
answers are plain functions of NumPy arrays and numbers, and what a check needs is NumPy and nothing of the library.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping

import numpy as np


class Refused(AssertionError):
    """The answer is not accepted; the message says what was seen."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: a student needs the symptom, not the inside of the check."""
        return [f"✗ {self}"]


def found_in(package: str, path: Iterable[str]) -> tuple[list[str], Callable[[str], object]]:
    """``__all__`` and ``__getattr__`` of a room's package.

    Parameters
    ----------
    package : str
        The package's dotted name.
    path : iterable of str
        Its ``__path__``.

    Returns
    -------
    names : list of str
        ``check_NAME`` for each module NAME.
    getattr_ : callable
        Imports a check from its module when it is asked for; AttributeError for any other name.
    """
    names = [f"check_{module.name}" for module in pkgutil.iter_modules(path)]

    def getattr_(name: str) -> object:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{name.removeprefix('check_')}"), name)

    return names, getattr_


def call(answer: Callable, *arguments, shape: tuple[int, ...], dtype: type = np.float64) -> np.ndarray:
    """The answer's result for these arguments, seen to be a finite array of the right form.

    The arguments are copied first, so an answer that writes into them spoils nothing.

    Parameters
    ----------
    answer : callable
        The student's function.
    *arguments
        What it is called with.
    shape : tuple of int
        What the result must have.
    dtype : type
        What the result must have. Whole numbers of any size may stand for it, since their values
        are what counts, unless it is bool.

    Returns
    -------
    ndarray of ``shape`` and ``dtype``
        The result.

    Raises
    ------
    Refused
        If the answer is no function, is not written yet or stops with an error, or if its result is
        None, makes no array, has another shape or dtype, or holds nan or inf.
    """
    if not callable(answer):
        raise Refused(f"this is a {type(answer).__name__}; hand over the function itself, without calling it")
    try:
        got = answer(*(np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments))
    except NotImplementedError:
        raise Refused("not written yet") from None
    except Exception as error:
        raise Refused(f"it stops with {type(error).__name__}: {error}") from error
    if got is None:
        raise Refused("it returns None; does it end with a return?")
    kind = type(got).__name__
    try:
        got = np.asarray(got)
    except Exception as error:  # parts that do not stack, lists within lists, a tensor that waits for gradients
        raise Refused(f"the result does not make an array of the shape {shape}: {error}") from None
    if got.dtype == object:
        raise Refused(f"the result is a {kind}, which makes no array of numbers")
    if got.shape != shape:
        raise Refused(f"the result has shape {got.shape}, expected {shape}")
    if got.dtype.kind in "iu" and dtype is not bool:
        got = got.astype(dtype)
    if np.iscomplexobj(got) and dtype is np.float64:
        raise Refused("the result is complex; a real input must have a real answer")
    if got.dtype != dtype:
        raise Refused(f"the result has dtype {got.dtype}, expected {np.dtype(dtype)}")
    if not np.isfinite(got).all():
        raise Refused(f"the result holds {'nan' if np.isnan(got).any() else 'inf'}")
    return got


def compare(got: object, want: object, symptoms: Mapping[str, object], hints: Mapping[str, str], where: str) -> None:
    """Refuse a result unless it equals what is wanted to 1e-9 of the largest expected value.

    Parameters
    ----------
    got, want : array_like
        The result and what is expected.
    symptoms : mapping of str to object
        How each known mistake shows in this case: what it returns, or whether ``got`` looks like it
        (a bool), or None where it cannot show. The first that fits gives the message.
    hints : mapping of str to str
        The sentence for each symptom, by the same name.
    where : str
        The case of which the message speaks; it begins with that and ends with the sentence.

    Raises
    ------
    Refused
        With the hint of the first symptom that fits; without one the message names the first wrong
        entry.
    """
    if close(got, want):
        return
    for name, sign in symptoms.items():
        if sign is not None and (sign if isinstance(sign, bool | np.bool_) else close(got, sign)):
            raise Refused(f"{where}: {hints[name]}")
    got, want = np.asarray(got), np.asarray(want)
    index = tuple(int(i) for i in np.argwhere(~np.isclose(got, want, rtol=0, atol=1e-9 * np.abs(want).max()))[0])
    place = f"entry [{', '.join(map(str, index))}]" if index else "it"
    raise Refused(f"{where}: {place} is {got[index]:.6g}, expected {want[index]:.6g}")


def close(a: object, b: object) -> bool:
    """Whether a equals b to 1e-9 of b's largest value, with the same shape.

    Parameters
    ----------
    a, b : array_like
        The two; b is the expected one.

    Returns
    -------
    bool
        False where the shapes differ.
    """
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and bool(np.abs(a - b).max() <= 1e-9 * np.abs(b).max())
