"""A cell's source as single statements, read as IPython reads it. What cannot be read is left out, and the rest stays."""

import ast
import copy
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from IPython.core.inputtransformer2 import TransformerManager

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # what the parser may raise for a text
WRAPPER = re.compile(r"%%(time|capture|prun)\b")  # magics that run the rest of their cell as it stands
CONTINUES = re.compile(r"(else|elif|except|finally|case)\b|[)\]}#]")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
FURTHEST = 100  # unindented lines over which the end of a piece is looked for


@dataclass(frozen=True)
class Statement:
    """One statement. ``node`` is None where it could not be read, and ``fault`` says why; ``line`` counts from 1 in the cell.

    ``binds`` says whether it is there for a name: a definition, an import, an assignment.
    """

    node: ast.stmt | None
    line: int
    text: str
    fault: str = ""
    binds: bool = False


def statements(source: str) -> list[Statement]:
    """The statements of a cell, magics and shell commands as calls of ``get_ipython()``.

    An import of several names is as many statements. Where a part of the cell is no Python, as on a marker's machine with an
    older one, every piece that begins without indentation and can be read is kept.

    Parameters
    ----------
    source : str
        What the student wrote in the cell.

    Returns
    -------
    list of Statement
        In order.
    """
    lines = source.splitlines() or [""]
    found: list[ast.stmt | SyntaxError]
    try:
        found, origin = [*ast.parse(source).body], list(range(len(lines)))  # plain Python stands for itself
    except UNREADABLE:
        text = as_python(source)
        origin = _origins(lines, text.splitlines())
        found = list(_pieces(text))
    result = []
    for node in found:
        at = node.lineno or 1 if isinstance(node, SyntaxError) else _first_line(node)
        line = origin[min(at, len(origin)) - 1] if origin else 0
        text = lines[min(line, len(lines) - 1)].strip()
        if isinstance(node, SyntaxError):
            result.append(Statement(None, line + 1, text, node.msg))
        else:
            result += [
                Statement(single, line + 1, text, binds=isinstance(node, DEFINITIONS + ASSIGNMENTS)) for single in _singly(node)
            ]
    return result


def as_python(source: str) -> str:
    """The source with everything that only IPython knows as calls; unchanged where IPython cannot read it."""
    lines = source.split("\n")
    for k, line in enumerate(lines):
        if WRAPPER.match(line):
            lines[k] = line.removeprefix("%")  # as a magic of its line alone it leaves the rest of the cell to be read
        elif line.strip():
            break
    try:
        return TransformerManager().transform_cell("\n".join(lines))
    except (*UNREADABLE, RuntimeError, IndexError):  # it gives up after 500 changes; odd text trips its tokeniser
        return source


def imported(sources: Iterable[str]) -> list[str]:
    """The modules that cells may import, with names after ``from … import``, which may be modules too; each once."""
    found: dict[str, None] = {}
    for statement in (statement for source in sources for statement in statements(source)):
        for node in ast.walk(statement.node) if statement.node else ():
            if isinstance(node, ast.Import):
                found |= dict.fromkeys(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= dict.fromkeys([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return list(found)


def _pieces(text: str) -> Iterator[ast.stmt | SyntaxError]:
    """The statements of a text, and an error for each piece of it that is none."""
    try:
        yield from ast.parse(text).body
        return
    except UNREADABLE:
        lines = text.splitlines(keepends=True)
    begins = [k for k, line in enumerate(lines) if line[:1].strip() and not CONTINUES.match(line)] + [len(lines)]
    here, last = 0, len(begins) - 1
    while here < last:
        fault: SyntaxError | None = None
        for there in range(here + 1, min(last, here + FURTHEST) + 1):
            try:
                body = ast.parse("\n" * begins[here] + "".join(lines[begins[here] : begins[there]])).body
            except UNREADABLE as error:
                fault = fault or _as_syntax_error(error, begins[here] + 1)
                continue
            yield from body
            here, fault = there, None
            break
        if fault:
            yield fault
            here += 1


def _as_syntax_error(error: BaseException, line: int) -> SyntaxError:
    if isinstance(error, SyntaxError):
        error.lineno = max(error.lineno or line, line)
        return error
    made = SyntaxError(str(error))
    made.lineno = line
    return made


def _singly(node: ast.stmt) -> Iterator[ast.stmt]:
    """An import of several names as one import each: one that is missing does not take the others along."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        yield node
        return
    for alias in node.names:
        single = copy.copy(node)
        single.names = [alias]
        yield single


def _first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])


def _origins(lines: list[str], read: list[str]) -> list[int]:
    """For each line that was read the number, from 0, of the student's line that it came from."""
    origin: list[int] = []
    stripped = [line.strip() for line in lines], [line.strip() for line in read]
    for _, first, after, begin, end in SequenceMatcher(None, *stripped, autojunk=False).get_opcodes():
        origin += [max(min(first + k, after - 1), 0) for k in range(end - begin)]
    return origin
