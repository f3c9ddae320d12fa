"""Which lines of a notebook did not run and which functions are missing, in the words of its writer."""

import re

from press.grading.room import Room
from press.grading.session import Session

NOTED = 20  # faults of one notebook


def lines_that_failed(room: Room, session: Session) -> list[str]:
    """What to say of the lines that did not run: the exercise, the line in its cell, and what was wrong."""
    found = [
        f"{_where(room, session, fault.cell)}, line {fault.line}, `{fault.text[:80]}`: {fault.says}"
        for fault in session.faults
        if not fault.says.startswith("NotImplementedError")  # an exercise that is not answered; its verdict says so
    ]
    return found[:NOTED] + ([f"and {len(found) - NOTED} more lines like these"] if len(found) > NOTED else [])


def _where(room: Room, session: Session, cell: int) -> str:
    """A cell in the student's words."""
    if cell == 0:
        return "in the first cell"
    titles = [exercise.title for name, exercise in room.graded.items() if defines(session.cells[cell], name)]
    first = next((line.strip() for line in session.cells[cell].splitlines() if line.strip()), "")
    return f"in {' and '.join(titles)}" if titles else f"in the cell that begins `{first[:60]}`"


def defines(source: str, name: str) -> bool:
    """Whether a cell gives a name to a function or a value."""
    return bool(re.search(rf"^[ \t]*(def\s+{re.escape(name)}\b|{re.escape(name)}\s*=(?!=))", source, re.M))


def missing(name: str, session: Session) -> str:
    """Why there is no function of that name."""
    faults = [fault for fault in session.faults if defines(session.cells[fault.cell], name)]
    if faults:
        fault = next((fault for fault in faults if defines(fault.text, name)), faults[0])
        return f"there is no `{name}`: its cell stops: {fault.says} (line {fault.line})"
    return f"there is no function `{name}`; was its cell deleted, or the function renamed?"
