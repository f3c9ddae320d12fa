"""The solution is accepted; every mistake is refused with its own hint, and so is every generic one."""

import tomllib
from pathlib import Path

import jupytext
import numpy as np
import pytest

from dynlib.teaching.checks import Refused, generic_mistakes
from dynlib.teaching.checks.diagonal_ssm import CASES, check_kernel

BOOK = Path(__file__).parents[2] / "book/diagonal_ssm/exercises.ipynb"
MUTANTS = tomllib.loads((Path(__file__).parent / "mutants/kernel.toml").read_text())


def solution_source(name: str) -> str:
    cells = jupytext.read(BOOK).cells
    [source] = [c.source for c in cells if "solution" in c.metadata.get("tags", []) and f"def {name}(" in c.source]
    return source


def function(source: str, name: str):
    scope = {"np": np, f"check_{name}": lambda answer: ""}
    exec(source, scope)
    return scope[name]


def test_solution_is_accepted():
    assert "accepted" in check_kernel(function(solution_source("kernel"), "kernel"))


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_refused_with_its_own_hint(name):
    mutant = MUTANTS[name]
    source = solution_source("kernel")
    assert source.count(mutant["old"]) == 1
    wrong = function(source.replace(mutant["old"], mutant["new"]), "kernel")
    for A, C, dt, L in CASES:
        result = wrong(np.array(A), np.array(C), dt, L)
        assert result.shape == (L,)
        assert np.isfinite(result).all()
    with pytest.raises(Refused) as refused:
        check_kernel(wrong)
    assert str(refused.value).endswith(mutant["hint"])


def test_hints_are_distinct():
    hints = [mutant["hint"] for mutant in MUTANTS.values()]
    assert len(set(hints)) == len(hints)


@pytest.mark.parametrize("name", generic_mistakes(lambda: None))
def test_generic_mistake_is_refused(name):
    mistake = generic_mistakes(function(solution_source("kernel"), "kernel"))[name]
    with pytest.raises(Refused):
        check_kernel(mistake)


def _stops(*arguments):
    return 1 / 0


def _not_written(*arguments):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "symptom"),
    [
        (_stops, "it stops with ZeroDivisionError"),
        (_not_written, "not written yet"),
        (lambda *a: None, "returns None"),
        (lambda *a: np.zeros(a[-1] + 1), "expected"),
        (lambda *a: np.full(a[-1], np.nan), "nan"),
        (lambda *a: np.zeros(a[-1], complex), "complex"),
        (np.zeros(4), "the function itself"),
    ],
)
def test_what_cannot_be_compared_is_named(answer, symptom):
    with pytest.raises(Refused, match=symptom):
        check_kernel(answer)
