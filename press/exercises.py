"""The graded exercises of a room: their cells in the notebook, and the known mistakes.

An exercise has one name: the label ROOM-NAME with dashes, the function NAME that a student fills in, its check_NAME, and
tests/ROOM/mutants/NAME.toml with the mistakes that students make, each a change of one line of the solution.
"""

import ast
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from press.notebooks import read


@dataclass(frozen=True)
class Exercises:
    """One room's exercises: ``cells`` of its notebook, ``mutants`` by exercise and mistake (old, new and hint)."""

    room: str
    cells: list
    mutants: dict[str, dict[str, dict[str, str]]]

    @property
    def prose(self) -> str:
        """All markdown of the page."""
        return "\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")

    def source(self, name: str, tag: str) -> str:
        """The cell with the given tag, "exercise" or "solution", that defines ``name``. Raises ValueError unless there is one."""
        found = [cell.source for cell in self.cells if tag in cell.metadata.get("tags", []) and f"def {name}(" in cell.source]
        if len(found) != 1:
            raise ValueError(f"{self.room}: {len(found)} cells are tagged {tag!r} and define {name}; there must be one")
        return found[0]

    def function(self, name: str, source: str) -> Callable:
        """What ``source`` defines as ``name``, run beside the page's plain imports; its check is silent."""
        scope = {f"check_{name}": lambda answer: ""}
        setup = next(cell.source for cell in self.cells if cell.cell_type == "code")
        imports = [node for node in ast.parse(setup).body if isinstance(node, ast.Import)]
        exec(compile(ast.Module(imports, []), "<imports>", "exec"), scope)
        exec(source, scope)
        return scope[name]

    def solution(self, name: str) -> Callable:
        """The page's own answer."""
        return self.function(name, self.source(name, "solution"))


def exercises(root: Path, room: str) -> Exercises:
    """Read a room's exercises from book/ROOM/exercises.ipynb and tests/ROOM/mutants."""
    mutants = {path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
               for path in sorted((root / "tests" / room / "mutants").glob("*.toml"))}
    return Exercises(room, read(root / "book" / room / "exercises.ipynb").cells, mutants)
