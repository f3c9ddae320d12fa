"""Part of the points for a known slip, and the report of answers that are the same or the library's."""

import csv
import io
import itertools
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dynlib.teaching.exercises import Refused
from press.exercises import exercises, modules
from press.grade import room_of_book
from press.grading.credit import slips
from press.grading.judge import _of_room
from press.grading.likeness import Answer, report
from press.grading.session import Limits
from press.grading.submissions import Handed, Part
from press.notebooks import rooms

REPO = Path(__file__).resolve().parents[2]
CREDITED = [
    (room, name, mistake)
    for room in rooms(REPO)
    for name, module in modules(room).items()
    for mistake in getattr(module, "CREDIT", {})
]


class Here:
    """A session whose functions are here."""

    allowed = Limits()

    def __init__(self, **scope):
        self.scope, self.names, self.cells, self.faults, self.how = scope, set(scope), [], {}, []

    def start(self):
        pass

    def function(self, name):
        return self.scope[name]


@pytest.fixture(scope="module")
def books():
    return {room: room_of_book(REPO, room) for room in {room for room, _, _ in CREDITED}}


def verdict(room, name, answer):
    handed = Handed("one", "", names=["one"])
    (found,) = _of_room(room.only([name]), Here(**{name: answer}), handed, "a secret of ours", False)
    return found


def test_three_exercises_give_credit():
    assert {(room, name) for room, name, _ in CREDITED} == {
        ("diagonal_ssm", "speeds"),
        ("generalization", "moment"),
        ("pointer", "shortest"),
    }


@pytest.mark.parametrize(("room", "name", "mistake"), CREDITED)
def test_a_slip_earns_its_share_and_is_still_named(books, room, name, mistake):
    page, book = exercises(REPO, room), books[room]
    share = modules(room)[name].CREDIT[mistake]
    found = verdict(book, name, page.mistaken(name, mistake))
    assert found.points == pytest.approx(share * book.graded[name].points, abs=0.01)
    assert 0 < found.points < found.of
    assert found.line.endswith(page.mistakes[name][mistake].hint)


@pytest.mark.parametrize(("room", "name", "mistake"), CREDITED)
def test_another_mistake_or_one_more_earns_nothing(books, room, name, mistake):
    page, book, credited = exercises(REPO, room), books[room], modules(room)[name].CREDIT
    for other in page.mistakes[name]:
        if other not in credited:
            assert verdict(book, name, page.mistaken(name, other)).points == 0
    assert verdict(book, name, page.solution(name)).points == book.graded[name].points


def by_turns(first, then, count):
    """An answer that is ``first`` in its first ``count`` calls and ``then`` in all others."""
    calls = itertools.count()
    return lambda *arguments: (first if next(calls) < count else then)(*arguments)


@pytest.mark.parametrize(("room", "name", "mistake"), CREDITED)
def test_a_slip_is_one_on_inputs_that_nobody_sees_and_by_the_checks_own_word(books, room, name, mistake):
    slip, book = exercises(REPO, room).mistaken(name, mistake), books[room]
    seen = []
    with pytest.raises(Refused):
        book.checks[name](lambda *arguments: seen.append(1) or slip(*arguments))

    def nonsense(*arguments):
        return 3 * np.asarray(slip(*arguments)) + 1

    assert verdict(book, name, by_turns(slip, slip, len(seen))).points > 0
    assert verdict(book, name, by_turns(slip, nonsense, len(seen))).points == 0
    assert verdict(book, name, by_turns(nonsense, slip, 1)).points == 0


@pytest.mark.parametrize(
    ("credit", "says"), [({"no_such": 0.5}, "none of its MISTAKES"), ({"digits_lost": 1}, "between 0 and 1")]
)
def test_credit_for_nothing_is_refused(credit, says):
    with pytest.raises(ValueError, match=says):
        slips(exercises(REPO, "generalization"), "moment", SimpleNamespace(CREDIT=credit))


# -- the same answers ------------------------------------------------------------------------------------------------------

ONE = """def moment(snr, lam):
    '''Words.'''
    scaled = snr * np.asarray(lam)
    total = np.zeros_like(scaled)
    for k in range(len(scaled)):
        total[k] = np.log1p(scaled[k]) / lam[k]
    return total"""
