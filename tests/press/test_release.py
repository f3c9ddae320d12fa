"""release: what students get holds no solution and runs; what instructors get is complete; numbers are a student's own."""

import re
import sys
from math import factorial
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from dynlib.diagonal_ssm import bump, fit_kernel, s4d_lin
from dynlib.generalization import asymptotic_error, optimal_stopping_time
from dynlib.head_count import interaction_rank, lag_operators, leaking
from dynlib.locality import error_rate, gradient_steps, sample_dsd, samples_needed
from dynlib.teaching.exercises import Refused
from dynlib.unified_dynamics.recall import recall_errors
from press.__main__ import main
from press.concepts import MATERIAL, read_material
from press.course import NBGRADER, STUDENTS, course_form
from press.exercises import exercises, modules
from press.grade import room_of_pool
from press.handout import exercises_for
from press.leaks import find_leaks, solution_lines
from press.mistakes import EXERCISES
from press.myst import parse
from press.notebooks import code_cells, read
from press.payload import TITLE, open_payload
from press.personal import Student, draws, literal
from press.pool import Pool
from press.release import chosen, for_students
from press.solutions import BEGIN
from press.statements import graded
from press.tasks import tasks

REPO = Path(__file__).resolve().parents[2]
ROOMS = chosen(REPO, None)
PAGES = {room: chapter.pages["exercises"].nb for room, chapter in ROOMS.items()}
PAGE = {room: exercises(REPO, room) for room in ROOMS}
DRAWN = {room: draws(modules(room), room) for room in ROOMS}
DRAWS = [(room, name) for room in ROOMS for name in DRAWN[room] if name in graded(PAGES[room].cells)]


@pytest.fixture(scope="module")
def students(tmp_path_factory):
    """The release of all chapters, and what the command said."""
    out = tmp_path_factory.mktemp("release") / "students"
    assert main(["--root", str(REPO), "release", "--for", "students", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def instructors(tmp_path_factory):
    out = tmp_path_factory.mktemp("release") / "instructors"
    assert main(["--root", str(REPO), "release", "--for", "instructors", "--out", str(out)]) == 0
    return out


@pytest.mark.slow
def test_no_line_of_a_solution_is_in_any_file(students):
    by_room = solution_lines(REPO)
    assert all(len(by_room[room]) > 20 for room in ROOMS)
    leaks = find_leaks(REPO, students)
    assert leaks.found == []
    assert all("exercises" not in file for file, _ in leaks.lessons)
    assert leaks.lines == len(set().union(*by_room.values()))
    assert leaks.texts > 1000


@pytest.mark.parametrize("where", ["source", "metadata", "output", "another file"])
def test_a_line_that_slipped_in_is_found_wherever_it_is(tmp_path, where):
    line = next(line for line in sorted(solution_lines(REPO)["diagonal_ssm"]) if "np." in line)
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x")])
    if where == "source":
        nb.cells[0].source = f"def f():\n\t{line.replace(' ', '  ', 1)}"
    elif where == "metadata":
        nb.cells[0].metadata["note"] = line
    elif where == "output":
        nb.cells[0].outputs = [nbformat.v4.new_output("stream", text=f"{line}\n")]
    nbformat.write(nb, tmp_path / "page.ipynb")
    if where == "another file":
        (tmp_path / "notes.txt").write_text(line)
    assert [found for _, found in find_leaks(REPO, tmp_path).found] == [line]


def test_a_line_that_a_lesson_teaches_is_no_leak_there_and_one_elsewhere(tmp_path):
    line = next(line for line in sorted(solution_lines(REPO)["diagonal_ssm"]) if "np." in line)
    (tmp_path / "book/alpha").mkdir(parents=True)
    for name in ("derive", "exercises"):
        tag = {"tags": ["solution"]} if name == "exercises" else {}
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line, metadata=tag)])
        nbformat.write(nb, tmp_path / f"book/alpha/{name}.ipynb")
        (tmp_path / "out/alpha").mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, tmp_path / f"out/alpha/{name}.ipynb")
    (tmp_path / "book/alpha/index.ipynb").write_text((tmp_path / "book/alpha/derive.ipynb").read_text())
    leaks = find_leaks(tmp_path, tmp_path / "out")
    assert leaks.found == [("alpha/exercises.ipynb", line)]
    assert leaks.lessons == [("alpha/derive.ipynb", line)]


