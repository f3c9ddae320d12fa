"""Breakers themselves: the cells that a claim needs, a breaker that breaks nothing, and that no claim is left out."""

from dataclasses import replace
from pathlib import Path

import pytest

from dynlib.sweep.dependencies import source_of
from dynlib.teaching.claims import rows
from press import breakers

ROOT = Path(__file__).parents[2]


def test_every_tested_claim_has_its_file():
    files = {path.stem.removeprefix("test_breakers_") for path in Path(__file__).parent.glob("test_breakers_*.py")}
    rooms = (*(files - {"house"}), "prologue", "kernels")
    assert [row.room for row in rows().values() if not row.room.startswith(rooms)] == []


def test_every_breaker_names_one_place_and_changes_it():
    wrong, seen = [], set()
    for row in rows().values():
        if row.breaker and row.breaker not in seen:
            seen.add(row.breaker)
            try:
                breakers.broken(ROOT, row.breaker)
            except ValueError as error:
                wrong.append(f"{row.id}: {error}")
    assert seen
    assert wrong == []


def test_cells_are_cut_down_to_what_the_claim_needs():
    sources = ["setup = 1", "a = 1", "b = 2", "def f():\n    return a", "claim('x', f())", "claim('y', b)"]
    assert breakers.cells_for(sources, "x") == ["setup = 1", "a = 1", "def f():\n    return a", "claim('x', f())"]
    assert breakers.cells_for(sources, "y") == ["setup = 1", "b = 2", "claim('y', b)"]


def test_variables_of_a_comprehension_or_a_function_need_no_cell():
    sources = [
        "setup = 1",
        "row = 2\ndef g(row):\n    a = row\n    return a",
        "a = 3",
        "rows = [a for _ in range(2)]",
        "def f(row):\n    return sum(row for row in rows)",
        "claim('x', f(0))",
    ]
    assert breakers.cells_for(sources, "x") == [sources[i] for i in (0, 2, 3, 4, 5)]


@pytest.mark.slow
def test_a_breaker_that_breaks_nothing_is_found(runner):
    sources = next(page for page in breakers.pages(ROOT) if any("held-step" in breakers.claims_in(cell) for cell in page))
    row = rows()["held-step"]
    harmless = replace(row, breaker=replace(row.breaker, new=f"1 * ({row.breaker.old})"))
    problem, outcome = runner.prove(sources, harmless)
    assert problem == "held-step: under its breaker it holds"
    changed = source_of(ROOT, row.breaker.module).relative_to(ROOT).as_posix()
    assert {changed, "kernels/dynlib_kernels/__init__.py", "dynlib/__init__.py"} <= outcome.files
    gone, _ = runner.prove(sources, replace(row, breaker=replace(row.breaker, old="no_such_name")))
    assert "occurs 0 times" in gone