RENAMED = (
    ONE.replace("'''Words.'''", "# other words")
    .replace("scaled", "s")
    .replace("total", "out")
    .replace(" k ", " i ")
    .replace("[k]", "[i]")
)
TYPED = ONE.replace("(snr, lam)", "(a: float, b) -> np.ndarray").replace("snr", "a").replace("lam", "b")
SPLIT = "def h(x, y):\n    return np.log1p(x) / y\n\n" + ONE.replace("np.log1p(scaled[k]) / lam[k]", "h(scaled[k], lam[k])")
OTHER = ONE.replace("np.log1p(scaled[k])", "np.log(1 + scaled[k])")


def work(student, *sources, room="generalization", names=("moment",)):
    cells = [{"kind": "code", "source": source, "tags": [], "id": "", "grade": False} for source in sources]
    return Handed(student, "", {room: [Part("x.ipynb", cells, list(names))]})


def rows_of(handed, book):
    return list(csv.DictReader(io.StringIO(report(handed, [book]).removeprefix("\ufeff"), newline="")))


def test_the_same_answer_is_known_under_other_names(books):
    handed = [
        work("anna", ONE),
        work("bob", RENAMED),
        work("carol", "moment_numbers = (3, 4)", TYPED, "moment_mine = moment(*moment_numbers)"),
        work("dave", OTHER),
        work("eve", SPLIT),
        work("max", "def moment(snr, lam):\n    raise NotImplementedError()"),
    ]
    (row,) = rows_of(handed, books["generalization"])
    assert (row["what"], row["students"]) == ("the same answer", "anna, bob, carol")
    assert row["exercise"] == books["generalization"].graded["moment"].title


def test_helpers_belong_to_an_answer():
    other = SPLIT.replace("return np.log1p(x) / y", "return np.log(1 + x) / y")
    assert Answer("moment", [SPLIT]).shape == Answer("moment", [SPLIT.replace("h(", "helper(")]).shape
    assert Answer("moment", [SPLIT]).shape != Answer("moment", [other]).shape
    assert Answer("moment", ["def moment(:"]).size == 0
    assert Answer("moment", [f"def moment(a):\n    return {'+'.join(['a'] * 5_000)}"]).size == 0  # too deep to be looked at
    line_break = chr(92) + "n"  # in a formatted text, which not every Python can spell again
    assert Answer("moment", ["def moment(a):\n    return f'{a:" + line_break + ">{3}}{a}" + line_break + "'"]).size > 5


def test_short_answers_are_the_same_by_themselves(books):
    short = "def moment(snr, lam):\n    return np.log1p(snr * lam) / lam"
    assert rows_of([work("anna", short), work("bob", short)], books["generalization"]) == []


def test_the_books_own_solution_is_known(books):
    source = books["pointer"].graded["shortest"].solution.source
    (row,) = rows_of([work("anna", source, room="pointer", names=["shortest"])], books["pointer"])
    assert (row["what"], row["students"]) == ("as the book's solution", "anna")


@pytest.mark.parametrize(
    ("source", "calls"),
    [
        ("def speeds(N):\n    from dynlib.diagonal_ssm import s4d_legs\n    return s4d_legs(N)", "dynlib.diagonal_ssm.s4d_legs"),
        (
            "import dynlib.diagonal_ssm as d\ndef speeds(N):\n    return d.modes.s4d_legs(N).imag",
            "dynlib.diagonal_ssm.modes.s4d_legs",
        ),
        ("import dynlib.modes\ndef speeds(N):\n    return dynlib.modes.fast(N)", "dynlib.modes.fast"),
        ("import importlib\ndef speeds(N):\n    return importlib.import_module('dynlib.modes').f(N)", "dynlib.modes"),
        ("from dynlib import modes\ndef h(N):\n    return modes.f(N)\ndef speeds(N):\n    return h(N)", "dynlib.modes.f"),
        ("from dynlib import modes\ndef speeds(N):\n    return np.arange(N)", None),
    ],
)
def test_an_answer_that_calls_the_library_is_told(books, source, calls):
    rows = rows_of([work("anna", source, room="diagonal_ssm", names=["speeds"])], books["diagonal_ssm"])
    assert [(row["what"], row["calls"]) for row in rows] == ([] if calls is None else [("calls the library", calls)])


@pytest.mark.parametrize("room", rooms(REPO))
def test_the_books_solutions_call_nothing_that_is_told(room):
    book = room_of_book(REPO, room)
    handed = [work("anna", *(e.solution.source for e in book.graded.values()), room=room, names=list(book.graded))]
    assert "calls the library" not in {row["what"] for row in rows_of(handed, book)}