def test_a_leak_stops_the_release(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("press.course.without_solutions", lambda cells: cells)
    monkeypatch.setattr("press.release.setup_cells", lambda root: lambda nb, chapter: "pass")
    out = tmp_path / "out"
    assert main(["--root", str(REPO), "release", "--for", "students", "--out", str(out)]) == 1
    assert "would show a line of a solution" in capsys.readouterr().err
    assert not out.exists()


def test_pages_have_no_directive_keep_their_pictures_and_hints_and_no_answers(students):
    pictures = 0
    for path in students.rglob("*.ipynb"):
        nb = read(path)
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                nodes = list(parse(cell.source).walk())
                assert not [node for node in nodes if node.is_directive or node.roles or node.kind == "myst_target"], cell.source
                assert not re.search(r"^:\w+:", cell.source, re.M)
            elif {"answer", "check"} & set(cell.metadata.get("tags", [])):
                assert cell.outputs == []
                assert cell.execution_count is None
            else:
                pictures += sum("image/png" in out.get("data", {}) for out in cell.outputs)
    assert pictures > 5
    for room in ROOMS:
        sources = [cell.source for cell in read(students / room / "exercises.ipynb").cells]
        for name in graded(PAGES[room].cells):
            assert any(re.search(rf"def {name}\([\s\S]*raise NotImplementedError\(\)\Z", source) for source in sources)
            assert any(f"feedback(check_{name}, {name}, points=" in source for source in sources)


@pytest.mark.slow
@pytest.mark.parametrize("room", ROOMS)
def test_a_students_file_runs_to_its_end_although_nothing_is_answered(students, room, tmp_path):
    nb = read(students / room / "exercises.ipynb")
    where = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(nb, timeout=600, kernel_name="python3", resources=where, coalesce_streams=True)
    client.execute()  # an error in any cell would end it
    checks = [cell for cell in nb.cells if "check" in cell.metadata.get("tags", [])]
    assert len(checks) == len(graded(PAGES[room].cells))
    for cell in checks:
        assert re.fullmatch(r"✗ check_\w+: (with .*: )?not written yet · 0 of \d points\n", cell.outputs[0].text)
    assert "write your name or number between the quotes" in nb.cells[-1].outputs[0].text


def test_each_answer_cell_is_what_nbgrader_makes_of_ours(instructors, students):
    """nbgrader puts its stub between the marks, and keeps the cells with its metadata."""

    def cells(path):
        return {c.metadata.nbgrader.grade_id: c for c in read(path).cells if "nbgrader" in c.metadata}

    for room in ROOMS:
        source, handed = (cells(folder / room / "exercises.ipynb") for folder in (instructors / "nbgrader/source", students))
        assert list(source) == list(handed)
        for grade_id, cell in source.items():
            assert re.fullmatch(r"[\w-]+", grade_id)
            assert {"schema_version", "cell_type", "grade", "locked", "solution", "task"} <= set(cell.metadata.nbgrader)
            if cell.metadata.nbgrader.solution and cell.cell_type == "code":
                made = re.sub(
                    r"( *)### BEGIN SOLUTION\n[\s\S]*?### END SOLUTION",
                    r"\1# YOUR CODE HERE\n\1raise NotImplementedError()",
                    cell.source,
                )
                assert made == handed[grade_id].source
        assert not any(BEGIN in c.source for c in course_form(PAGES[room], STUDENTS).cells)
        assert not any("{solution}" in c.source for c in course_form(PAGES[room], NBGRADER).cells)


def test_instructors_get_plans_slides_and_schemes(instructors):
    for room in ROOMS:
        assert BEGIN in (instructors / room / "exercises.ipynb").read_text()
        plan = (instructors / room / "plan.md").read_text()
        assert "## Lesson 1" in plan
        assert "## Lesson 2" in plan
        assert "| exercises |" in plan
        assert plan.count("\n- right: ") == 3
        scheme = (instructors / room / "mark_scheme.md").read_text()
        for known in PAGE[room].mistakes.values():
            assert all(mistake.hint in scheme for mistake in known.values())
        slides = (instructors / room / "slides.html").read_text()
        assert slides.count("<section>") > 3
        assert "http://www.w3.org" not in slides.replace("http://www.w3.org/2000/svg", "")
        assert 'src="http' not in slides


SALT = "a secret of ours"


def set_tasks(room, student=None):
    return tasks(REPO / MATERIAL / f"{room}.toml", room, student)


def test_numbers_are_a_students_own_and_stay_the_same(tmp_path):
    room = "diagonal_ssm"

    def numbers(student):
        nb = exercises_for(PAGES[room], room, DRAWN[room], set_tasks(room, student), student)
        return [c.source for c in nb.cells if c.source.startswith("import numpy") and "_mine = None" in c.source], nb

    one, nb = numbers(Student("one", SALT))
    assert one == numbers(Student("one", SALT))[0]
    assert len(one) == len(graded(PAGES[room].cells))
    assert not set(one) & set(numbers(Student("two", SALT))[0])
    assert not set(one) & set(numbers(Student("one", SALT + "!"))[0])
    assert SALT not in nbformat.writes(nb)
    scope = {}
    exec(one[0], scope)
    for value, want in zip(scope["kernel_numbers"], DRAWN[room]["kernel"].personal(Student("one", SALT)), strict=True):
        np.testing.assert_array_equal(value, want)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--seed", "one"], "personal numbers need --salt"),
        (["--seed", "one", "--salt", "short"], "--salt has 5 characters"),
        (["--chapter", "nowhere"], "--chapter nowhere: no such chapter has exercises; there are diagonal_ssm"),
        (["--seed", "one", "--roster", "names.txt", "--salt", SALT], "give one of them"),
    ],
)
def test_what_cannot_be_released_is_refused(tmp_path, capsys, arguments, says):
    out = tmp_path / "out"
    assert main(["--root", str(REPO), "release", "--for", "students", "--out", str(out), *arguments]) == 2
    assert says in capsys.readouterr().err


