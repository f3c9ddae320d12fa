"""Every exercise's solution is accepted; every mistake is refused with its own hint, and so is every generic one.

An exercise has one name: mutants/<name>.toml, the label diagonal-ssm-<name>, the function <name> and its check_<name>.
"""

import tomllib
from pathlib import Path

import jupytext
import numpy as np
import pytest

from dynlib.teaching.checks import Refused, diagonal_ssm, generic_mistakes

CELLS = jupytext.read(Path(__file__).parents[2] / "book/diagonal_ssm/exercises.ipynb").cells
MUTANTS = {p.stem: tomllib.loads(p.read_text()) for p in sorted((Path(__file__).parent / "mutants").glob("*.toml"))}
CHECKS = {name: getattr(diagonal_ssm, f"check_{name}") for name in MUTANTS}
EACH_MUTANT = [(name, mutant) for name, mutants in MUTANTS.items() for mutant in mutants]


def source_of(name: str, tag: str) -> str:
    [source] = [c.source for c in CELLS if tag in c.metadata.get("tags", []) and f"def {name}(" in c.source]
    return source


def function(source: str, name: str):
    scope = {"np": np, f"check_{name}": lambda answer: ""}
    exec(source, scope)
    return scope[name]


def solution(name: str):
    return function(source_of(name, "solution"), name)


def test_every_check_has_mutants_and_an_exercise():
    assert {f"check_{name}" for name in MUTANTS} == set(diagonal_ssm.__all__)
    prose = "\n".join(c.source for c in CELLS if c.cell_type == "markdown")
    for name in MUTANTS:
        assert f":label: diagonal-ssm-{name}\n" in prose
        assert f"{{solution}} diagonal-ssm-{name}\n" in prose


@pytest.mark.parametrize("name", MUTANTS)
def test_solution_is_accepted(name):
    assert f"check_{name}: accepted" in CHECKS[name](solution(name))


@pytest.mark.parametrize("name", MUTANTS)
def test_stub_is_not_written_yet(name):
    source = source_of(name, "exercise")
    assert f"# check_{name}({name})" in source
    with pytest.raises(Refused, match="not written yet"):
        CHECKS[name](function(source, name))


@pytest.mark.parametrize(("name", "mutant"), EACH_MUTANT)
def test_mutant_is_refused_with_its_own_hint(name, mutant):
    change = MUTANTS[name][mutant]
    source = source_of(name, "solution")
    assert source.count(change["old"]) == 1
    assert change["new"].count("\n") < 3
    right, wrong = function(source, name), function(source.replace(change["old"], change["new"]), name)

    def seen(*arguments):
        want, got = np.asarray(right(*arguments)), np.asarray(wrong(*arguments))
        assert got.shape == want.shape
        assert np.isfinite(got).all()
        return want

    CHECKS[name](seen)  # on every case of the check the mistake runs, and is finite and of the right shape
    with pytest.raises(Refused) as refused:
        CHECKS[name](wrong)
    assert str(refused.value).endswith(change["hint"])


@pytest.mark.parametrize("name", MUTANTS)
def test_hints_are_distinct(name):
    hints = [change["hint"] for change in MUTANTS[name].values()]
    assert len(set(hints)) == len(hints) >= 4


@pytest.mark.parametrize("name", MUTANTS)
@pytest.mark.parametrize("mistake", generic_mistakes(lambda: None))
def test_generic_mistake_is_refused(name, mistake):
    with pytest.raises(Refused):
        CHECKS[name](generic_mistakes(solution(name))[mistake])


def _stops(*arguments):
    return 1 / 0


@pytest.mark.parametrize(
    ("answer", "symptom"),
    [
        (_stops, "it stops with ZeroDivisionError"),
        (lambda *a: None, "returns None"),
        (lambda *a: np.zeros(a[-1] + 1), "expected"),
        (lambda *a: np.full(a[-1], np.nan), "nan"),
        (lambda *a: np.zeros(a[-1], complex), "complex"),
        (np.zeros(4), "the function itself"),
    ],
)
def test_what_cannot_be_compared_is_named(answer, symptom):
    with pytest.raises(Refused, match=symptom):
        diagonal_ssm.check_kernel(answer)


@pytest.mark.parametrize(
    ("name", "answer", "symptom"),
    [
        ("weights", lambda w, A, dt, L: w.real, "dtype float64, expected complex128"),
        ("points", lambda L, M: True, "dtype bool"),
        ("points", lambda L, M: 2.5 * L, "22.5 is no number of points"),
        ("points", lambda L, M: 0, "0 is no number of points"),
        ("points", lambda L, M: L - 1, "outputs are wrong"),
        ("mismatch", lambda omega, N: 0 * omega + 0.2, r"entry \[0\] is 0.2, expected 0.137"),
    ],
)
def test_what_fits_no_known_mistake_is_named(name, answer, symptom):
    with pytest.raises(Refused, match=symptom):
        CHECKS[name](answer)
