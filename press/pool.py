"""An instructor's own exercises, kept out of the book: a folder that has the form of a room.

``exercises.ipynb`` (or ``exercises.md``, the same as MyST text) with a stub, a solution between marks and a statement for each
exercise, labelled FOLDER-NAME; ``checks.py`` with a ``check_NAME`` for each; and, if wanted, ``mutants/NAME.toml`` with the
mistakes that the checks know, ``draws.py`` with a ``draw_NAME``, and ``tasks.toml`` with predict-and-explain tasks.
"""

import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType

from nbformat import NotebookNode

from press.exercises import Exercises
from press.notebooks import read
from press.personal import Draw, draws_of
from press.statements import graded
from press.text import from_myst


class Pool:
    """The folder ``path``; its name is the room's. Raises ValueError where it lacks what every exercise needs."""

    def __init__(self, path: Path):
        self.path, self.room = path, path.resolve().name.replace("-", "_")
        if not self.room.isidentifier():
            raise ValueError(f"{path}: a pool's folder is named like a room, in lower-case letters and _")
        if not (path / "checks.py").is_file():
            raise ValueError(f"{path} has no checks.py; a pool has an exercises.ipynb (or .md) and a checks.py")
        missing = [name for name in graded(self.notebook().cells) if not hasattr(self.checks(), f"check_{name}")]
        if missing:
            raise ValueError(f"{path / 'checks.py'} has no check_{missing[0]} for the exercise {missing[0]!r}")

    def notebook(self) -> NotebookNode:
        """The page of exercises."""
        text = self.path / "exercises.md"
        return from_myst(text.read_text(encoding="utf-8")) if text.is_file() else read(self.path / "exercises.ipynb")

    def exercises(self) -> Exercises:
        """Cells and mutants, as of a room of the book."""
        mutants = {p.stem: tomllib.loads(p.read_text(encoding="utf-8")) for p in sorted((self.path / "mutants").glob("*.toml"))}
        return Exercises(self.room, self.notebook().cells, mutants)

    def checks(self) -> ModuleType:
        return self._module("checks")

    def draws(self) -> dict[str, Draw]:
        if not (self.path / "draws.py").is_file():
            return {}
        return draws_of(self.room, self._module("draws"))

    def _module(self, name: str) -> ModuleType:
        """``checks`` or ``draws`` of this pool, imported once, under a name of its own."""
        full = f"pool_{self.room}_{name}"
        if full not in sys.modules:
            spec = importlib.util.spec_from_file_location(full, self.path / f"{name}.py")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            sys.modules[full] = module
        return sys.modules[full]
