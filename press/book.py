"""The whole book, read once: its pages, its chapters, and the claims that they may make."""

import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from press.chapter import Chapter, Page, read_page
from press.notebooks import all_notebooks, label, tags

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
class Book:
    """The repository, its pages, and the rows of dynlib/teaching/claims/*.toml as ``id -> (file, row)``."""

    root: Path
    pages: list[Page]
    claims: dict[str, tuple[str, dict]] = field(default_factory=dict)
    broken: list[Finding] = field(default_factory=list)

    @cached_property
    def chapters(self) -> dict[str, Chapter]:
        """The pages of each room."""
        found: dict[str, Chapter] = {}
        for page in self.pages:
            if page.room:
                found.setdefault(page.room, Chapter(page.room)).pages[page.path.stem] = page
        return found


def read_book(root: Path) -> Book:
    """Read every notebook and every claims file. A file that cannot be read becomes a finding."""
    book = Book(root, [])
    for path in all_notebooks(root):
        try:
            book.pages.append(read_page(root, path))
        except ValueError as error:
            book.broken.append(Finding(label(root, path), 0, "readable", str(error)))
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
