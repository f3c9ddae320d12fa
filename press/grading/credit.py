"""Part of an exercise's points for an answer with a known slip and no other fault, where the exercise's module says so.

``CREDIT`` in an exercise's module gives for a name out of ``MISTAKES`` the share of the points that such an answer has earned.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from dynlib.teaching.exercises import Refused
from press.exercises import Exercises
from press.personal import Draw, Student


@dataclass(frozen=True)
class Slip:
    """A known mistake: what the check says of it, the share of the points, and the solution with this mistake."""

    hint: str
    share: float
    answer: Callable


def slips(page: Exercises, name: str, module: ModuleType) -> list[Slip]:
    """The slips of one exercise that earn a part of its points.

    Parameters
    ----------
    page : Exercises
        The room's.
    name : str
        The exercise.
    module : module
        Its module; ``CREDIT`` may be missing.

    Returns
    -------
    list of Slip
        In the module's order.

    Raises
    ------
    ValueError
        Where CREDIT names no mistake, or a share is not between 0 and 1.
    """
    found = []
    for mistake, share in getattr(module, "CREDIT", {}).items():
        if mistake not in page.mistakes[name]:
            raise ValueError(f"{page.room}, {name}: CREDIT names {mistake!r}, which is none of its MISTAKES")
        if not 0 < share < 1:
            raise ValueError(f"{page.room}, {name}: CREDIT gives {share!r} for {mistake!r}; it is a share between 0 and 1")
        found.append(Slip(page.mistakes[name][mistake].hint, share, page.mistaken(name, mistake)))
    return found


def earned(known: list[Slip], refusal: str, answer: Callable, draw: Draw | None, student: Student) -> float:
    """The share of the points for an answer that its check refused.

    Parameters
    ----------
    known : list of Slip
        The exercise's.
    refusal : str
        What the check said.
    answer : callable
        The student's function.
    draw : Draw or None
        Draws inputs that are printed nowhere; without one there is no credit.
    student : Student
        For whom they are drawn.

    Returns
    -------
    float
        0 where the check named another symptom, or the answer is more than this slip away from a right one.
    """
    for slip in known:
        if draw and refusal.endswith(slip.hint):
            try:
                draw.check(answer, slip.answer, draw.hidden(student))
            except Refused:
                continue
            return slip.share
    return 0.0
