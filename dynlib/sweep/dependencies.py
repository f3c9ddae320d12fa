"""Which of the repository's own files a Python file hangs on, read from import statements: rather more than are needed.

``from package import name`` leads to the module of that name, to where ``lazy_exports`` finds the name, or to every module of the
package that defines it: a package may export lazily in other ways. Where nothing tells, the whole package counts. With a package
goes its data. What no import statement names (``importlib`` by a text) is not seen.
"""

import ast
import functools
from collections.abc import Iterable
from pathlib import Path

HOMES = {"dynlib": "dynlib", "dynlib_kernels": "kernels/dynlib_kernels"}  # the packages of the book, and where they lie


def homes(root: Path) -> dict[str, Path]:
    """The folders of the book's packages: those of a repository, or beside each other where they were installed or unpacked."""
    return {top: root / place if (root / place).is_dir() else root / top for top, place in HOMES.items()}


def source_of(root: Path, module: str) -> Path | None:
    """The file of a module or package of the book.

    Parameters
    ----------
    root : Path
        The repository, or the folder into which the packages were installed.
    module : str
        Its dotted name.

    Returns
    -------
    Path or None
        None where there is none.
    """
    top, *rest = module.split(".")
    if top not in HOMES:
        return None
    place = homes(root)[top] / Path(*rest)
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def closure(root: Path, start: Path) -> list[str]:
    """The files that a Python file hangs on, itself among them.

    Parameters
    ----------
    root : Path
        The repository, or the folder into which the packages were installed.
    start : Path
        The file. ``conftest.py`` files beside and above it count as imported: pytest runs them
        first.

    Returns
    -------
    list of str
        ``start``, every file of the book that it imports, however indirectly, and their packages'
        data, relative to ``root`` and sorted.
    """
    above = [folder / "conftest.py" for folder in start.parents if folder.is_relative_to(root)]
    seen = reached(root, [start, *(path for path in above if path.is_file())])
    data = {file for path in seen if path.name == "__init__.py" for file in _data(path.parent)}
    return sorted(path.relative_to(root).as_posix() for path in seen | data)


def reached(root: Path, starts: Iterable[Path]) -> set[Path]:
    """The source files that Python files import, however indirectly, themselves included.

    Parameters
    ----------
    root : Path
        As ``closure``.
    starts : iterable of Path
        Python files, wherever they lie.

    Returns
    -------
    set of Path
        ``starts``, and files of the book.
    """
    seen: set[Path] = set()
    todo = list(starts)
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo += [file for module in imported(root, path) for file in _with_parents(root, module)]
    return seen


def _with_parents(root: Path, module: str) -> list[Path]:
    """A module's file, and those of the packages around it, which Python imports first."""
    parts = module.split(".")
    found = [source_of(root, ".".join(parts[:n])) for n in range(1, len(parts) + 1)]
    return [path for path in found if path]


def _data(package: Path) -> list[Path]:
    beside = [path for path in package.iterdir() if path.is_file() and path.suffix not in (".py", ".pyc")]
    return beside + [path for path in (package / "data").rglob("*") if path.is_file()]


def imported(root: Path, path: Path) -> set[str]:
    """The modules of the book that the import statements of one file name, anywhere in it."""
    tree, found = _parsed(path), set()
    late = {id(node) for block in _exports(path) for node in ast.walk(block)}
    for node in ast.walk(tree):
        if id(node) in late:
            continue
        if isinstance(node, ast.ImportFrom):
            package = _absolute(root, path, node)
            for alias in node.names:
                found |= _exported(root, package, alias.name)
                found |= _used_of(root, tree, f"{package}.{alias.name}", alias.asname or alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if source_of(root, alias.name):
                    found |= {alias.name} | _used_of(root, tree, alias.name, alias.asname or alias.name)
    return found


def _exports(path: Path) -> list[ast.ImportFrom]:
    """What stands under ``if TYPE_CHECKING:`` in a package: imports that ``lazy_exports`` makes when a name is asked for."""
    if path.name != "__init__.py":
        return []
    blocks = (node for node in _parsed(path).body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    return [statement for block in blocks for statement in block.body if isinstance(statement, ast.ImportFrom)]


def _lazily(root: Path, source: Path, name: str) -> tuple[str, str] | None:
    """Where a lazy export of a package comes from: a module, and the name there."""
    for node in _exports(source):
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                return _absolute(root, source, node), alias.name
    return None


def _absolute(root: Path, path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    home = next((home for home in homes(root).values() if path.is_relative_to(home)), path.parent)
    parts = path.relative_to(home.parent).parts[: -node.level]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _used_of(root: Path, tree: ast.Module, package: str, name: str) -> set[str]:
    """Where ``name.attribute`` leads when ``name`` is a package, which may load its names late; where used whole, all of it."""
    source = source_of(root, package)
    if source is None or source.name != "__init__.py":
        return set()
    whole = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute) and _dotted(node) == name]
    taken = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _dotted(node.value) == name]
    found = {module for attribute in taken for module in _exported(root, package, attribute)}
    return found | set(_modules(root, source)) if len(whole) > len(taken) else found


def _dotted(node: ast.expr) -> str | None:
    """``a.b.c`` of an expression that is no more than that."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return None


def _exported(root: Path, package: str, name: str) -> set[str]:
    """The modules behind ``from package import name``."""
    source = source_of(root, package)
    if source is None:
        return set()
    if source.name != "__init__.py":
        return {package}
    if source_of(root, f"{package}.{name}"):
        return {package, f"{package}.{name}"}
    if origin := _lazily(root, source, name):
        return {package} | _exported(root, *origin)
    if name in _bound(source):  # the package's own, or imported by it, which following the package finds
        return {package}
    modules = _modules(root, source)
    return {package, *([module for module, path in modules.items() if name in _bound(path)] or modules)}


def _modules(root: Path, source: Path) -> dict[str, Path]:
    """The modules of the package whose ``__init__.py`` is ``source``, by dotted name."""
    home = next(home for home in homes(root).values() if source.is_relative_to(home))
    names = {path: path.relative_to(home.parent).with_suffix("").parts for path in sorted(source.parent.rglob("*.py"))}
    return {".".join(parts[:-1] if parts[-1] == "__init__" else parts): path for path, parts in names.items()}


def _parsed(path: Path) -> ast.Module:
    status = path.stat()
    return _parsed_once(path, status.st_mtime_ns, status.st_size)


@functools.cache
def _parsed_once(path: Path, *_version: int) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _bound(path: Path) -> set[str]:
    """The names that a module binds at its top level, within ``if`` and ``try`` too."""
    found: set[str] = set()
    todo: list[ast.AST] = list(_parsed(path).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        else:
            todo += ast.iter_child_nodes(node)
    return found
