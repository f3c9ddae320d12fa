"""Personal numbers: the student's own, somebody else's, and nobody's."""

from pathlib import Path

import numpy as np
import pytest

from press.grade import room_of_book
from press.grading.judge import _personal
from press.grading.submissions import Handed
from press.personal import Student

REPO = Path(__file__).resolve().parents[2]
SALT = "a secret of ours"


class Here:
    """A session whose names are here."""

    def __init__(self, **scope):
        self.scope = scope

    def ask(self, name):
        return self.scope[name]


@pytest.fixture(scope="module")
def room():
    return room_of_book(REPO, "unified_dynamics")


def drawn(room, name):
    """The numbers of one student, and the right answer to them."""
    numbers = room.draws["retnet"].personal(Student(name, SALT))
    return numbers, room.solutions["retnet"](*numbers)


def marked(room, handed, **scope):
    return _personal(room, "retnet", Here(**scope), handed, SALT)


def test_ones_own_numbers_are_marked(room):
    one = Handed("one", "", names=["one"], strangers=["two"])
    numbers, right = drawn(room, "one")
    cases = [
        (right, 1, "right"),
        (None, 0, "not answered"),
        ("words", 0, "not the answer"),
        (np.zeros((3, 2, 2)), 0, "not the"),
        (drawn(room, "two")[1], 0, "not the answer to this student's numbers"),
    ]
    for value, points, says in cases:
        verdict = marked(room, one, retnet_mine=value, retnet_numbers=numbers)
        assert (verdict.points, verdict.of, verdict.holder) == (points, 1, "")
        assert says in verdict.line
    assert marked(room, one).line == "the notebook has no personal numbers"
    assert marked(room, one, retnet_mine=right).points == 1  # the numbers themselves were deleted
    assert marked(room, one, retnet_mine=np.asarray(right) + 1).line == "not the answer to this student's numbers"


@pytest.mark.parametrize("name", ["anna", "Anna"])
def test_numbers_that_were_drawn_under_another_spelling_are_ones_own(room, name):
    anna = Handed("Anna", "", names=["Anna", "anna"], strangers=["two"])
    numbers, right = drawn(room, name)
    verdict = marked(room, anna, retnet_mine=right, retnet_numbers=numbers)
    assert (verdict.points, verdict.of, verdict.line, verdict.holder) == (1, 1, "right", "")
    verdict = marked(room, anna, retnet_mine=-np.asarray(right), retnet_numbers=numbers)
    assert (verdict.points, verdict.line) == (0, "not the answer to this student's numbers")


def test_numbers_of_somebody_else_are_a_warning_and_no_zero(room):
    one = Handed("one", "", names=["one"], strangers=["three", "two"])
    numbers, right = drawn(room, "two")
    verdict = marked(room, one, retnet_mine=right, retnet_numbers=numbers)
    assert (verdict.points, verdict.of, verdict.line, verdict.holder) == (1, 1, "right for the numbers of two", "two")
    verdict = marked(room, one, retnet_mine=-np.asarray(right), retnet_numbers=numbers)
    assert (verdict.points, verdict.of, verdict.line, verdict.holder) == (0, 1, "not the answer for the numbers of two", "two")


@pytest.mark.parametrize("numbers", [None, "words", [1, [2]], (np.ones(3),), 10**12, drawn])
def test_numbers_of_nobody_do_not_count_either_way(room, numbers):
    one = Handed("one", "", names=["one"], strangers=["two"])
    numbers = drawn(room, "a stranger")[0] if numbers is drawn else numbers
    verdict = marked(room, one, retnet_mine=drawn(room, "a stranger")[1], retnet_numbers=numbers)
    assert (verdict.points, verdict.of, verdict.holder) == (0, 0, "somebody unknown")
    assert "not counted" in verdict.line
