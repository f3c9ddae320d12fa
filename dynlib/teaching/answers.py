"""Instant feedback on one answer, in whatever notebook: the symptom, a hint and the points, never the answer."""

from collections.abc import Callable

from dynlib.teaching.exercises import Refused


def feedback(check: Callable[[Callable], str], answer: Callable, points: int) -> None:
    """Run a check on an answer and print its line with the points.

    Parameters
    ----------
    check : callable
        Takes the answer; returns a line of confirmation or raises ``Refused``, as the
        ``check_NAME`` functions of :mod:`dynlib.teaching.exercises` do.
    answer : callable
        The function that the exercise asks for.
    points : int
        What the exercise is worth.

    Raises
    ------
    Refused
        With what the check saw. In a notebook that shows as one line, without a traceback.
    """
    try:
        line = check(answer)
    except Refused as refused:
        raise Refused(f"{check.__name__}: {refused} · 0 of {points} points") from None
    print(f"{line} · {points} of {points} points")
