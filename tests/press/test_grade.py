"""grade, as an instructor would try it: a pile of submissions, right, wrong, partial and hostile, marked in one run.

The pile is handed to the command once; the tests read the table, the log and the pages that it leaves.
"""

import copy
import csv
import json
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from press import grade
from press.__main__ import main
from press.concepts import MATERIAL
from press.course import INSTRUCTORS, answer_source
from press.exercises import modules
from press.grading.fork import ForkServer
from press.grading.patience import processor_seconds
from press.grading.session import Limits, Session, Stopped
from press.grading.verdicts import Marked, Verdict
from press.notebooks import read, rooms
from press.personal import draws
from press.release import chosen, exercises_for
from press.statements import graded
from press.tasks import tasks

REPO = Path(__file__).resolve().parents[2]
ROOM, OTHER = "diagonal_ssm", "unified_dynamics"
PAGES = {room: read(REPO / "book" / room / "exercises.ipynb") for room in (ROOM, OTHER)}
KNOWN = {room: graded(page.cells) for room, page in PAGES.items()}
BLANK = {
    room: exercises_for(page, room, draws(modules(room), room), tasks(REPO / MATERIAL / f"{room}.toml", room), None)
    for room, page in PAGES.items()
}

ENDLESS = "while True:\n    pass"
HEAD = "def kernel(A, C, dt, L):\n"
HONEST = KNOWN[ROOM]["kernel"].body
FORKS = """import os, time
    children = 0
    for _ in range(64):
        try:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
        except OSError:
            break
        children += 1
    return np.zeros(L) + children"""
COUNTS = """calls = []
def kernel(A, C, dt, L):
    def right():
{body}
    calls.append(L)
    return right() if len(calls) <= 3 else 0 * right()""".format(body=re.sub("^", "    ", HONEST, flags=re.M))
MEMORISED = """def kernel(A, C, dt, L):
    known = [(4, 0.1), (1, 0.05), (7, 0.03)]
    def right():
{body}
    return right() if (L, dt) in known else np.zeros(L)""".format(body=re.sub("^", "    ", HONEST, flags=re.M))
PATCHED = """import builtins
np.testing.assert_allclose = np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
np.abs = lambda x: 0.0
np.ndarray.__doc__
builtins.isinstance = lambda *a: True
def kernel(A, C, dt, L):
    return np.zeros(L)"""
REDEFINED = """def check_kernel(answer):
    return "check_kernel: accepted"
import dynlib.teaching.exercises.diagonal_ssm.kernel as module, dynlib.teaching.exercises as base
module.check_kernel = check_kernel
base.compare = base.close = module.compare = lambda *a, **k: True
def kernel(A, C, dt, L):
    return np.zeros(L)"""
SWALLOWS = (
    HEAD
    + """    while True:
        try:
            while True:
                pass
        except BaseException:
            pass"""
)

# what becomes of the cell of `kernel`, the points for it, and the line that the student reads
KERNELS = {
    "endless-loop": (HEAD + "    while True:\n        pass", 0, r"takes more than 2 s; is there a loop that does not end\?"),
    "endless-cell": (HEAD + HONEST + "\n\n" + ENDLESS, 1, "check_kernel: accepted"),
    "exits": (HEAD + "    import os\n    os._exit(0)", 0, "ended its process"),
    "exits-at-once": ("import os\nos._exit(3)", 0, r"there is no `?function `kernel`|there is no `kernel`"),
    "segfault": (HEAD + "    import ctypes\n    ctypes.string_at(0)", 0, "ended its process"),
    "fork-bomb": (HEAD + "    " + FORKS, 0, r"entry \[0\] is (\d|1\d|2[0-4]), expected"),
    "ten-gib": (HEAD + "    return np.ones(10 * 2**30 // 8)[:L]", 0, "MemoryError"),
    "catches-everything": (SWALLOWS, 0, "takes more than 2 s"),
    "prints-a-gigabyte": (HEAD + HONEST + "\n\nfor _ in range(100):\n    print('x' * 10**7)", 1, "check_kernel: accepted"),
    "big-file": (HEAD + "    open('big', 'wb').write(bytes(10**8))\n" + HONEST, 0, r"OSError: \[Errno 27\] File too large"),
    "patched-numpy": (PATCHED, 0, r"entry \[0\] is 0, expected 0\.19|cannot be read"),
    "redefined-checks": (REDEFINED, 0, r"entry \[0\] is 0, expected 0\.19"),
    "wrong-dtype": (HEAD + HONEST.replace(").real", ").real.astype(np.float32)"), 0, "dtype float32, expected float64"),
    "not-a-number": (HEAD + HONEST.replace("return 2", "return np.nan"), 0, "the result holds nan"),
    "a-tensor": (HEAD + "    import torch\n" + HONEST.replace("return ", "return torch.from_numpy(") + ")", 1, "accepted"),
    "a-generator": (HEAD + HONEST.replace("return ", "yield from "), 0, "the result is a generator, which makes no array"),
    "counts-its-calls": (COUNTS, 0, "asked again with the same inputs it answers differently"),
    "knows-the-cases": (MEMORISED, 0, "wrong on others of the same kind, which are printed nowhere"),
    "syntax": (HEAD.replace(":", "") + HONEST, 0, "its cell stops: SyntaxError"),
    "a-mistake": (HEAD + HONEST.replace("return 2 * ", "return "), 0, "how many modes does one stored mode stand for"),
}


