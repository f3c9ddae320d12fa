"""Write notebooks that carry the library with them: for Colab, any Jupyter, or a lab with no network."""

import argparse
import ast
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from press.canonical import canonical
from press.notebooks import RefusedError, code_cells, dumps, label, read, select, syntax_tree, tags, write_atomic
from press.payload import setup_cells
from press.plain import plain_cells, read_citations
from press.widgets import bring_scripts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="ROOM|PATH", help="rooms, pages or notebooks (default: the whole book)")
    parser.add_argument("--out", type=Path, help="folder to write to (default: dist/colab)")


def run(args: argparse.Namespace) -> int:
    for path in colab(args.root, args.names, args.out or args.root / "dist" / "colab"):
        print(f"{label(args.root, path)}: {path.stat().st_size / 1024:.0f} KiB")
    return 0


def colab(root: Path, names: list[str], out: Path) -> list[Path]:
    """Write the reader's form of notebooks, laid out as in book/.

    Parameters
    ----------
    root : Path
        The repository.
    names : list of str
        Rooms, pages or notebooks, as :func:`press.notebooks.select` takes them.
    out : Path
        The folder to write into.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ValueError
        For a notebook outside book/, and where a notebook's first code cell is not tagged
        ``setup``.
    """
    notebooks = select(root, names)
    for path in notebooks:
        if not path.is_relative_to(root / "book"):
            raise ValueError(f"{path} lies outside {root / 'book'}; only the book's notebooks have a reader's form")
    setup_cell, citations = setup_cells(root), read_citations(root / "book/references.bib")
    written = []
    for path in notebooks:
        nb = read(path)
        chapter = path.stem if path.parent == root / "book" else path.parent.name
        try:
            form = colab_form(nb, setup_cell(nb, chapter), citations)
        except ValueError as error:
            raise RefusedError(f"{label(root, path)}: {error}") from None
        target = out / path.relative_to(root / "book")
        write_atomic(target, dumps(form))
        written.append(target)
    return written


def colab_form(nb: NotebookNode, setup: str, citations: dict[str, str] | None = None, outputs: bool = False) -> NotebookNode:
    """Return a copy that begins with a folded setup cell and whose prose has no directive; Colab is asked for a GPU where a cell
    can use one.

    Parameters
    ----------
    nb : NotebookNode
        A page; it stays as it is.
    setup : str
        The source of the new first code cell, above the page's own setup cell.
    citations : dict of str to str, optional
        How the keys of references read.
    outputs : bool
        Whether outputs are kept.

    Returns
    -------
    NotebookNode
        The copy.
    """
    code = code_cells(nb)
    if not code or "setup" not in tags(code[0][1]):
        raise ValueError("its first code cell is not tagged `setup`; every notebook begins with the setup cell")
    form = canonical(nb)
    form.metadata.pop("dynamics", None)
    plain_cells(form.cells, citations or {})
    for _, cell in code_cells(form):
        if not outputs:
            cell.outputs, cell.execution_count = [], None
    cell = nbformat.v4.new_code_cell(setup, metadata={"cellView": "form", "jupyter": {"source_hidden": True}})
    at = next(k for k, c in enumerate(form.cells) if c.cell_type == "code")
    form.cells.insert(at, cell)
    form = canonical(form)
    bring_scripts(form)
    if has_gpu_cell(form):
        form.metadata.update(accelerator="GPU", colab={"gpuType": "T4"})
    return form


def has_gpu_cell(nb: NotebookNode) -> bool:
    """Whether a cell of the page puts something on ``dynlib_kernels.DEVICE``, which is a GPU where there is one."""
    trees = [syntax_tree(cell.source) for _, cell in code_cells(nb) if "setup" not in tags(cell)]
    nodes = [node for tree in trees if tree for node in ast.walk(tree)]
    return any("DEVICE" in (getattr(node, "id", ""), getattr(node, "attr", "")) for node in nodes)
