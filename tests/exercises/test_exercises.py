"""In every room: each solution is accepted, each known mistake refused with its own hint, and so is every generic one."""

import ast
import functools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dynlib.teaching.exercises import Refused
from press.exercises import exercises, generic_mistakes, modules
from press.mistakes import EXERCISES, read_mistakes
from press.notebooks import rooms
from press.syntax import replace_once

ROOT = Path(__file__).parents[2]
ROOMS = {room: exercises(ROOT, room) for room in rooms(ROOT)}
MODULES = {room: modules(room) for room in ROOMS}
EACH = [(room, name) for room, page in ROOMS.items() for name in page.mistakes]
EACH_MISTAKE = [(room, name, mistake) for room, name in EACH for mistake in ROOMS[room].mistakes[name]]

# Not mistakes at all: moved by one along its last axis, RetNet's loop has its numbers in another order and the same table.
HARMLESS = {("unified_dynamics", "retnet", "off by one")}


def check(room, name):
    return getattr(MODULES[room][name], f"check_{name}")


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_belongs_to_an_exercise_and_has_mistakes(room):
    page = ROOMS[room]
    assert set(page.mistakes) == set(MODULES[room])
    for name in page.mistakes:
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


@pytest.mark.parametrize(("room", "name", "mistake"), EACH_MISTAKE)
def test_mistake_is_refused_with_its_own_hint(room, name, mistake):
    page = ROOMS[room]
    change = page.mistakes[name][mistake]
    assert all(len(ast.unparse(ast.parse(text)).splitlines()) <= 3 for text in (change.old, change.new))
    right, wrong = page.solution(name), page.mistaken(name, mistake)

    def seen(*arguments):
        want, got = np.asarray(right(*arguments)), np.asarray(wrong(*arguments))
        assert got.shape == want.shape
        assert np.isfinite(got).all()
        return want

    check(room, name)(seen)  # on every case of the check the mistake runs, and is finite and of the right shape
    with pytest.raises(Refused) as refused:
        check(room, name)(wrong)
    assert str(refused.value).endswith(change.hint)


@pytest.mark.parametrize(("room", "name"), EACH)
def test_hints_are_distinct_and_written_once(room, name):
    """A sentence stands once in its module, and in no other file of the library, the press or the tests, unless it is theirs."""
    hints = [change.hint for change in ROOMS[room].mistakes[name].values()]
    assert len(set(hints)) == len(hints) >= 4
    for hint in set(MODULES[room][name].HINTS.values()):
        owners = [other for other in ALL_HINTS if hint in ALL_HINTS[other]]
        assert strings()[hint] == len(owners), hint


ALL_HINTS = {(room, name): module.HINTS.values() for room in ROOMS for name, module in MODULES[room].items()}


@functools.cache  # in the worker that asks, and not wherever the tests are collected
def strings() -> Counter:
    """How often each sentence of a check is written, as a string of its own or within another, in any file that we write."""
    files = [p for folder in ("dynlib", "press", "tests", "book/_ext") for p in (ROOT / folder).rglob("*.py")]
    texts = [
        node.value
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    texts += [p.read_text(encoding="utf-8") for folder in ("dynlib", "press", "tests") for p in (ROOT / folder).rglob("*.toml")]
    long = {hint for hints in ALL_HINTS.values() for hint in hints}
    return Counter({hint: sum(hint == text or (len(hint) > 25 and hint in text) for text in texts) for hint in long})


@pytest.mark.parametrize(("room", "name"), EACH)
@pytest.mark.parametrize("mistake", generic_mistakes(lambda: None))
def test_generic_mistake_is_refused(room, name, mistake):
    answer = generic_mistakes(ROOMS[room].solution(name))[mistake]
    if (room, name, mistake) in HARMLESS:
        assert "accepted" in check(room, name)(answer)
    else:
        with pytest.raises(Refused):
            check(room, name)(answer)


@pytest.mark.parametrize(("room", "name"), EACH)
def test_nothing_but_numpy_is_needed(room, name):
    """So no check can ask the library for the answer: modules import NumPy, the standard library, and each other."""
    source = (ROOT / EXERCISES / room / f"{name}.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        for module in (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        ):
            assert (
                module.split(".")[0] in {"numpy", "math", "cmath", "itertools", "collections"}
                or module == "dynlib.teaching.exercises"
                or module.startswith(f"dynlib.teaching.exercises.{room}")
            ), module


def test_the_layout_of_a_solution_does_not_matter():
    page = ROOMS["diagonal_ssm"]
    change = page.mistakes["kernel"]["imaginary_part"]
    source = page.source("kernel", "solution")
    other = source.replace("return 2 * (powers @ (C * B_bar)).real", "return (\n  2 * (powers\n @ (C * B_bar)).real  # so\n )")
    assert other != source
    assert ".imag" in replace_once(other, change.old, change.new, "kernel")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('HINTS = {"a": "x"}\nMISTAKES = {"b": ("1", "2")}\n', "HINTS says nothing of the mistake 'b'"),
        ('HINTS = {"a": "x"}\nMISTAKES = {"a": (one, "2")}\n', "MISTAKES must be written out"),
    ],
)
def test_a_module_that_cannot_be_read_is_named(tmp_path, text, says):
    (tmp_path / "one.py").write_text(text)
    with pytest.raises(ValueError, match=says):
        read_mistakes(tmp_path / "one.py")
