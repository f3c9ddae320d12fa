"""What a student wrote to a task that a person marks: in the cell that is there for it, and in all others below its prompt."""

import ast
import re

from press.grading.answers import is_released, parsed
from press.handout import ANSWER, PACK
from press.tasks import Task

ABOVE = "## Predict and explain"  # the heading above all tasks
WORTH = re.compile(r"^\*\d+ points\.\*$")


def explanations(cells: list[dict], tasks: list[Task]) -> dict[str, str]:
    """The texts in one notebook.

    Parameters
    ----------
    cells : list of dict
        The notebook's, in order.
    tasks : list of Task
        What was set; a task's own numbers do not matter, since students got others.

    Returns
    -------
    dict of str to str
        What was written, by the task's id: the cell with that id wherever it stands, and every cell from the task's heading to
        the next that was released, with metadata or without; where the heading is gone, the texts that follow the task's cell.
        Code is put between fences. Empty texts are left out.
    """
    titles = {_plain(task.title): task.grade_id for task in tasks}
    ids = set(titles.values())
    found: dict[str, list[str]] = {id: [] for id in ids}
    now, loose = "", False  # the task that is being answered, and whether only its cell says so and not its heading
    for cell in cells:
        source = cell["source"].strip()
        first, _, rest = source.partition("\n")
        heading = _plain(first.lstrip("#")) if cell["kind"] == "markdown" and first.startswith("#") else ""
        if loose and (first.startswith("#") or cell["kind"] == "code" or cell["id"]):
            now, loose = "", False
        if heading in titles:
            now, source = titles[heading], _below_prompt(rest)
        elif first.strip() == ABOVE:
            now, source = next(iter(titles.values()), ""), ""
        elif cell["kind"] == "code" and is_released(source):
            continue
        if cell["id"] in ids and cell["id"] != now:
            now, loose = cell["id"], True
        if now and (text := _written(cell["kind"], source)):
            found[now].append(text)
    return {id: "\n\n".join(texts) for id, texts in found.items() if texts}


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def _below_prompt(text: str) -> str:
    """What was added to the cell of the prompt itself: all below the line that says what the task is worth."""
    lines = text.splitlines()
    at = next((k for k, line in enumerate(lines) if WORTH.match(line.strip())), len(lines))
    return "\n".join(lines[at + 1 :]).strip()


def _written(kind: str, source: str) -> str:
    """A cell's text without the line that was there before; code in a fence, unless it only imports."""
    if kind == "code":
        tree = parsed(source)
        only = tree is not None and all(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)
        return "" if only and "#" not in source else f"```python\n{source}\n```"
    return "\n".join(line for line in source.replace(PACK, "").splitlines() if line.strip() != ANSWER).strip()
