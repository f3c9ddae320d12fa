"""Public names: no export of a package hides a module of that package."""

import ast
import importlib
import pkgutil
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
ROOTS = {"dynlib": REPO, "dynlib_kernels": REPO / "kernels", "press": REPO}


def packages() -> list[str]:
    """Every package of the book's own, by its dotted name."""
    return sorted(
        ".".join(init.parent.relative_to(where).parts)
        for root, where in ROOTS.items()
        for init in (where / root).rglob("__init__.py")
    )


def hidden_modules(package: str) -> list[str]:
    """The modules of a package that something else of the same name stands in front of.

    ``from package import name`` would bring the one or the other, depending on what was imported before. A package may export
    one of its modules as such. Names are those of ``__all__`` and those that its source binds at the top level.
    """
    module = importlib.import_module(package)
    bound = set(getattr(module, "__all__", ()))
    for node in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Assign):
            bound |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    clashes = bound & {info.name for info in pkgutil.iter_modules(module.__path__)}
    return sorted(name for name in clashes if _export(module, name) is not importlib.import_module(f"{package}.{name}"))


def _export(module, name: str):
    """What the package means by a name. A lazy export is asked for: once its namesake is imported, that is the attribute."""
    lazy = vars(module).get("__getattr__")
    try:
        return lazy(name) if lazy else getattr(module, name)
    except AttributeError:
        return getattr(module, name)


def test_there_are_packages_to_look_at():
    assert {"dynlib", "dynlib.unified_dynamics", "dynlib_kernels.check", "press.grading"} <= set(packages())


@pytest.mark.parametrize("package", packages())
def test_no_export_hides_its_module(package):
    assert hidden_modules(package) == []


def test_an_export_that_hides_its_module_is_found(tmp_path, monkeypatch):
    planted = {
        "by_import": "from planted.by_import.scan import scan\n__all__ = ['scan']\n",
        "by_definition": "def scan():\n    pass\n",
        "lazily": "__all__ = ['scan']\ndef __getattr__(name):\n    return len\n",
        "as_such": "from planted.as_such import scan\n__all__ = ['scan']\n",
        "not_at_all": "from planted.not_at_all.scan import scan_slowly\n",
    }
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted/__init__.py").touch()
    for name, source in planted.items():
        (tmp_path / "planted" / name).mkdir()
        (tmp_path / "planted" / name / "__init__.py").write_text(source)
        (tmp_path / "planted" / name / "scan.py").write_text("def scan():\n    pass\n\n\nscan_slowly = scan\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("planted.lazily.scan")
    found = {name: hidden_modules(f"planted.{name}") for name in planted}
    for name in [name for name in sys.modules if name.split(".")[0] == "planted"]:
        del sys.modules[name]
    assert found == {"by_import": ["scan"], "by_definition": ["scan"], "lazily": ["scan"], "as_such": [], "not_at_all": []}


def checks_by_name(paths) -> dict[str, list[str]]:
    """Where each ``check_…`` is defined, an underscore in front or not."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            name = node.name.removeprefix("_") if isinstance(node, ast.FunctionDef) else ""
            if name.startswith("check_"):
                found.setdefault(name, []).append(path.as_posix())
    return found


def test_each_check_of_an_argument_is_defined_once(tmp_path):
    """Those that more than one room could use lie in one package; an exercise's check has its exercise's name."""
    paths = [
        path
        for root in ("dynlib", "dynlib_kernels")
        for path in (ROOTS[root] / root).rglob("*.py")
        if "teaching" not in path.parts
    ]
    found = checks_by_name(paths)
    assert {name: places for name, places in found.items() if len(places) > 1} == {}
    assert sum("dynlib_kernels/arguments/" in place for (place,) in found.values()) > 25
    assert [path for path in paths if path.stem == "arguments"] == []
    planted = tmp_path / "planted.py"
    planted.write_text("def _check_numbers(x):\n    return x\n")
    assert len(checks_by_name([*paths, planted])["check_numbers"]) == 2
