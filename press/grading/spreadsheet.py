"""Tables for spreadsheets: csv that opens with its letters right and runs nothing, and is read back however it was saved."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from press.encodings import decode

MARK = "\ufeff"  # by which a spreadsheet knows UTF-8
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what begins so may be run


def as_csv(rows: Iterable[Iterable[object]]) -> str:
    """A table as text for a file.

    Parameters
    ----------
    rows : iterable of iterables
        Texts that a spreadsheet would run as a formula get an apostrophe in front.

    Returns
    -------
    str
        With the mark of UTF-8 in front.
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([[harmless(value) for value in row] for row in rows])
    return MARK + out.getvalue()


def harmless(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value


def read_csv(path: Path, columns: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row, with its number in a spreadsheet, of a table that went from here through a spreadsheet and came back.

    Parameters
    ----------
    path : Path
        Separated by commas, semicolons or tabs.
    columns : iterable of str
        The columns that must be there.

    Raises
    ------
    ValueError
        Where it is no text or lacks a column.
    """
    try:
        text = decode(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    if missing := [name for name in columns if name not in (reader.fieldnames or [])]:
        raise ValueError(f"{path} has no column {missing[0]!r}; it has {', '.join(reader.fieldnames or ['none'])}")
    for number, row in enumerate(reader, 2):
        yield (
            number,
            {name: value or "" for name, value in row.items() if isinstance(name, str) and not isinstance(value, list)},
        )
