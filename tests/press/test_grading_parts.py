"""The parts of grade, where no student's process is needed: bytes between processes, what was handed in, and verdicts."""

import ast
import contextlib
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from dynlib.teaching.exercises import Refused
from press.grade import room_of_book
from press.grading import cap, child, limits, patience, server, source, transport
from press.grading.asked import accept
from press.grading.judge import _of_room
from press.grading.marks import Log
from press.grading.room import Room
from press.grading.session import Limits, Stopped
from press.grading.submissions import Handed

REPO = Path(__file__).resolve().parents[2]


# -- work that comes to no end -------------------------------------------------------------------------------------------


def circles():
    while True:
        try:
            while True:
                pass
        except Exception:  # as a check may take what an answer raises
            continue


def test_what_ends_gives_its_result_or_its_error():
    assert cap.capped(lambda: 3, 60, 600) == 3
    for kind in (ValueError, Stopped):
        with pytest.raises(kind, match="so"):
            cap.capped(lambda kind=kind: (_ for _ in ()).throw(kind("so")), 60, 600)


@pytest.mark.parametrize(("seconds", "clock"), [(0.2, 600), (600, 0.2)])
def test_what_goes_round_in_circles_is_stopped(seconds, clock):
    if seconds < clock and not Path("/proc/self/task").exists():
        seconds, clock = clock, seconds  # nothing tells a thread's own time
    before = threading.active_count()
    with pytest.raises(cap.EndlessError) as endless:
        cap.capped(circles, seconds, clock)
    assert endless.value.ended
    assert threading.active_count() == before


def test_what_only_waits_uses_nothing_of_its_own_seconds():
    assert cap.capped(lambda: time.sleep(0.5), 0.2, 600) is None


def test_what_cannot_be_stopped_is_said_and_left(monkeypatch):
    monkeypatch.setattr(cap, "LAST", 0.2)
    free = threading.Event()
    with pytest.raises(cap.EndlessError) as endless:
        cap.capped(free.wait, 60, 0.2)
    free.set()
    assert not endless.value.ended


# -- bytes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -2.5,
        float("inf"),
        1 - 2j,
        "text",
        [1, [2.0, None]],
        (1, "a"),
        {"a": [1], "b": (2,)},
        2**100,
        np.arange(6.0).reshape(2, 3),
        np.array(1 + 2j),
        np.array(["a", "b"]),
        np.float32(2),
        np.zeros((0, 3)),
        np.bool_(True),
    ],
)
def test_a_value_comes_back_as_it_was(value):
    back = transport.decode(transport.encode(value))
    if isinstance(value, np.ndarray | np.generic):
        np.testing.assert_array_equal(back, value)
        assert np.asarray(back).dtype == np.asarray(value).dtype
    else:
        assert back == value
        assert type(back) is type(value)


def test_a_tensor_comes_back_with_its_wish_for_gradients():
    for grad in (False, True):
        back = transport.decode(transport.encode(torch.arange(3.0, dtype=torch.float64).requires_grad_(grad)))
        assert back.dtype == torch.float64
        assert back.requires_grad is grad


def test_what_has_no_place_in_bytes_keeps_the_name_of_its_type():
    loop = []
    loop.append(loop)
    for value, name in (
        (iter([1]), "list_iterator"),
        (len, "builtin_function_or_method"),
        ({1}, "set"),
        ({1: 2}, "dict"),
        (np.array([None]), "ndarray of object"),
        (torch.ones(2, dtype=torch.bfloat16), "Tensor"),
        (10**100, "int"),
    ):
        back = transport.decode(transport.encode(value))
        assert isinstance(back, transport.Opaque)
        assert type(back).__name__ == name
    assert isinstance(transport.decode(transport.encode(loop)), list)


def forged(tree, compression=zipfile.ZIP_STORED, **files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        made = io.BytesIO()
        np.save(made, np.frombuffer(json.dumps(tree).encode(), np.uint8))
        archive.writestr("tree.npy", made.getvalue())
        for name, data in files.items():
            archive.writestr(f"{name}.npy", data)
    return buffer.getvalue()


def pickled():
    made = io.BytesIO()
    np.save(made, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return made.getvalue()


HUGE = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,), }".ljust(128) + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"words",
        forged({"array": "a0"}),
        forged({"array": "a0"}, a0=pickled()),
        forged({"array": "a0"}, a0=HUGE),
        forged(1, zipfile.ZIP_DEFLATED),
        forged({"list": 3}),
        forged({"complex": [1, 2, 3]}),
        forged({}),
        forged({"dict": [[1]]}),
        forged(json.loads("[" * 40 + "]" * 40) and {"list": [{"list": [{"what": 1}]}]}),
    ],
)
def test_what_an_enemy_may_send_is_refused_and_nothing_else_happens(data):
    with pytest.raises(transport.BrokenChannelError):
        transport.decode(data)


