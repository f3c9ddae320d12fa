"""Whether a folder that students get holds a line of a solution: in a source, in metadata, or in an output."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from press.notebooks import read, rooms, tags
from press.statements import BEGIN, END, solutions, unwritten, without_solutions

SHORTEST = 12  # characters; below, a line such as `return g` says nothing


@dataclass
class Leaks:
    """How many lines of solutions were looked for, in how many texts, and which of them were found, as (file, line).

    ``lessons`` are lines that a page other than the exercises teaches: the book itself shows them in that page's cells.
    """

    lines: int = 0
    texts: int = 0
    found: list[tuple[str, str]] = field(default_factory=list)
    lessons: list[tuple[str, str]] = field(default_factory=list)


def solution_lines(root: Path) -> dict[str, set[str]]:
    """By room, every line that only a solution has: the code between marks, the code of other solution cells, and the prose.

    Left out are lines under ``SHORTEST`` characters and those that the page shows outside its solutions as well.
    """
    by_room = {}
    for room in rooms(root):
        secret, public = set(), set()
        for path in sorted((root / "book" / room).glob("exercises*.ipynb")):
            cells = read(path).cells
            if unwritten("\n".join(cell.source for cell in cells)):
                continue
            for cell in cells:
                if cell.cell_type == "markdown":
                    secret.update(_lines("\n".join(solutions(cell.source))))
                    public.update(_lines(without_solutions(cell.source)))
                elif "solution" in tags(cell):
                    secret.update(line for line in _lines(cell.source) if line not in (BEGIN, END))
                else:
                    public.update(_lines(cell.source))
        calls = re.compile(r"print\(check_\w+\(\w+\)\)")
        by_room[room] = {line for line in secret - public if len(line) >= SHORTEST and not calls.fullmatch(line)}
    return by_room


def find_leaks(root: Path, folder: Path) -> Leaks:
    """Look for every line of every solution in every file under ``folder``. Notebooks are read as JSON, others as text."""
    secret = sorted(set().union(*solution_lines(root).values()))
    result = Leaks(lines=len(secret))
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        raw = path.read_text(encoding="utf-8", errors="replace")
        texts = list(_strings(json.loads(raw))) if path.suffix in (".ipynb", ".json") else [raw]
        result.texts += len(texts)
        whole = "\n".join(" ".join(line.split()) for text in texts for line in text.splitlines())
        taught = _taught(root, path)
        for line in (line for line in secret if line in whole):
            known = result.lessons if line in taught else result.found
            known.append((path.relative_to(folder).as_posix(), line))
    return result


def _taught(root: Path, path: Path) -> str:
    """What the book's page of the same name shows in its cells, unless it is a page of exercises."""
    page = root / "book" / path.parent.name / path.name
    if path.suffix != ".ipynb" or path.stem.startswith("exercises") or not page.is_file():
        return ""
    return "\n".join(line for cell in read(page).cells for line in _lines(cell.source))


def _lines(text: str) -> Iterator[str]:
    """Each line with its spaces collapsed, without empty ones."""
    return (tidy for line in text.splitlines() if (tidy := " ".join(line.split())))


def _strings(node: object) -> Iterator[str]:
    """Every string in a JSON value, keys too."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        yield "\n".join(part for part in node if isinstance(part, str))
        for part in node:
            yield from _strings(part)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _strings(value)
