"""The book as its lint sees it: pages with parsed code and measured prose, and the claims they may make."""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from press.notebooks import all_notebooks, code_cells, label, read, tags
from press.prose import Prose, measure

FOLDED = {"hide-cell", "hide-input", "remove-cell", "remove-input"}


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend: ``file: cell k: message``."""

    file: str
    cell: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: " + (f"cell {self.cell}: " if self.cell else "") + self.message


@dataclass
class Page:
    """One notebook. ``room`` is None for a page at the top level of book/."""

    name: str
    path: Path
    room: str | None
    nb: NotebookNode

    @cached_property
    def prose(self) -> Prose:
        """The whole page's prose, folded parts left out."""
        total = Prose()
        for cell in self.nb.cells:
            if cell.cell_type == "markdown":
                total.add(measure(cell.source))
        return total

    @cached_property
    def code(self) -> list[tuple[int, NotebookNode]]:
        return code_cells(self.nb)

    @cached_property
    def trees(self) -> list[tuple[int, NotebookNode, ast.Module | None]]:
        """Every code cell with its syntax tree, or None where it is not Python even without magics."""
        return [(number, cell, _parse(cell.source)) for number, cell in self.code]

    def calls(self) -> Iterator[tuple[int, NotebookNode, str, ast.Call]]:
        """Yield ``(number, cell, dotted name, node)`` of each call."""
        for number, cell, tree in self.trees:
            for node in ast.walk(tree) if tree else ():
                if isinstance(node, ast.Call):
                    yield number, cell, ast.unparse(node.func), node


@dataclass
class Book:
    """The repository, its pages, and the rows of dynlib/teaching/claims/*.toml as ``id -> (file, row)``."""

    root: Path
    pages: list[Page]
    claims: dict[str, tuple[str, dict]] = field(default_factory=dict)
    broken: list[Finding] = field(default_factory=list)


def load(root: Path) -> Book:
    """Read everything that the rules look at. A file that cannot be read becomes a finding."""
    book = Book(root, [])
    for path in all_notebooks(root):
        name = label(root, path)
        try:
            nb = read(path)
        except ValueError as error:
            book.broken.append(Finding(name, 0, "readable", str(error)))
        else:
            book.pages.append(Page(name, path, None if path.parent == root / "book" else path.parent.name, nb))
    for path in sorted((root / "dynlib/teaching/claims").glob("*.toml")):
        name = label(root, path)
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            book.broken.append(Finding(name, 0, "readable", str(error)))
            continue
        for id, row in tables.items():
            if id in book.claims:
                book.broken.append(Finding(name, 0, "claims", f"claim {id!r} stands already in {book.claims[id][0]}"))
            book.claims[id] = (name, row)
    return book


def folded(cell: NotebookNode) -> bool:
    """Say whether the page hides the cell's code."""
    return bool(FOLDED & set(tags(cell)))


def _parse(source: str) -> ast.Module | None:
    python = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)
    try:
        return ast.parse(python)
    except SyntaxError:
        return None
