"""Answers that are the same, or that leave the work to the library: for a person to look at; no mark depends on it.

Two answers are the same if their syntax is, with the student's own names, comments, types and docstrings aside. Personal numbers
stand outside of the functions and so do not tell them apart.
"""

import ast
import copy
from collections import defaultdict
from collections.abc import Iterable

from press.grading.answers import is_blank, parsed
from press.grading.room import Room
from press.grading.spreadsheet import as_csv
from press.grading.submissions import Handed

SMALLEST = 30  # nodes of syntax; a shorter answer is the same by itself


def report(handed: list[Handed], rooms: list[Room]) -> str:
    """A table of what a person may want to look at.

    Parameters
    ----------
    handed : list of Handed
        Everyone's.
    rooms : list of Room
        What was set.

    Returns
    -------
    str
        csv, a row for each group of students with the same answer, for each answer that is the book's, and for each that calls
        what the book's does not; the longest answers first. Empty where there is nothing to tell.
    """
    rows: list[tuple[int, list[object]]] = []
    for room in rooms:
        for name, exercise in room.graded.items():
            book = Answer(name, [room.setup, exercise.solution.source]) if exercise.solution else None
            same: dict[str, list[str]] = defaultdict(list)
            size: dict[str, int] = {}
            for work in handed:
                sources = [s for part in work.notebooks.get(room.name, []) if name in part.names for s in _code(part.cells)]
                answer = Answer(name, [room.setup, *sources])
                if not answer.size:
                    continue
                same[answer.shape].append(work.student)
                size[answer.shape] = answer.size
                if extra := sorted(answer.library - (book.library if book else set())):
                    rows.append((answer.size, [exercise.title, "calls the library", work.student, ", ".join(extra), answer.size]))
            for shape, students in same.items():
                if size[shape] < SMALLEST:
                    continue
                if book and shape == book.shape:
                    rows.append((size[shape], [exercise.title, "as the book's solution", ", ".join(students), "", size[shape]]))
                elif len(students) > 1:
                    rows.append((size[shape], [exercise.title, "the same answer", ", ".join(students), "", size[shape]]))
    if not rows:
        return ""
    table = [row for _, row in sorted(rows, key=lambda row: -row[0])]
    return as_csv([("exercise", "what", "students", "calls", "size"), *table])


class Answer:
    """One function with the functions of the same notebook that it uses.

    ``shape`` is its syntax in one spelling, ``size`` the number of its nodes, 0 where there is no such function, and ``library``
    the full names of what it uses of the book's library.
    """

    def __init__(self, name: str, sources: Iterable[str]):
        trees = [tree for source in sources if (tree := parsed(source))]
        functions, imported = {}, {}
        for node in (node for tree in trees for node in ast.walk(tree)):
            if isinstance(node, ast.FunctionDef) and not is_blank(node):
                functions[node.name] = node
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    imported[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                imported |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        used = [name] if name in functions else []
        for each in used:  # it grows
            names = [node.id for node in ast.walk(functions[each]) if isinstance(node, ast.Name)]
            used += [other for other in dict.fromkeys(names) if other in functions and other not in used]
        body = [functions[each] for each in used]
        try:
            self.library = {full for node in body for full in _library(node, imported)}
            self.shape, self.size = _spelled(body)
        except RecursionError:  # a sum of thousands of terms
            self.library, self.shape, self.size = set(), "", 0


def _code(cells: list[dict]) -> list[str]:
    return [cell["source"] for cell in cells if cell["kind"] == "code"]


def _library(function: ast.FunctionDef, imported: dict[str, str]) -> Iterable[str]:
    """The full names of what a function uses of the book's library, the longest of each chain of dots."""
    inner = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            first, _, rest = ast.unparse(node).partition(".") if _is_dotted(node) else ("", "", "")
            full = imported.get(first, "") + (f".{rest}" if rest else "")
            if full.startswith(("dynlib", "dynlib_kernels")):
                yield full
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.startswith(("dynlib.", "dynlib_kernels"))
        ):
            yield node.value


def _is_dotted(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_dotted(node.value))


def _spelled(functions: list[ast.FunctionDef]) -> tuple[str, int]:
    """Functions in one spelling, and how many nodes of syntax they have."""
    copies = [copy.deepcopy(function) for function in functions]
    own: dict[str, str] = {}
    for node in (node for function in copies for node in ast.walk(function)):
        for name in _binds(node):
            own.setdefault(name, f"v{len(own)}")
    size = 0
    for node in (node for function in copies for node in ast.walk(function)):
        size += 1
        if isinstance(node, ast.FunctionDef):
            node.name, node.returns = own[node.name], None
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        elif isinstance(node, ast.arg):
            node.arg, node.annotation = own[node.arg], None
        elif isinstance(node, ast.Name):
            node.id = own.get(node.id, node.id)
    return "\n".join(map(ast.dump, copies)), size


def _binds(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.arg):
        return [node.arg]
    return [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else []
