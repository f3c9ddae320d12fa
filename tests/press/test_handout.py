"""A students' page of exercises: its title, how to work and hand in, that what its texts name is there, and the last cell."""

import ast
import builtins
import json
import re
from pathlib import Path

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from dynlib.teaching import hand_in
from press.handout import HOW, exercises_for
from press.notebooks import code_cells, read, tags
from press.personal import Student
from press.release import chosen, for_students
from press.statements import exercises_of, graded
from press.tasks import tasks

REPO = Path(__file__).resolve().parents[2]
ROOMS = chosen(REPO, None)
PAGES = {room: chapter.pages["exercises"].nb for room, chapter in ROOMS.items()}
SALT = "a secret of ours"


def task_list(room, student=None):
    return tasks(REPO / f"press/material/{room}.toml", room, student)


def page(room, student=None):
    return exercises_for(PAGES[room], room, {}, task_list(room, student), student)


@pytest.mark.parametrize("room", ROOMS)
def test_a_handout_is_titled_by_its_chapter_and_says_how_to_work(room):
    first, second, *_ = page(room).cells
    assert first.source.splitlines()[0] == f"# Exercises: {ROOMS[room].title}"
    assert second.source == HOW


def test_no_two_handouts_have_one_title():
    titles = {page(room).cells[0].source.splitlines()[0] for room in ROOMS}
    assert len(titles) == len(ROOMS) == 6


# -- what a text names ---------------------------------------------------------------------------------------------------


def spans(text):
    """The pieces of code in a text that are Python, as syntax; an ellipsis stands for an argument."""
    for span in re.findall(r"(?<![`}])`([^`\n]+)`(?!`)", text):
        try:
            yield ast.parse(span.replace("…", "..."), mode="eval")
        except SyntaxError:  # such as a line of a shell
            continue


def named(span):
    """What must exist if a reader types it: all that is called, what a dot is put behind, and a lone name."""
    for node in ast.walk(span):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)
    if isinstance(span.body, ast.Name):
        yield span.body.id


def scope_of(cells):
    """The names after running the imports and the stubs of a page's cells."""
    scope = {}
    for cell in cells:
        body = ast.parse(cell.source).body
        kept = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)]
        exec(compile(ast.Module(kept, []), "<handout>", "exec"), scope)
    return scope


def missing(text, scope):
    """What a text names and a reader has not; the stubs' own arguments may be spoken of."""
    functions = [value for value in scope.values() if getattr(value, "__module__", None) is None and hasattr(value, "__code__")]
    known = {*dir(builtins), *(name for f in functions for name in f.__code__.co_varnames)}

    def found(name):
        try:
            eval(name, dict(scope))
        except (NameError, AttributeError):
            return name in known
        return True

    return [name for span in spans(text) for name in named(span) if not found(name)]


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_that_an_exercise_mentions_is_there(room):
    """In the statements and in the stubs; roles are no code."""
    cells = [cell for _, cell in code_cells(page(room))]
    scope = scope_of(cells)
    texts = [re.sub(r"\{[\w:]+\}`[^`]*`", "", exercise.text) for exercise in exercises_of(PAGES[room].cells)]
    stubs = [
        ast.get_docstring(node) for cell in cells for node in ast.parse(cell.source).body if isinstance(node, ast.FunctionDef)
    ]
    assert len(stubs) == len(graded(PAGES[room].cells))
    assert [name for text in [*texts, *filter(None, stubs)] for name in missing(text, scope)] == []


# What a prompt lets the student choose.
CHOSEN = {"w": np.ones(64) / 8}


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("student", [None, *(Student(f"student {k}", SALT) for k in range(3))], ids=str)
def test_whatever_a_task_calls_runs(room, student):
    """Each call as it is printed, with this student's numbers, after the page's imports and the task's own."""
    setup = [cell for _, cell in code_cells(PAGES[room]) if "setup" in tags(cell)]
    for task in task_list(room, student):
        scope = scope_of(setup) | CHOSEN
        exec(task.imports, scope)
        for span in spans(task.prompt):
            assert eval(compile(span, task.prompt, "eval"), scope) is not None


def test_a_name_that_is_not_there_is_found():
    scope = scope_of([cell for _, cell in code_cells(page("diagonal_ssm"))])
    text = "Call `fit_kernel(bump(9), 3)`, `np.no_such` and `kernel(A, C, dt, L)`, with `A` and `Z`."
    assert missing(text, scope) == ["np.no_such", "Z"]
    del scope["fit_kernel"]
    assert missing(text, scope) == ["fit_kernel", "np.no_such", "Z"]


