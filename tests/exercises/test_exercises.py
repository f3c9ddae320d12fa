"""In every room: each solution is accepted, each known mistake refused with its own hint, and so is every generic one."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from dynlib.teaching.checks import Refused, generic_mistakes
from press.exercises import exercises
from press.notebooks import rooms

ROOT = Path(__file__).parents[2]
ROOMS = {room: exercises(ROOT, room) for room in rooms(ROOT)}
CHECKS = {room: importlib.import_module(f"dynlib.teaching.checks.{room}") for room in ROOMS}
EACH = [(room, name) for room, page in ROOMS.items() for name in page.mutants]
EACH_MUTANT = [(room, name, mutant) for room, name in EACH for mutant in ROOMS[room].mutants[name]]

# Not mistakes at all: moved by one along its last axis, RetNet's loop has its numbers in another order and the same table.
HARMLESS = {("unified_dynamics", "retnet", "off by one")}


def check(room, name):
    return getattr(CHECKS[room], f"check_{name}")


@pytest.mark.parametrize("room", ROOMS)
def test_every_check_has_mutants_and_an_exercise(room):
    page = ROOMS[room]
    assert {f"check_{name}" for name in page.mutants} == set(CHECKS[room].__all__)
    for name in page.mutants:
        label = f"{room}-{name}".replace("_", "-")
        assert f":label: {label}\n" in page.prose
        assert f"{{solution}} {label}\n" in page.prose


@pytest.mark.parametrize(("room", "name"), EACH)
def test_solution_is_accepted(room, name):
    assert f"check_{name}: accepted" in check(room, name)(ROOMS[room].solution(name))


@pytest.mark.parametrize(("room", "name"), EACH)
def test_stub_is_not_written_yet(room, name):
    source = ROOMS[room].source(name, "exercise")
    assert f"# check_{name}({name})" in source
    with pytest.raises(Refused, match="not written yet"):
        check(room, name)(ROOMS[room].function(name, source))


@pytest.mark.parametrize(("room", "name", "mutant"), EACH_MUTANT)
def test_mutant_is_refused_with_its_own_hint(room, name, mutant):
    page = ROOMS[room]
    change = page.mutants[name][mutant]
    source = page.source(name, "solution")
    assert source.count(change["old"]) == 1
    assert change["new"].count("\n") < 3
    right, wrong = page.solution(name), page.function(name, source.replace(change["old"], change["new"]))

    def seen(*arguments):
        want, got = np.asarray(right(*arguments)), np.asarray(wrong(*arguments))
        assert got.shape == want.shape
        assert np.isfinite(got).all()
        return want

    check(room, name)(seen)  # on every case of the check the mistake runs, and is finite and of the right shape
    with pytest.raises(Refused) as refused:
        check(room, name)(wrong)
    assert str(refused.value).endswith(change["hint"])


@pytest.mark.parametrize(("room", "name"), EACH)
def test_hints_are_distinct(room, name):
    hints = [change["hint"] for change in ROOMS[room].mutants[name].values()]
    assert len(set(hints)) == len(hints) >= 4


@pytest.mark.parametrize(("room", "name"), EACH)
@pytest.mark.parametrize("mistake", generic_mistakes(lambda: None))
def test_generic_mistake_is_refused(room, name, mistake):
    answer = generic_mistakes(ROOMS[room].solution(name))[mistake]
    if (room, name, mistake) in HARMLESS:
        assert "accepted" in check(room, name)(answer)
    else:
        with pytest.raises(Refused):
            check(room, name)(answer)
