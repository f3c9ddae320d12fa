"""What the checks of this room say of answers that no list of mistakes foresees; the worked numbers; the library's answers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dynlib import unified_dynamics as library
from dynlib.teaching.exercises import Refused, unified_dynamics
from press.exercises import exercises

solution = exercises(Path(__file__).parents[2], "unified_dynamics").solution


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

    for loop in (in_other_units, decay_in_write_and_read):
        assert "accepted" in unified_dynamics.check_retnet(loop)


def test_a_loop_that_is_one_step_late_is_refused():
    with pytest.raises(Refused):
        unified_dynamics.check_retnet(lambda *arguments: np.roll(solution("retnet")(*arguments), 1, axis=1))


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
        ("retnet", lambda q, k, gamma: (gamma, k, q), r"does not make an array of the shape \(3, 7, 3\)"),
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
        getattr(unified_dynamics, f"check_{name}")(answer)


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
    q, k = np.random.default_rng(0).standard_normal((2, 64, 16)) / 2  # scores q·k/√16
    scores = np.tril(np.exp(q @ k.T))
    assert needed(scores / scores.sum(1, keepdims=True)) == 32


def test_the_library_gives_the_same_answers():
    q, k, u = torch.randn(3, 9, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    V = torch.eye(3, dtype=torch.float64)

    def of_the_library(q, k, gamma):
        loop = library.retnet(torch.from_numpy(q), torch.from_numpy(k), gamma, torch.eye(q.shape[1], dtype=torch.float64))
        return [part[:, 0].numpy() for part in (loop.decay, loop.write, loop.read)]

    assert "accepted" in unified_dynamics.check_retnet(of_the_library)
    normalised = library.normalised_attention(q, k, u[:, 0], V).mixing_matrix().numpy()
    assert solution("gate")(normalised, q.numpy(), k.numpy()) == pytest.approx(torch.exp(-u[:, 0]).numpy(), rel=1e-9)
    assert solution("state")(3, 2, 3) == library.truncated_softmax(q, k, 2, V).state_size
    linear = library.elu_attention(q, k, V)
    assert solution("needed")(linear.mixing_matrix().numpy()) == max(linear.rank(t) for t in range(1, 9)) // linear.d == 3
