"""Who is in the course: names in one spelling, and a roster that says which names are the same person's."""

import csv
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from press.encodings import decode

# What a course's lists call the column with the name on which personal numbers hang, the best first.
IDS = (
    "id",
    "student",
    "student id",
    "id number",
    "username",
    "user name",
    "user",
    "login",
    "sis login id",
    "matriculation number",
)
FIRST, LAST = ("first name", "given name"), ("last name", "surname", "family name")
HEADINGS = {*IDS, *FIRST, *LAST, "name", "full name", "email", "email address", "e-mail", "group", "section"}


def spelled(name: str) -> str:
    """A name in the one spelling that is used everywhere.

    Parameters
    ----------
    name : str
        As a file system, an archive or a spreadsheet has it: letters may be composed or not, bytes may be no text.

    Returns
    -------
    str
        In Unicode's form NFC, without spaces at the ends.
    """
    return unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")).strip()


def key(name: str) -> str:
    """What two spellings of one name have in common: it also forgets capitals."""
    return spelled(spelled(name).casefold())


@dataclass(frozen=True)
class Roster:
    """The course. ``ids`` are the names on which personal numbers hang; ``owner`` says whose a name is, by its key."""

    ids: tuple[str, ...] = ()
    owner: dict[str, str] | None = None

    def find(self, name: str) -> str | None:
        """The id of the person with this id or other name, in whatever spelling; None where there is none, or more than one."""
        return (self.owner or {}).get(key(name))


def read_roster(path: Path) -> Roster:
    """Read one name a line, or a csv with a line a person.

    In a csv the column headed ``id``, ``student``, ``username`` or the like holds the ids, else the first one; a person's other
    columns are names under which work may come too, and so are first and last name together.

    Parameters
    ----------
    path : Path
        A file that ends in ``.csv`` or ``.tsv`` is read as such.

    Returns
    -------
    Roster
        In the file's order.

    Raises
    ------
    ValueError
        Where it is empty, names somebody twice, or is a csv under another name.
    """
    try:
        lines = [line for line in decode(path.read_bytes()).splitlines() if line.strip()]
    except ValueError as error:
        raise ValueError(f"--roster {path}: {error}") from None
    if path.suffix.lower() in (".csv", ".tsv"):
        rows = _people(lines)
    else:
        if fields := next((line for line in lines if any(mark in line for mark in ",;\t")), None):
            raise ValueError(
                f"--roster {path}: {fields!r} would be taken as one name; write one name a line, or call the file .csv "
                "(the ids in its first column, or in one headed `id`)"
            )
        rows = [(spelled(line), []) for line in lines]
    ids = tuple(id for id, _ in rows)
    if not ids:
        raise ValueError(f"--roster {path} holds no name; write one name a line")
    if twice := next((id for id in ids if [key(other) for other in ids].count(key(id)) > 1), None):
        raise ValueError(f"--roster {path}: {twice!r} stands there twice, perhaps in two spellings; each student has one line")
    shared = Counter(name for _, names in rows for name in {key(name) for name in names})
    owner = {key(name): id for id, names in rows for name in names if shared[key(name)] == 1}
    return Roster(ids, owner | {key(id): id for id in ids})


def _people(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Id and other names of each line of a csv, with whatever separator a spreadsheet chose."""
    mark = max(",;\t", key=(lines or [""])[0].count)
    rows = [[spelled(field) for field in row] for row in csv.reader(lines, delimiter=mark)]
    heads = [field.casefold().replace("_", " ") for field in rows[0]] if rows else []
    if not set(heads) & HEADINGS:
        heads = []
    column = next((heads.index(name) for name in IDS if name in heads), 0)
    first, last = (next((heads.index(name) for name in names if name in heads), None) for names in (FIRST, LAST))
    found = []
    for row in rows[1 if heads else 0 :]:
        if len(row) > column and row[column]:
            names = [field for k, field in enumerate(row) if field and k not in (column, first, last)]
            if first is not None and last is not None and len(row) > max(first, last):
                names += [f"{row[first]} {row[last]}", f"{row[last]}{row[first]}", f"{row[last]} {row[first]}"]
            found.append((row[column], names))
    return found
