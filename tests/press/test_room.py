"""room: a whole chapter or nothing."""

import tomllib

import numpy as np
import pytest
import yaml

from dynlib.teaching.exercises import Refused
from press import room as verb
from press.__main__ import main
from press.census import census
from press.normalise import check
from press.notebooks import read
from press.payload import reader_files
from press.room import lay_down
from press.syntax import replace_once


def snapshot(root):
    return {path: path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


def test_a_new_room_stands_everywhere(root, make, page):
    make(root / "book/beta/index.ipynb", "1")
    before = (root / "book/_toc.yml").read_text()
    lay_down(root, "gamma_rays", "Rays that add")
    pages = ["index", "derive", "run", "more", "exercises"]
    assert sorted(p.stem for p in (root / "book/gamma_rays").iterdir()) == sorted(pages)
    project = tomllib.loads((root / "pyproject.toml").read_text())
    assert "dynlib/gamma_rays/__init__.py" in reader_files(root)
    assert project["tool"]["importlinter"]["contracts"][0]["layers"][1] == "dynlib.alpha | dynlib.beta | dynlib.gamma_rays"
    chapters = yaml.safe_load((root / "book/_toc.yml").read_text())["parts"][0]["chapters"]
    assert [c["file"] for c in chapters] == ["alpha/index", "beta/index", "gamma_rays/index"]
    assert [s["file"] for s in chapters[2]["sections"]] == [f"gamma_rays/{p}" for p in pages[1:]]
    assert all(line in (root / "book/_toc.yml").read_text().splitlines() for line in before.splitlines())
    assert list(tomllib.loads((root / "dynlib/teaching/claims/gamma_rays.toml").read_text())) == ["gamma-rays-halves"]
    compile((root / "dynlib/teaching/exercises/gamma_rays/__init__.py").read_text(), "exercises", "exec")
    assert tomllib.loads((root / "tests/inputs/gamma_rays.toml").read_text()) == {
        "dynlib.gamma_rays": {"halved": "start=1.0, steps=3"}
    }
    assert (root / "dynlib/gamma_rays/__init__.py").read_text().startswith('"""Rays that add')


def test_the_templates_need_only_to_be_run_and_written(root):
    lay_down(root, "gamma")
    rules = {f.rule for f in census(root) if f.file.startswith("book/gamma")}
    assert rules == {"has_count", "executed"}
    assert check(root / "book/gamma/index.ipynb") == "was never executed by normalise"


def run_file(path):
    """What a module defines that is not yet a part of the library."""
    scope = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), scope)
    return scope


def test_the_exercise_that_is_laid_down_holds(root):
    """Its check accepts the solution, refuses the stub, and meets each mistake with its own hint."""
    lay_down(root, "gamma_rays")
    exercise = run_file(root / "dynlib/teaching/exercises/gamma_rays/first.py")
    cells = read(root / "book/gamma_rays/exercises.ipynb").cells
    stub, solution = (next(c.source for c in cells if tag in c.metadata.get("tags", [])) for tag in ("exercise", "solution"))

    def seen(source):
        scope = {"np": np, "check_first": lambda answer: ""}
        exec(source, scope)
        return exercise["check_first"](scope["first"])

    assert "accepted" in seen(solution)
    with pytest.raises(Refused, match="not written yet"):
        seen(stub)
    assert len(exercise["MISTAKES"]) >= 4
    for name, (old, new) in exercise["MISTAKES"].items():
        with pytest.raises(Refused) as refused:
            seen(replace_once(solution, old, new))
        assert str(refused.value).endswith(exercise["HINTS"][name])


def test_the_claim_that_is_laid_down_fails_under_its_breaker(root):
    lay_down(root, "gamma_rays")
    module = root / "dynlib/gamma_rays/halving.py"
    (row,) = tomllib.loads((root / "dynlib/teaching/claims/gamma_rays.toml").read_text()).values()
    assert run_file(module)["halved"](1.0, 10)[-1] == row["value"]
    breaker = row["breaker"]
    module.write_text(replace_once(module.read_text(), breaker["old"], breaker["new"], breaker["where"]))
    assert run_file(module)["halved"](1.0, 10)[-1] != row["value"]
    with pytest.raises(ValueError, match="steps = -1"):
        run_file(module)["halved"](1.0, -1)


@pytest.mark.parametrize("name", ["Gamma", "two words", "2nd", "a-b", "lambda", "_x", "x__y", "../x", "", "teaching", "kernels"])
def test_bad_names_are_refused(root, name, capsys):
    before = snapshot(root)
    assert main(["--root", str(root), "room", name]) == 2
    assert f"name = {name!r}" in capsys.readouterr().err
    assert snapshot(root) == before


@pytest.mark.parametrize("there", ["book/gamma", "tests/gamma", "dynlib/teaching/exercises/gamma"])
def test_an_existing_room_is_refused(root, there):
    (root / there).mkdir(parents=True)
    before = snapshot(root)
    with pytest.raises(ValueError, match=f"{there} exists already"):
        lay_down(root, "gamma")
    assert snapshot(root) == before


@pytest.mark.parametrize("after", range(1, 16))
def test_a_failure_at_any_write_leaves_nothing(root, monkeypatch, after):
    before = {path: data for path, data in snapshot(root).items() if data is not None}
    real, calls = verb.write_atomic, []

    def failing(path, text):
        calls.append(path)
        if len(calls) == after:
            raise OSError("disk full")
        real(path, text)

    monkeypatch.setattr(verb, "write_atomic", failing)
    with pytest.raises(OSError, match="disk full"):
        lay_down(root, "gamma")
    assert {path: data for path, data in snapshot(root).items() if data is not None} == before
    assert not any((root / part / "gamma").exists() for part in ("book", "dynlib", "tests", "dynlib/teaching/exercises"))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("book/_toc.yml", "chapters:", "pages:", "_toc.yml has no `chapters:`"),
        ("pyproject.toml", "layers = [", "layers=[", "no import-linter layer"),
    ],
)
def test_files_without_a_place_for_it_are_refused_unchanged(root, file, old, new, says):
    (root / file).write_text((root / file).read_text().replace(old, new))
    before = snapshot(root)
    with pytest.raises(ValueError, match=says):
        lay_down(root, "gamma")
    assert snapshot(root) == before
