"""The graded exercises of a room: their cells in the notebook, their modules, and the known mistakes.

An exercise has one name: the label ROOM-NAME with dashes, the function NAME that a student fills in, and the module NAME with its
check, hidden inputs and mistakes; :mod:`press.mistakes` says what stands in it.
"""

import ast
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from press.mistakes import Mistake, mistakes_of
from press.notebooks import read
from press.syntax import replace_once


@dataclass(frozen=True)
class Exercises:
    """One room's exercises: ``cells`` of its notebook, ``mistakes`` by exercise and name."""

    room: str
    cells: list
    mistakes: dict[str, dict[str, Mistake]]

    @property
    def prose(self) -> str:
        """All markdown of the page."""
        return "\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")

    def source(self, name: str, tag: str) -> str:
        """The cell that states or solves an exercise.

        Parameters
        ----------
        name : str
            The function that it defines.
        tag : {"exercise", "solution"}
            The cell's tag.

        Returns
        -------
        str
            The cell's source.

        Raises
        ------
        ValueError
            Unless there is exactly one.
        """
        found = [cell.source for cell in self.cells if tag in cell.metadata.get("tags", []) and f"def {name}(" in cell.source]
        if len(found) != 1:
            raise ValueError(f"{self.room}: {len(found)} cells are tagged {tag!r} and define {name}; there must be one")
        return found[0]

    def function(self, name: str, source: str) -> Callable:
        """What ``source`` defines as ``name``, run beside the page's plain imports; its check is silent."""
        scope = {f"check_{name}": lambda answer: ""}
        setup = next(cell.source for cell in self.cells if cell.cell_type == "code")
        imports: list[ast.stmt] = [node for node in ast.parse(setup).body if isinstance(node, ast.Import)]
        exec(compile(ast.Module(imports, []), "<imports>", "exec"), scope)
        exec(source, scope)
        return scope[name]

    def solution(self, name: str) -> Callable:
        """The page's own answer."""
        return self.function(name, self.source(name, "solution"))

    def mistaken(self, name: str, mistake: str) -> Callable:
        """The page's own answer with one of the known mistakes.

        Parameters
        ----------
        name, mistake : str
            The exercise and the mistake, as the exercise's module names it.

        Returns
        -------
        callable
            The answer.

        Raises
        ------
        ValueError
            Where the mistake has no place in the solution.
        """
        change = self.mistakes[name][mistake]
        return self.function(name, replace_once(self.source(name, "solution"), change.old, change.new, name))


def exercises(root: Path, room: str) -> Exercises:
    """Read a room's exercises from book/ROOM/exercises.ipynb and from their modules."""
    return Exercises(room, read(root / "book" / room / "exercises.ipynb").cells, mistakes_of(root, room))


def modules(room: str) -> dict[str, ModuleType]:
    """The module of each exercise of a room, by name.

    Parameters
    ----------
    room : str
        The room.

    Returns
    -------
    dict of str to module
        By the exercises' names.

    Raises
    ------
    ValueError
        Where the library is a reader's form.
    """
    checks = importlib.import_module(f"dynlib.teaching.exercises.{room}").__all__
    names = [name.removeprefix("check_") for name in checks]
    found = {name: importlib.import_module(f"dynlib.teaching.exercises.{room}.{name}") for name in names}
    if open_ := [name for name, module in found.items() if not hasattr(module, "hidden")]:
        raise ValueError(f"{room}: the module of {open_[0]} has no hidden inputs; marking needs the repository")
    return found


def generic_mistakes(solution: Callable) -> dict[str, Callable]:
    """Mistakes that every check must refuse, made from a solution.

    A number has nothing to transpose or to shift: its sign is flipped, and it is one too large.

    Parameters
    ----------
    solution : callable
        Returns one array or one number.

    Returns
    -------
    dict of str to callable
        The mistaken answers, by what is wrong with them.
    """
    first = []

    def result(*arguments) -> np.ndarray:
        got = np.asarray(solution(*arguments))
        first.append(got)
        return got

    def transposed(*arguments):
        got = result(*arguments)
        return (-got, np.flip(got), got.T)[min(got.ndim, 2)].copy()

    def off_by_one(*arguments):
        got = result(*arguments)
        return np.roll(got, 1, axis=-1) if got.ndim else got + 1

    def single_precision(*arguments):
        got = result(*arguments)
        return got.astype(np.complex64 if np.iscomplexobj(got) else np.float32)

    def constant(*arguments):
        got = result(*arguments)
        return np.full_like(got, got.flat[0] if got.ndim else first[0])

    return {
        "transposed": transposed,
        "one percent too large": lambda *a: 1.01 * result(*a),
        "off by one": off_by_one,
        "single precision": single_precision,
        "constant": constant,
    }
