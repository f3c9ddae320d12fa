"""A small project to press: a repository with a library, two rooms, a top-level page and a claims file."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from press.normalise import normalise

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "dynamics-book"
version = "0.1.0"

[project.urls]

[tool.setuptools]
include-package-data = false

[tool.setuptools.packages.find]
where = [".", "kernels"]
include = ["dynlib", "dynlib.*", "dynlib_kernels", "dynlib_kernels.*"]

[tool.setuptools.package-data]
"*" = ["data/*.csv"]
"dynlib.teaching.claims" = ["*.toml"]

[tool.importlinter]
root_packages = ["dynlib", "dynlib_kernels"]

[[tool.importlinter.contracts]]
name = "imports go one way"
type = "layers"
layers = [
    "dynlib.teaching",
    "dynlib.alpha | dynlib.beta",
    "dynlib_kernels",
]
"""

TOC = """\
format: jb-book
root: index
parts:
  - caption: Chapters
    chapters:
      - file: alpha/index
        sections:
          - file: alpha/derive
      - file: beta/index
  - caption: Back
    chapters:
      - file: notation
"""

SETUP = "from dynlib.teaching import setup\n\nsetup()"
SETUP_TAGS = ["hide-cell", "nbval-ignore-output", "setup"]


def code(source, *tags, **metadata):
    return new_code_cell(source, metadata={"tags": sorted(tags), **metadata} if tags else metadata)


def prose(source, *tags):
    return new_markdown_cell(source, metadata={"tags": sorted(tags)} if tags else {})


def write(path, *cells):
    """Write a notebook as Jupyter would: not canonical, never executed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def write_files(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path):
    """A repository in a path with a space. Its library is real enough to be built, installed and imported."""
    root = tmp_path / "the book"
    write_files(
        root,
        {
            "pyproject.toml": PYPROJECT,
            "README.md": "# A book\n",
            "LICENSE": "MIT\n",
            "book/_toc.yml": TOC,
            "book/_build/stale.ipynb": "{}",
            "tests/hygiene/without_torch.txt": "dynlib\ndynlib.alpha\n",
            "kernels/dynlib_kernels/__init__.py": "",
            "dynlib/__init__.py": "",
            "dynlib/alpha/__init__.py": "",
            "dynlib/alpha/data/a.csv": "1,2,3\n" * 500,
            "dynlib/beta/__init__.py": "",
            "dynlib/beta/data/b.csv": "4,5,6\n" * 500,
            "dynlib/teaching/__init__.py": "def setup():\n    print('ready')\n",
            "dynlib/teaching/claims/__init__.py": "",
            "dynlib/teaching/claims/alpha.toml": '[fades]\nstatement = "it fades"\nstatus = "tested"\n',
        },
    )
    return root


@pytest.fixture
def make():
    """A function that writes a notebook; a string is a code cell."""
    return lambda path, *cells: write(path, *(code(c) if isinstance(c, str) else c for c in cells))


def page_cells():
    return [prose("# Fading\n\nA number leaks."), code("x = 2", "hide-cell"), prose("Twice that:"), code("print(2 * x)\nx + 1")]


@pytest.fixture
def page(root):
    """One notebook of room alpha: prose, a value and a print."""
    return write(root / "book/alpha/index.ipynb", *page_cells())


@pytest.fixture(scope="session")
def executed_text(tmp_path_factory):
    """The page after normalise, run once for all tests."""
    path = write(tmp_path_factory.mktemp("once") / "index.ipynb", *page_cells())
    normalise(path)
    return path.read_text()


@pytest.fixture
def ran(page, executed_text):
    """The page as normalise leaves it."""
    page.write_text(executed_text)
    return page


@pytest.fixture(scope="session")
def allowance():
    """What `grade` has to be told where the system has no namespaces: ``--without-isolation``; nothing elsewhere."""
    program = "import os; from press.grading import walls; print(walls.shared(walls.best(), os.geteuid() == 0) == [])"
    repository = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    return {"True": [], "False": ["--without-isolation"]}[done.stdout.strip()]
