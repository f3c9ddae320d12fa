"""An end to what runs in the grader itself: a check that some answer sends round in circles."""

import ctypes
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from press.grading.patience import TICKS

POLL = 0.05
LAST = 5.0  # seconds for what was told to end

T = TypeVar("T")


class EndlessError(BaseException):
    """Work came to no end; ``ended`` says whether it could be stopped. No Exception, so that no check takes it for a fault."""

    ended = True


def capped(work: Callable[[], T], seconds: float, clock: float) -> T:
    """What ``work`` returns or raises.

    Parameters
    ----------
    work : callable
        Runs in a thread of its own.
    seconds : float
        What that thread may take of the processor, where the system tells that.
    clock : float
        What it may take by the clock, waiting for others included.

    Returns
    -------
    object
        What it returns.

    Raises
    ------
    EndlessError
        Where it took more. It is stopped at its next line of Python; where there is none, within a function of compiled code,
        it is left alone.
    """
    answers: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    last = time.monotonic() + clock
    while thread.is_alive():
        thread.join(POLL)
        if _processor_seconds(thread) > seconds or time.monotonic() > last:
            raise _stopped(thread)
    if faults:
        raise faults[0]
    return answers[0]


def _processor_seconds(thread: threading.Thread) -> float:
    """What a thread has used; 0 where nothing tells that, or it is gone."""
    try:
        fields = Path(f"/proc/self/task/{thread.native_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:13])) / TICKS


def _stopped(thread: threading.Thread) -> EndlessError:
    """Have a thread stop, and say whether it did."""
    last = time.monotonic() + LAST
    while thread.is_alive() and time.monotonic() < last:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(EndlessError))
        thread.join(POLL)
    error = EndlessError()
    error.ended = not thread.is_alive()
    return error
