"""The exercises of a room as a course hands them out: to students, to instructors, and as the source of an nbgrader course.

In the book an exercise is a stub and, further down, a solution. In a course it is one answer cell, followed by a cell that
calls the check. Both carry nbgrader's metadata, by which a submission's cells are found again.
"""

import copy
import re
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from press.notebooks import tags
from press.statements import BEGIN, END, Statement, solutions, split_solution, statements, without_solutions

STUDENTS, INSTRUCTORS, NBGRADER = "students", "instructors", "nbgrader"
# Where the body was: word for word what nbgrader writes there.
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


@dataclass(frozen=True)
class Graded:
    """One marked exercise on a page: its statement, and its solution cell in three parts (see :func:`split_solution`)."""

    statement: Statement
    before: str
    body: str

    @property
    def name(self) -> str:
        return self.statement.name

    def answer(self, form: str) -> str:
        """The source of the answer cell: a stub for students, the solution between its marks for all others."""
        indent = re.match(r"\s*", self.body)[0]
        middle = STUB.splitlines() if form == STUDENTS else [BEGIN, *self.body.splitlines(), END]
        return "\n".join([self.before, *(line if line.startswith(indent) else indent + line for line in middle)])


def graded(cells: list[NotebookNode]) -> dict[str, Graded]:
    """The marked exercises of a page by name, in its order: those with a stub and a solution between marks."""
    found = {}
    for statement in all_statements(cells):
        stubs, answers = (
            [c for c in cells if tag in tags(c) and re.search(rf"^def {statement.name}\(", c.source, re.M)]
            for tag in ("exercise", "solution")
        )
        if stubs and answers:
            before, body, _ = split_solution(answers[0].source)
            found[statement.name] = Graded(statement, before, body)
    return found


def all_statements(cells: list[NotebookNode]) -> list[Statement]:
    """Every exercise of a page, open ones too."""
    return [s for cell in cells if cell.cell_type == "markdown" for s in statements(cell.source)]


def course_form(nb: NotebookNode, form: str) -> NotebookNode:
    """Return a copy of a page of exercises for ``form``: STUDENTS, INSTRUCTORS or NBGRADER.

    Only the instructors' copy keeps the prose of the solutions and the cells that belong to it. A page without marked
    exercises comes back with its open ones.
    """
    nb = copy.deepcopy(nb)
    known, kept = graded(nb.cells), []
    for k, cell in enumerate(nb.cells):
        owner = next((e for e in known.values() if re.search(rf"^def {e.name}\(", cell.source, re.M)), None)
        if cell.cell_type == "markdown":
            if form != INSTRUCTORS:
                cell.source = "" if _between_solutions(nb.cells, k) else without_solutions(cell.source)
            kept += [cell] if cell.source else []
        elif "exercise" in tags(cell) and owner:
            kept += answer_cells(owner, form)
        elif "solution" not in tags(cell) or (form == INSTRUCTORS and not owner):
            kept.append(cell)
    nb.cells = kept
    return nb


def answer_cells(exercise: Graded, form: str) -> list[NotebookNode]:
    """The answer cell and the cell that checks it."""
    name, label, points = exercise.name, exercise.statement.label, exercise.statement.points
    check = f"from dynlib.teaching import feedback\n\nfeedback(check_{name}, {name}, points={points})"
    return [
        _cell(exercise.answer(form), ["answer"], label, solution=True),
        _cell(check, ["check"], f"{label}-check", grade=True, locked=True, points=points),
    ]


def _cell(source: str, cell_tags: list[str], grade_id: str, **nbgrader) -> NotebookNode:
    return new_code_cell(source, metadata={"tags": cell_tags, "nbgrader": marks("code", grade_id, **nbgrader)})


def manual_cell(source: str, grade_id: str, points: int) -> NotebookNode:
    """A text that a person marks."""
    found = marks("markdown", grade_id, solution=True, grade=True, points=points)
    return new_markdown_cell(source, metadata={"tags": ["answer"], "nbgrader": found})


def marks(cell_type: str, grade_id: str, **more) -> NotebookNode:
    """nbgrader's metadata of one cell, in its schema 3."""
    plain = {"schema_version": 3, "cell_type": cell_type, "grade_id": grade_id,
             "grade": False, "locked": False, "solution": False, "task": False}
    return nbformat.from_dict(plain | more)


def _between_solutions(cells: list[NotebookNode], k: int) -> bool:
    """Say whether a text without an exercise or solution of its own stands between two solution cells: it belongs to them."""
    around = [tags(c) for c in (cells[k - 1:k] + cells[k + 1:k + 2]) if c.cell_type == "code"]
    source = cells[k].source
    own = list(statements(source)) or solutions(source)
    return len(around) == 2 and all("solution" in t for t in around) and not own
