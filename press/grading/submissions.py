"""Which notebooks were handed in, by whom, and what is in them; nothing of a student's is run here.

Handed in is ``SUBMISSIONS/<student>/…/*.ipynb`` or ``SUBMISSIONS/<student>.ipynb``. The name of a file does not matter: a
notebook belongs to the room whose exercises are in it, by nbgrader's ids or by the names of the functions.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

LARGEST = 30 * 2**20


@dataclass
class Handed:
    """One student's work: by room the cells of a notebook, and what was wrong with files that could not be read."""

    student: str
    sha: str
    notebooks: dict[str, list[dict]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def collect(folder: Path, labels: dict[str, dict[str, str]]) -> list[Handed]:
    """Everyone's work under a folder, by student.

    Parameters
    ----------
    folder : Path
        Where it was handed in. Links are not followed: they may lead anywhere.
    labels : dict of str to dict of str to str
        The exercises by room: name to label.

    Returns
    -------
    list of Handed
        One a student.

    Raises
    ------
    ValueError
        Where the folder is missing or holds nothing.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; it holds one folder a student, or one notebook a student")
    entries = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".") and not p.is_symlink()]
    entries = [p for p in entries if p.is_dir() or p.suffix == ".ipynb"]
    if not entries:
        raise ValueError(f"{folder} holds no submission; put one folder a student into it, or one notebook a student")
    return [_of_student(entry, labels) for entry in entries]


def _of_student(entry: Path, labels: dict[str, dict[str, str]]) -> Handed:
    files = [entry] if entry.is_file() else sorted(p for p in entry.rglob("*") if p.is_file() and not p.is_symlink())
    inside = [p for p in files if ".ipynb_checkpoints" not in p.parts]
    handed = Handed(entry.stem if entry.is_file() else entry.name, "")
    digest = hashlib.sha256(handed.student.encode())
    notebooks = [p for p in inside if p.suffix == ".ipynb"] or [p for p in inside if _looks_like_notebook(p)]
    for path in sorted(notebooks, key=lambda p: p.stat().st_mtime):
        size = path.stat().st_size
        if size > LARGEST:
            handed.notes.append(f"{path.name} has {size / 2**20:.0f} MiB and was not read; at most {LARGEST // 2**20} MiB")
            digest.update(f"{path.name} {size}".encode())
            continue
        raw = path.read_bytes()
        digest.update(raw)
        try:
            cells = read_cells(raw)
        except ValueError as error:
            handed.notes.append(f"{path.name} is no notebook that can be read: {error}")
            continue
        room = room_of(cells, labels)
        if room is None:
            handed.notes.append(f"{path.name} holds none of the exercises")
            continue
        if room in handed.notebooks:
            handed.notes.append(f"there are several notebooks for {room}; {path.name} is the newest and was taken")
        handed.notebooks[room] = cells
    if not notebooks:
        handed.notes.append("there is no notebook in this folder")
    handed.sha = digest.hexdigest()
    return handed


def read_cells(raw: bytes) -> list[dict]:
    """The cells of a notebook, whatever a student's editor made of it.

    Parameters
    ----------
    raw : bytes
        The file.

    Returns
    -------
    list of dict
        ``{"kind", "source", "tags", "id", "grade"}`` each.

    Raises
    ------
    ValueError
        Says why the file is no notebook.
    """
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("it is not text") from None
    except (json.JSONDecodeError, RecursionError) as error:
        at = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"broken JSON{at}") from None
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it has no cells")
    return [_cell(cell) for cell in cells if isinstance(cell, dict)]


def _cell(cell: dict) -> dict:
    """One cell, whatever a student's editor made of it."""
    source = cell.get("source", "")
    text = "".join(part for part in source if isinstance(part, str)) if isinstance(source, list) else str(source)
    metadata = known if isinstance(known := cell.get("metadata"), dict) else {}
    own = known if isinstance(known := metadata.get("nbgrader"), dict) else {}
    tags = found if isinstance(found := metadata.get("tags"), list) else []
    return {
        "kind": cell.get("cell_type"),
        "source": text,
        "tags": [str(tag) for tag in tags],
        "id": str(own.get("grade_id", "")),
        "grade": own.get("grade") is True and own.get("solution") is not True,
    }


def room_of(cells: list[dict], labels: dict[str, dict[str, str]]) -> str | None:
    """The room with the most exercises in the notebook; None where it holds none of any."""
    ids = {cell["id"] for cell in cells}
    code = "\n".join(cell["source"] for cell in cells if cell["kind"] == "code")

    def count(room: str) -> int:
        named = sum(bool(re.search(rf"^\s*def {re.escape(name)}\b", code, re.M)) for name in labels[room])
        return named + 2 * sum(label in ids or f"{label}-check" in ids for label in labels[room].values())

    best = max(labels, key=count, default=None)
    return best if best is not None and count(best) else None


def to_run(cells: list[dict]) -> list[str]:
    """The code cells that belong to the answers: all but the one that installs the library, and those that call checks."""
    return [
        cell["source"]
        for cell in cells
        if cell["kind"] == "code"
        and not cell["grade"]
        and "check" not in cell["tags"]
        and not cell["source"].startswith("# @title Setup")
    ]


def _looks_like_notebook(path: Path) -> bool:
    """A notebook under another name: ``exercises.ipynb.txt``, ``exercises.json``."""
    if path.stat().st_size > LARGEST:
        return False
    with path.open("rb") as file:
        return b'"cells"' in file.read() and path.suffix in (".json", ".txt", "")
