"""The canonical form of a notebook: a pure function of cells and outputs, so that a diff shows only what changed."""

import copy
import hashlib
import json
from collections import Counter

from nbformat import NotebookNode, from_dict

from press.notebooks import RefusedError, code_cells, describe
from press.text import strip_alt
from press.widgets import without_script

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# What editors and front ends leave behind. Everything else in the metadata is the author's and stays.
NOTEBOOK_LEFTOVERS = ("widgets", "jupytext", "colab", "accelerator", "vscode", "toc", "varInspector", "celltoolbar")
CELL_LEFTOVERS = ("execution", "ExecuteTime", "collapsed", "scrolled", "trusted", "colab", "outputId", "id", "vscode")


def source_sha(nb: NotebookNode) -> str:
    """Return the sha256 over types, sources and tags of the cells: what decides whether the outputs are still its own."""
    cells = [[c.cell_type, _tidy(c.source), sorted(c.metadata.get("tags", []))] for c in nb.cells if c.source.strip()]
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


def _tidy(source: str) -> str:
    """Drop blank lines at both ends, which the text form cannot carry."""
    return source.strip("\n").rstrip()


def canonical(nb: NotebookNode) -> NotebookNode:
    """Return a canonical copy; applied twice it changes nothing more.

    Empty cells go (nbval and nbclient skip them, so they can never have a count). Execution counts
    become 1..n over the cells that ran; a cell that did not run keeps none.

    Parameters
    ----------
    nb : NotebookNode
        It stays as it is.

    Returns
    -------
    NotebookNode
        The copy.

    Raises
    ------
    RefusedError
        Where a cell shows two figures with different alt texts, because a cell has room for one.
    """
    nb = copy.deepcopy(nb)
    nb.cells = [c for c in nb.cells if c.source.strip()]
    for key in NOTEBOOK_LEFTOVERS:
        nb.metadata.pop(key, None)
    nb.metadata.update(from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE}))
    nb.nbformat, nb.nbformat_minor = 4, 5
    count = 0
    for number, cell in enumerate(nb.cells, 1):
        cell.source = _tidy(cell.source)
        for key in CELL_LEFTOVERS:
            cell.metadata.pop(key, None)
        if cell.metadata.get("tags") == []:
            del cell.metadata["tags"]
        if cell.cell_type == "code":
            if cell.execution_count is not None:
                count += 1
                cell.execution_count = count
            cell.outputs = _canonical_outputs(cell.outputs, cell.execution_count)
            _copy_alt(cell, number)
    _set_ids(nb.cells)
    return nb


def failed_cell(nb: NotebookNode) -> str | None:
    """Return what is said about the first cell with a stored error, or None."""
    for number, cell in code_cells(nb):
        for out in cell.outputs:
            if out.output_type == "error":
                return f"{describe(number, cell)} failed: {out.ename}: {out.evalue}"
    return None


def _canonical_outputs(outputs: list[NotebookNode], count: int | None) -> list[NotebookNode]:
    """Merge consecutive streams of one name; drop widget views, and outputs that were nothing else."""
    kept: list[NotebookNode] = []
    for out in outputs:
        if out.output_type == "stream" and kept and kept[-1].output_type == "stream" and kept[-1].name == out.name:
            kept[-1].text += out.text
            continue
        if "data" in out:
            out.data.pop(WIDGET_VIEW, None)
            if "text/html" in out.data:
                out.data["text/html"] = without_script(out.data["text/html"])
            if not out.data:
                continue
        if out.output_type == "execute_result":
            out.execution_count = count
        kept.append(out)
    return kept


def alt_texts(cell: NotebookNode) -> list[str]:
    """Return the alt texts that the cell's pictures carry, as ``figures.show`` stores them on the output."""
    found = []
    for out in cell.outputs:
        for mime in out.get("data", {}):
            alt = out.metadata.get(mime, {}).get("alt") if mime.startswith("image/") else None
            if alt:
                found.append(alt)
    return found


def _copy_alt(cell: NotebookNode, number: int) -> None:
    """Copy the alt text to ``metadata.mystnb.image.alt``, the only place where myst-nb reads it; drop it with its figure."""
    alts = alt_texts(cell)
    if len(set(alts)) > 1:
        raise RefusedError(
            f"{describe(number, cell)} shows {len(alts)} figures with different alt texts; "
            "the page has room for one a cell: use a cell for each figure"
        )
    if alts:
        cell.metadata.setdefault("mystnb", from_dict({})).setdefault("image", from_dict({}))["alt"] = alts[0]
    else:
        strip_alt(cell)


def _set_ids(cells: list[NotebookNode]) -> None:
    """Name each cell by the sha of its type and source, so that an inserted cell renames no other; repeats get -2, -3."""
    seen: Counter[str] = Counter()
    for cell in cells:
        sha = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[sha] += 1
        cell["id"] = sha if seen[sha] == 1 else f"{sha}-{seen[sha]}"
