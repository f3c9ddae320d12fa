"""A check asks an answer, and asks again: what it was called with, what came back, and whether that hangs on its inputs alone."""

import random
import re
from collections.abc import Callable

import numpy as np

from dynlib.teaching.exercises import Refused

ASKED_AGAIN = 20
NOTHING = object()  # stands where a call has not come back
Log = list[tuple[tuple, object]]  # arguments and result of each call


def accept(check: Callable, answer: Callable, log: Log) -> str:
    """Return a check's line, or raise Refused.

    Parameters
    ----------
    check : callable
        A ``check_NAME``.
    answer : callable
        The student's function.
    log : list
        Collects (arguments, result) of each call; its last entry belongs to the case that failed.

    Returns
    -------
    str
        The check's line.

    Raises
    ------
    Refused
        What the check refuses, and also where the answer depends on how often it was called.
    """

    def watched(*arguments):
        kept = tuple(np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments)
        log.append((kept, NOTHING))
        try:
            result = answer(*arguments)
        except NotImplementedError:  # a stub: no call of it says anything
            log.clear()
            raise
        log[-1] = kept, result
        return result

    line = check(watched)
    again = list(log)
    random.Random(len(again)).shuffle(again)
    if any(not _same(answer(*arguments), result) for arguments, result in again[:ASKED_AGAIN]):
        try:  # it may draw random numbers and still be right each time
            for _ in range(2):
                check(answer)
        except Refused:
            raise Refused(
                "asked again with the same inputs it answers differently; an answer depends on its inputs alone"
            ) from None
    return line


def _same(a: object, b: object) -> bool:
    try:
        a, b = np.asarray(a), np.asarray(b)
        return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True))
    except (TypeError, ValueError, RuntimeError):
        return type(a) is type(b)


def shown(log: Log) -> str:
    """The last call, which failed, and what came back, if anything did, short enough to read; empty where there was none."""
    if not log:
        return ""
    arguments, result = log[-1]
    with np.printoptions(precision=5, threshold=24, edgeitems=3, linewidth=100):
        given = ", ".join(_short(value) for value in arguments)
        return f"called with ({given})" + ("" if result is NOTHING else f"\nit returned {_short(result)}")


def _short(value: object) -> str:
    text = re.sub(r"\s+", " ", str(value) if isinstance(value, np.ndarray) else repr(value))
    return text if len(text) <= 300 else text[:297] + "…"