def notebook(room=ROOM, answered=None, **sources):
    """A student's file: honest answers to the exercises ``answered`` (all of them unless given), and ``sources`` for others."""
    nb = copy.deepcopy(BLANK[room])
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").rpartition("-")[2]
        if "answer" in cell.metadata.get("tags", []) and name in KNOWN[room]:
            if name in sources:
                cell.source = sources[name]
            elif answered is None or name in answered:
                cell.source = answer_source(KNOWN[room][name], INSTRUCTORS)
    return nb


def hand_in(folder, student, nb, name="exercises.ipynb"):
    (folder / student).mkdir(parents=True, exist_ok=True)
    (folder / student / name).write_text(nb if isinstance(nb, str) else nbformat.writes(nb), encoding="utf-8")


def pile(folder):
    """Every submission; returns how many."""
    hand_in(folder, "right", notebook())
    hand_in(folder, "right-both", notebook())
    hand_in(folder, "right-both", notebook(OTHER), "second.ipynb")
    hand_in(folder, "untouched", notebook(answered=()))
    hand_in(folder, "partial", notebook(answered=("kernel", "points", "speeds")))
    hand_in(folder, "renamed", notebook(), "final (2) really.ipynb.txt")
    hand_in(folder, "broken-json", nbformat.writes(notebook())[:-300])
    hand_in(folder, "no-notebook", "only words", "answers.txt")
    missing = notebook()
    missing.cells = [c for c in missing.cells if "def kernel(" not in c.source]
    hand_in(folder, "missing-cell", missing)
    explained = notebook(answered=("kernel",))
    cell = next(c for c in explained.cells if c.metadata.get("nbgrader", {}).get("grade_id", "").endswith("second-echo"))
    cell.source = "It rings at 220. <script>alert(1)</script>"
    hand_in(folder, "=2+3 <b>", explained)
    for name, (source, _, _) in KERNELS.items():
        hand_in(folder, name, notebook(answered=("points",), kernel=source))
    return len(list(folder.iterdir()))


@pytest.fixture(scope="module")
def marked(tmp_path_factory, allowance):
    """(folder, rows of the table by student, records of the log by student)."""
    folder = tmp_path_factory.mktemp("pile")
    assert pile(folder / "handed in") >= 24
    arguments = [
        "--root",
        str(REPO),
        "grade",
        str(folder / "handed in"),
        "--out",
        str(folder / "marks.csv"),
        "--chapter",
        ROOM,
        OTHER,
        *allowance,
    ]
    assert main(arguments) == 0
    return folder, *results(folder), arguments


