"""Rules about pages of exercises: what a release and the table for instructors read there.

Each takes a page and yields ``(cell number or 0, message)``.
"""

import re
from collections.abc import Iterator

from press.book import Page
from press.notebooks import tags
from press.statements import split_solution, statements, unwritten

Found = Iterator[tuple[int, str]]


def exercise_statements(page: Page) -> Found:
    """Each statement has the label ROOM-NAME and ends with its difficulty and an estimate of the minutes."""
    if not _is_written(page):
        return
    for number, cell in enumerate(page.nb.cells, 1):
        if cell.cell_type == "markdown":
            for statement in statements(cell.source):
                if not statement.label.startswith(page.room.replace("_", "-") + "-"):
                    yield number, f"holds the exercise {statement.title!r} without a label {page.room.replace('_', '-')}-NAME"
                if not statement.difficulty:
                    yield number, (f"holds the exercise {statement.label or statement.title!r}, whose statement must end with a "
                                   "line `*Difficulty 2 of 3 · about 20 minutes (an estimate).*`")


def exercise_solutions(page: Page) -> Found:
    """The body of a solution stands between nbgrader's marks, and what stands outside is what the stub has."""
    if not _is_written(page):
        return
    stubs = {name: cell for _, cell in page.code if "exercise" in tags(cell) for name in _defined(cell.source)}
    for number, cell in page.code:
        for name in _defined(cell.source) if "solution" in tags(cell) else ():
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


def _is_written(page: Page) -> bool:
    prose = "\n".join(cell.source for cell in page.nb.cells if cell.cell_type == "markdown")
    return page.room is not None and page.path.stem.startswith("exercises") and not unwritten(prose)


def _defined(source: str) -> list[str]:
    """The functions defined at the left margin of a cell."""
    return re.findall(r"^def (\w+)\(", source, re.M)


RULES = [exercise_statements, exercise_solutions]