def test_a_roster_makes_a_folder_for_each(tmp_path):
    one = {"diagonal_ssm": ROOMS["diagonal_ssm"]}
    copies = [for_students(REPO, tmp_path / name, one, lambda nb, folder: "pass", Student(name, SALT)) for name in ("one", "two")]
    assert [[p.relative_to(tmp_path).as_posix() for p in c] for c in copies] == [
        ["one/diagonal_ssm/exercises.ipynb"],
        ["two/diagonal_ssm/exercises.ipynb"],
    ]
    assert copies[0][0].read_text() != copies[1][0].read_text()


def test_every_marked_exercise_has_draws():
    assert {(room, name) for room in ROOMS for name in graded(PAGES[room].cells)} == set(DRAWS)


def test_every_row_of_every_gates_table_has_a_score():
    """A row of zeros shows no gate, and right answers may say different things of it: the solution divided by nothing there."""
    rng = np.random.default_rng(0)
    tables = [DRAWN["unified_dynamics"]["gate"].arguments(rng) for _ in range(1500)]
    assert all(np.tril(q @ k.T).any(axis=1).all() for _, q, k in tables)


@pytest.mark.parametrize(("room", "name"), DRAWS)
def test_hidden_inputs_tell_solutions_from_mistakes(room, name):
    """The solution is right on every draw; each known mistake is wrong on the draws of some of 20 students."""
    page, draw = PAGE[room], DRAWN[room][name]
    solution = page.solution(name)
    cases = [draw.hidden(Student(f"student {k}", SALT)) for k in range(20)]
    for arguments in (a for case in cases for a in case):
        assert all(np.array_equal(eval(literal(a), {"np": np}), a) for a in arguments)
        assert np.isfinite(np.asarray(solution(*arguments))).all()
        assert draw.same(solution(*arguments), solution, arguments)
    for mistake in page.mistakes[name]:
        wrong, refused = page.mistaken(name, mistake), 0
        for case in cases:
            try:
                draw.check(wrong, solution, case)
            except Refused:
                refused += 1
        assert refused, mistake


@pytest.mark.parametrize("room", ROOMS)
def test_tasks_fill_every_number_in(room):
    seen = set()
    for student in (None, *(Student(f"student {k}", SALT) for k in range(20))):
        for task in set_tasks(room, student):
            assert not re.search(r"\{[a-z_]{3,}\}", task.prompt + " ".join(what for _, what in task.rubric))
            assert task.points == sum(points for points, _ in task.rubric) >= 3
            seen.add(task.prompt)
    assert len(seen) > 2


