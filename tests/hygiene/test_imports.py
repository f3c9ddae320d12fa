"""Importing costs no more than is used: torch comes through one module, exports when they are asked for."""

import ast
import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import dynlib
import dynlib_kernels

REPO = Path(__file__).parents[2]
WITHOUT_TORCH = Path(__file__).with_name("without_torch.txt")

# Who imports torch or Triton itself, and why. Everybody else writes `from dynlib_kernels.engine import torch`.
ALLOWED = {
    "kernels/dynlib_kernels/engine.py": "it settles Triton's mode and warms torch up",
    "kernels/dynlib_kernels/language.py": "it imports Triton once the mode is settled, or stands in for it",
}


def bare_imports(source: str) -> list[int]:
    """The lines that import torch or Triton, at the top, in a function or by a call."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            names = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
        if any(name.split(".")[0] in ("torch", "triton") for name in names):
            lines.append(node.lineno)
    return sorted(lines)


def offenders(root: Path) -> list[str]:
    """``path:line`` of each bare import outside the allowed modules."""
    paths = sorted(path for folder in ("dynlib", "kernels", "press", "book/_ext") for path in (root / folder).rglob("*.py"))
    found = {path.relative_to(root).as_posix(): bare_imports(path.read_text(encoding="utf-8")) for path in paths}
    return [f"{name}:{line}" for name, lines in found.items() for line in lines if name not in ALLOWED]


def test_torch_comes_from_one_module():
    assert offenders(REPO) == [], "write: from dynlib_kernels.engine import torch"
    assert all(bare_imports((REPO / name).read_text(encoding="utf-8")) for name in ALLOWED), "an exception that none needs"


@pytest.mark.parametrize(
    "line",
    [
        "import torch",
        "import torch.nn as nn",
        "from torch import nn",
        "from torch.nn.functional import pad",
        "import os, torch",
        "import triton",
        "from triton import language",
        "importlib.import_module('torch')",
        "def f():\n    import torch",
    ],
)
def test_a_bare_import_is_found(tmp_path, line):
    for folder in ("dynlib/a_room", "kernels/dynlib_kernels"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "dynlib/a_room/fine.py").write_text("from dynlib_kernels.engine import torch\nimport torches\nx = torch.exp\n")
    (tmp_path / "kernels/dynlib_kernels/engine.py").write_text("import torch\n")
    assert offenders(tmp_path) == []
    (tmp_path / "dynlib/a_room/planted.py").write_text(f"import math\n{line}\n")
    assert offenders(tmp_path) == [f"dynlib/a_room/planted.py:{2 + line.count(chr(10))}"]


ROOMS = [f"dynlib.{path.parent.name}" for path in sorted((REPO / "dynlib").glob("*/__init__.py"))]
EXERCISES = "dynlib.teaching.exercises"
HEAVY = [
    "torch",
    "joblib",
    "dask",
    "triton",
    "numpy",
    "scipy",
    "sklearn",
    "matplotlib",
    "pandas",
    "shapely",
    "safetensors",
    "IPython",
    "ipywidgets",
]
# What is imported, one after the other in one process, and which of the heavy packages it may bring.
LIGHT = [
    ("import dynlib", []),
    *[(f"import {room}", []) for room in ROOMS],
    ("import dynlib_kernels.check", []),
    ("from dynlib.sweep import read_runs, verified", []),
    ("from dynlib.sweep import Experiment, experiments, sweep", []),
    ("from dynlib.teaching import ClaimError, claim", []),
    ("from dynlib.teaching.exercises.pointer import check_least", ["numpy"]),
    ("import press.__main__", ["numpy"]),
    ("from dynlib.teaching import Choice, Explore, Frame, Lines, Plane, Slider, Table", ["numpy"]),
    ("from dynlib.teaching.explore import Points, Twin", ["numpy"]),
    ("from dynlib.teaching.explore.twins.hull import pointer_twin", ["numpy", "scipy"]),
]
BRINGS = """
import json, sys
brought = []
for line in json.load(sys.stdin)["lines"]:
    before = set(sys.modules)
    exec(line)
    brought.append(sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
print(json.dumps(brought))
"""


def python(program: str, **given) -> dict | list:
    """What a fresh process prints as json."""
    done = subprocess.run([sys.executable, "-c", program], input=json.dumps(given), capture_output=True, text=True, cwd=REPO)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_what_is_not_used_is_not_imported():
    brought = python(BRINGS, lines=[line for line, _ in LIGHT])
    heavy = {line: [name for name in HEAVY if name in names] for (line, _), names in zip(LIGHT, brought, strict=True)}
    too_much = {line: heavy[line] for line, allowed in LIGHT if set(heavy[line]) - set(allowed)}
    assert too_much == {}, "export lazily, as dynlib_kernels.lazy_exports says"


BLOCKED = """
import importlib, json, sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "triton"):
            raise ModuleNotFoundError("blocked", name="torch")

sys.meta_path.insert(0, NoTorch())
fine, faults = [], {}
for name in json.load(sys.stdin)["modules"]:
    try:
        importlib.import_module(name)
        fine.append(name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            faults[name] = str(error)
print(json.dumps([fine, faults]))
"""


def modules(package) -> list[str]:
    """The package and every module in it, but what is run as a program."""
    walked = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [package.__name__, *(found.name for found in walked if not found.name.endswith("__main__"))]


@pytest.fixture(scope="module")
def imported() -> list[str]:
    """The modules of the library that can be imported where there is no torch."""
    fine, faults = python(BLOCKED, modules=modules(dynlib) + modules(dynlib_kernels))
    assert faults == {}
    return sorted(fine)


def test_no_check_of_an_exercise_needs_torch(imported):
    checks = {name for name in modules(dynlib) if name.startswith(EXERCISES)}
    assert len(checks) > 47
    assert checks - set(imported) == set()


def test_what_needs_no_torch_is_known_and_only_grows(imported):
    """``without_torch.txt`` names every module that can be imported without torch. A line is taken out with its module only.

    The exercises are not listed, since none of them may need it: a new one touches its notebook and its module alone.
    """
    print(f"{len(imported)} modules need no torch:", *imported, sep="\n")
    imported = [name for name in imported if not name.startswith(EXERCISES)]
    stored = WITHOUT_TORCH.read_text(encoding="utf-8").splitlines()
    assert stored == sorted(set(stored))
    assert set(stored) - set(imported) == set(), "these need torch now, or are gone"
    assert set(imported) - set(stored) == set(), f"these need none: add them to {WITHOUT_TORCH.name}"


# Packages that export lazily: their names, as the linter sees them, against what they give.
TOPS = [(REPO, "dynlib"), (REPO / "kernels", "dynlib_kernels")]
LAZY = sorted(
    ".".join(init.parent.relative_to(place).parts)
    for place, top in TOPS
    for init in (place / top).rglob("__init__.py")
    if "= lazy(__name__)" in init.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", LAZY)
def test_exports_are_what_is_listed(name):
    package = importlib.import_module(name)
    assert set(package.__all__) <= set(dir(package))
    for export in package.__all__:
        assert getattr(package, export) is getattr(package, export)
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'nothing_of_the_kind'"):
        package.nothing_of_the_kind  # noqa: B018
    with pytest.raises(ImportError, match="nothing_of_the_kind"):
        exec(f"from {name} import nothing_of_the_kind")
