"""Change one place of a Python source that is named by its syntax, not by its text: layout and comments do not matter.

A claim's breaker addresses the library so, and a mistake of an exercise its solution. The place is an expression, or one or
several statements in a row; everything around it stays as it is, byte for byte.
"""

import ast
import textwrap
from collections.abc import Sequence

Node = ast.stmt | ast.expr
Place = tuple[ast.AST, str, int | None]  # a node's owner, the field it stands in, its index where that is a list


def replace_once(source: str, old: str, new: str, where: str | None = None, occurrence: int | None = None) -> str:
    """A source with one place changed that is named by its syntax.

    Parameters
    ----------
    source : str
        Python source.
    old, new : str
        Both an expression, or both one or several statements; their indentation is theirs.
    where : str, optional
        In what to look: a qualified name such as ``"S4D.forward"``, ``""`` for what stands in no
        function and no class, None for everything.
    occurrence : int, optional
        Which of several places is meant, from 1; without it the place must be the only one.

    Returns
    -------
    str
        ``source`` with ``new`` in the place of ``old``, and every other byte as it was.

    Raises
    ------
    ValueError
        Unless ``old`` occurs exactly so, where ``new`` is the same syntax, and where the result
        would not parse to what was meant.
    """
    tree = ast.parse(source)
    was, now = _parsed(old, "old"), _parsed(new, "new")
    if _same(was, now):
        raise ValueError(f"new = {new!r} is the same syntax as old = {old!r}, so it changes nothing")
    if len(was) == len(now) == 1 and isinstance(was[0], ast.Expr) and isinstance(now[0], ast.Expr):
        was, now = [was[0].value], [now[0].value]
    found = _places(_scope(tree, where), was)
    inside = "the source" if where is None else f"{where}()" if where else "the module's own level"
    if not found or (occurrence is None and len(found) > 1) or (occurrence is not None and not 1 <= occurrence <= len(found)):
        asked = "" if occurrence is None else f", and occurrence = {occurrence} was asked for"
        raise ValueError(f"old = {old!r} occurs {len(found)} times in {inside}{asked}")
    owner, field, index = found[(occurrence or 1) - 1]
    for attempt in (new, f"({new.strip()})") if isinstance(now[0], ast.expr) else (new,):
        changed = _spliced(source, _at((owner, field, index), len(was)), attempt)
        if _is(changed, _meant(tree, owner, field, index, len(was), now)):
            return changed
    raise ValueError(f"new = {new!r} cannot stand in the place of old = {old!r} as it is")


def _parsed(text: str, name: str) -> list[Node]:
    try:
        body = ast.parse(textwrap.dedent(text).strip()).body
    except SyntaxError as error:
        raise ValueError(f"{name} = {text!r} is neither an expression nor whole statements: {error.msg}") from None
    if not body:
        raise ValueError(f"{name} is empty; write `pass` for nothing")
    return list(body)


def _scope(tree: ast.Module, where: str | None) -> list[ast.AST]:
    """The nodes in whose fields to look. Definitions within ``if`` and ``try`` have the name that they have at run time."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

    def named(node: ast.AST, prefix: str) -> list[tuple[str, ast.AST]]:
        found = []
        for child in ast.iter_child_nodes(node):
            name = f"{prefix}{child.name}" if isinstance(child, definitions) else None
            found += ([(name, child)] if name else []) + named(child, f"{name}." if name else prefix)
        return found

    if where is None:
        return list(ast.walk(tree))
    if where:
        found = [node for name, node in named(tree, "") if name == where]
        if len(found) != 1:
            raise ValueError(f"where = {where!r} is defined {len(found)} times; it must be one function or class")
        return list(ast.walk(found[0]))
    return [tree, *(node for own in tree.body if not isinstance(own, definitions) for node in ast.walk(own))]


def _places(owners: list[ast.AST], was: list[Node]) -> list[Place]:
    """Where nodes equal to ``was`` stand in fields of the owners, in the source's order."""
    found: list[Place] = []
    kind, size = type(was[0]), len(was)
    for owner in owners:
        for field, value in ast.iter_fields(owner):
            if isinstance(value, list):
                for index, node in enumerate(value):
                    if isinstance(node, kind) and _same(value[index : index + size], was):
                        found.append((owner, field, index))
            elif isinstance(value, kind) and _same([value], was):
                found.append((owner, field, None))
    return sorted(found, key=lambda place: _span(_at(place, size))[0])


def _at(place: Place, size: int) -> list[Node]:
    owner, field, index = place
    value = getattr(owner, field)
    return [value] if index is None else value[index : index + size]


def _same(some: Sequence[ast.AST], others: Sequence[ast.AST]) -> bool:
    return [ast.dump(node) for node in some] == [ast.dump(node) for node in others]


def _span(nodes: list[Node]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Line and byte of the first and behind the last; a decorator belongs to what it decorates."""
    decorators = getattr(nodes[0], "decorator_list", [])
    first = (decorators[0].lineno, nodes[0].col_offset) if decorators else (nodes[0].lineno, nodes[0].col_offset)
    line, byte = nodes[-1].end_lineno, nodes[-1].end_col_offset
    assert line is not None  # the parser tells both
    assert byte is not None
    return first, (line, byte)


def _spliced(source: str, nodes: list[Node], new: str) -> str:
    (first, start), (last, end) = _span(nodes)
    lines = source.encode().splitlines(keepends=True)
    text = textwrap.dedent(new).strip()
    if isinstance(nodes[0], ast.stmt):
        text = textwrap.indent(text, " " * start).lstrip(" ")
    before, after = b"".join(lines[: first - 1]) + lines[first - 1][:start], lines[last - 1][end:] + b"".join(lines[last:])
    return (before + text.encode() + after).decode()


def _meant(tree: ast.Module, owner: ast.AST, field: str, index: int | None, size: int, now: list[Node]) -> str:
    """The dump of the tree with ``now`` in its place; the tree itself is left as it was."""
    value = getattr(owner, field)
    setattr(owner, field, now[0] if index is None else [*value[:index], *now, *value[index + size :]])
    dump = ast.dump(tree)
    setattr(owner, field, value)
    return dump


def _is(source: str, dump: str) -> bool:
    try:
        return ast.dump(ast.parse(source)) == dump
    except SyntaxError:
        return False
