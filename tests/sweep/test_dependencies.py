"""What a file hangs on is read from its import statements: rather more than is needed, never fewer."""

import pytest

from dynlib.sweep.dependencies import closure, source_of

LAZY = """
_NAMES = {"solve": ".solver"}

def __getattr__(name):
    import importlib
    return getattr(importlib.import_module(_NAMES[name], __name__), name)
"""

FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
LATE = """
from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.late.other import answer
    from dynlib.late.other import answer as reply
    from dynlib.eager.core import core
    from dynlib.late.solver import solve
else:
    __getattr__, __dir__ = lazy(__name__)
"""


@pytest.fixture
def root(tmp_path):
    """A repository with a lazy room, an eager one, a kernel, and a test to write."""
    files = {
        "conftest.py": "import dynlib",
        "dynlib/__init__.py": "",
        "dynlib/lazy/__init__.py": LAZY,
        "dynlib/lazy/solver.py": "from .matrix import matrix\ndef solve(): return matrix()",
        "dynlib/lazy/matrix.py": "def matrix():\n    import dynlib_kernels.product as p\n    return p.run()",
        "dynlib/lazy/other.py": "x = 1",
        "dynlib/lazy/data/runs.csv": "a\n1\n",
        "dynlib/late/__init__.py": LATE,
        "dynlib/late/solver.py": "solve = 1",
        "dynlib/late/typed.py": FOR_TYPES + "    from dynlib.eager.aside import aside\nx = 1",
        "dynlib/late/other.py": "answer = 1",
        "dynlib/late/alone.py": "x = 1",
        "dynlib/eager/__init__.py": "from dynlib.eager.core import core",
        "dynlib/eager/core.py": "core = 1",
        "dynlib/eager/aside.py": "aside = 1",
        "kernels/dynlib_kernels/__init__.py": "",
        "kernels/dynlib_kernels/lazy_exports.py": "lazy = 1",
        "kernels/dynlib_kernels/product.py": "def run(): return 1",
        "kernels/dynlib_kernels/table.json": "{}",
        "kernels/dynlib_kernels/aside.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


PACKAGE = {"dynlib/lazy/__init__.py", "dynlib/lazy/data/runs.csv"}
KERNEL = {f"kernels/dynlib_kernels/{name}" for name in ("__init__.py", "product.py", "table.json")}
LATER = {
    "dynlib/late/__init__.py",
    *(f"kernels/dynlib_kernels/{name}" for name in ("__init__.py", "lazy_exports.py", "table.json")),
}
SOLVED = LATER | {"dynlib/late/solver.py"}
EAGER = {"dynlib/eager/__init__.py", "dynlib/eager/core.py"}
WHOLE = SOLVED | EAGER | {f"dynlib/late/{name}.py" for name in ("other", "alone", "typed")} | {"dynlib/eager/aside.py"}
SOLVER = PACKAGE | KERNEL | {"dynlib/lazy/solver.py", "dynlib/lazy/matrix.py"}


@pytest.mark.parametrize(
    ("text", "besides"),
    [
        ("import os, numpy", set()),
        ("from dynlib.lazy import solve", SOLVER),
        ("from dynlib.lazy import solver", SOLVER),
        ("from dynlib import lazy\nlazy.solve()", SOLVER),
        ("from dynlib import lazy as z\ngetattr(z, name)()", SOLVER | {"dynlib/lazy/other.py"}),
        ("import dynlib.lazy as z\nz.solve()", SOLVER),
        ("import dynlib.lazy\ndef f(): dynlib.lazy.x", PACKAGE | {"dynlib/lazy/other.py"}),
        ("from dynlib.lazy import *", SOLVER | {"dynlib/lazy/other.py"}),
        ("from dynlib.lazy import made_elsewhere", SOLVER | {"dynlib/lazy/other.py"}),
        ("def f():\n    from dynlib.eager import core", {"dynlib/eager/__init__.py", "dynlib/eager/core.py"}),
        ("import dynlib.eager.aside", {"dynlib/eager/__init__.py", "dynlib/eager/core.py", "dynlib/eager/aside.py"}),
        ("from dynlib_kernels import product", KERNEL),
        ("from dynlib.late import solve", SOLVED),
        ("from dynlib.late import solve as s, reply", SOLVED | {"dynlib/late/other.py"}),
        ("import dynlib.late as z\nz.answer", LATER | {"dynlib/late/other.py"}),
        ("from dynlib.late import core", LATER | EAGER),
        ("from dynlib.late import alone", LATER | {"dynlib/late/alone.py"}),
        ("from dynlib.late import typed", LATER | EAGER | {"dynlib/late/typed.py", "dynlib/eager/aside.py"}),
        ("from dynlib.late import unknown", WHOLE),
        ("import dynlib.late as z\ngetattr(z, name)", WHOLE),
    ],
)
def test_closure_of_an_import(root, text, besides):
    test = root / "tests/kernels/test_it.py"
    test.parent.mkdir(parents=True)
    test.write_text(text)
    assert set(closure(root, test)) == {"tests/kernels/test_it.py", "conftest.py", "dynlib/__init__.py"} | besides


def test_a_foreign_module_has_no_source_of_ours(root):
    assert source_of(root, "numpy.linalg") is None
    assert source_of(root, "dynlib.lazy.nothing") is None
    assert source_of(root, "dynlib_kernels") == root / "kernels/dynlib_kernels/__init__.py"
