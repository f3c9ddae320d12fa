"""One submission in a real child: what it is sent, what stops it, what is kept, and what it can reach."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest

from press.grading import session as sessions
from press.grading import transport, walls
from press.grading.faults import Fault, read_report
from press.grading.fork import ForkServer
from press.grading.patience import Budget
from press.grading.session import Limits, Session, Stopped, Unmarked

QUICK = Limits(seconds=0.5, exercise_seconds=2.0, submission_seconds=30.0)
ENDLESS = "while True:\n    pass"
ENDLESS_MESSAGE = "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E"
ENDLESS_CALL = "def f(x):\n    while True:\n        pass"
BUSY = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass"


@pytest.fixture(scope="module")
def server():
    with ForkServer() as server:
        yield server


@pytest.fixture(scope="module", params=[-1, 0], ids=["walls", "no walls"])
def either(request):
    """A server whose children have all namespaces that this system allows, and one whose children have none."""
    with ForkServer(highest=request.param) as server:
        yield server


def said(session):
    return [(fault.cell, fault.line, fault.says) for fault in session.faults]


# -- what goes to a child is whole -----------------------------------------------------------------------------------------


def test_what_goes_to_a_child_is_never_cut():
    cells = ["#" * 5000 + "\nx = 1", "x" * transport.TEXT * 3]
    data = transport.encode({"cells": cells})
    assert transport.decode(data) == {"cells": cells}
    back = transport.decode(data, transport.TEXT)
    assert [len(cell) for cell in back["cells"]] == [transport.TEXT] * 2


def test_text_that_no_file_can_hold_is_made_printable_on_its_way_back():
    data = transport.encode({"a": ["b\udfff", "c"]})
    assert transport.decode(data, 10) == {"a": ["b?", "c"]}
    assert transport.decode(data) == {"a": ["b\udfff", "c"]}  # a cell stays as it was written
    assert transport.decode(transport.encode({"a\ud800": 1}), 10) == {"a?": 1}


@pytest.mark.parametrize("lines", [35, 2000])
def test_an_answer_below_many_comments_counts(server, lines):
    answer = "# a comment of an ordinary length, as a careful student writes it\n" * lines + "def f(text):\n    return len(text)"
    with Session(server, [answer], QUICK) as session:
        assert session.function("f")("a" * 5000) == 5000
        assert session.faults == []


def test_270_kilobytes_of_code_are_run(server):
    cells = [f"x{k} = {k}\n" + "# " + "y" * 18_000 for k in range(15)] + ["total = sum(globals()[f'x{k}'] for k in range(15))"]
    with Session(server, cells, QUICK) as session:
        assert session.ask("total") == 105
    with Session(server, ["n = 0"] + ["n += 1"] * 3000, QUICK) as session:
        assert session.ask("n") == 3000


# -- a statement that hangs or ends its process is left out ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "line", "says"),
    [
        (f"a = [1]\n{ENDLESS}\nb = 2", 2, "takes more than 0.5 s"),
        (f"{ENDLESS}\na = [1]\nb = 2", 1, "takes more than 0.5 s"),
        (f"a = [1]; b = 2\n{ENDLESS}", 2, "takes more than 0.5 s"),
        ("a = [1]\nsum(k for k in range(10**12))\nb = 2", 2, "takes more than 0.5 s"),
        ("import numpy as np\na = [1]\nnp.ones((3000, 3000)) @ np.ones((3000, 3000)) @ np.ones((3000, 3000))\nb = 2", 3, "takes"),
        ("a = [1]\nimport os; os._exit(3)\nb = 2", 2, r"ended its process (exit 3)"),
        ("a = [1]\nimport ctypes; ctypes.string_at(0)\nb = 2", 2, "ended its process (signal SIGSEGV)"),
        ("a = [1]\nimport os; os.closerange(3, 99)\nb = 2", 2, "ended its process"),
        (f"a = [1]\n{ENDLESS_MESSAGE}\nb = 2", 5, "takes"),
    ],
    ids=["amid", "above", "below", "generator", "compiled", "exits", "segfault", "closes", "endless message"],
)
def test_a_cell_keeps_what_stands_around_a_statement_that_stops_it(server, cell, line, says):
    with Session(server, ["first = 1", cell, "last = a[0] + b"], QUICK) as session:
        assert session.ask("last") == 3
        ((where, at, why),) = said(session)
        assert (where, at) == (1, line)
        assert why.startswith(says)


def test_several_slow_demos_cost_themselves_only(server):
    cells = [f"a = [1]\n{ENDLESS}\na.append(2)\nprint(a)\n{ENDLESS}\na.append(3)", f"{ENDLESS}\nb = sum(a)"]
    with Session(server, cells, QUICK) as session:
        assert session.ask("b") == 6
        assert [(cell, line) for cell, line, _ in said(session)] == [(0, 2), (0, 6), (1, 1)]


@pytest.mark.slow
def test_after_many_hung_statements_definitions_imports_and_assignments_are_kept(server):
    cells = [f"x{k} = {k}\n{ENDLESS}" for k in range(8)] + ["import math\ndef f(): return x7 + round(math.pi)"]
    with Session(server, cells, QUICK) as session:
        begin = time.monotonic()
        assert session.function("f")() == 10
        assert len(session.faults) == sessions.HUNG
        assert time.monotonic() - begin < 120  # a limit for hangs


@pytest.mark.slow
def test_a_cell_that_cannot_be_read_is_left_out_and_named(server):
    with Session(server, ["a = 1", "x = " + "-" * 200_000 + "1", "b = a"], QUICK) as session:
        assert session.ask("b") == 1
        assert {fault.cell for fault in session.faults} == {1}


def test_an_endless_answer_needs_no_new_child(server):
    cells = ["import os\nruns = os.getpid()", ENDLESS_CALL, "def g(): return runs"]
    with Session(server, cells, QUICK) as session:
        child = session.start()
        for _ in range(3):
            with pytest.raises(Stopped, match=r"it takes more than 0\.5 s; is there a loop that does not end\?"):
                session.function("f")(1)
        assert session.start() is child


# -- caps ------------------------------------------------------------------------------------------------------------------

FORGES = """import os, socket, struct, threading, time
channel = socket.socket(fileno=os.dup(3))
def forge():
    step = 0
    while True:
        step += 1
        try:
            os.pwrite(4, struct.pack('>ii', %s, 1), 0)
            channel.send(%s)
        except OSError:
            pass
        time.sleep(0.02)
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", ["1", "step % 2"])
def test_what_a_students_code_writes_resets_no_deadline(server, step):
    """It says each moment that it is elsewhere, and never that it is further than it was."""
    with Session(server, ["a = 1", FORGES % (step, "b''") + "forge()", "b = 2"], QUICK) as session:
        assert session.ask("b") == 2
        assert session.budget.spent < 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("step % 40", "bytes([0])"),
        ("-step", "b'junk' * 100"),
        ("2**31 - 1", "b''"),
        ("step // 10", "bytes([0, 0, 0, 2, 65])"),
    ],
)
def test_whatever_a_students_code_writes_it_ends_within_the_cap_of_its_submission(server, step, words):
    allowed = Limits(seconds=0.5, exercise_seconds=2.0, submission_seconds=4.0)
    with Session(server, ["a = 1", FORGES % (step, words) + "forge()", "b = 2"], allowed) as session:
        with contextlib.suppress(Stopped):
            assert session.ask("b") == 2
        assert session.budget.left() > -2


