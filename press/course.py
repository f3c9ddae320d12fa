"""The exercises of a room as a course hands them out: to students, to instructors, and as the source of an nbgrader course.

In the book an exercise is a stub and, further down, a solution. In a course it is one answer cell, followed by a cell that
calls the check. Both carry nbgrader's metadata, by which a submission's cells are found again.
"""

import copy

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from press.notebooks import tags
from press.solutions import BEGIN, END, without_solutions
from press.statements import Exercise, defined, graded

STUDENTS, INSTRUCTORS, NBGRADER = "students", "instructors", "nbgrader"
# Where the body was: word for word what nbgrader writes there.
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


def course_form(nb: NotebookNode, form: str) -> NotebookNode:
    """Return a copy of a page of exercises for a course.

    Only the instructors' copy keeps the prose of the solutions and the cells that belong to it.

    Parameters
    ----------
    nb : NotebookNode
        The page; it stays as it is.
    form : str
        STUDENTS, INSTRUCTORS or NBGRADER.

    Returns
    -------
    NotebookNode
        The copy; a page without marked exercises comes back with its open ones.
    """
    nb = copy.deepcopy(nb)
    known, kept = graded(nb.cells), []
    for cell in nb.cells if form == INSTRUCTORS else without_solutions(nb.cells):
        owner = next((known[name] for name in defined(cell.source) if name in known), None)
        if owner and "exercise" in tags(cell):
            kept += answer_cells(owner, form)
        elif not (owner and "solution" in tags(cell)):
            kept.append(cell)
    nb.cells = kept
    return nb


def answer_source(exercise: Exercise, form: str) -> str:
    """The source of the answer cell: a stub for students, the solution between its marks for all others."""
    indent = exercise.body[: len(exercise.body) - len(exercise.body.lstrip())]
    middle = STUB.splitlines() if form == STUDENTS else [BEGIN, *exercise.body.splitlines(), END]
    return "\n".join([exercise.before, *(line if line.startswith(indent) else indent + line for line in middle)])


def answer_cells(exercise: Exercise, form: str) -> list[NotebookNode]:
    """The answer cell and the cell that checks it."""
    name, label, points = exercise.name, exercise.label, exercise.points
    check = f"from dynlib.teaching import feedback\n\nfeedback(check_{name}, {name}, points={points})"
    if form == NBGRADER:  # which takes a cell that raises nothing for a right answer
        check = f"print(check_{name}({name}))"
    return [
        _cell(answer_source(exercise, form), ["answer"], label, solution=True),
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
    plain = {
        "schema_version": 3,
        "cell_type": cell_type,
        "grade_id": grade_id,
        "grade": False,
        "locked": False,
        "solution": False,
        "task": False,
    }
    return nbformat.from_dict(plain | more)
