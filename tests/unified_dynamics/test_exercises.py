"""Every exercise's solution is accepted; every mistake is refused with its own hint, and so is every generic one.

An exercise has one name: mutants/<name>.toml, the label unified-dynamics-<name>, the function <name> and its check_<name>.
"""

import math
import tomllib
from pathlib import Path

import jupytext
import numpy as np
import pytest
import torch

from dynlib import unified_dynamics as library
from dynlib.teaching.checks import Refused, generic_mistakes, unified_dynamics

CELLS = jupytext.read(Path(__file__).parents[2] / "book/unified_dynamics/exercises.ipynb").cells
MUTANTS = {p.stem: tomllib.loads(p.read_text()) for p in sorted((Path(__file__).parent / "mutants").glob("*.toml"))}
CHECKS = {name: getattr(unified_dynamics, f"check_{name}") for name in MUTANTS}
EACH_MUTANT = [(name, mutant) for name, mutants in MUTANTS.items() for mutant in mutants]


def source_of(name: str, tag: str) -> str:
    [source] = [c.source for c in CELLS if tag in c.metadata.get("tags", []) and f"def {name}(" in c.source]
    return source


def function(source: str, name: str):
    scope = {"math": math, "np": np, f"check_{name}": lambda answer: ""}
    exec(source, scope)
    return scope[name]


def solution(name: str):
    return function(source_of(name, "solution"), name)


def test_every_check_has_mutants_and_an_exercise():
    assert {f"check_{name}" for name in MUTANTS} == set(unified_dynamics.__all__)
    prose = "\n".join(c.source for c in CELLS if c.cell_type == "markdown")
    for name in MUTANTS:
        assert f":label: unified-dynamics-{name}\n" in prose
        assert f"{{solution}} unified-dynamics-{name}\n" in prose


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
    right = solution(name)
    if (name, mistake) == ("retnet", "off by one"):      # along the last axis it would rename the numbers of the state

        def wrong(*arguments):
            return np.roll(right(*arguments), 1, axis=1)
    else:
        wrong = generic_mistakes(right)[mistake]
    with pytest.raises(Refused):
        CHECKS[name](wrong)


def test_units_and_names_of_the_state_are_free():
    retnet = solution("retnet")

    def in_other_units(q, k, gamma):
        decay, write, read = retnet(q, k, gamma)
        units = np.exp(np.random.default_rng(0).standard_normal(q.shape))
        before = np.concatenate([np.ones_like(units[:1]), units[:-1]])
        return units / before * decay, units * write, read / units

    def decay_in_write_and_read(q, k, gamma):
        age = gamma ** np.arange(len(q))[:, None]
        return np.ones(q.shape), k / age, q * age

    def renamed(q, k, gamma):
        return np.roll(retnet(q, k, gamma), 1, axis=2)

    for loop in (in_other_units, decay_in_write_and_read, renamed):
        assert "accepted" in CHECKS["retnet"](loop)


def _stops(*arguments):
    return 1 / 0


@pytest.mark.parametrize(
    ("answer", "symptom"),
    [
        (_stops, "it stops with ZeroDivisionError"),
        (lambda *a: None, "returns None"),
        (lambda v, eta: v[1:], "expected"),
        (lambda v, eta: v[:, 0], "expected"),
        (lambda v, eta: np.full(v.shape, np.nan), "nan"),
        (lambda v, eta: v + 0j, "complex"),
        (np.zeros(4), "the function itself"),
    ],
)
def test_what_cannot_be_compared_is_named(answer, symptom):
    with pytest.raises(Refused, match=symptom):
        unified_dynamics.check_mend(answer)


