"""What a page sets: each exercise with its title, label, difficulty, minutes, whether it is open, and its cells.

Difficulty, minutes and "open" are options of the directive: ``:difficulty: 2``, ``:minutes: 15``, ``:open:``.
"""

import re
from dataclasses import dataclass

from nbformat import NotebookNode

from press.myst import Node, parse
from press.notebooks import tags
from press.solutions import split_solution


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise as it is set. ``difficulty`` is 1 to 3 and ``minutes`` an estimate; both are 0 where the page says nothing.

    ``cell`` is the number of the cell that states it. ``stub`` and ``solution`` are the code cells that define its function.
    """

    label: str
    title: str
    text: str
    difficulty: int
    minutes: int
    is_open: bool  # judged by a person
    cell: int
    stub: NotebookNode | None = None
    solution: NotebookNode | None = None

    @property
    def name(self) -> str:
        """The last part of the label: the function that a student writes, its check, and its module."""
        return self.label.rpartition("-")[2]

    @property
    def points(self) -> int:
        """One for each step of difficulty."""
        return self.difficulty or 1

    @property
    def is_graded(self) -> bool:
        """Marked by a check."""
        return self.stub is not None and self.solution is not None

    @property
    def before(self) -> str:
        """What a student is given: the solution cell's lines above its marks. Raises ValueError unless there is one pair."""
        return self._parts[0]

    @property
    def body(self) -> str:
        """What a student writes: the solution cell's lines between its marks. Raises ValueError unless there is one pair."""
        return self._parts[1]

    @property
    def _parts(self) -> tuple[str, str, str]:
        if self.solution is None:
            raise ValueError(f"the exercise {self.label!r} has no solution cell; only a graded one has an answer")
        return split_solution(self.solution.source)


def spelled(body: str, options: dict[str, str]) -> str:
    """What a reader is shown of an exercise: its text, with what its options say of it in words."""
    body = body.strip("\n")
    if "open" in options:
        first = next(iter(parse(body).children), None)
        in_line = first and first.kind == "paragraph" and first.start == 0 and body.startswith(first.lines[0])
        body = f"Open. {body}" if in_line else f"Open.\n\n{body}"
    if options.get("difficulty") and options.get("minutes"):
        body += f"\n\n*Difficulty {options['difficulty']} of 3 · about {options['minutes']} minutes (an estimate).*"
    return body


def exercises_of(cells: list[NotebookNode]) -> list[Exercise]:
    """Every exercise that a page states, at any depth, open ones too. One without a label has the label ""."""
    found: list[Exercise] = []
    for number, cell in enumerate(cells, 1):
        for node in parse(cell.source).of_kind("exercise", "exercise-start") if cell.cell_type == "markdown" else ():
            text = node.text if node.kind == "exercise" else _gated(cells, number, node)
            level, minutes = (_whole(node.options.get(name, "")) for name in ("difficulty", "minutes"))
            name = node.options.get("label", "")
            cells_of = (_defining(cells, tag, name.rpartition("-")[2]) for tag in ("exercise", "solution"))
            found.append(
                Exercise(
                    name,
                    node.argument,
                    text.strip(),
                    level if level <= 3 else 0,
                    minutes,
                    "open" in node.options,
                    number,
                    *cells_of,
                )
            )
    return found


def graded(cells: list[NotebookNode]) -> dict[str, Exercise]:
    """The exercises of a page that a check marks, by name, in its order: those with a stub and a solution."""
    return {exercise.name: exercise for exercise in exercises_of(cells) if exercise.is_graded}


def defined(source: str) -> list[str]:
    """The functions defined at the left margin of a cell, which need not be whole Python."""
    return re.findall(r"^def (\w+)\(", source, re.M)


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"[1-9]\d{0,3}", text) else 0


def _defining(cells: list[NotebookNode], tag: str, name: str) -> NotebookNode | None:
    """The first code cell with the tag that defines the function."""
    return next((c for c in cells if c.cell_type == "code" and tag in tags(c) and name in defined(c.source)), None)


def _gated(cells: list[NotebookNode], number: int, start: Node) -> str:
    """The prose between ``{exercise-start}`` and the next ``{exercise-end}``."""
    prose = [start.text]
    for k, cell in enumerate(cells[number - 1 :]):
        if cell.cell_type == "markdown":
            tree, first = parse(cell.source), 0 if k else start.end
            end = next((node for node in tree.of_kind("exercise-end") if node.start >= first), None)
            prose.append("\n".join(tree.lines[first : end.start if end else None]))
            if end:
                break
    return "\n\n".join(prose)