@pytest.mark.slow
def test_a_submission_has_a_cap_over_all_its_children(server):
    allowed = Limits(seconds=0.5, exercise_seconds=2.0, submission_seconds=2.0)
    with Session(server, [f"x{k} = sum(k for k in range(10**12))" for k in range(30)], allowed) as session:
        with pytest.raises(Stopped, match="the notebook as a whole takes more than 2 s"):
            session.start()
        assert session.budget.spent < 4
        with pytest.raises(Stopped, match="as a whole"):  # and for every exercise after it
            session.function("f")(1)


def test_two_notebooks_of_a_submission_share_its_cap(server):
    budget = Budget(1.0)
    with Session(server, [BUSY], QUICK, budget) as one:
        one.start()
    assert 0.3 < budget.spent < 1.0
    with Session(server, [BUSY, BUSY], QUICK, budget) as two, pytest.raises(Stopped, match="as a whole"):
        two.start()


def test_what_is_left_when_the_piles_time_is_over_is_unmarked(server):
    with (
        Session(server, ["x = 1"], QUICK, Budget(10.0, until=time.monotonic() - 1)) as session,
        pytest.raises(Unmarked, match="the pile's time was over"),
    ):
        session.start()
    with Session(server, [ENDLESS], QUICK, Budget(10.0, until=time.monotonic() + 0.2)) as session, pytest.raises(Unmarked):
        session.start()


# -- what is nobody's fault is tried again ---------------------------------------------------------------------------------


def test_a_child_that_ends_before_the_first_cell_is_tried_again(server, monkeypatch):
    begun = []

    def dies_twice(order):
        child = real(order)
        begun.append(child.pid)
        if len(begun) < 3:
            os.kill(child.pid, signal.SIGKILL)
        return child

    real = server.start
    monkeypatch.setattr(server, "start", dies_twice)
    with Session(server, ["x = 1"], QUICK) as session:
        assert session.ask("x") == 1
    assert len(begun) == 3


def test_what_never_gets_to_its_first_cell_is_unmarked_and_not_wrong(server, monkeypatch):
    monkeypatch.setattr(sessions.time, "sleep", lambda seconds: None)

    def dies(order):
        child = real(order)
        os.kill(child.pid, signal.SIGKILL)
        return child

    def refuses(order):
        raise OSError("no process is left")

    real = server.start
    for start, says in ((dies, "before its first cell"), (refuses, "no process is left")):
        monkeypatch.setattr(server, "start", start)
        with Session(server, ["x = 1"], QUICK) as session, pytest.raises(Unmarked, match=says):
            session.ask("x")


