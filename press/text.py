"""Print the MyST text of a notebook, without outputs: what people review, and git's textconv for diffs.

Also a script by itself, so that git need not import torch for each version it compares:
``python -P press/text.py FILE`` (-P keeps this folder off the module path).
"""

import argparse
import copy
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a notebook, wherever it lies")


def run(args: argparse.Namespace) -> int:
    raw = args.file.read_text(encoding="utf-8")
    try:
        nb = nbformat.v4.reads(raw)
        nb.cells  # noqa: B018
    except (ValueError, AttributeError):
        sys.stdout.write(raw)  # a notebook with conflict markers must not break `git diff`
    else:
        sys.stdout.write(to_myst(nb))
    return 0


def to_myst(nb: NotebookNode) -> str:
    """Return sources, tags and authors' metadata as ``md:myst``.

    Left out is what is derived: outputs, counts, the notebook's metadata, the alt text that normalise copies from a figure.
    """
    import jupytext  # not where pages are only built

    nb = copy.deepcopy(nb)
    nb.metadata = nbformat.from_dict({"jupytext": {"notebook_metadata_filter": "-all"}})
    for cell in nb.cells:
        strip_alt(cell)
    return jupytext.writes(nb, fmt="md:myst")


def strip_alt(cell: NotebookNode) -> None:
    """Remove ``metadata.mystnb.image.alt`` from the cell, and what that leaves empty."""
    mystnb = cell.metadata.get("mystnb", {})
    mystnb.get("image", {}).pop("alt", None)
    if mystnb.get("image") == {}:
        del mystnb["image"]
    if cell.metadata.get("mystnb") == {}:
        del cell.metadata["mystnb"]


def from_myst(text: str) -> NotebookNode:
    """Read ``md:myst`` text, with or without a header, as a notebook without outputs."""
    import jupytext

    return jupytext.reads(text, fmt="md:myst")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