def test_a_channel_that_is_late_gone_or_too_long_says_so():
    ours, theirs = socket.socketpair()
    with pytest.raises(transport.BrokenChannelError, match="late"):
        transport.receive(ours, patience.Patience(0.05))
    theirs.sendall(b"\xff\xff\xff\xff")
    with pytest.raises(transport.BrokenChannelError, match="more than 64 MiB"):
        transport.receive(ours, patience.Patience(1))
    theirs.sendall(b"\x00\x00")
    theirs.close()
    with pytest.raises(transport.BrokenChannelError, match="gone"):
        transport.receive(ours, patience.Patience(1))
    ours.close()


@pytest.mark.parametrize(
    ("clock", "own", "left"),
    [
        (3, 0.5, 1.5),  # a busy machine: of its own two seconds it had half a one
        (3, 2.5, -0.5),  # it used them up
        (19, 0.5, 1.0),  # it waits rather than works, and the clock says ten times two
        (21, 0.5, -1.0),
    ],
)
def test_a_process_is_given_its_own_time(monkeypatch, clock, own, left):
    now, used = 100.0, 7.0
    monkeypatch.setattr(patience.time, "monotonic", lambda: now)
    monkeypatch.setattr(patience, "processor_seconds", lambda pid: used)
    given = patience.Patience(2.0, 1)
    now, used = now + clock, used + own
    assert given.left() == pytest.approx(left)
    now, used = now + 1, None  # it has ended: what it used last counts, not the clock
    assert given.spent() == pytest.approx(own)


def test_where_nothing_tells_what_a_process_used_the_clock_does(monkeypatch):
    now = 100.0
    monkeypatch.setattr(patience.time, "monotonic", lambda: now)
    monkeypatch.setattr(patience, "processor_seconds", lambda pid: None)
    given = patience.Patience(2.0, 1)
    now += 1.5
    assert (given.left(), given.spent()) == (0.5, 1.5)


def test_a_budget_is_of_all_processes_together_and_of_the_clock(monkeypatch):
    now = 100.0
    monkeypatch.setattr(patience.time, "monotonic", lambda: now)
    monkeypatch.setattr(patience, "processor_seconds", lambda pid: used)
    used = 0.0
    budget = patience.Budget(10.0, until=200.0)
    first = patience.Patience(10.0, 1)
    used = 4.0
    assert budget.left(first) == 6.0
    budget.charge(first)
    used = 0.0
    second = patience.Patience(10.0, 2)
    used = 5.0
    assert budget.left(second) == 1.0
    now = 131.0
    assert budget.left() == -1.0
    assert not budget.pile_is_over()
    now = 201.0
    assert budget.pile_is_over()


# -- the child, in a thread ------------------------------------------------------------------------------------------------


def test_a_child_runs_cells_reports_faults_and_answers(monkeypatch):
    def ends(status):
        raise SystemExit

    def serve():
        with contextlib.suppress(SystemExit):
            child.serve(theirs, transport.receive(theirs), {}, lambda *place: places.append(place))

    monkeypatch.setattr(os, "_exit", ends)
    places = []
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve)
    thread.start()
    cells = [
        "%matplotlib inline\nx = 2",
        "y = 1 / 0\nz = 4",
        "def f(a):\n    return a * x",
        "z = = 1",
        "def g():\n    raise ValueError('no')",
        "x = 7\ndef h():\n    return x",
    ]
    transport.send(ours, {"cells": cells, "skip": [(5, 1, "takes too long")], "lean": False, "seconds": 2.0})
    said = transport.receive(ours, patience.Patience(60))
    run = [(6, 0), (6, 1), (6, 2), (7, 0), (7, 1), (7, 2), (8, 0), (8, 1), (9, 0), (10, 0), (10, 1), (11, 0), (11, 2)]
    assert places == [(step, 0) for step in range(6)] + run
    assert {"f", "g", "h"} <= set(said["ready"])
    assert sorted(said["report"], key=lambda entry: entry["cell"]) == [
        {"cell": 1, "line": 1, "text": "y = 1 / 0", "says": "ZeroDivisionError: division by zero"},
        {"cell": 3, "line": 1, "text": "z = = 1", "says": "SyntaxError: invalid syntax"},
        {"cell": 5, "line": 1, "text": "x = 7", "says": "takes too long"},
    ]
    answers = []
    for asked in (
        {"name": "f", "arguments": [3]},
        {"name": "g", "arguments": []},
        {"name": "h", "arguments": []},
        {"name": "z"},
        {"name": "nothing"},
    ):
        transport.send(ours, asked)
        answers.append(transport.receive(ours, patience.Patience(60)))
    assert answers[:4] == [{"result": 6}, {"error": ["ValueError", "no"]}, {"result": 2}, {"result": 4}]
    assert answers[4]["error"][0] == "KeyError"
    ours.close()
    thread.join(60)
    assert not thread.is_alive()
    theirs.close()


