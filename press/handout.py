"""A students' page of exercises: how to work, answer cells, numbers of one's own, the tasks, and the cell that packs it all."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from press.course import STUDENTS, course_form, manual_cell, marks
from press.personal import Student, literal
from press.statements import graded
from press.tasks import Task

ANSWER = "*Write your prediction here before you compute anything, and your explanation below it.*"
HOW = """\
**How to work.** Run the first two code cells; they bring the book's library and need no network. Write each answer into its \
cell, in place of `raise NotImplementedError()`, and run it and the check below it. A check says what it saw and how many points \
that gives. You may try as often as you like, and run all cells at once: what is not answered yet stops nothing. Where no check \
reads an answer, a text is asked for; write it into the cell that is there for it, or into new cells below.

**How to hand in.** Save the notebook and run its last cell. It packs your answers into one file and says where that lies: hand \
in this file."""
PACK = "## Hand in\n\nSave the notebook, then run this cell."


def exercises_for(nb: NotebookNode, room: str, drawn: dict, set_tasks: list[Task], student: Student | None) -> NotebookNode:
    """The students' page of a room's exercises.

    Parameters
    ----------
    nb : NotebookNode
        The book's page; it stays as it is.
    room : str
        The room.
    drawn : dict of str to Draw
        How personal numbers are drawn, by exercise.
    set_tasks : list of Task
        The tasks at the end.
    student : Student or None
        Whose page it is: with numbers of their own after each check where they are drawn.

    Returns
    -------
    NotebookNode
        The page; :func:`whose` says in its metadata whose it is.
    """
    known = graded(nb.cells)
    form = course_form(nb, STUDENTS)
    kept = [form.cells[0], new_markdown_cell(HOW)]
    for cell in form.cells[1:]:
        kept.append(cell)
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-check").rpartition("-")[2]
        if "check" in cell.metadata.get("tags", []) and student and name in drawn:
            kept += _personal_cells(name, known[name].label, drawn[name].personal(student))
    if set_tasks:
        kept.append(new_markdown_cell("## Predict and explain\n\nNo check reads these; a person does."))
    for task in set_tasks:
        kept += task_cells(task, f"*{task.points} points.*")
    name = (student.name if student else "").replace("\\", "\\\\").replace('"', '\\"')
    pack = f'from dynlib.teaching import hand_in\n\nhand_in("{room}", student="{name}")'
    form.cells = [*kept, new_markdown_cell(PACK), new_code_cell(pack)]
    return form


def whose(nb: NotebookNode, room: str, student: Student | None) -> None:
    """Say in a page's metadata, where renaming a file changes nothing, whose work it is."""
    nb.metadata["dynamics"] = {"room": room} | ({"student": student.name} if student else {})


def task_cells(task: Task, worth: str = "") -> list[NotebookNode]:
    """A task: its prompt, the imports of what the prompt names, and the cell for the text."""
    prompt = "\n\n".join(part for part in (f"### {task.title}", task.prompt, worth) if part)
    imports = [new_code_cell(task.imports)] if task.imports else []
    return [new_markdown_cell(prompt), *imports, manual_cell(ANSWER, task.grade_id, task.points)]


def _personal_cells(name: str, label: str, arguments: tuple) -> list[NotebookNode]:
    """What this student is asked beside the check: the answer to inputs that nobody else has."""
    text = (
        f"**Your own numbers.** In place of `None`, write what `{name}` answers to them, or a call of your function. "
        "It is marked when the work is handed in, and so is your function, on inputs that are printed nowhere. *1 point.*"
    )
    numbers = "\n".join(f"    {literal(value)}," for value in arguments)
    source = f"import numpy as np\n\n{name}_numbers = (\n{numbers}\n)\n{name}_mine = None"
    cell = new_code_cell(source, metadata={"tags": ["answer"], "nbgrader": marks("code", f"{label}-mine", solution=True)})
    return [new_markdown_cell(text), cell]
