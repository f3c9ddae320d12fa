"""Concept questions, lessons and feedback: the files are whole, and what is wrong with one is named."""

from pathlib import Path

import pytest

from dynlib.teaching import ClaimError, feedback
from dynlib.teaching.exercises import Refused
from press.chapter import read_chapter
from press.concepts import MATERIAL, read_material, read_questions
from press.handbook import minutes
from press.notebooks import rooms
from press.release import chosen

REPO = Path(__file__).resolve().parents[2]
QUESTIONS = sorted((REPO / MATERIAL).glob("*.toml"))
LESSONS = [path for path in QUESTIONS if path.stem != "diagnostic"]


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_questions_are_whole(path):
    found = read_questions(path)
    assert len(found) == (10 if path.stem == "diagnostic" else 3)
    for question in found:
        assert sum(choice.right for choice in question.choices) == 1
        assert question.question.endswith(("?", "."))
        assert all(len(choice.why) > 40 for choice in question.choices)
        assert bool(question.primer) == (path.stem == "diagnostic")


def test_every_written_chapter_has_questions_and_a_right_answer_has_no_place_of_its_own():
    assert set(chosen(REPO, None)) <= {path.stem for path in QUESTIONS}
    places = [[c.right for c in question.choices].index(True) for path in QUESTIONS for question in read_questions(path)]
    assert {0, 1, 2} <= set(places)


GOOD = """[questions.one]
question = "Which?"
right = "This."
why = "So."
[[questions.one.wrong]]
answer = "That."
why = "No."
[[questions.one.wrong]]
answer = "Neither."
why = "No."
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('why = "So."\n', "", "one: 'why' is missing"),
        ('answer = "That."\n', "", "one: 'answer' is missing"),
        ('"Neither."', '"This."', "two answers are the same"),
        ('[[questions.one.wrong]]\nanswer = "Neither."\nwhy = "No."\n', "", "there are 1 wrong answers"),
    ],
)
def test_a_question_that_lacks_something_is_named(tmp_path, old, new, says):
    path = tmp_path / "room.toml"
    path.write_text(GOOD)
    assert [c.answer for c in read_questions(path)[0].choices if c.right] == ["This."]
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(ValueError, match=says):
        read_questions(path)
    assert read_questions(tmp_path / "none.toml") == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lessons_take_the_time_they_say(path):
    found = read_material(path)
    assert path.stem in rooms(REPO)
    assert minutes(found["demo"]) == 20
    assert [minutes(lesson) for lesson in found["lesson"]] == [75, 75]
    assert len(found["misconceptions"]) >= 2
    steps = [step for part in (found["demo"], *found["lesson"]) for step in part["steps"]]
    assert all(len(step) == 2 and {"show", "ask", "do", "tell"} & set(step) for step in steps)
    assert {"show", "ask"} <= {kind for step in found["demo"]["steps"] for kind in step}


def test_every_room_has_lessons_and_a_title():
    assert {path.stem for path in LESSONS} == set(rooms(REPO))
    for room in rooms(REPO):
        assert read_chapter(REPO, room).title != room


def check_one(answer):
    if answer() != 1:
        raise Refused("it is not 1")
    return "check_one: accepted"


def test_feedback_says_points_in_one_line_and_goes_on_after_a_refusal(capsys):
    feedback(check_one, lambda: 1, points=2)
    feedback(check_one, lambda: 2, points=2)
    said = "check_one: accepted · 2 of 2 points\n✗ check_one: it is not 1 · 0 of 2 points\n"
    assert capsys.readouterr().out == said


def test_the_check_itself_raises_and_shows_one_line():
    with pytest.raises(Refused) as refused:
        check_one(lambda: 2)
    assert refused.value._render_traceback_() == ["✗ it is not 1"]


def test_feedback_hides_no_other_fault():
    """A claim that fails, or a fault of the check itself, is no answer's refusal: it ends the run."""

    def broken(answer):
        raise ClaimError("claim 'x' fails")

    with pytest.raises(ClaimError):
        feedback(broken, lambda: 1, points=2)
