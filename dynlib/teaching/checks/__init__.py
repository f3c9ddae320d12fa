"""What all checks of exercises share. A check names the symptom, never the solution.

``check_<exercise>(answer)`` returns a line of confirmation or raises ``Refused``. The same function serves the
chapter, the Colab form, pytest and the batch grader, so answers are plain functions of NumPy arrays and numbers.
"""

from collections.abc import Callable, Iterable

import numpy as np


class Refused(AssertionError):
    """The answer is not accepted; the message says what was seen."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: a student needs the symptom, not the inside of the check."""
        return [f"✗ {self}"]


def call(answer: Callable, *arguments, shape: tuple[int, ...], dtype: type = np.float64) -> np.ndarray:
    """The answer's result for these arguments, after it was seen to be a finite array of ``shape`` and ``dtype``.

    A single number, shape (), may also be a Python or NumPy integer. The arguments are copied first, so an answer that writes
    into them spoils nothing. Raises ``Refused``.
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
    except Exception as error:      # parts that do not stack, lists within lists, a tensor that waits for gradients
        raise Refused(f"the result does not make an array of the shape {shape}: {error}") from None
    if got.dtype == object:
        raise Refused(f"the result is a {kind}, which makes no array of numbers")
    if got.shape != shape:
        raise Refused(f"the result has shape {got.shape}, expected {shape}")
    if shape == () and got.dtype.kind in "iu":
        got = got.astype(np.float64)
    if np.iscomplexobj(got) and dtype is np.float64:
        raise Refused("the result is complex; a real input must have a real answer")
    if got.dtype != dtype:
        raise Refused(f"the result has dtype {got.dtype}, expected {np.dtype(dtype)}")
    if not np.isfinite(got).all():
        raise Refused(f"the result holds {'nan' if np.isnan(got).any() else 'inf'}")
    return got


def compare(got: np.ndarray, want: np.ndarray, symptoms: Iterable[tuple[str, np.ndarray]] = ()) -> None:
    """Refuse ``got`` unless it equals ``want`` to 1e-9 of the largest expected value.

    ``symptoms`` are pairs (message, what that mistake returns). The first that equals ``got`` gives the message; without
    one it names the first wrong entry.
    """
    if close(got, want):
        return
    for message, mistaken in symptoms:
        if close(got, mistaken):
            raise Refused(message)
    index = tuple(int(i) for i in np.argwhere(~np.isclose(got, want, rtol=0, atol=1e-9 * np.abs(want).max()))[0])
    place = f"entry [{', '.join(map(str, index))}]" if index else "it"
    raise Refused(f"{place} is {got[index]:.6g}, expected {want[index]:.6g}")


def close(a, b) -> bool:
    """Equal to 1e-9 of b's largest value, with the same shape."""
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and bool(np.abs(a - b).max() <= 1e-9 * np.abs(b).max())


def generic_mistakes(solution: Callable) -> dict[str, Callable]:
    """Mistakes that every check must refuse, made from a solution that returns one array or one number.

    A number has nothing to transpose or to shift: its sign is flipped, and it is one too large.
    """
    first = []

    def result(*arguments) -> np.ndarray:
        got = np.asarray(solution(*arguments))
        first.append(got)
        return got

    def transposed(*arguments):
        got = result(*arguments)
        return (-got, np.flip(got), got.T)[min(got.ndim, 2)].copy()

    def off_by_one(*arguments):
        got = result(*arguments)
        return np.roll(got, 1, axis=-1) if got.ndim else got + 1

    def single_precision(*arguments):
        got = result(*arguments)
        return got.astype(np.complex64 if np.iscomplexobj(got) else np.float32)

    def constant(*arguments):
        got = result(*arguments)
        return np.full_like(got, got.flat[0] if got.ndim else first[0])

    return {
        "transposed": transposed,
        "one percent too large": lambda *a: 1.01 * result(*a),
        "off by one": off_by_one,
        "single precision": single_precision,
        "constant": constant,
    }
