"""Bring edited text back into the notebooks, keeping the outputs of unchanged cells."""

import argparse
from collections import defaultdict
from pathlib import Path

from nbformat import NotebookNode

from press.canonical import canonical
from press.edit import read_note, sha, text_path, write_note
from press.notebooks import all_notebooks, dumps, label, read, select, write_atomic
from press.text import from_myst, to_myst


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("room", help="a room, or a page at the top level of book/")


def run(args: argparse.Namespace) -> int:
    notebooks = notebooks_of(args.root, args.room)
    for path in notebooks:  # all are looked at before the first is written
        changed_text(args.root, path)
    for path in notebooks:
        if save(args.root, path):
            print(f"{label(args.root, path)}: saved")
    return 0


def notebooks_of(root: Path, room: str) -> list[Path]:
    """Return a room's notebooks, and the new pages for which a text lies under edit/.

    Parameters
    ----------
    root : Path
        The repository.
    room : str
        The room.

    Returns
    -------
    list of Path
        Sorted; new pages do not exist yet.

    Raises
    ------
    ValueError
        For an unknown room.
    """
    texts = root / "edit" / room
    found = {path for path in all_notebooks(root) if text_path(root, path).parent == texts}
    for text in texts.glob("*.md"):
        folder = root / "book" if text.stem == room else root / "book" / room
        if folder.is_dir():
            found.add(folder / f"{text.stem}.ipynb")
    return sorted(found) or select(root, [room])


def changed_text(root: Path, notebook: Path) -> str | None:
    """Return the text under edit/ if it was edited since ``edit`` or the last ``save``.

    Parameters
    ----------
    root : Path
        The repository.
    notebook : Path
        The page.

    Returns
    -------
    str or None
        None where it was not edited.

    Raises
    ------
    ValueError
        Where the notebook changed meanwhile too: one of the two would be lost.
    """
    path = text_path(root, notebook)
    if not path.exists():
        return None
    text, note = path.read_text(encoding="utf-8"), read_note(path)
    if not notebook.exists():
        return text
    if note is None:
        raise ValueError(f"{label(root, path)} was not written by edit; move it away and run edit")
    if sha(text) == note["text"]:
        return None
    if sha(to_myst(read(notebook))) != note["notebook"]:
        raise ValueError(
            f"{label(root, notebook)} changed since edit wrote {label(root, path)}; "
            "move the text away, run edit again, and carry your changes over"
        )
    return text


def save(root: Path, notebook: Path) -> bool:
    """Write the edited text into the notebook.

    A changed or new code cell has no outputs and no count until ``normalise`` runs it.

    Parameters
    ----------
    root : Path
        The repository.
    notebook : Path
        The page.

    Returns
    -------
    bool
        Whether there was anything to save.
    """
    text = changed_text(root, notebook)
    if text is None:
        return False
    new = from_myst(text)
    nb = combine(new, read(notebook)) if notebook.exists() else canonical(new)
    write_atomic(notebook, dumps(nb))
    write_note(text_path(root, notebook), nb, text)
    return True


def combine(new: NotebookNode, old: NotebookNode) -> NotebookNode:
    """Put an edited notebook's cells together with the stored outputs that are still theirs.

    Parameters
    ----------
    new, old : NotebookNode
        As edited, and as stored.

    Returns
    -------
    NotebookNode
        ``new``'s cells with ``old``'s notebook metadata, and outputs where type and source are
        exactly the same.

    Notes
    -----
    jupytext's own update also keeps outputs of cells that changed, by position or up to quotes and
    spaces: they would be another program's outputs.
    """
    pool: dict[tuple[str, str], list[NotebookNode]] = defaultdict(list)
    for cell in old.cells:
        pool[cell.cell_type, cell.source].append(cell)
    for cell in new.cells:
        same = pool[cell.cell_type, cell.source]
        if same and cell.cell_type == "code":
            kept = same.pop(0)
            cell.outputs, cell.execution_count = kept.outputs, kept.execution_count
    new.metadata = old.metadata
    return canonical(new)