def test_imports_of_a_cell_are_found():
    assert source.imported(["import a.b, c\nfrom d import e\n%magic\nfrom . import f", "import c"]) == ["a.b", "c", "d", "d.e"]
    assert source.imported(["import = 3"]) == []


def test_what_a_package_exports_lazily_is_imported_first():
    program = """
import sys
from press.grading import child
child.import_first(["dynlib.locality", "dynlib.locality.sample_dsd", "dynlib.locality.no_such_name"])
print(*(name for name in ("dynlib.locality.samples", "dynlib.locality.bayes") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=REPO, capture_output=True, text=True)
    assert done.stdout.split() == ["dynlib.locality.samples"], done.stderr


def test_what_the_library_imports_when_a_function_is_called_is_there_before():
    """A child of the server may not be able to read the library's files."""
    paths = [path for path in (REPO / "dynlib").rglob("*.py") if "teaching" not in path.parts]
    functions = [
        node
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    late = {
        node.module
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("dynlib")
    }
    assert late
    assert late - set(server.PRELOADED) == set()


def test_an_unused_user_is_nobodys():
    import pwd

    taken = {entry.pw_uid for entry in pwd.getpwall()}
    assert not {limits.unused_user(k) for k in range(1000)} & taken


# -- verdicts --------------------------------------------------------------------------------------------------------------


def check_double(answer):
    for x in (1.0, 2.0, 3.0):
        if answer(x) != 2 * x:
            raise Refused(f"at {x}")
    return "accepted"


def test_an_answer_that_counts_its_calls_is_refused_and_one_that_draws_is_not():
    count = iter(range(1000))
    assert accept(check_double, lambda x: 2 * x, []) == "accepted"
    with pytest.raises(Refused, match="asked again"):
        accept(check_double, lambda x: 2 * x if next(count) < 3 else 0.0, [])

    def near(answer):
        return "accepted" if abs(answer(1.0)) < 1 else None

    draws = np.random.default_rng(0)
    assert accept(near, lambda x: draws.uniform(-1, 1), []) == "accepted"


def test_the_log_ends_with_the_call_that_failed():
    log = []
    with pytest.raises(Refused, match=r"at 2\.0"):
        accept(check_double, lambda x: 2.0 if x < 3 else 6.0, log)
    assert log[-1] == ((2.0,), 2.0)


class Here:
    """A session whose functions are here."""

    allowed = Limits()

    def __init__(self, **scope):
        self.scope, self.names, self.cells, self.faults = scope, set(scope), [], []

    def start(self):
        pass

    def function(self, name):
        return self.scope[name]

    def ask(self, name):
        return self.scope[name]


@pytest.fixture(scope="module")
def room():
    return room_of_book(REPO, "unified_dynamics")


def test_every_solution_gets_full_points_and_a_check_that_breaks_stops_nobody(room):
    session, marked = Here(**room.solutions), (Handed("one", "", names=["one"]), "a secret of ours", False)
    verdicts = _of_room(room, session, *marked)
    assert all(verdict.points == verdict.of for verdict in verdicts)

    def breaks(answer):
        raise IndexError("3")

    def stops(answer):
        raise Stopped("it ended its process")

    other = Room(**{**vars(room), "checks": room.checks | {"retnet": breaks, "mend": stops}})
    lines = {verdict.label: (verdict.points, verdict.line) for verdict in _of_room(other, session, *marked)}
    assert lines["unified-dynamics-retnet"] == (0, "the check could not read this answer (IndexError: 3)")
    assert lines["unified-dynamics-mend"] == (0, "it ended its process")
    assert lines["unified-dynamics-state"][0] == 1


def test_the_log_keeps_what_counts(tmp_path):
    record = {"student": "one", "sha": "a", "verdicts": [], "texts": [], "notes": []}
    log = Log(tmp_path / "log", "key")
    log.add(record)
    assert Log(tmp_path / "log", "key").done == {("one", "a"): record}
    assert Log(tmp_path / "log", "other key").done == {}
