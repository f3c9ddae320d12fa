"""Stored runs: a csv whose first lines say what made it. It appears whole, or not at all."""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path


def read_runs(path: Path) -> list[dict]:
    """Read the rows of a csv that ``sweep`` wrote.

    Parameters
    ----------
    path : Path
        The csv.

    Returns
    -------
    list of dict
        {column: value}; whole numbers as int, other numbers as float, True and False as bool, the
        rest as text.
    """
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(lines)]


def read_header(path: Path) -> dict[str, str]:
    """Read how a stored file was made.

    Parameters
    ----------
    path : Path
        A csv that ``sweep`` wrote, or another whose first lines are ``# name: text``.

    Returns
    -------
    dict of str to str
        "made by", the command; "seeds"; "with", the versions; "code", the hash of what made the rows.
        Where rows stand from before: "made again", the cell that this code made once more, and
        "other rows", what is known of the rest.
    """
    found = {}
    with Path(path).open(encoding="utf-8") as file:
        for line in file:
            if not line.startswith("# "):
                break
            name, _, text = line[2:].strip().partition(": ")
            found[name] = text
    return found


def write_runs(path: Path, header: Mapping[str, str], rows: Sequence[Mapping]) -> None:
    """Write header and rows beside the file, and put that in the file's place.

    Parameters
    ----------
    path : Path
        The csv.
    header : mapping of str to str
        As ``read_header`` returns it.
    rows : sequence of mappings
        All with the same keys.
    """
    temporary = Path(f"{path}.tmp")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        file.writelines(_header_lines(header))
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(temporary, path)


def write_header(path: Path, header: Mapping[str, str]) -> None:
    """Give a stored file another header; its rows stay, byte for byte.

    Parameters
    ----------
    path : Path
        The csv.
    header : mapping of str to str
        As ``read_header`` returns it.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = [line for line in file if not line.startswith("#")]
    temporary = Path(f"{path}.tmp")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        file.writelines([*_header_lines(header), *rows])
    os.replace(temporary, path)


def _header_lines(header: Mapping[str, str]) -> list[str]:
    return [f"# {name}: {text}\n" for name, text in header.items()]


def _value(text: str):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return {"True": True, "False": False}.get(text, text)
