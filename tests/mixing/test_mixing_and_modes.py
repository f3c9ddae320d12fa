"""The listening table, the rank of what crosses a moment, and one mode in its two roles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from dynlib.mixing import memory_rank, mixing_matrix
from dynlib.modes import impulse_response, ridge_response, smoother_matrix, step_response

MATRIX = np.random.default_rng(0).standard_normal((5, 4))


def test_poking_a_matrix_gives_the_matrix():
    np.testing.assert_allclose(mixing_matrix(lambda x: MATRIX @ x, 4), MATRIX)


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(1, 6), st.integers(1, 12))
def test_a_machine_with_n_numbers_has_a_block_of_rank_n(n, t):
    A = np.diag(0.95 - 0.15 * np.arange(n))

    def machine(x):
        state, y = np.zeros(n), []
        for x_i in x:
            state = A @ state + x_i
            y.append(state.sum())
        return np.array(y)

    assert memory_rank(mixing_matrix(machine, 24), t) == min(n, t)


@pytest.mark.parametrize("t", [0.0, 0.3, 2.0])
def test_smoother_matrix_solves_gradient_flow(t):
    X = np.random.default_rng(1).standard_normal((6, 3))
    S = X @ X.T  # rank 3: three directions never learn
    np.testing.assert_allclose(smoother_matrix(S, t), np.eye(6) - expm(-S * t), atol=1e-12)


def test_forgetting_and_learning_are_one_clock():
    t, rate = np.linspace(0, 5, 11), 0.7 + 2j
    np.testing.assert_allclose(impulse_response(t, rate) + step_response(t, rate), 1)
    assert step_response(1e-12, 1.0) == pytest.approx(1e-12, rel=1e-9)
    assert ridge_response(2.0, 3.0) == 6 / 7


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixing_matrix(np.tanh, 3), "not linear"),
        (lambda: mixing_matrix(lambda x: x + 1, 3), "not linear"),
        (lambda: mixing_matrix(lambda x: x, 0), "L = 0"),
        (lambda: memory_rank(np.eye(4), 4), "t = 4"),
        (lambda: memory_rank(np.ones(4), 1), r"W has shape \(4,\)"),
        (lambda: smoother_matrix(np.array([[1.0, 2.0], [0.0, 1.0]]), 1.0), "symmetric"),
        (lambda: smoother_matrix(-np.eye(2), 1.0), "eigenvalue"),
        (lambda: smoother_matrix(np.eye(2), -1.0), "t holds -1; it must be at least 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