@pytest.mark.parametrize(
    ("name", "answer", "symptom"),
    [
        ("retnet", lambda q, k, gamma: (gamma, k, q), r"three arrays of the shape \(7, 3\), decay, write and read"),
        ("retnet", lambda q, k, gamma: (k, q), r"shape \(2, 7, 3\), expected \(3, 7, 3\)"),
        ("retnet", lambda q, k, gamma: (np.full(q.shape, 1e200), k, q), r"entry \[1, 0\] is 5\.16643e[+]199"),
        ("mend", lambda v, eta: v * eta[:1], r"entry \[0, 0\] is"),
        ("state", lambda m, p, d: True, "dtype bool"),
        ("state", lambda m, p, d: (m + 1) ** p * d, "it is 5.34534e[+]06, expected 310080"),
        ("gate", lambda W, q, k: np.ones(len(W)), r"entry \[0\] is 1, expected"),
        ("gate", lambda W, q, k: np.zeros(len(W)), "no gate was found"),
        ("needed", lambda W: 7, "it is 7, expected 0"),
        ("needed", lambda W: "none", "dtype"),
    ],
)
def test_what_fits_no_known_mistake_is_named(name, answer, symptom):
    with pytest.raises(Refused, match=symptom):
        CHECKS[name](answer)


def test_the_worked_numbers_of_the_statements():
    decay, write, read = solution("retnet")(np.array([[1.0], [1], [2]]), np.array([[4.0], [1], [1]]), 0.5)
    state, answers = 0.0, []
    for i in range(3):
        state = decay[i, 0] * state + write[i, 0]
        answers.append(read[i, 0] * state)
    assert answers == [4, 3, 5]

    eta, values = np.array([1.0, 3, 4]), np.array([10.0, 4, 2])
    fed = solution("mend")(values[:, None], eta)[:, 0]
    assert fed == pytest.approx([10, 4 / 3, 1.5])
    for given, want in ((values, [10, 34 / 3, 55 / 6]), (fed, [10, 6, 5])):
        state, before, answers = 0.0, 1.0, []
        for psi, v, now in zip((1, 2, 1), given, eta, strict=True):
            state, before = before / now * state + psi * v / before, now
            answers.append(state)
        assert answers == pytest.approx(want)

    assert solution("state")(2, 2, 3) == 18
    assert solution("state")(16, 4, 64) == 310_080 == 3876 * (16 + 64)

    q, k = np.array([[1.0], [2]]), np.array([[3.0], [1]])
    assert solution("gate")(np.array([[1.5, 0], [12, 4]]), q, k).tolist() == [0.5, 2]
    assert solution("gate")(np.array([[1.5, 0], [6, 4]]), q, k).tolist() == [0, 0]

    needed = solution("needed")
    assert needed(np.tril(np.ones((6, 6)))) == 1
    two = np.eye(4, k=-1) + np.eye(4, k=-2)
    assert [needed(two), needed(two[:3, :3]), needed(np.eye(5, k=-1))] == [2, 1, 1]
    q, k = np.random.default_rng(0).standard_normal((2, 64, 16)) / 2           # scores q·k/√16
    scores = np.tril(np.exp(q @ k.T))
    assert needed(scores / scores.sum(1, keepdims=True)) == 32


def test_the_library_gives_the_same_answers():
    q, k, u = torch.randn(3, 9, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    V = torch.eye(3, dtype=torch.float64)

    def of_the_library(q, k, gamma):
        loop = library.retnet(torch.from_numpy(q), torch.from_numpy(k), torch.eye(q.shape[1], dtype=torch.float64), gamma)
        return [part[:, 0].numpy() for part in (loop.decay, loop.write, loop.read)]

    assert "accepted" in CHECKS["retnet"](of_the_library)
    normalised = library.normalised_attention(q, k, V, u[:, 0]).table().numpy()
    assert solution("gate")(normalised, q.numpy(), k.numpy()) == pytest.approx(torch.exp(-u[:, 0]).numpy(), rel=1e-9)
    assert solution("state")(3, 2, 3) == library.truncated_softmax(q, k, V, 2).state_size
    linear = library.linear_attention(q, k, V)
    assert solution("needed")(linear.table().numpy()) == max(linear.rank(t) for t in range(1, 9)) // linear.d == 3
