"""Predict-and-explain tasks: a prediction with personal numbers, an explanation, and a rubric by which a person marks it.

A chapter's material, ``press/material/<room>.toml``, has a table ``tasks.<slug>`` for each: ``title``, ``prompt``, ``rubric`` (a
list of ``points`` and ``of``), ``numbers``, rows from which a student gets one, and ``imports``, of what the prompt calls beside
NumPy. ``{name}`` in prompt and rubric stands for the row's number of that name; names have three letters or more, so that ``{n}``
of a formula stays what it is.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from press.concepts import read_material
from press.personal import Student


@dataclass(frozen=True)
class Task:
    """One task as one student gets it. ``rubric`` is for whoever marks it: (points, what they are for)."""

    room: str
    slug: str
    title: str
    prompt: str
    rubric: list[tuple[int, str]]
    imports: str = ""  # of what the prompt names beside the page's own imports

    @property
    def points(self) -> int:
        return sum(points for points, _ in self.rubric)

    @property
    def grade_id(self) -> str:
        return f"{self.room}-task-{self.slug}".replace("_", "-")


def tasks(path: Path, room: str, student: Student | None = None) -> list[Task]:
    """The tasks of a file of material, with a student's row of numbers.

    Parameters
    ----------
    path : Path
        The file.
    room : str
        The room.
    student : Student, optional
        Whose row it is; the first row without.

    Returns
    -------
    list of Task
        Empty where there is no file.

    Raises
    ------
    ValueError
        For a row without one of the numbers, or with a name that is too short.
    """
    found = []
    for slug, table in read_material(path).get("tasks", {}).items():
        rows = table.get("numbers", [{}])
        row = rows[int(student.generator(room, slug, "task").integers(len(rows)))] if student else rows[0]
        if short := [name for name in row if len(name) < 3]:
            raise ValueError(f"{path.name}, {slug}: the number {short[0]!r} needs a name of three letters or more")
        texts = [table["prompt"], *(line["of"] for line in table["rubric"])]
        used = {name for text in texts for name in re.findall(r"\{([a-z_]{3,})\}", text)}
        missing = {name for name in used if name not in row and any(name in other for other in rows)}
        if missing:
            raise ValueError(f"{path.name}, {slug}: a row of numbers lacks {', '.join(sorted(missing))}")
        prompt, *lines = (_fill(text, row) for text in texts)
        rubric = [(line["points"], text) for line, text in zip(table["rubric"], lines, strict=True)]
        found.append(Task(room, slug, table["title"], prompt, rubric, table.get("imports", "")))
    return found


def _fill(text: str, row: dict) -> str:
    for name, number in row.items():
        text = text.replace(f"{{{name}}}", str(number))
    return text.strip()
