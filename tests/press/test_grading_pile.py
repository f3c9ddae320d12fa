"""No submission changes another's mark: an honest one beside every kind of bad neighbour gets what it gets alone."""

import contextlib
import csv
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dynlib.teaching.exercises import Refused
from press import grade
from press.grading import cap, judge, walls
from press.grading.by_hand import read_sheets, sheet, with_points
from press.grading.fork import ForkServer
from press.grading.limits import FIRST_USER
from press.grading.marks import Log
from press.grading.pages import feedback_page
from press.grading.room import Room
from press.grading.session import Limits
from press.grading.spreadsheet import as_csv
from press.grading.submissions import Handed, Part
from press.grading.verdicts import Marked
from press.statements import Exercise

QUICK = Limits(seconds=0.5, exercise_seconds=2.0, submission_seconds=8.0)
HONEST = ["import numpy as np\nscale = 2", "def twice(x):\n    return scale * x", "def area(r):\n    return np.pi * r**2"]
PARTLY = ["def twice(x):\n    return 3 * x", "import no_such_module\nimport math", "def area(r):\n    return math.pi * r**2"]


def twice(x):
    return 2 * x


def area(r):
    return np.pi * r**2


def check(right):
    def judged(answer):
        for x in (1.0, 2.5, np.arange(3.0)):
            if not np.allclose(answer(x), right(x)):
                raise Refused(f"wrong at {x}")
        return "accepted"

    return judged


def exercise(name):
    return Exercise(f"alpha-{name}", f"Find {name}", "", 1, 5, False, 0)


ROOM = Room(
    "alpha",
    {"twice": exercise("twice"), "area": exercise("area")},
    {"twice": check(twice), "area": check(area)},
    {"twice": twice, "area": area},
    {},
    "import numpy as np",
    lambda student: [],
)
ANSWERS = "def twice(x):\n    return 2 * x\ndef area(r):\n    return 3.141592653589793 * r**2\n"
SWALLOWS = "def area(r):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass"
STOPS = "def twice(x):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    os.kill(0, signal.SIGSTOP)"
NUMBERS = """import os
for k in range(2, 40000):
    try:
        os.kill(k, 9)
    except OSError:
        pass"""
THREADS = """import threading
def spin():
    while True: pass
for _ in range(99):
    threading.Thread(target=spin, daemon=True).start()"""
DEEP = """def twice(x):
    y = []
    for _ in range(10**5): y = [y]
    return y
def area(r):
    return '[' * 10**7"""
