"""Which cells belong to which exercise, and where an answer stands."""

import ast
import re

from press.notebooks import syntax_tree


def rooms_in(cells: list[dict], labels: dict[str, dict[str, str]]) -> list[str]:
    """Every room of which the notebook holds cells that were released, or else the one with the most of its exercises."""
    ids = {cell["id"] for cell in cells}
    code = "\n".join(cell["source"] for cell in cells if cell["kind"] == "code")
    found = [room for room in labels if any({label, f"{label}-check"} & ids for label in labels[room].values())]
    count = {
        room: sum(bool(re.search(rf"^\s*def {re.escape(name)}\b", code, re.M)) for name in names)
        for room, names in labels.items()
    }
    most = max(count.values(), default=0)
    return found or [room for room in labels if most and count[room] == most]


def answered(cells: list[dict], names: list[str]) -> set[str]:
    """The exercises whose function, or whose answer to personal numbers, somebody wrote."""
    code = [cell["source"] for cell in cells if cell["kind"] == "code"]
    return {name for name in names if any(_writes(source, name) for source in code)}


def to_run(cells: list[dict], names: list[str] | None = None) -> list[str]:
    """The code cells that belong to the answers.

    Parameters
    ----------
    cells : list of dict
        A notebook's.
    names : list of str, optional
        The exercises' functions: an untouched stub of one is left out if another cell answers it.

    Returns
    -------
    list of str
        The sources, without the cell that installs the library, those that call checks, and the one that packs the answers.
    """
    written = answered(cells, names or [])
    return [
        cell["source"]
        for cell in cells
        if cell["kind"] == "code"
        and not cell["grade"]
        and "check" not in cell["tags"]
        and not is_released(cell["source"])
        and not any(_is_stub(cell["source"], name) for name in written)
    ]


def is_released(source: str) -> bool:
    """Say whether a code cell is the one that brings the library, or the one that packs the answers."""
    return source.startswith("# @title Setup") or bool(re.match(r"from dynlib\.teaching import hand_in\s+hand_in\(", source))


def _writes(source: str, name: str) -> bool:
    """Say whether a cell gives ``name`` a value, and more than a stub's."""
    if name not in source:
        return False
    tree = parsed(source)
    if tree is None:  # not Python as it stands; it was written all the same, unless it is the stub's own line
        return bool(re.search(rf"^\s*(?:def {name}\b|{name}\s*=)", source, re.M)) and "NotImplementedError" not in source
    return any(_binds(node, name) and not is_blank(node) for node in ast.walk(tree))


def _is_stub(source: str, name: str) -> bool:
    """Say whether a cell does nothing but define ``name`` as a stub, beside imports."""
    tree = parsed(source) if name in source else None
    if tree is None:
        return False
    rest = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return len(rest) == 1 and _binds(rest[0], name) and is_blank(rest[0])


def parsed(source: str) -> ast.Module | None:
    """A cell's syntax, its magics read as IPython reads them; None where it has none, whatever somebody typed there."""
    if source.lstrip().startswith("%%"):  # %%time and its like run the lines below them
        source = source.lstrip().partition("\n")[2]
    try:
        return syntax_tree(source)
    except Exception:  # too deep, too long, zeros in it …
        return None


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name == name
    if isinstance(node, ast.ImportFrom | ast.Import):
        return any((alias.asname or alias.name) == name for alias in node.names)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(part, ast.Name) and part.id == name for target in targets for part in ast.walk(target))
    return False


def _names(node: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def is_blank(node: ast.AST) -> bool:
    """Say whether a function is a stub: it only says that it is not written; or whether a value is None."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    body = [part for part in node.body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
    if all(isinstance(part, ast.Pass) for part in body):
        return True
    returns = any(isinstance(part, ast.Return | ast.Yield | ast.YieldFrom) for part in ast.walk(node))
    return not returns and isinstance(body[-1], ast.Raise) and _names(body[-1], "NotImplementedError")
