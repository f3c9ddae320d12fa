"""Marking by hand: a sheet with every explanation, which goes out empty, comes back with points, and goes into the marks."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from press.grading.spreadsheet import as_csv, harmless, read_csv
from press.roster import key

COLUMNS = ("question", "title", "student", "written", "rubric", "points", "of", "comment", "text")
CELL = 30_000  # characters; a spreadsheet cuts a cell at 32,767 without a word


@dataclass(frozen=True)
class Given:
    """What a person gave for one text. ``text`` names the text that was read, ``where`` the row of the sheet."""

    points: float | None
    comment: str
    text: str
    where: str


def sheet(records: list[dict]) -> str:
    """The sheet as csv: question after question, and within one the students who wrote something first.

    Parameters
    ----------
    records : list of dict
        Everyone's; what was given before stands in the columns for points and comment.

    Returns
    -------
    str
        ``points`` and ``comment`` are for a person to fill; ``text`` says which text was read, and stays as it is.
    """
    rows: list[Iterable[object]] = [COLUMNS]
    for record, text in by_question(records):
        rubric = "\n".join(f"{points}: {what}" for points, what in text["rubric"])
        points = "" if text.get("given") is None else f"{text['given']:g}"
        words = (text["label"], text["title"], record["student"], _cell(text["written"]), rubric)
        rows.append([*words, points, text["points"], text.get("comment", ""), fingerprint(text["written"])])
    return as_csv(rows)


def by_question(records: list[dict]) -> list[tuple[dict, dict]]:
    """``(record, text)`` of every text, sorted by question; in one, what somebody wrote stands first, by student."""
    labels = list(dict.fromkeys(text["label"] for record in records for text in record["texts"]))
    return sorted(
        ((record, text) for record in records for text in record["texts"]),
        key=lambda pair: (labels.index(pair[1]["label"]), not pair[1]["written"], pair[0]["student"]),
    )


def read_sheets(paths: list[Path]) -> dict[tuple[str, str], Given]:
    """What was given, by question and student.

    Parameters
    ----------
    paths : list of Path
        Sheets, perhaps several people's; rows without points and comment say nothing.

    Returns
    -------
    dict of (str, str) to Given
        A student's name as it stands in the sheet.

    Raises
    ------
    ValueError
        For points that are no number, and for two different marks for one text; the message names the row.
    """
    found: dict[tuple[str, str], Given] = {}
    for path in paths:
        for number, row in read_csv(path, ("question", "student", "points")):
            where, written = f"{path}, row {number}", row["points"].strip()
            comment = row.get("comment", "").strip()
            if not written and not comment:
                continue
            try:
                points = float(written.replace(",", ".")) if written else None
            except ValueError:
                raise ValueError(f"{where}: {written!r} is no number of points") from None
            given = Given(points, comment, row.get("text", "").strip(), where)
            place = row["question"].strip(), row["student"]
            if place in found and (found[place].points, found[place].comment) != (points, comment):
                raise ValueError(f"{where}: {place[1]} was marked otherwise in {found[place].where}; leave one of the two")
            found[place] = given
    return found


def with_points(records: list[dict], given: dict[tuple[str, str], Given]) -> list[dict]:
    """The records with what a person gave: each of their texts has ``given``, points or None, and ``comment``.

    Parameters
    ----------
    records : list of dict
        Everyone's; they stay as they are.
    given : dict of (str, str) to Given
        From :func:`read_sheets`.

    Returns
    -------
    list of dict
        Points for a text that was changed since do not count, and a note says so. Nothing written is 0 points, and where others'
        texts to a question have points and this one has none, a note says that it waits.

    Raises
    ------
    ValueError
        For a student or a question that is not there, and for more points than there are.
    """
    rows = {
        record["student"]: dict(record, texts=[dict(t) for t in record["texts"]], notes=[*record["notes"]]) for record in records
    }
    for (label, name), mark in given.items():
        record = rows.get(_student(name, list(rows)) or "")
        if record is None:
            raise ValueError(f"{mark.where}: nobody called {name!r} was marked; take the row out if it is of another pile")
        text = next((text for text in record["texts"] if text["label"] == label), None)
        if text is None:
            raise ValueError(f"{mark.where}: there is no question {label!r}; leave that column as it was")
        if mark.points is not None and not 0 <= mark.points <= text["points"]:
            raise ValueError(f"{mark.where}: {mark.points:g} points for {text['title']!r}, which has {text['points']}")
        if mark.text and mark.text != fingerprint(text["written"]):
            was = "" if mark.points is None else f" ({mark.points:g} points were given)"
            record["notes"].append(
                f"the text to {text['title']!r} was changed after it was marked{was}; it is to be marked again"
            )
            text["comment"] = mark.comment
        else:
            text["given"], text["comment"] = mark.points, mark.comment
    marked = {t["label"] for record in rows.values() for t in record["texts"] if t.get("given") is not None}
    for record in rows.values():
        for text in record["texts"]:
            if text["label"] in marked and text.get("given") is None:
                if text["written"]:
                    record["notes"].append(f"{text['title']!r} waits for its points")
                else:
                    text["given"] = 0.0
    return list(rows.values())


def fingerprint(text: str) -> str:
    """A word that a spreadsheet takes for no number and that changes with the text."""
    return f"t{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _student(name: str, known: list[str]) -> str | None:
    """Who is meant: a spreadsheet takes the apostrophe of a formula away or the zeros before a number."""
    exact = [student for student in known if name in (student, harmless(student))] or [s for s in known if key(s) == key(name)]
    number = name.strip()
    found = exact or [s for s in known if s.isdigit() and number.isdigit() and int(s) == int(number)]
    return found[0] if len(found) == 1 else None


def _cell(text: str) -> str:
    if len(text) <= CELL:
        return text or "(nothing was written)"
    return f"{text[:CELL]}… ({len(text) - CELL:,} more characters stand on the page with the explanations)"