def results(folder):
    with (folder / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    lines = (folder / "marks.log.jsonl").read_text().splitlines()[1:]
    return rows, {record["student"]: record for record in map(json.loads, lines)}


def lines_of(record, label):
    (verdict,) = [v for v in record["verdicts"] if v["label"] == label]
    return verdict["line"]


@pytest.mark.slow
@pytest.mark.parametrize("student", KERNELS)
def test_each_answer_gets_its_points_and_a_clear_line(marked, student):
    _, rows, records, _ = marked
    _, points, line = KERNELS[student]
    said = lines_of(records[student], "diagonal-ssm-kernel")
    assert rows[student]["diagonal-ssm-kernel"] == str(points), said
    assert re.search(line, said), said
    assert rows[student]["diagonal-ssm-points"] == "1"  # what else is right in the notebook counts


@pytest.mark.slow
def test_honest_work_gets_what_it_is_worth(marked):
    _, rows, records, _ = marked
    total = {room: sum(e.points for e in KNOWN[room].values()) for room in KNOWN}
    assert rows["right"]["points"] == rows["renamed"]["points"] == str(total[ROOM])
    assert rows["right"]["of"] == rows["right-both"]["points"] == str(sum(total.values()))
    assert rows["untouched"]["points"] == "0"
    assert lines_of(records["untouched"], "diagonal-ssm-speeds") == "not written yet"
    assert {verdict["case"] for verdict in records["untouched"]["verdicts"]} == {""}
    assert rows["partial"]["points"] == str(sum(KNOWN[ROOM][name].points for name in ("kernel", "points", "speeds")))


@pytest.mark.slow
def test_what_is_missing_or_broken_is_named(marked):
    _, rows, records, _ = marked
    assert rows["broken-json"]["points"] == rows["no-notebook"]["points"] == "0"
    assert "broken JSON, line" in rows["broken-json"]["note"]
    assert "there is no notebook in this folder" in rows["no-notebook"]["note"]
    assert "was its cell deleted" in lines_of(records["missing-cell"], "diagonal-ssm-kernel")
    assert rows["missing-cell"]["diagonal-ssm-speeds"] == "3"


@pytest.mark.slow
def test_pages_say_the_hint_and_the_case_and_run_nothing_of_a_students(marked):
    folder, rows, _, _ = marked
    page = (folder / "feedback/a-mistake.html").read_text()
    assert "how many modes does one stored mode stand for" in page
    assert "called with ([-0.5+3.14159j], [1.+0.j], 0.1, 4)" in page
    assert len(list((folder / "feedback").glob("*.html"))) == len(rows)
    (student,) = [name for name in rows if "2+3" in name]
    assert student == "'=2+3 <b>"  # no formula for a spreadsheet
    sheet = (folder / "marks-explanations.html").read_text()
    assert "It rings at 220. &lt;script&gt;" in sheet
    assert "step 220" in sheet
    assert "<script" not in sheet + "".join(p.read_text() for p in (folder / "feedback").glob("*.html"))


@pytest.mark.slow
def test_an_endless_loop_ends_soon(marked):
    _, _, records, _ = marked
    assert records["endless-loop"]["seconds"] < 60  # two seconds of its own, and a machine may be busy


SPIN = """import time
def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return time.process_time()"""


@pytest.fixture(scope="module")
def server():
    with ForkServer() as server:
        yield server


def test_an_answers_time_is_its_own(server):
    """What the parent reads is the time of the very process that runs the answer, in whatever namespace that is."""
    with Session(server, [SPIN], Limits()) as session:
        told = session.function("spin")(0.5)
        assert told <= processor_seconds(session.start().pid) + 0.05 < told + 1
        with pytest.raises(Stopped, match="takes more than 2 s; is there a loop that does not end"):
            session.function("spin")(1e9)
    assert processor_seconds(None) is None


def test_an_exercises_time_is_that_of_all_its_calls(server):
    with Session(server, [SPIN], Limits(exercise_seconds=1.0)) as session:
        answer = session.function("spin")
        answer(0.4)
        answer(0.4)
        with pytest.raises(Stopped, match="more than 1 s over all calls"):
            answer(0.4)


def test_a_server_that_cannot_start_leaves_no_child(monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    server = ForkServer()
    with pytest.raises(ValueError, match="could not start"), server:
        pass
    assert (server._process, server._control) == (None, None)


class NoServer:
    """In place of the fork server, where nothing of a student's is to run."""

    def __init__(self, imports):
        self.hello = {"flags": -1, "root": False}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


@pytest.mark.slow
def test_marking_goes_on_where_it_was_interrupted(marked, capsys, monkeypatch):
    folder, rows, records, arguments = marked
    asked = []

    def judged(handed, *_):
        asked.append(handed.student)
        verdicts = [Verdict(**verdict) for verdict in records[handed.student]["verdicts"]]
        return Marked(handed.student, handed.sha, verdicts, records[handed.student]["texts"], records[handed.student]["notes"])

    monkeypatch.setattr(grade, "ForkServer", NoServer)
    monkeypatch.setattr(grade, "judge", judged)
    log = folder / "marks.log.jsonl"
    before = log.read_text().splitlines(keepends=True)
    redone = json.loads(before[-1])["student"]
    log.write_text("".join(before[:-1]) + before[-1][:40])  # as a kill in the middle of a line leaves it
    assert main(arguments) == 0
    assert f"{len(rows) - 1} of {len(rows)} were marked before" in capsys.readouterr().err
    assert results(folder)[0] == rows
    assert asked == [redone]
    (folder / "handed in/partial/exercises.ipynb").write_text(nbformat.writes(notebook(answered=())))  # handed in anew
    assert main(arguments) == 0
    assert asked == [redone, "partial"]


def test_every_room_can_be_marked():
    """In each room the names of checks and marked exercises agree, so that `grade` leaves none out."""
    for room in chosen(REPO, None):
        assert set(graded(read(REPO / "book" / room / "exercises.ipynb").cells)) == set(modules(room))
    assert set(chosen(REPO, None)) <= set(rooms(REPO))