# -- the last cell -------------------------------------------------------------------------------------------------------


@pytest.fixture
def handout(tmp_path, monkeypatch):
    """A handout of one chapter in the working folder, for a student, and the kernel's names."""
    student = Student("Müller 7", SALT)
    one = {"diagonal_ssm": ROOMS["diagonal_ssm"]}
    (path,) = for_students(REPO, tmp_path / "out", one, lambda nb, room: "# @title Setup\npass", student)
    monkeypatch.chdir(path.parent)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    names = {}
    monkeypatch.setattr("dynlib.teaching.handing_in._user_names", lambda: names)
    return path, names


def answer(path, name):
    """Write something into one answer cell and save."""
    nb = read(path)
    cell = next(cell for cell in nb.cells if cell.source.startswith(f"def {name}("))
    cell.source = cell.source.replace("# YOUR CODE HERE\n    raise NotImplementedError()", "return 3")
    path.write_text(json.dumps(nb))
    return cell.source


def last_cell(path):
    return code_cells(read(path))[-1][1].source


def test_the_last_cell_packs_the_answers_under_the_students_name(handout, capsys):
    path, _ = handout
    assert last_cell(path) == 'from dynlib.teaching import hand_in\n\nhand_in("diagonal_ssm", student="Müller 7")'
    assert read(path).metadata.dynamics == {"room": "diagonal_ssm", "student": "Müller 7"}
    answer(path, "kernel")
    exec(last_cell(path), {})
    packed = path.parent / "hand_in/diagonal_ssm/Müller 7.ipynb"
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"Hand in this file: {packed}"
    assert said[1] == "Not answered yet: points, weights, poles, mismatch, speeds, retune."
    nb = read(packed)
    assert nb.metadata.dynamics.student == "Müller 7"
    assert [cell.source for cell in nb.cells] == [c.source for c in read(path).cells if not c.source.startswith("# @title Setup")]
    assert all(cell.outputs == [] for _, cell in code_cells(nb))
    assert len(packed.read_bytes()) < 100_000


def test_without_a_name_or_a_notebook_nothing_is_packed(handout, capsys):
    path, _ = handout
    for name in ("", " ", "../x", "a/b", ".x", 'a"b'):
        hand_in("diagonal_ssm", student=name)
        assert "write your name or number" in capsys.readouterr().out
    hand_in("pointer", student="one")
    assert "the notebook was not found" in capsys.readouterr().out
    assert list(path.parent.rglob("hand_in")) == []


def test_the_right_notebook_is_found_whatever_lies_beside_it(handout, capsys, monkeypatch, tmp_path):
    path, names = handout
    (path.parent / "broken.ipynb").write_text("{")
    (path.parent / "other.ipynb").write_text(json.dumps({"cells": [], "nbformat": 4}))
    (path.parent / "list.ipynb").write_text("[]")
    hand_in("diagonal_ssm", student="one")
    assert (path.parent / "hand_in/diagonal_ssm/one.ipynb").is_file()
    monkeypatch.chdir(tmp_path)
    hand_in("diagonal_ssm", student="one")
    assert "not found" in capsys.readouterr().out.splitlines()[-1]
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))  # as Jupyter tells its kernels
    hand_in("diagonal_ssm", student="two")
    assert (tmp_path / "hand_in/diagonal_ssm/two.ipynb").is_file()
    monkeypatch.delenv("JPY_SESSION_NAME")
    names["__vsc_ipynb_file__"] = str(path)
    hand_in("diagonal_ssm", student="three")
    assert (tmp_path / "hand_in/diagonal_ssm/three.ipynb").is_file()


def test_what_was_run_and_not_saved_is_said(handout, capsys):
    """The kernel knows another `points` than the file on disk."""
    path, names = handout
    shell = InteractiveShell()
    shell.run_cell("def points(L, M):\n    return L + M", store_history=True)
    names["points"] = shell.user_ns["points"]
    hand_in("diagonal_ssm", student="one")
    assert "The saved notebook has another points than you ran" in capsys.readouterr().out
    shell.run_cell(answer(path, "points"), store_history=True)
    names["points"] = shell.user_ns["points"]
    hand_in("diagonal_ssm", student="one")
    assert "another" not in capsys.readouterr().out
