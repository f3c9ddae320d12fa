"""A chapter as every tool of the press sees it: pages, their parsed texts and code, exercises, claims and widgets, read once.

It needs neither torch nor numpy, so that the build of the pages reads chapters with the same code as the lint and the release.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from press.myst import Node, parse
from press.notebooks import code_cells, label, read, syntax_tree
from press.prose import Prose, measure
from press.statements import Exercise, exercises_of
from press.widgets import is_widget

TO_WRITE = "To write:"  # how the lines of a chapter that is not yet written begin
CLAIM = "application/vnd.dynamics.claim+json"


@dataclass
class Page:
    """One notebook. ``room`` is None for a page at the top level of book/."""

    name: str
    path: Path
    room: str | None
    nb: NotebookNode

    @cached_property
    def texts(self) -> list[tuple[int, Node]]:
        """``(cell number, tree)`` of every markdown cell."""
        return [(k, parse(cell.source)) for k, cell in enumerate(self.nb.cells, 1) if cell.cell_type == "markdown"]

    @cached_property
    def prose(self) -> Prose:
        """The whole page's prose, folded parts left out."""
        total = Prose()
        for _, tree in self.texts:
            total.add(measure(tree))
        return total

    @cached_property
    def code(self) -> list[tuple[int, NotebookNode]]:
        return code_cells(self.nb)

    @cached_property
    def trees(self) -> list[tuple[int, NotebookNode, ast.Module | None]]:
        """Every code cell with its syntax tree, or None where it is not Python even without magics."""
        return [(number, cell, syntax_tree(cell.source)) for number, cell in self.code]

    def calls(self) -> Iterator[tuple[int, NotebookNode, str, ast.Call]]:
        """Yield ``(number, cell, dotted name, node)`` of each call."""
        for number, cell, tree in self.trees:
            for node in ast.walk(tree) if tree else ():
                if isinstance(node, ast.Call):
                    yield number, cell, ast.unparse(node.func), node

    @cached_property
    def claims(self) -> list[tuple[int, str | None]]:
        """``(cell number, id)`` of every call of ``claim``; None where the id is no string in quotes."""
        found = []
        for number, _, name, call in self.calls():
            if name.rpartition(".")[2] == "claim":
                id = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "id"), None)
                found.append((number, id.value if isinstance(id, ast.Constant) and isinstance(id.value, str) else None))
        return found

    @cached_property
    def claimed(self) -> dict[str, dict]:
        """What the stored outputs record of each claim, by id."""
        records = (out.get("data", {}).get(CLAIM) for _, cell in self.code for out in cell.outputs)
        return {record["id"]: record for record in records if record}

    @cached_property
    def widgets(self) -> list[tuple[int, str]]:
        """``(cell number, html)`` of every stored live picture."""
        shown = ((number, out.get("data", {}).get("text/html", "")) for number, cell in self.code for out in cell.outputs)
        return [(number, html) for number, html in shown if is_widget(html)]

    @cached_property
    def exercises(self) -> list[Exercise]:
        return exercises_of(self.nb.cells)

    @property
    def heading(self) -> str | None:
        """The text of the page's first heading of the first level."""
        headings = (node for _, tree in self.texts for node in tree.of_kind("heading") if node.markup in ("#", "="))
        return next((node.text for node in headings), None)

    @property
    def is_written(self) -> bool:
        """False for the template of a new chapter."""
        return not any(line.startswith(TO_WRITE) for _, tree in self.texts for line in tree.lines)


@dataclass
class Chapter:
    """A room's pages by their stem, in the order of the alphabet."""

    room: str
    pages: dict[str, Page] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The heading of the first page, or the room's name."""
        return ("index" in self.pages and self.pages["index"].heading) or self.room

    @property
    def exercises(self) -> list[Exercise]:
        return [exercise for stem, page in self.pages.items() if stem.startswith("exercises") for exercise in page.exercises]

    @property
    def has_exercises(self) -> bool:
        """Whether its page of exercises stands and is written."""
        return "exercises" in self.pages and self.pages["exercises"].is_written

    @property
    def you_need(self) -> Node | None:
        """The paragraph of the first page that begins ``**You need**``."""
        texts = self.pages["index"].texts if "index" in self.pages else []
        paragraphs = (node for _, tree in texts for node in tree.of_kind("paragraph"))
        return next((node for node in paragraphs if node.text.startswith("**You need** ")), None)


def read_page(root: Path, path: Path) -> Page:
    """Read one notebook of the book.

    Parameters
    ----------
    root : Path
        The repository.
    path : Path
        The notebook.

    Returns
    -------
    Page
        The notebook, and where it belongs.

    Raises
    ------
    ValueError
        Where the file is no notebook; the message names it.
    """
    return Page(label(root, path), path, None if path.parent == root / "book" else path.parent.name, read(path))


def read_chapter(root: Path, room: str) -> Chapter:
    """Read a room's notebooks."""
    return Chapter(room, {path.stem: read_page(root, path) for path in sorted((root / "book" / room).glob("*.ipynb"))})