SIGNALS = """import signal
for k in range(1, 65):
    try:
        signal.signal(k, lambda *a: None)
    except (OSError, ValueError):
        pass
while True: pass"""
SHARED = """from multiprocessing import shared_memory as m
kept = [m.SharedMemory(create=True, size=2**20) for _ in range(99)]"""
SPAWNS = """import os, signal, time
for k in range(50):
    try:
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if os.fork() == 0:
                while True:
                    pass
            os._exit(0)
    except OSError:
        break
"""
BAD = {
    "much code": [f"x{k} = 1\n# " + "y" * 18_000 for k in range(15)],
    "many cells": ["z = 1"] * 3000,
    "deep folders": ["import os\nfor _ in range(3000):\n    os.mkdir('d')\n    os.chdir('d')"],
    "many files": ["for k in range(10**6):\n    open(f'/tmp/{k}', 'w').close()"],
    "a full disk": ["for k in range(99):\n    open(f'/dev/shm/f{k}', 'wb').write(bytes(2**23))"],
    "a shut folder": ["import os\nos.mkdir('a')\nopen('a/b', 'w').close()\nos.chmod('a', 0)"],
    "endless answer": ["def twice(x):\n    while True: pass", SWALLOWS],
    "endless cells": ["while True: pass"] * 20,
    "sleeps": ["import time\ntime.sleep(999)"],
    "exits": ["import os\nos._exit(0)"],
    "exits when called": ["import os\ndef twice(x):\n    os._exit(1)\ndef area(r):\n    os.abort()"],
    "segfault": ["import ctypes\nctypes.string_at(0)"],
    "stops itself": ["import os, signal", STOPS],
    "forks": [SPAWNS],
    "kills all": ["import os, signal\nos.kill(-1, signal.SIGKILL)"],
    "kills every number": [NUMBERS],
    "memory": ["import numpy as np\na = [np.ones(2**27) for _ in range(99)]"],
    "threads": [THREADS],
    "floods the channel": ["import os\nwhile True:\n    os.write(3, b'x' * 9999)"],
    "forges where it is": ["import os\nk = 0\nwhile True:\n    k += 1\n    os.pwrite(4, k.to_bytes(8, 'big'), 0)"],
    "shuts the channel": ["import os\nos.closerange(3, 99)\nwhile True: pass"],
    "half a character": ["raise ValueError('\\ud800')", "def twice(x):\n    raise ValueError('\\udc80')"],
    "endless message": ["class E(Exception):\n    def __str__(self):\n        while True: pass\ndef twice(x):\n    raise E"],
    "deep values": [DEEP],
    "large values": [
        "import numpy as np\ndef twice(x):\n    return np.zeros(2**23 - 99)",
        "def area(r):\n    return np.zeros(2**24)",
    ],
    "brackets": ["(" * 50_000, "x = " + "-" * 50_000 + "1"],
    "changed builtins": ["import builtins, sys\nfor k in dir(builtins): setattr(builtins, k, None)\nsys.modules.clear()"],
    "recursion": ["import sys\nsys.setrecursionlimit(10**9)\ndef twice(x):\n    return twice(x)"],
    "signals": [SIGNALS],
    "greedy imports": ["import test.autotest, idlelib.idle, this, antigravity"],
    "shared memory": [SHARED],
}
# Those that a private list of processes or files would keep away, but for the ones that would fill this machine's own folders.
BARE = ("much code", "deep folders", "a shut folder", "forks", "threads", "kills all", "kills every number", "shuts the channel")


def handed(name, cells):
    made = [{"kind": "code", "source": source, "tags": [], "id": "", "grade": False} for source in cells]
    return Handed(name, name, {"alpha": [Part("x.ipynb", made, list(ROOM.graded))]}, names=[name])


def record(work, server, allowed=QUICK):
    """What a submission gets, but for how long it took; and whether that is final."""
    marked, final = grade._judge(work, [ROOM], server, allowed, "a secret of ours", False, float("inf"))
    return {key: value for key, value in marked.record().items() if key != "seconds"}, final


@pytest.fixture(scope="module")
def servers():
    """With all namespaces that this system allows (-1), and with none (0); and what honest work gets alone under each."""
    with ForkServer() as walled, ForkServer(highest=0) as bare:
        yield {highest: (server, alone(server)) for highest, server in ((-1, walled), (0, bare))}


def alone(server):
    found = [record(handed(name, cells), server) for name, cells in (("honest", HONEST), ("partly", PARTLY))]
    assert [[verdict["points"] for verdict in marked["verdicts"]] for marked, _ in found] == [[1, 1], [0, 1]]
    assert found[1][0]["notes"] == [
        "in the cell that begins `import no_such_module`, line 1, `import no_such_module`: "
        "ModuleNotFoundError: No module named 'no_such_module'"
    ]
    return found


def processes_of_students(server):
    """What still runs as one of the users that the children of a server had; where it is not root, they have none."""
    first = server.hello["first_user"] + FIRST_USER
    found = []
    for entry in Path("/proc").glob("[0-9]*") if server.hello["root"] else ():
        with contextlib.suppress(OSError):
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            found += [entry.name] if first < entry.stat().st_uid <= first + 500 and state not in "ZX" else []
    return found


# What would end the test itself, where neither another user nor a namespace keeps a student's code from it.
ENDS_ALL = {"kills all", "kills every number", "stops itself"}


# The neighbours that `make check` has: one that hangs, one that ends, one that takes all, one that lies, and one without walls.
QUICKEST = {(-1, "endless answer"), (-1, "exits when called"), (-1, "memory"), (-1, "forges where it is"), (0, "threads")}


