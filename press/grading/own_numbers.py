"""Whether the answer to a student's own numbers is right, and whose numbers those in the notebook are."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from press.personal import Draw, Student


@dataclass(frozen=True)
class Own:
    """What the answer gets. ``of`` is 0 where nobody can say what is right; ``holder`` is whose the numbers are, if another's."""

    points: int
    of: int
    line: str
    holder: str = ""


UNKNOWN = "somebody unknown"


def own_numbers(draw: Draw, solution: Callable, ask: Callable[[str], object], own: list[Student], others: list[Student]) -> Own:
    """Mark ``NAME_mine`` by the numbers for which it was written: one point.

    Parameters
    ----------
    draw : Draw
        How the exercise's numbers are drawn.
    solution : callable
        The page's own answer. It is only asked about numbers that were drawn here: what a notebook holds may be anything.
    ask : callable
        Reads a name of the student's notebook; an error where it cannot.
    own : list of Student
        The student under every name that the numbers may have been drawn for.
    others : list of Student
        Everyone else who is known.

    Returns
    -------
    Own
        Numbers of somebody else count as they are, and so does an answer to them: whether that is a mix-up or a copy, a person
        has to say.
    """
    value = ask(f"{draw.exercise}_mine")
    if value is None:
        return Own(0, 1, "not answered")
    drawn = [draw.personal(student) for student in own]
    if any(draw.same(value, solution, numbers) for numbers in drawn):
        return Own(1, 1, "right")
    try:
        written = ask(f"{draw.exercise}_numbers")
    except Exception:  # deleted, or not to be read: only the student's own are left to go by
        return Own(0, 1, "not the answer to this student's numbers")
    if any(_equal(written, numbers) for numbers in drawn):
        return Own(0, 1, "not the answer to this student's numbers")
    for other in others:
        if _equal(written, numbers := draw.personal(other)):
            right = draw.same(value, solution, numbers)
            return Own(int(right), 1, f"{'right' if right else 'not the answer'} for the numbers of {other.name}", other.name)
    return Own(0, 0, "not counted: the numbers in the notebook are not this student's, nor anybody's who is known", UNKNOWN)


def _equal(a: object, b: object) -> bool:
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    try:
        a, b = np.asarray(a), np.asarray(b)
        return a.shape == b.shape and bool(np.all(a == b))
    except (TypeError, ValueError):
        return False
