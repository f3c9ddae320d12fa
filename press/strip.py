"""The form of an exercise's module that a reader gets: without what would give the answers away.

``MISTAKES`` holds pieces of the solution, ``CREDIT`` says what some of them are worth, ``hidden`` makes the inputs on which work
is marked. They leave by syntax tree, with whatever nothing else in the module uses. The rest stays byte for byte.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from press.mistakes import EXERCISES

SECRET = ("MISTAKES", "CREDIT", "hidden")


def reader_form(source: str) -> str:
    """An exercise's module without what would give the answer away.

    Parameters
    ----------
    source : str
        The module's source.

    Returns
    -------
    str
        It without ``MISTAKES``, ``CREDIT`` and ``hidden``, and without imports and definitions that
        only they use; a source that has neither comes back as it is.

    Raises
    ------
    ValueError
        Where one of the names is left: it must be a plain assignment or definition at the module's
        own level, and nothing that a reader keeps may use it.
    """
    body = ast.parse(source).body
    gone = [node for node in body if set(_bound(node)) & set(SECRET)]
    if gone:
        _take_along(body, gone)
    kept = [node for node in body if node not in gone]
    if left := {name for node in kept for name in _used(node) | set(_bound(node))} & set(SECRET):
        raise ValueError(f"{min(left)} is left in the reader's form; it must be plain, at the module's own level, and unused")
    lines = source.splitlines(keepends=True)
    for node in reversed(body):
        if node in gone:
            del lines[_first(node, lines) : node.end_lineno]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias for alias in node.names if _name(alias) in _needed(kept) or not _only_secret(alias, gone)]
            if 0 < len(names) < len(node.names):
                node.names = names
                lines[node.lineno - 1 : node.end_lineno] = [ast.unparse(node) + "\n"]
            elif not names:
                del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines).rstrip("\n") + "\n" if gone else source


def strip_tree(tree: Path) -> None:
    """Put every exercise's module under ``tree``, a copy of the repository, into the reader's form."""
    for path in (tree / EXERCISES).glob("*/*.py"):
        path.write_text(reader_form(path.read_text(encoding="utf-8")), encoding="utf-8")


def _take_along(body: list[ast.stmt], gone: list[ast.stmt]) -> None:
    """Add to ``gone`` each definition that something gone uses and nothing kept does, until there is no more."""
    while True:
        kept = [node for node in body if node not in gone]
        wanted = {name for node in gone for name in _used(node)}
        found = [
            node
            for node in kept
            if not isinstance(node, ast.Import | ast.ImportFrom)
            and (names := set(_bound(node)))
            and names <= wanted - _needed([other for other in kept if other is not node])
        ]
        if not found:
            return
        gone += found


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement of the module's own level binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from map(_name, node.names)


def _used(node: ast.AST) -> set[str]:
    """Every name that stands somewhere in a statement, read or written."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _needed(kept: list[ast.stmt]) -> set[str]:
    return {name for node in kept if not isinstance(node, ast.Import | ast.ImportFrom) for name in _used(node)}


def _only_secret(alias: ast.alias, gone: list[ast.stmt]) -> bool:
    return any(_name(alias) in _used(node) for node in gone)


def _name(alias: ast.alias) -> str:
    return (alias.asname or alias.name).partition(".")[0]


def _first(node: ast.stmt, lines: list[str]) -> int:
    """The index of a statement's first line, with its decorators and the comments and empty lines right above it."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))]) - 1
    while first and (not lines[first - 1].strip() or lines[first - 1].startswith("#")):
        first -= 1
    return first