def test_the_numbers_of_the_tasks_are_right():
    one, two = (read_material(REPO / MATERIAL / f"{room}.toml")["tasks"] for room in ("diagonal_ssm", "unified_dynamics"))
    for row in one["second-echo"]["numbers"]:
        kernel = fit_kernel(bump(256, row["lag"], 6), s4d_lin(64), 0.01).kernel
        late = row["lag"] + 100
        assert abs(int(kernel[late:].argmax()) + late - row["again"]) <= 1
        assert abs(kernel[row["again"]] / kernel[row["lag"]] - np.exp(-1)) < 1e-3
    assert abs(np.exp(-2 * (0.5 + 0.5 * np.log(2))) - np.exp(-1) / 2) < 1e-12
    for row in one["too-few-points"]["numbers"]:
        rng = np.random.default_rng(0)
        K, u = rng.uniform(1, 2, row["values"]), rng.uniform(1, 2, row["inputs"])
        n = row["points"]
        got = np.fft.irfft(np.fft.rfft(K, n) * np.fft.rfft(u, n), n)[: row["inputs"]]
        assert np.flatnonzero(np.abs(got - np.convolve(u, K)[: row["inputs"]]) > 0.5).tolist() == list(range(row["wrong"]))
    for row in two["random-keys"]["numbers"]:
        assert ((row["facts"] - 1) / row["numbers"]) ** 0.5 == row["error"]
        assert abs(recall_errors(row["facts"], row["numbers"], repeats=2000)[row["facts"] - 1] - row["error"]) < 0.03
    for row in two["how-long"]["numbers"]:
        assert row["gamma"] ** row["steps"] < 0.1 <= row["gamma"] ** (row["steps"] - 1)


def test_the_numbers_of_later_tasks_are_right():
    found = {}
    for room in ("head_count", "generalization", "locality", "pointer"):
        found |= read_material(REPO / MATERIAL / f"{room}.toml")["tasks"]
    for row in found["shares"]["numbers"]:

        def heads(steps, p, d, row=row):
            return interaction_rank(lag_operators(*leaking(np.linspace(0.9, 0.1, row["shares"]), row["state"], p, d), steps)).rank

        assert (heads(64, row["outs"], row["ins"]), heads(row["short"], row["outs"], row["ins"])) == (row["heads"], row["few"])
        assert heads(64, 1, 1) == 1
    for row in found["crowd"]["numbers"]:
        weights = [1 / (1 + (n - 1) * np.exp(-row["logit"])) for n in (row["near"], row["far"])]
        faded = [0.99 ** (n - 1) for n in (row["near"], row["far"])]
        more = np.log((row["far"] - 1) / (row["near"] - 1))
        want = [row[name] for name in ("weight", "diluted", "left", "faded", "more")]
        assert [float(f"{x:.2g}") for x in (*weights, *faded, more)] == [float(x) for x in want]
        assert abs(1 / (1 + (row["far"] - 1) * np.exp(-row["logit"] - more)) - weights[0]) < 1e-12
    for row in found["more-samples"]["numbers"]:
        loads = np.array([row["before"], row["after"]])
        np.testing.assert_allclose(asymptotic_error(loads, row["snr"]), [row["low"], row["high"]], rtol=1e-12)
        assert [round(float(E), 2) for E in optimal_stopping_time(loads, row["snr"])[1]] == [row["stopped"], row["better"]]
    for row in found["past-the-truth"]["numbers"]:
        x, truth = row["weak"], row["teacher"]
        ends = [(truth * x + sign * row["noise"]) / x for sign in (1, -1)]
        np.testing.assert_allclose([*ends, x * x], [row["target"], row["short"], row["rate"]], atol=1e-12)
        assert round(np.log(row["target"] / (row["target"] - truth)) / row["rate"], 1) == row["passes"]
    for row in found["price"]["numbers"]:
        sizes = [row["patches"], 2 * row["patches"]]
        need = {kind: [samples_needed(0.05, k, row["pixels"], 0.5, kind) for k in sizes] for kind in ("shared", "local", "dense")}
        assert [need[kind][0] for kind in need] == [row[kind] for kind in need]
        np.testing.assert_allclose([need[kind][1] / need[kind][0] for kind in need], [1, 2, 4], rtol=0.03)
    for row in found["mask-alone"]["numbers"]:
        assert row["left"] == row["cities"] - 1
        assert int(str(row["orders"]).replace(",", "")) == factorial(row["left"])
        assert abs(np.log(factorial(row["left"])) / row["cities"] - row["loss"]) < 0.001
    for row in found["nearly-right"]["numbers"]:
        assert round(row["step"] ** row["steps"], 2) == row["exact"]