@pytest.mark.parametrize(
    ("highest", "kind"),
    [
        pytest.param(highest, kind, marks=() if (highest, kind) in QUICKEST else pytest.mark.slow, id=f"{walls}-{kind}")
        for highest, walls, kinds in ((-1, "walled", BAD), (0, "bare", BARE))
        for kind in kinds
    ],
)
def test_no_neighbour_changes_what_an_honest_submission_gets(servers, highest, kind):
    server, expected = servers[highest]
    if not (server.hello["flags"] & walls.NEW_PID or server.hello["root"]) and kind in ENDS_ALL:
        assert any("it can end every process of yours" in line for line in walls.shared(0, False))  # so it is refused
        return
    begin, beside = time.monotonic(), []
    with ThreadPoolExecutor(2) as jobs:
        bad = jobs.submit(record, handed("bad", [ANSWERS, *BAD[kind]]), server)
        while not beside or not bad.done():
            for name, cells in (("honest", HONEST), ("partly", PARTLY)):
                beside.append(jobs.submit(record, handed(name, cells), server).result())
            wait([bad], 0.05)
    assert all(found == expected[k % 2] for k, found in enumerate(beside))
    assert bad.result()[0]["student"] == "bad"
    assert list(server._folder.iterdir()) == []
    assert processes_of_students(server) == []
    assert time.monotonic() - begin < 200  # a limit for hangs


