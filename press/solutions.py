"""What of a page is a solution: found wherever it stands, and left out.

A solution is a ``{solution}`` directive, whatever lies between ``{solution-start}`` and ``{solution-end}``, over as many cells as
that takes, a code cell tagged ``solution``, and a text between two such cells that states no exercise of its own.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from press.myst import parse
from press.notebooks import tags

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"  # nbgrader's own marks


@dataclass(frozen=True)
class Part:
    """A part of a cell that belongs to a solution: where it is in the source, [start, end), and what it says."""

    start: int
    end: int
    text: str


def solution_parts(cells: list[NotebookNode]) -> list[list[Part]]:
    """The parts of each cell that belong to a solution, in its order. A gate that is never closed is open to the end."""
    found, is_open = [], False
    for k, cell in enumerate(cells):
        whole = [Part(0, len(cell.source), cell.source)]
        if cell.cell_type == "markdown":
            parts, is_open = _of_text(cell.source, is_open)
            found.append(whole if _between(cells, k) else parts)
        else:
            found.append(whole if is_open or "solution" in tags(cell) else [])
    return found


def without_solutions(cells: list[NotebookNode]) -> list[NotebookNode]:
    """The cells without what belongs to a solution; a cell with nothing else in it is gone. The cells given stay as they are."""
    kept = []
    for cell, parts in zip(cells, solution_parts(cells), strict=True):
        if parts and cell.cell_type == "markdown":
            cell = copy.deepcopy(cell)
            cell.source = parse(cell.source).rewritten((part.start, part.end, "") for part in parts).strip("\n")
            if not parse(cell.source).children:
                continue
        elif parts:
            continue
        kept.append(cell)
    return kept


def unmatched_gates(cells: list[NotebookNode]) -> Iterator[tuple[int, str]]:
    """Yield ``(cell number, its name)`` of each ``{solution-start}`` or ``{exercise-start}`` without its end, or the reverse."""
    for kind in ("solution", "exercise"):
        begun = None
        for number, cell in enumerate(cells, 1):
            for node in parse(cell.source).of_kind(f"{kind}-start", f"{kind}-end") if cell.cell_type == "markdown" else ():
                if node.kind == f"{kind}-start":
                    if begun:
                        yield begun, f"{kind}-start"
                    begun = number
                elif begun:
                    begun = None
                else:
                    yield number, f"{kind}-end"
        if begun:
            yield begun, f"{kind}-start"


def split_solution(source: str) -> tuple[str, str, str]:
    """The cell's lines before, between and after the marks.

    Parameters
    ----------
    source : str
        A solution cell.

    Returns
    -------
    tuple of three str
        Before, between and after.

    Raises
    ------
    ValueError
        Unless there is one pair of marks.
    """
    lines = source.splitlines()
    begin, end = ([k for k, line in enumerate(lines) if line.strip() == mark] for mark in (BEGIN, END))
    if len(begin) != 1 or len(end) != 1 or begin > end:
        raise ValueError(f"must have its body between one line `{BEGIN}` and one line `{END}`")
    before, body, after = lines[: begin[0]], lines[begin[0] + 1 : end[0]], lines[end[0] + 1 :]
    return "\n".join(before), "\n".join(body), "\n".join(after)


def _of_text(source: str, is_open: bool) -> tuple[list[Part], bool]:
    """The parts of a text that begins inside a gate or not, and whether it ends inside one."""
    tree = parse(source)
    parts, start, first, last = [], 0 if is_open else None, 0, -1  # where a gate opened, its first line inside, lines done
    for node in tree.of_kind("solution", "solution-start", "solution-end"):
        if node.start <= last:
            continue
        if start is None and node.kind == "solution":
            parts.append(Part(*tree.place(node.start, node.end), node.text))
        elif start is None and node.kind == "solution-start":
            start, first = tree.place(node.start, node.end)[0], node.end
        elif start is not None and node.kind == "solution-end":
            inside = "\n".join(tree.lines[first : node.start])
            parts.append(Part(start, tree.place(node.start, node.end)[1], inside))
            start = None
        else:
            continue
        last = node.end - 1
    if start is not None:
        parts.append(Part(start, len(source), "\n".join(tree.lines[first:])))
    return parts, start is not None


def _between(cells: list[NotebookNode], k: int) -> bool:
    """Say whether a text without an exercise or solution of its own stands between two solution cells: it belongs to them."""
    around = [tags(c) for c in (cells[k - 1 : k] + cells[k + 1 : k + 2]) if c.cell_type == "code"]
    own = parse(cells[k].source).of_kind("exercise", "exercise-start", "solution", "solution-start", "solution-end")
    return len(around) == 2 and all("solution" in t for t in around) and not own
