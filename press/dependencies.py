"""Which of the repository's own files a Python file hangs on, read from import statements: rather more than are needed, never fewer.

``from package import name`` leads to the module of that name, or to every module of the package that defines the name: a
package may export lazily. Where nothing tells, the whole package counts. With a package go its data.
"""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

HOMES = {"dynlib": "dynlib", "dynlib_kernels": "kernels/dynlib_kernels"}      # the packages of the book, and where they lie


def path_of(module: str) -> str:
    """Where a module lies, relative to the repository: ``dynlib.scan.convolution`` → ``dynlib/scan/convolution.py``.

    A package is answered as if it were a module; ``source_of`` looks. Raises ValueError for a module of nobody's.
    """
    top, *rest = module.split(".")
    if top not in HOMES:
        raise ValueError(f"{module!r} is no module of {' or '.join(HOMES)}")
    return "/".join([HOMES[top], *rest]) + ".py"


def source_of(root: Path, module: str) -> Path | None:
    """The file of a module or package of the book in the repository ``root``; None where there is none."""
    if module.split(".")[0] not in HOMES:
        return None
    plain = root / path_of(module)
    package = plain.with_suffix("") / "__init__.py"
    return plain if plain.is_file() else package if package.is_file() else None


def closure(root: Path, start: Path) -> list[str]:
    """``start``, every file of the book that it imports, however indirectly, and their packages' data, relative to ``root``.

    ``conftest.py`` files beside and above ``start`` count as imported: pytest runs them first.
    """
    above = [folder / "conftest.py" for folder in start.parents if folder.is_relative_to(root)]
    seen, todo = set(), [start, *(path for path in above if path.is_file())]
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            todo += [file for module in imported(root, path) for file in _with_parents(root, module)]
    data = {file for path in seen if path.name == "__init__.py" for file in _data(path.parent)}
    return sorted(path.relative_to(root).as_posix() for path in seen | data)


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
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            package = _absolute(root, path, node)
            for alias in node.names:
                found |= _exported(root, package, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in HOMES:
                    found |= {alias.name} | set(_used_of(root, tree, alias))
    return found


def _absolute(root: Path, path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    home = next((root / home for home in HOMES.values() if path.is_relative_to(root / home)), path.parent)
    parts = path.relative_to(home.parent).parts[:-node.level]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _used_of(root: Path, tree: ast.Module, alias: ast.alias) -> Iterator[str]:
    """After ``import package as p``: where ``p.name`` leads. A module's names are its own; a package may load them late."""
    source = source_of(root, alias.name)
    if source is None or source.name != "__init__.py":
        return
    wanted = (alias.asname or alias.name).split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".") == wanted:
            yield from _exported(root, alias.name, node.attr)


def _exported(root: Path, package: str, name: str) -> set[str]:
    """The modules behind ``from package import name``."""
    source = source_of(root, package)
    if source is None:
        return set()
    if source.name != "__init__.py":
        return {package}
    if source_of(root, f"{package}.{name}"):
        return {package, f"{package}.{name}"}
    if name in _bound(source):        # the package's own, or imported by it, which following the package finds
        return {package}
    modules = [_module(root, path) for path in sorted(source.parent.rglob("*.py"))]
    return {package, *([m for m in modules if name in _bound(source_of(root, m))] or modules)}


def _module(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    parts = parts[1:] if parts[0] == "kernels" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _parsed(path: Path) -> ast.Module:
    status = path.stat()
    return _parsed_once(path, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=None)
def _parsed_once(path: Path, *_version: int) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _bound(path: Path) -> set[str]:
    """The names that a module binds at its top level, within ``if`` and ``try`` too."""
    found, todo = set(), list(_parsed(path).body)
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
