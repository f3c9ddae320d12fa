"""Instant feedback on one answer, in whatever notebook: the symptom, a hint and the points, never the answer."""

from collections.abc import Callable

from dynlib.teaching.exercises import Refused


def feedback(check: Callable[[Callable], str], answer: Callable, points: int) -> None:
    """Run ``check`` on ``answer`` and print its line with the points.

    Raises ``Refused`` with what the check saw. In a notebook that shows as one line, without a traceback.
    """
    try:
        line = check(answer)
    except Refused as refused:
        raise Refused(f"{check.__name__}: {refused} · 0 of {points} points") from None
    print(f"{line} · {points} of {points} points")
