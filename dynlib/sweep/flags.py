"""Numbers on a command line. What is none, or lies out of reach, is refused in words, and the command ends with exit code 2."""

import math
from argparse import ArgumentTypeError
from collections.abc import Callable


def whole(least: int | None = None) -> Callable[[str], int]:
    """What makes a whole number of a flag's text.

    Parameters
    ----------
    least : int, optional
        The smallest that is taken; any if left out.

    Returns
    -------
    callable
        For argparse's ``type``; it raises ArgumentTypeError, which says what to give.
    """
    wanted = "give a whole number" if least is None else f"give a whole number of at least {least}"

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise ArgumentTypeError(f"{text!r} is no whole number; {wanted}") from None
        if least is not None and number < least:
            raise ArgumentTypeError(f"{number} is too small; {wanted}")
        return number

    return parse


def workers(text: str) -> int:
    """How many work at a time: a whole number from 1, or −1 for one a processor."""
    number = whole(-1)(text)
    if number == 0:
        raise ArgumentTypeError("0 would do nothing; give how many work at a time, or -1 for one a processor")
    return number


def positive(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no number; give one above 0") from None
    if not (number > 0 and math.isfinite(number)):
        raise ArgumentTypeError(f"{text} is not to be had; give a finite number above 0")
    return number
