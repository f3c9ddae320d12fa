"""The book's notebooks on disk: found, read, and written whole or not at all."""

import ast
import os
import stat
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode


class RefusedError(ValueError):
    """A notebook that must not be written: it failed, or was never run. The file on disk stays as it was."""


def find_root(start: Path | None = None) -> Path:
    """Return the nearest folder at or above ``start`` (default: the working folder) that holds pyproject.toml and book/."""
    start = Path(start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file() and (folder / "book").is_dir():
            return folder
    raise ValueError(f"{start} is not inside a repository with pyproject.toml and book/; change there, or pass --root")


def all_notebooks(root: Path) -> list[Path]:
    """Return ``book/**/*.ipynb``, sorted, without folders whose name starts with ``_`` or ``.`` (_build, checkpoints)."""
    book = root / "book"
    return sorted(p for p in book.rglob("*.ipynb") if not any(part[0] in "_." for part in p.relative_to(book).parts))


def rooms(root: Path) -> list[str]:
    """Return the names of the chapters: the folders of book/ that hold an index.ipynb."""
    return sorted(p.parent.name for p in (root / "book").glob("*/index.ipynb") if p.parent.name[0] not in "_.")


def select(root: Path, names: list[str]) -> list[Path]:
    """Return the notebooks that are meant.

    Parameters
    ----------
    root : Path
        The repository.
    names : list of str
        Each a room (``locality``), a page at the top level of book/ (``prologue``), or the path of
        a notebook or a folder. All of the book's are meant where there is no name.

    Returns
    -------
    list of Path
        Each once.

    Raises
    ------
    ValueError
        For a name that is none of these.
    """
    if not names:
        return all_notebooks(root)
    known = all_notebooks(root)
    found: list[Path] = []
    for name in names:
        path = Path(name).resolve()
        plain = name and Path(name).name == name  # a path is no room's name
        matches = [p for p in known if plain and (p.parent == root / "book" / name or p == root / "book" / f"{name}.ipynb")]
        if not matches and name and path.is_dir():
            matches = [p for p in known if path in p.resolve().parents]
        if not matches and path.suffix == ".ipynb" and path.is_file():
            matches = [path]
        if not matches:
            pages = [p.stem for p in known if p.parent == root / "book"]
            raise ValueError(
                f"{name!r} is no room, page or notebook; rooms: {', '.join(rooms(root)) or 'none'}; "
                f"pages: {', '.join(pages) or 'none'}"
            )
        found += [p for p in matches if p not in found]
    return found


def read(path: Path) -> NotebookNode:
    """Read a notebook (format 4).

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    NotebookNode
        With cells and metadata.

    Raises
    ------
    ValueError
        Where the file is no such notebook; the message names it.
    """
    try:
        nb = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        if nb.nbformat != 4:
            raise ValueError(f"its format is {nb.nbformat}, not 4")
        nb.cells, nb.metadata  # noqa: B018  (both must be there)
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path} is not a notebook: {error}") from None
    return nb


def dumps(nb: NotebookNode) -> str:
    """Return a notebook as JSON with sorted keys, indent 1 and a newline at the end.

    Parameters
    ----------
    nb : NotebookNode
        The notebook.

    Returns
    -------
    str
        The same text for the same notebook.

    Raises
    ------
    ValueError
        If it is invalid.
    """
    try:
        nbformat.validate(nb)
    except nbformat.ValidationError as error:
        raise ValueError(f"invalid notebook: {error.message}") from None
    return nbformat.v4.writes(nb) + "\n"


def write_atomic(path: Path, text: str) -> None:
    """Write ``text`` to a temporary file beside ``path`` and rename it over ``path``: readers see the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644)  # mkstemp made it private
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def label(root: Path, path: Path) -> str:
    """Return the path as people write it: relative to the repository where it lies inside."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def tags(cell: NotebookNode) -> list[str]:
    """Return the cell's tags."""
    return cell.metadata.get("tags", [])


def code_cells(nb: NotebookNode) -> list[tuple[int, NotebookNode]]:
    """Return ``(number, cell)`` of every code cell; numbers count all cells from 1, as messages do."""
    return [(k, cell) for k, cell in enumerate(nb.cells, 1) if cell.cell_type == "code"]


def syntax_tree(source: str) -> ast.Module | None:
    """Return the syntax of a cell, its magics and shell commands read as IPython reads them; None where it is not Python.

    A line in a text or in brackets may begin with % and is no magic; so only a cell that is not Python as it stands is
    translated.
    """
    try:
        return ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return None


def describe(number: int, cell: NotebookNode) -> str:
    """Return ``cell 4 (`x = 1`)``: the number and the first line, by which a person finds it."""
    lines = cell.source.strip().splitlines()
    return f"cell {number} (`{lines[0][:60]}`)" if lines else f"cell {number}"