def test_an_import_that_runs_forever_is_the_fault_of_its_line(server, monkeypatch):
    """Imports are made before the first cell; one that hangs there is made again in its cell, and noted."""
    monkeypatch.setattr(sessions, "START", 1.0)
    with Session(server, ["import test.autotest\ndef f(): return 1"], QUICK) as session:
        assert session.function("f")() == 1
        ((_, line, _),) = said(session)
        assert line == 1


@pytest.mark.slow
def test_a_server_that_dies_takes_no_answer_along():
    with ForkServer() as server, Session(server, ["def f(x): return x + 1"], QUICK) as one:
        assert one.function("f")(1) == 2
        with Session(server, ["x = 5"], QUICK) as two:
            old = two.start()  # the second child of the first server
            os.kill(server.hello["pid"], signal.SIGKILL)
            server._process.wait(60)
            assert one.function("f")(2) == 3  # if its child is gone, asked again, of a child of the next server
            with Session(server, ["y = 6"], QUICK) as three:
                new = three.start()
                while new.number < old.number:
                    three.close()
                    new = three.start()
                assert (new.server, new.number) == (old.server + 1, old.number)
                two.close()  # its number is another's by now
                assert three.ask("y") == 6
                assert three.start() is new
            assert two.ask("x") == 5


# -- what it can reach -----------------------------------------------------------------------------------------------------

REACH = """import os
def writes(path):
    open(path, 'w').write('x')
def listed(path):
    return sorted(os.listdir(path))
def deep(n):
    for _ in range(n):
        os.mkdir('d')
        os.chdir('d')
    return n
def fills(folder, mebibytes):
    for k in range(mebibytes // 8):
        with open(f'{folder}/fill{k}', 'wb') as file:
            file.write(bytes(8 * 2**20))
"""


@pytest.fixture
def open_to_all():
    """A folder outside of those for temporary files, into which everybody may write."""
    folder = Path(tempfile.mkdtemp(prefix=".open-", dir=Path(__file__).parents[2]))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


def test_nothing_that_is_written_stays_and_its_size_is_limited(server, open_to_all):
    if not server.hello["flags"] & walls.NEW_FILES:  # then grading is refused, unless one asks for it, in these words
        assert walls.shared(server.hello["flags"], server.hello["root"])[-1].startswith("the files: ")
        return
    with Session(server, [REACH], Limits(submission_seconds=60.0)) as session:
        for folder in walls.SCRATCH:
            needed = [Path(place) for place in (sys.prefix, Path(__file__).parents[2])]  # Python and the book may lie there
            beside = {place.relative_to(folder).parts[0] for place in needed if place.is_relative_to(folder)}
            assert set(session.function("listed")(folder)) == beside | ({"answer"} if folder == "/tmp" else set())
            session.function("writes")(f"{folder}/left-by-a-student")
            with pytest.raises(Exception, match="No space left on device"):
                session.function("fills")(folder, 2 * walls.SCRATCH_BYTES // 2**20)
            assert not os.path.exists(f"{folder}/left-by-a-student")
        with pytest.raises(Exception, match=r"Read-only file system|No such file"):  # a checkout in a home is not there
            session.function("writes")(f"{open_to_all}/x")
        assert list(open_to_all.iterdir()) == []
        assert session.function("deep")(3000) == 3000


@pytest.mark.slow
def test_a_childs_folder_is_removed_however_deep_it_is(either):
    folder = either._folder
    with Session(either, [REACH], Limits()) as session:
        assert session.function("deep")(3000) == 3000
    with Session(either, [REACH + "os.mkdir('shut')\nos.chmod('shut', 0)"], Limits()) as session:
        session.start()
    assert list(folder.iterdir()) == []


def test_python_under_a_home_that_only_root_may_enter_can_be_imported(server):
    """What is imported late is read behind the walls by a user who owns nothing."""
    assert server.hello["unreadable"] == ""
    late = "def late():\n    import sqlite3, xmlrpc.client, wsgiref.util\n    return wsgiref.util.__name__"
    with Session(server, [late], Limits()) as session:
        assert session.function("late")() == "wsgiref.util"


@pytest.mark.parametrize("root", [True, False])
@pytest.mark.parametrize(
    ("flags", "lines"),
    [
        (walls.NEW_NET | walls.NEW_PID | walls.NEW_IPC | walls.NEW_FILES, 0),
        (walls.NEW_NET | walls.NEW_PID | walls.NEW_IPC, 1),
        (walls.NEW_NET, 2),
        (0, 3),
    ],
)
def test_what_is_shared_is_said(flags, root, lines):
    found = walls.shared(flags, root)
    assert len(found) == lines
    if lines:
        assert ("submissions" in found[-1]) != root


@pytest.mark.parametrize(
    "report", [[{"cell": 3, "line": 1, "text": "", "says": ""}], [{"cell": 0}], [7], 7, [{"cell": "x", "line": 1}]]
)
def test_a_report_that_makes_no_sense_is_refused(report):
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_report(report, 3)


def test_a_report_is_as_long_as_a_reader_wants_it():
    entry = {"cell": 2, "line": 1, "text": "a" * 999, "says": "b"}
    assert read_report([entry] * 999, 3) == [Fault(2, 1, "a" * 200, "b")] * 200
