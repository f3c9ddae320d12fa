"""A course from its release to its marks, through the command: names, copies, personal numbers, explanations marked by hand."""

import csv
import io
import json
import re
import unicodedata
import zipfile
from pathlib import Path

import nbformat
import pytest

from press.__main__ import main
from press.concepts import MATERIAL
from press.course import INSTRUCTORS, answer_source
from press.exercises import modules
from press.handout import exercises_for
from press.notebooks import read
from press.personal import Student, draws
from press.statements import graded
from press.tasks import tasks

pytestmark = pytest.mark.slow

REPO = Path(__file__).resolve().parents[2]
ROOM, SALT = "unified_dynamics", "a secret of ours"
PAGE = read(REPO / "book" / ROOM / "exercises.ipynb")
KNOWN = graded(PAGE.cells)
DRAWS = draws(modules(ROOM), ROOM)
POINTS = sum(exercise.points for exercise in KNOWN.values()) + len(KNOWN)
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "José Müller") for form in ("NFC", "NFD"))
TASK = tasks(REPO / MATERIAL / f"{ROOM}.toml", ROOM)[0].grade_id


def notebook(student, answered=tuple(KNOWN), written="", signed=True):
    """A student's copy with honest answers to some exercises and to their own numbers, and a first explanation."""
    someone = Student(student, SALT)
    nb = exercises_for(PAGE, ROOM, DRAWS, tasks(REPO / MATERIAL / f"{ROOM}.toml", ROOM, someone), someone)
    nb.metadata["dynamics"] = {"room": ROOM, "student": student} if signed else {}
    for cell in nb.cells:
        id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        name = id.removesuffix("-mine").rpartition("-")[2]
        if id == TASK and written:
            cell.source = written
        elif "answer" in cell.metadata.get("tags", []) and name in answered:
            if id.endswith("-mine"):
                cell.source = cell.source.replace(f"{name}_mine = None", f"{name}_mine = {name}(*{name}_numbers)")
            else:
                cell.source = answer_source(KNOWN[name], INSTRUCTORS)
    return nbformat.writes(nb)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def archive(path, **members):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        for name, what in members.items():
            file.writestr(f"{name}.ipynb", what)


LONG = "ä" * 127
SOME = ("retnet", "state")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """(folder, arguments of the command)."""
    folder = tmp_path_factory.mktemp("course")
    pile = folder / "pile"
    write(folder / "roster.csv", f"\ufeffid,name\nanna,Anna Li\n{COMPOSED},x\nbob,Bob O\ncarol,\ndave,\neve,\nabsent,\n{LONG},\n")
    write(pile / "Anna Li_4711_assignsubmission_file/exercises.ipynb", notebook("anna", written="It decays as $e^{-t}$."))
    write(pile / DECOMPOSED / "exercises.ipynb", notebook(COMPOSED, signed=False))
    write(pile / "bob/exercises.ipynb", notebook("anna", written="It grows."))
    write(pile / "carol/exercises.ipynb", notebook("carol", ()))
    write(pile / "carol/exercises-Copy1.ipynb", notebook("carol"))
    archive(pile / "dave.zip", one=notebook("dave", SOME), two=notebook("dave", tuple(set(KNOWN) - set(SOME))))
    write(pile / "Eve.ipynb", notebook("eve", signed=False))
    write(pile / LONG / "exercises.ipynb", notebook(LONG, SOME))
    arguments = ["--root", str(REPO), "grade", str(pile), "--out", str(folder / "marks.csv"), "--chapter", ROOM]
    arguments += ["--salt", SALT, "--roster", str(folder / "roster.csv")]
    assert main(arguments) == 0
    return folder, arguments


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def marks(folder):
    return {row["student"]: row for row in rows_of(folder / "marks.csv")}


@pytest.mark.parametrize("student", ["anna", COMPOSED, "carol", "dave", "eve"])
def test_honest_work_has_all_its_points_under_every_name(course, student):
    row = marks(course[0])[student]
    assert (row["points"], row["of"]) == (str(POINTS), str(POINTS)), row


def test_every_student_has_one_row_and_a_note_where_something_was_odd(course):
    rows = marks(course[0])
    assert list(rows) == sorted(["anna", COMPOSED, "bob", "carol", "dave", "eve", "absent", LONG])
    assert rows["anna"]["note"] == rows[COMPOSED]["note"] == rows["eve"]["note"] == rows[LONG]["note"] == ""
    assert (rows["absent"]["points"], rows["absent"]["note"]) == ("0", "nothing was handed in")
    assert "exercises.ipynb has no answer" in rows["carol"]["note"]
    assert "from one.ipynb" in rows["dave"]["note"]
    assert "from two.ipynb" in rows["dave"]["note"]
    assert rows[LONG]["points"] == str(sum(KNOWN[name].points for name in SOME) + len(SOME))


def test_somebody_elses_notebook_is_a_warning_and_no_zero(course):
    row = marks(course[0])["bob"]
    assert row["points"] == str(POINTS)
    assert "the notebook was released to anna, and came as bob" in row["note"]
    assert "numbers in the notebook are those of anna, not of bob; a person has to look" in row["note"]
    alike = rows_of(course[0] / "marks-alike.csv")
    assert any(row["what"] == "as the book's solution" and {"anna", "bob"} <= set(row["students"].split(", ")) for row in alike)


def test_pages_are_there_for_all_and_name_exercises(course):
    pages = {path.name: path.read_text() for path in (course[0] / "feedback").iterdir()}
    assert len(pages) == len(marks(course[0]))
    assert "anna.html" in pages
    assert sum(name.startswith("José_Müller-") for name in pages) == 1
    for page in pages.values():
        assert all(exercise.title in page for exercise in KNOWN.values())
        assert "cell 1" not in page
        assert "<cell" not in page
        assert "&lt;cell" not in page
        assert "`" not in page
        assert not re.search(r"<script|src=|href=", page)
    assert "<msup><mi>e</mi>" in pages["anna.html"]
    assert "$" not in pages["anna.html"]


def test_points_given_by_hand_come_into_marks_pages_and_the_next_sheet(course, capsys):
    folder, arguments = course
    sheet = rows_of(folder / "marks-texts.csv")
    assert [row["student"] for row in sheet if row["question"] == TASK][:2] == ["anna", "bob"]
    assert sheet[0]["written"] == "It decays as $e^{-t}$."
    with (folder / "mine.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, sheet[0], delimiter=";")
        writer.writeheader()
        writer.writerows({**row, "points": "2,5", "comment": "Why `e`?"} if k == 0 else row for k, row in enumerate(sheet))
    assert main([*arguments, "--texts", str(folder / "mine.csv")]) == 0
    assert "were marked before and did not change" in capsys.readouterr().err
    rows, of = marks(folder), int(sheet[0]["of"])
    assert (rows["anna"][TASK], rows["anna"]["points"], rows["anna"]["of"]) == ("2.5", str(POINTS + 2.5), str(POINTS + of))
    assert (rows["bob"][TASK], "waits for its points" in rows["bob"]["note"]) == ("", True)
    assert (rows["carol"][TASK], rows["carol"]["points"]) == ("0", str(POINTS))
    assert f"◐ 2.5 of {of} points." in (folder / "feedback/anna.html").read_text()
    assert "Why <code>e</code>?" in (folder / "feedback/anna.html").read_text()
    assert main(arguments) == 0  # the sheet that lies there keeps what was given
    assert marks(folder) == rows
    log = [json.loads(line) for line in (folder / "marks.log.jsonl").read_text().splitlines()[1:]]
    assert not any("given" in text for record in log for text in record["texts"])
