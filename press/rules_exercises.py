"""Rules about exercises: what a release and the table for instructors read of them.

Each takes a page and yields ``(cell number or 0, message)``.
"""

from collections.abc import Iterator

from press.chapter import Page
from press.notebooks import tags
from press.solutions import split_solution, unmatched_gates
from press.statements import defined

Found = Iterator[tuple[int, str]]

LEVELS = "the options `:difficulty:` (1 to 3) and `:minutes:` (an estimate), such as 2 and 20"


def exercise_statements(page: Page) -> Found:
    """Each has the label ROOM-NAME, a difficulty and an estimate of the minutes, and is either marked by a check or open."""
    if not page.room or not _is_written(page):
        return
    room = page.room.replace("_", "-")
    for exercise in page.exercises:
        if not exercise.label.startswith(f"{room}-"):
            yield exercise.cell, f"holds the exercise {exercise.title!r} without a label {room}-NAME"
            continue
        if not (exercise.difficulty and exercise.minutes):
            yield exercise.cell, f"holds the exercise {exercise.label!r}, which needs {LEVELS}"
        if exercise.is_open == exercise.is_graded:
            fault = (
                "is `:open:` and has a stub and a solution"
                if exercise.is_open
                else "is not `:open:` and lacks a stub or a solution, in cells tagged `exercise` and `solution`"
            )
            yield exercise.cell, f"holds the exercise {exercise.label!r}, which {fault}"


def exercise_solutions(page: Page) -> Found:
    """The body of a solution stands between nbgrader's marks, and what stands outside is what the stub has."""
    if not _is_written(page):
        return
    stubs = {name: cell for _, cell in page.code if "exercise" in tags(cell) for name in defined(cell.source)}
    for number, cell in page.code:
        for name in defined(cell.source) if "solution" in tags(cell) else ():
            if name not in stubs:
                continue
            try:
                head, body, _ = split_solution(cell.source)
            except ValueError as error:
                yield number, f"is the solution of {name} and {error}"
                continue
            if not stubs[name].source.startswith(head):
                yield number, f"is the solution of {name}, and its lines above the marks differ from the stub's"
            if not body.strip():
                yield number, f"is the solution of {name}, and nothing stands between its marks"


def gates(page: Page) -> Found:
    """What begins with ``{solution-start}`` or ``{exercise-start}`` ends on the same page."""
    for number, name in unmatched_gates(page.nb.cells):
        yield number, f"has a {{{name}}} without its other half, so nobody knows where it ends"


def readable_directives(page: Page) -> Found:
    """No reStructuredText: the press cannot see a solution in it."""
    for number, tree in page.texts:
        if tree.of_kind("eval-rst"):
            yield number, "has an {eval-rst} block, which the release cannot read; write it as MyST"


def _is_written(page: Page) -> bool:
    return page.room is not None and page.path.stem.startswith("exercises") and page.is_written


RULES = [exercise_statements, exercise_solutions, gates, readable_directives]
