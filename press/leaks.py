"""Whether a folder that students get holds a line of a solution: in a source, in metadata, in an output, or in what it carries.

This is a second line behind :func:`press.solutions.without_solutions`, and reads no MyST in what was released: it looks for the
lines of every solution, and for the marks of one, in every text, and in every file of the payload that a setup cell carries.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from press.chapter import Chapter, read_chapter
from press.notebooks import code_cells, read, rooms
from press.payload import TITLE, open_payload
from press.plain import plain_cells, read_citations
from press.solutions import BEGIN, END, solution_parts, without_solutions

SHORTEST = 12  # characters; below, a line such as `return g` says nothing
MARKS = ("{solution", ".. solution::", BEGIN)  # no text for students holds one of these, whatever a parser made of it
COURSE = "dynlib/teaching/"  # where the library speaks of exercises; all else in it is taught

_BULLETS = re.compile(r"^(?:[>\s]|[-+*]\s|\d+[.)]\s)+", re.M)  # a line is the same in another list or quotation


@dataclass
class Leaks:
    """How many lines of solutions were looked for, in how many texts, and which of them were found, as (file, line).

    ``lessons`` are lines that a page other than the exercises teaches in its cells, or the library that a notebook carries.
    """

    lines: int = 0
    texts: int = 0
    found: list[tuple[str, str]] = field(default_factory=list)
    lessons: list[tuple[str, str]] = field(default_factory=list)


def solution_lines(root: Path) -> dict[str, set[str]]:
    """By room, every line that only a solution has.

    That is the code between marks, the code of other solution cells, and the prose, as it stands in
    the book and as a released page would show it. Left out are lines under ``SHORTEST`` characters
    and those that the page shows outside its solutions as well.

    Parameters
    ----------
    root : Path
        The repository.

    Returns
    -------
    dict of str to set of str
        The lines.
    """
    citations = read_citations(root / "book/references.bib")
    return {room: _secret(read_chapter(root, room), citations) for room in rooms(root)}


def _secret(chapter: Chapter, citations: dict[str, str]) -> set[str]:
    secret: set[str] = set()
    public: set[str] = set()
    for cells in (page.nb.cells for page in chapter.pages.values() if page.is_written):
        said = [
            NotebookNode(cell_type=cell.cell_type, source=part.text)
            for cell, parts in zip(cells, solution_parts(cells), strict=True)
            for part in parts
        ]
        if not said:
            continue
        for into, texts in ((secret, said), (public, without_solutions(cells))):
            shown = [NotebookNode(cell_type=cell.cell_type, source=cell.source) for cell in [*texts, *cells]]
            plain_cells(shown, citations)  # all cells together: one is called by its title in another
            for cell in [*texts, *shown[: len(texts)]]:
                into.update(_lines(cell.source if cell.cell_type == "code" else _BULLETS.sub("", cell.source)))
    calls = re.compile(r"print\(check_\w+\(\w+\)\)")
    return {line for line in secret - public - {BEGIN, END} if len(line) >= SHORTEST and not calls.fullmatch(line)}


def find_leaks(root: Path, folder: Path) -> Leaks:
    """Look for every line of every solution in every file under a folder.

    Notebooks are read as JSON, others as text; what a notebook carries is opened, each payload and
    each file in it once.

    Parameters
    ----------
    root : Path
        The repository.
    folder : Path
        What is to be handed out.

    Returns
    -------
    Leaks
        What was looked for and found.
    """
    secret = sorted(set().union(*solution_lines(root).values()))
    result = Leaks(lines=len(secret))
    payloads: dict[str, str] = {}  # the notebook in which each was met first
    carried: dict[tuple[str, bytes], str] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name, raw = path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8", errors="replace")
        texts = list(_strings(json.loads(raw))) if path.suffix in (".ipynb", ".json") else [raw]
        result.texts += len(texts)
        taught = _taught(root, path)
        for line in _found(secret, texts):
            (result.lessons if line in taught else result.found).append((name, line))
        result.found += [(name, mark) for mark in MARKS if any(mark in text for text in texts)]
        for _, cell in code_cells(read(path)) if path.suffix == ".ipynb" else ():
            if cell.source.startswith(TITLE):
                payloads.setdefault(cell.source, name)
    for source, name in payloads.items():
        for member, data in open_payload(source).items():
            carried.setdefault((member, data), name)
    for (member, data), name in carried.items():
        result.texts += 1
        for line in _found(secret, [data.decode(errors="replace")]):
            (result.found if member.startswith(COURSE) else result.lessons).append((f"{name}: {member}", line))
    return result


def _found(secret: list[str], texts: list[str]) -> list[str]:
    """The lines that stand in one of the texts, however they are spaced."""
    whole = "\n".join(line for text in texts for line in _lines(text))
    return [line for line in secret if line in whole]


def _taught(root: Path, path: Path) -> str:
    """What the book's page of the same name shows in its cells, unless it is a page of exercises."""
    page = root / "book" / path.parent.name / path.name
    if path.suffix != ".ipynb" or path.stem.startswith("exercises") or not page.is_file():
        return ""
    return "\n".join(line for cell in without_solutions(read(page).cells) for line in _lines(cell.source))


def _lines(text: str) -> Iterator[str]:
    """Each line with its spaces collapsed, without empty ones."""
    return (tidy for line in text.splitlines() if (tidy := " ".join(line.split())))


def _strings(node: object) -> Iterator[str]:
    """Every string in a JSON value, keys too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list) and all(isinstance(part, str) for part in node):
        yield "\n".join(node)
    elif isinstance(node, list):
        for part in node:
            yield from _strings(part)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _strings(value)