@pytest.mark.slow
def test_a_pile_is_marked_to_its_end_and_leaves_nothing(tmp_path, monkeypatch, capsys, allowance):
    """The same through the command's own function, with two jobs, every kind of neighbour between two honest students."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    works = [handed("first", HONEST)]
    quick = {kind: cells for kind, cells in BAD.items() if kind not in ("sleeps", "stops itself", "endless cells")}
    for kind, cells in quick.items():
        works += [handed(kind, [ANSWERS, *cells]), handed(f"after {kind}", HONEST)]
    isolated = not allowance
    kept = [work for work in works if isolated or work.student not in ENDS_ALL]
    records = grade.mark(kept, [ROOM], QUICK, tmp_path / "log.jsonl", jobs=2, isolated=isolated)
    assert [found["student"] for found in records] == [work.student for work in kept]
    honest = [found for found in records if found["student"].startswith(("first", "after"))]
    assert all([verdict["points"] for verdict in found["verdicts"]] == [1, 1] for found in honest)
    assert all(found["notes"] == [] for found in honest)
    assert {found["student"]: len(found["verdicts"]) for found in records} == {work.student: 2 for work in kept}
    assert list((tmp_path / "temporary").iterdir()) == []
    assert f"{len(kept)} of {len(kept)}" in capsys.readouterr().err


def test_what_could_not_be_marked_has_no_points_and_is_tried_by_the_next_run(tmp_path, monkeypatch, capsys, allowance):
    def fails(work, *rest):
        if work.student == "one":
            raise grade.Unmarked("no process is left")
        return real(work, *rest)

    real = grade.judge
    monkeypatch.setattr(grade, "judge", fails)
    works, log = [handed("one", HONEST), handed("two", HONEST)], tmp_path / "log.jsonl"
    isolated = not allowance
    records = grade.mark(works, [ROOM], QUICK, log, "a secret of ours", 2, isolated=isolated)
    assert [len(found["verdicts"]) for found in records] == [0, 2]
    assert records[0]["notes"] == ["could not be marked (no process is left); run the same command again, or look at it yourself"]
    assert "1 of 2 could not be marked" in capsys.readouterr().err
    row = next(csv.DictReader(grade.table(records).lstrip("\ufeff").splitlines()))
    assert (row["student"], row["alpha-twice"]) == ("one", "")
    monkeypatch.setattr(grade, "judge", real)
    again = grade.mark(works, [ROOM], QUICK, log, "a secret of ours", 2, isolated=isolated)
    assert "1 of 2 were marked before" in capsys.readouterr().err
    assert [[verdict["points"] for verdict in found["verdicts"]] for found in again] == [[1, 1], [1, 1]]


def test_a_pile_ends_within_its_time(tmp_path, allowance):
    works = [handed(f"s{k}", HONEST) for k in range(3)]
    records = grade.mark(
        works,
        [ROOM],
        QUICK,
        tmp_path / "log.jsonl",
        jobs=1,
        until=time.monotonic() - 1,
        isolated=not allowance,
    )
    assert all("the pile's time was over" in found["notes"][0] and found["verdicts"] == [] for found in records)


def test_a_record_can_be_written_whatever_a_student_wrote(tmp_path):
    marked = Marked("one", "a", texts=[{"label": "t", "written": "half \ud800, whole é"}], notes=["\udc80"])
    Log(tmp_path / "log", "key").add(marked.record())
    (kept,) = Log(tmp_path / "log", "key").done.values()
    assert (kept["texts"][0]["written"], kept["notes"]) == ("half ?, whole é", ["?"])


def lost(answer):
    """A check that an answer of 0 sends round in circles."""
    x = answer(1.0)
    while x < 1:
        x = 2 * x
    return "accepted"


ZERO = ["def twice(x):\n    return 2 * x", "def area(r):\n    # nothing yet\n    return 0.0"]


def test_an_answer_whose_check_comes_to_no_end_is_judged_by_hand(tmp_path, monkeypatch, allowance):
    monkeypatch.setattr(judge, "CHECK", 0.5)
    room = replace(ROOM, checks=ROOM.checks | {"area": lost})
    works = [handed("before", HONEST), handed("zero", ZERO), handed("after", HONEST)]
    records = grade.mark(works, [room], QUICK, tmp_path / "log.jsonl", jobs=2, isolated=not allowance)
    assert [[verdict["points"] for verdict in found["verdicts"]] for found in records] == [[1, 1], [1, 0], [1, 1]]
    line = "not judged: its check came to no end within 0.5 s; a person judges this answer by hand"
    assert (records[1]["verdicts"][1]["line"], records[1]["verdicts"][1]["of"]) == (line, 0)
    (text,) = records[1]["texts"]
    assert (text["label"], text["points"], text["written"]) == ("alpha-area", 1, f"```python\n{ZERO[1]}\n```")
    assert line in feedback_page(records[1], records)
    rows = [{"before": ("1", "2", "2"), "zero": ("", "1", "1"), "after": ("1", "2", "2")}]
    rows.append(rows[0] | {"zero": ("0.5", "1.5", "2")})
    path = tmp_path / "texts.csv"
    path.write_text(sheet(records))
    for given in rows:
        told = with_points(records, read_sheets([path]))
        made = csv.DictReader(grade.table(told).lstrip("\ufeff").splitlines())
        table = list(made)
        assert made.fieldnames == ["student", "points", "of", "alpha-twice", "alpha-area", "note"]
        assert {row["student"]: (row["alpha-area"], row["points"], row["of"]) for row in table} == given
        (row,) = csv.DictReader(path.read_text().lstrip("\ufeff").splitlines())
        path.write_text(as_csv([list(row), [*(row | {"points": "0.5"}).values()]]))


def test_a_check_that_cannot_be_stopped_leaves_its_notebook_unmarked(tmp_path, monkeypatch, allowance):
    free = threading.Event()
    monkeypatch.setattr(judge, "CHECK", 0.0)
    monkeypatch.setattr(judge, "WHOLE", 0.1)
    monkeypatch.setattr(cap, "LAST", 0.2)
    room = replace(ROOM, checks=ROOM.checks | {"area": lambda answer: free.wait()})
    records = grade.mark([handed("one", HONEST)], [room], QUICK, tmp_path / "log.jsonl", jobs=1, isolated=not allowance)
    free.set()
    assert records[0]["verdicts"] == []
    assert "could not be marked (the check of Find area does not come to an end)" in records[0]["notes"][0]


@pytest.mark.parametrize("root", [True, False])
def test_without_namespaces_grading_is_refused_unless_it_is_asked_for(root, capsys):
    hello = {"flags": 0, "root": root, "unreadable": "/opt/python"}
    with pytest.raises(ValueError, match="--without-isolation") as refused:
        grade._say_what_is_shared(hello, isolated=True)
    grade._say_what_is_shared(hello, isolated=False)
    said = capsys.readouterr().err
    for line in walls.shared(0, root):
        assert line in str(refused.value)
        assert line in said
    assert "cannot read /opt/python" in said
    grade._say_what_is_shared({"flags": -1, "root": root}, isolated=True)
    assert "shares" not in capsys.readouterr().err
