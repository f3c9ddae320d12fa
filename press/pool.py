"""An instructor's own exercises, kept out of the book: a folder that has the form of a room.

``exercises.ipynb`` (or ``exercises.md``, the same as MyST text) with a stub, a solution between marks and a statement for each
exercise, labelled FOLDER-NAME; for each a module ``NAME.py`` as :mod:`press.mistakes` describes it, in which ``check_NAME`` must
stand and the rest may; and, if wanted, ``material.toml`` with predict-and-explain tasks.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from nbformat import NotebookNode

from press.exercises import Exercises
from press.mistakes import read_mistakes
from press.notebooks import read
from press.personal import Draw, Student, draws
from press.statements import graded
from press.tasks import Task, tasks
from press.text import from_myst


class Pool:
    """An instructor's own folder of exercises, in the form of a room.

    Parameters
    ----------
    path : Path
        The folder; its name is the room's.

    Raises
    ------
    ValueError
        Where it lacks what every exercise needs.
    """

    def __init__(self, path: Path):
        self.path, self.room = path, path.resolve().name.replace("-", "_")
        if not self.room.isidentifier():
            raise ValueError(f"{path}: a pool's folder is named like a room, in lower-case letters and _")
        for name in graded(self.notebook().cells):
            if not (path / f"{name}.py").is_file():
                raise ValueError(f"{path} has no {name}.py; each marked exercise has a module with its check")
            if not hasattr(self._module(name), f"check_{name}"):
                raise ValueError(f"{path / name}.py has no check_{name} for the exercise {name!r}")

    def notebook(self) -> NotebookNode:
        """The page of exercises."""
        text = self.path / "exercises.md"
        return from_myst(text.read_text(encoding="utf-8")) if text.is_file() else read(self.path / "exercises.ipynb")

    def exercises(self) -> Exercises:
        """Cells and mistakes, as of a room of the book."""
        found = {name: read_mistakes(self.path / f"{name}.py") for name in self.modules()}
        return Exercises(self.room, self.notebook().cells, found)

    def modules(self) -> dict[str, ModuleType]:
        """The module of each marked exercise."""
        return {name: self._module(name) for name in graded(self.notebook().cells)}

    def draws(self) -> dict[str, Draw]:
        return draws(self.modules(), self.room)

    def tasks(self, student: Student | None = None) -> list[Task]:
        return tasks(self.path / "material.toml", self.room, student)

    def _module(self, name: str) -> ModuleType:
        """A module of this pool, imported once, under a name of its own."""
        full = f"pool_{self.room}_{name}"
        if full not in sys.modules:
            spec = importlib.util.spec_from_file_location(full, self.path / f"{name}.py")
            assert spec  # a name that ends in .py has spec and loader
            assert spec.loader
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            sys.modules[full] = module
        return sys.modules[full]
