"""Write a room's notebooks as MyST text under edit/, to be edited there and brought back by save."""

import argparse
import hashlib
import json
from pathlib import Path

from nbformat import NotebookNode

from press.notebooks import label, read, select, write_atomic
from press.text import from_myst, to_myst


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("room", help="a room, or a page at the top level of book/")


def run(args: argparse.Namespace) -> int:
    for path in select(args.root, [args.room]):
        print(label(args.root, edit(args.root, path)))
    return 0


def text_path(root: Path, notebook: Path) -> Path:
    """Return where a notebook's text lies while it is edited.

    Parameters
    ----------
    root : Path
        The repository.
    notebook : Path
        A page of the book.

    Returns
    -------
    Path
        ``edit/<room>/<page>.md``, where the engine never sees it; a page at the top level is its
        own room.

    Raises
    ------
    ValueError
        For a notebook outside book/.
    """
    if not notebook.is_relative_to(root / "book"):
        raise ValueError(f"{notebook} lies outside {root / 'book'}; only the book's notebooks have a place under edit/")
    inside = notebook.relative_to(root / "book")
    room = inside.stem if len(inside.parts) == 1 else inside.parent
    return root / "edit" / room / f"{inside.stem}.md"


def edit(root: Path, notebook: Path) -> Path:
    """Write a notebook's text and a note of what it was made from.

    Parameters
    ----------
    root : Path
        The repository.
    notebook : Path
        A page of the book.

    Returns
    -------
    Path
        The text's path.

    Raises
    ------
    ValueError
        Where a text with unsaved edits lies there, or where a cell would not survive the round
        trip.
    """
    path, nb = text_path(root, notebook), read(notebook)
    text = to_myst(nb)
    _check_round_trip(nb, text)
    if path.exists() and (read_note(path) or {}).get("text") != sha(path.read_text(encoding="utf-8")):
        raise ValueError(f"{label(root, path)} holds edits that are not saved; save them, or delete the file, then edit again")
    write_atomic(path, text)
    write_note(path, nb, text)
    return path


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def note_path(path: Path) -> Path:
    """Return the side file that remembers which text and which notebook belong together."""
    return path.with_name(f".{path.stem}.json")


def write_note(path: Path, nb: NotebookNode, text: str) -> None:
    """Remember both texts. Outputs are no part of it: executing the notebook again leaves an edit valid."""
    write_atomic(note_path(path), json.dumps({"notebook": sha(to_myst(nb)), "text": sha(text)}) + "\n")


def read_note(path: Path) -> dict[str, str] | None:
    return json.loads(note_path(path).read_text(encoding="utf-8")) if note_path(path).exists() else None


def _check_round_trip(nb: NotebookNode, text: str) -> None:
    """Raise ValueError at the first cell that the text cannot carry, such as prose with a line ``+++``."""
    want = [(c.cell_type, c.source.strip()) for c in nb.cells if c.source.strip()]
    got = [(c.cell_type, c.source.strip()) for c in from_myst(text).cells if c.source.strip()]
    for k in range(max(len(want), len(got))):
        if want[k : k + 1] != got[k : k + 1]:
            lost = (want[k] if k < len(want) else got[k])[1].splitlines()[0]
            raise ValueError(
                f"cell {k + 1} (`{lost[:60]}`) does not survive as MyST text: "
                "a line `+++` or an unclosed fence in it splits the cell; change it in Jupyter first"
            )
