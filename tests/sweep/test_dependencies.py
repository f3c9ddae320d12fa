"""What a file hangs on is read from its import statements: rather more than is needed, never fewer."""

import pytest

from dynlib.sweep.dependencies import closure, source_of

LAZY = """
_NAMES = {"solve": ".solver"}

def __getattr__(name):
    import importlib
    return getattr(importlib.import_module(_NAMES[name], __name__), name)
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
        "dynlib/eager/__init__.py": "from dynlib.eager.core import core",
        "dynlib/eager/core.py": "core = 1",
        "dynlib/eager/aside.py": "aside = 1",
        "kernels/dynlib_kernels/__init__.py": "",
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
