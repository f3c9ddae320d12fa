"""What a reader's notebook carries: the library as readers get it, without the other chapters, packed into its first cell."""

import ast
import base64
import functools
import inspect
import json
import re
import tomllib
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from nbformat import NotebookNode

from press import unpack
from press.mistakes import EXERCISES
from press.notebooks import all_notebooks, code_cells, read, syntax_tree
from press.strip import reader_form

WIDTH = 400  # columns of a line of the payload, which nobody reads
TITLE = """\
# @title Setup {display-mode: "form"}
# This cell carries the book's library: the text in quotes at its end is the library's files, compressed (zlib) and written in
# letters (base85). The cell unpacks them into a cache folder, which it names when it has run, and imports them from there. Look
# into that folder to read them; or call unpack, below, which returns each file's name and bytes. Nothing is installed or sent.
"""


def setup_cells(root: Path) -> Callable[[NotebookNode, str], str]:
    """Return what makes the setup cells of a book's notebooks.

    Parameters
    ----------
    root : Path
        The repository.

    Returns
    -------
    callable
        Takes a notebook and its chapter and returns the source of its setup cell, the same bytes on
        all pages of that chapter. A chapter is a folder of book/ or a page at its top level; for
        any other name the notebook stands for itself.
    """
    files, known = reader_files(root), {}

    def source(nb: NotebookNode, chapter: str) -> str:
        if chapter not in known:
            known[chapter] = setup_cell(carried(files, chapter, pages_of(root, chapter) or [nb]))
        return known[chapter]

    return source


def pages_of(root: Path, chapter: str) -> list[NotebookNode]:
    """The notebooks of a folder of book/, or the one at its top level."""
    places = (root / "book" / chapter, root / "book" / f"{chapter}.ipynb")
    return [read(path) for path in all_notebooks(root) if path in places or path.parent in places]


def reader_files(root: Path) -> dict[str, bytes]:
    """Every file of the library and the kernels that a reader gets, by name: those that pyproject.toml puts into the wheel, the
    exercises in the form without what would give them away."""
    found = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    files = {}
    for place in (root / where for where in found["packages"]["find"]["where"]):
        for init in sorted(place.glob("dynlib*/**/__init__.py")):
            package = init.parent.relative_to(place).parts
            for pattern in ("*.py", *found["package-data"].get("*", ()), *found["package-data"].get(".".join(package), ())):
                for path in init.parent.glob(pattern):
                    files[path.relative_to(place).as_posix()] = path.read_bytes()
    for name in (name for name in files if name.startswith(f"{EXERCISES}/")):
        files[name] = reader_form(files[name].decode()).encode()
    return files


def carried(files: dict[str, bytes], chapter: str, pages: Iterable[NotebookNode]) -> dict[str, bytes]:
    """The files that a chapter's pages need.

    Parameters
    ----------
    files : dict of str to bytes
        All files that a reader may get, by name.
    chapter : str
        The chapter's name.
    pages : iterable of NotebookNode
        Its notebooks.

    Returns
    -------
    dict of str to bytes
        Each package that they import, whole, with what it imports itself. ``dynlib`` and
        ``dynlib_kernels`` are there always, or a page could meet another copy's. Of the claims only
        those of the chapter are: claims/CHAPTER.toml and claims/CHAPTER_*.toml.
    """
    package_of = {name: _package(name, files) for name in files}
    asked = {"dynlib", "dynlib_kernels"}.union(*(imports(cell.source) for page in pages for _, cell in code_cells(page)))
    needed: set[str] = set()
    while new := {_package(f"{module.replace('.', '/')}/__init__.py", files) for module in asked} - needed - {""}:
        new |= {"/".join(parts[:k]) for parts in (package.split("/") for package in new) for k in range(1, len(parts))} - needed
        needed |= new
        asked = {
            module
            for name, package in package_of.items()
            if package in new and name.endswith(".py")
            for module in imports(files[name].decode())
        }
    return {
        name: data
        for name, data in sorted(files.items())
        if package_of[name] in needed and re.search(rf"/claims/(?!{chapter}(_\w+)?\.toml).*\.toml$", name) is None
    }


def _package(name: str, files: dict[str, bytes]) -> str:
    """The folder of the innermost package that a file lies in; "" where it lies in none."""
    folder = name.rpartition("/")[0]
    return folder if not folder or f"{folder}/__init__.py" in files else _package(folder, files)


@functools.cache
def imports(source: str) -> frozenset[str]:
    """The modules that a cell or a file names in its import statements, lazy exports too, with what it imports from them."""
    found: set[str] = set()
    tree = syntax_tree(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def setup_cell(files: dict[str, bytes]) -> str:
    """The source of the cell that carries ``files``: the functions that open them, then a call with the payload."""
    functions = (unpack.unpack, unpack.hash_of, unpack.open_library)
    code = "\n\n".join(inspect.getsource(function) for function in functions)
    names = ", ".join(function.__name__ for function in functions)
    call = f'open_library("{unpack.hash_of(files)}", """\n{wrapped(_pack(files))}\n""")'
    return f"{TITLE}\n{code}\n\n{call}\ndel {names}"


def _pack(files: dict[str, bytes]) -> str:
    """Base85 of zlib of a line of sizes and the files one after the other, like kinds together: as small as the standard
    library of every Python can read (one stream is a quarter smaller than a zip; lzma is missing in some builds)."""
    names = sorted(files, key=lambda name: (name.rpartition(".")[2], name))
    sizes = json.dumps({name: len(files[name]) for name in names}, separators=(",", ":"))
    return base64.b85encode(zlib.compress(b"\n".join([sizes.encode(), b"".join(files[name] for name in names)]), 9)).decode()


def wrapped(text: str) -> str:
    """The text in lines of about ``WIDTH``. Each begins with a letter or a digit and the one before ends so: IPython takes away
    a prompt (``>>>``) at the beginning of any line, and reads ``%``, ``!`` and ``?`` at either end as a magic or a question."""
    lines = []
    while text:
        end = WIDTH
        while end < len(text) and not (text[end - 1].isalnum() and text[end].isalnum()):
            end += 1
        lines.append(text[:end])
        text = text[end:]
    return "\n".join(lines)


def open_payload(source: str) -> dict[str, bytes]:
    """The files that a cell carries, by name: none, unless it is the first cell of a reader's notebook."""
    if source.startswith(TITLE):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == unpack.open_library.__name__:
                return unpack.unpack(ast.literal_eval(node.args[1]))
    return {}
