"""The cells of a notebook, whatever a student's editor made of it; outputs are left behind unread."""

import json
from dataclasses import dataclass, field

import nbformat

from press.encodings import decode


@dataclass(frozen=True)
class Notebook:
    """One notebook: its cells, each ``{"kind", "source", "tags", "id", "grade"}``, and whose it is, if it says so."""

    cells: list[dict] = field(default_factory=list)
    student: str = ""


def read_notebook(raw: bytes) -> Notebook:
    """Read what was handed in.

    Parameters
    ----------
    raw : bytes
        A notebook of any format, in UTF-8 or UTF-16.

    Returns
    -------
    Notebook
        Only sources and what the release wrote beside them.

    Raises
    ------
    ValueError
        Says why the file is no notebook.
    """
    text = decode(raw)
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        at = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"broken JSON{at}") from None
    if isinstance(found, dict) and "cells" not in found and "worksheets" in found:
        found = _upgraded(found)
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it has no cells")
    metadata = _dict(found.get("metadata"))
    return Notebook(
        [_cell(cell) for cell in cells if isinstance(cell, dict)], _text(_dict(metadata.get("dynamics")).get("student", ""))
    )


def _upgraded(found: dict) -> dict:
    """A notebook of an older format in today's."""
    try:
        return nbformat.convert(nbformat.from_dict(found), 4)
    except Exception as error:  # the converter trusts that its input is valid
        raise ValueError(f"its format, {found.get('nbformat')}, is old and cannot be converted ({error})") from None


def _cell(cell: dict) -> dict:
    source = cell.get("source", "")
    text = "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else str(source)
    metadata = _dict(cell.get("metadata"))
    own = _dict(metadata.get("nbgrader"))
    tags = found if isinstance(found := metadata.get("tags"), list) else []
    return {
        "kind": cell.get("cell_type"),
        "source": _text(text),
        "tags": [str(tag) for tag in tags],
        "id": _text(own.get("grade_id", "")),
        "grade": own.get("grade") is True and own.get("solution") is not True,
    }


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A text that can be written: JSON may hold halves of characters."""
    return str(value).encode("utf-8", "replace").decode()
