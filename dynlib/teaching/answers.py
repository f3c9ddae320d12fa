"""Instant feedback on one answer, in whatever notebook: the symptom, a hint and the points, never the answer."""

from collections.abc import Callable

from dynlib.teaching.exercises import Refused


def feedback(check: Callable[[Callable], str], answer: Callable, points: int) -> None:
    """Run a check on an answer and print its line with the points.

    A refusal is printed as well and ends nothing: the cells below still run. Whoever needs the
    exception, as tests and graders do, calls the check itself.

    Parameters
    ----------
    check : callable
        Takes the answer; returns a line of confirmation or raises ``Refused``, as the
        ``check_NAME`` functions of :mod:`dynlib.teaching.exercises` do.
    answer : callable
        The function that the exercise asks for.
    points : int
        What the exercise is worth.
    """
    try:
        line, earned = check(answer), points
    except Refused as refused:
        line, earned = f"✗ {check.__name__}: {refused}", 0
    print(f"{line} · {earned} of {points} points")