def test_who_notices_a_shuffle_is_right():
    def errors(shuffled):
        draw = np.random.default_rng(0)
        (x, y, _), (new, label, _) = (sample_dsd(P, 8, 64, 0.2, draw, w=pattern) for P in (600, 1000))
        return {
            kind: error_rate(shuffled(new), label, kind, gradient_steps(shuffled(x), y, kind, steps).filters)
            for kind, steps in (("shared", 3), ("local", 3), ("dense", 1))
        }

    rng = np.random.default_rng(1)
    pattern = rng.standard_normal(64) / 8
    pattern /= np.linalg.norm(pattern)
    places, everywhere, own = rng.permutation(64), rng.permutation(512), [rng.permutation(64) for _ in range(8)]
    straight = errors(lambda x: x)
    shuffles = {
        "each patch in its own way": (errors(lambda x: np.stack([x[:, j, own[j]] for j in range(8)], axis=1)), {"shared": 0.27}),
        "all 512": (errors(lambda x: x.reshape(len(x), -1)[:, everywhere].reshape(x.shape)), {"shared": 0.39, "local": 0.25}),
        "in all patches in the same way": (errors(lambda x: x[:, :, places]), {}),
    }
    rows = read_material(REPO / MATERIAL / "locality.toml")["tasks"]["shuffle"]["numbers"]
    assert len(rows) == len(shuffles)
    for name, (found, noticed) in shuffles.items():
        notices = next(row["notices"] for row in rows if name in row["shuffle"])
        assert all(f"{100 * share:.0f} %" in notices for share in noticed.values())
        for kind, error in found.items():
            assert abs(error - noticed.get(kind, straight[kind])) < (0.05 if kind in noticed else 1e-9)


POOL = """---
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# My exercises

```{code-cell}
:tags: [setup, hide-cell, nbval-ignore-output]
import numpy as np

from dynlib.teaching import setup

seed = setup()
```

````{exercise} Twice
:label: extra-twice
:difficulty: 1
:minutes: 5

Write `twice(x)`.
````

```{code-cell}
:tags: [exercise]
def twice(x):
    raise NotImplementedError
```

````{solution} extra-twice
Multiply by the number two.
````

```{code-cell}
:tags: [solution]
def twice(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```
"""
TWICE = '''"""Twice."""

import numpy as np

from dynlib.teaching.exercises import call, compare

HINTS = {"copied": "unchanged"}


def check_twice(answer):
    x = np.arange(3.0)
    compare(call(answer, x, shape=(3,)), 2 * x, {"copied": x}, HINTS, "with x")
    return "check_twice: accepted"


def hidden(rng):
    return (rng.standard_normal(3),)


MISTAKES = {"copied": ("2 * x", "1.0 * x")}
'''
TASK = """
[tasks.guess]
title = "A guess"
prompt = "Guess."
rubric = [{points = 1, of = "guessed"}]
"""


def test_a_pool_of_ones_own_is_released_and_can_be_marked(tmp_path):
    folder = tmp_path / "extra"
    folder.mkdir()
    (folder / "exercises.md").write_text(POOL)
    with pytest.raises(ValueError, match=r"has no twice\.py"):
        Pool(folder)
    (folder / "twice.py").write_text(TWICE)
    (folder / "material.toml").write_text(TASK)
    for_students(REPO, tmp_path / "out", {}, lambda nb, room: "pass", None, folder)
    text = (tmp_path / "out/extra/exercises.ipynb").read_text()
    assert "feedback(check_twice, twice, points=1)" in text
    assert "return 2 * x" not in text
    assert "Multiply" not in text
    assert "about 5 minutes" in text
    assert "extra-task-guess" in text
    assert (tmp_path / "out/extra/twice.py").read_text() == TWICE[: TWICE.index("\n\n\ndef hidden")] + "\n"
    room = room_of_pool(Pool(folder))
    assert room.labels == {"twice": "extra-twice"}
    assert "accepted" in room.checks["twice"](room.solutions["twice"])
    with pytest.raises(Refused, match="unchanged"):
        room.checks["twice"](Pool(folder).exercises().mistaken("twice", "copied"))
    assert room.draws["twice"].hidden(Student("one", SALT))
    (folder / "twice.py").write_text("check_other = None\n")
    del sys.modules["pool_extra_twice"]
    with pytest.raises(ValueError, match="has no check_twice"):
        Pool(folder)


@pytest.mark.slow
def test_the_carried_library_is_not_a_way_around(students):
    """What a student's file carries holds no line of a solution in any exercise, and elsewhere only those that say little."""
    carried = {(where.partition(": ")[2], line) for where, line in find_leaks(REPO, students).lessons if ": " in where}
    assert carried <= {
        ("dynlib/locality/closed_forms.py", 'if kind == "shared":'),
        ("dynlib/locality/steps.py", 'if kind == "shared":'),
        ("dynlib/head_count/operators.py", ".permute(0, 2, 1, 3)"),  # a line of its own since ruff breaks the chain
        ("dynlib/pointer/scores.py", "mask = before > 0"),
    }
    for room in ROOMS:
        (cell,) = (cell for _, cell in code_cells(read(students / room / "exercises.ipynb")) if cell.source.startswith(TITLE))
        assert f"{EXERCISES}/{room}/{next(iter(graded(PAGES[room].cells)))}.py" in open_payload(cell.source)
