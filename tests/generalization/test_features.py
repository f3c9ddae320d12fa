"""Random layers, the moments of their units, and the three parts of the error, against sampling and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from dynlib.generalization import arccos_kernel, error_decomposition, random_directions, random_relu_features, relu_features


def problem(width, samples, seed, units=7, inputs=5):
    rng = np.random.default_rng(seed)
    A, teacher = random_directions(width, inputs, rng), random_directions(units, inputs, rng)
    return A, teacher, rng.standard_normal(units), rng.standard_normal((samples, inputs))


def test_features_are_the_positive_part():
    A, X = np.array([[1.0, 0.0], [0.0, -2.0]]), np.array([[3.0, 1.0], [-1.0, -4.0], [0.0, 5.0]])
    assert_allclose(relu_features(A, X), [[3, 0], [0, 8], [0, 0]])


def test_a_layer_is_decided_by_its_seed_and_shared_by_all_rows():
    X = np.random.default_rng(0).standard_normal((9, 4))
    H = random_relu_features(X, 6, np.random.default_rng(1))
    assert_allclose(H, random_relu_features(X, 6, np.random.default_rng(1)))
    assert_allclose(H[:3], random_relu_features(X[:3], 6, np.random.default_rng(1)))
    assert_allclose(H, relu_features(random_directions(6, 4, np.random.default_rng(1)), X) / np.sqrt(6))


def test_directions_have_length_one_in_the_mean():
    A = random_directions(4000, 10, np.random.default_rng(0))
    assert (A**2).sum(1).mean() == pytest.approx(1, abs=0.03)


def test_kernel_by_hand():
    a = np.array([[2.0, 0.0]])
    along, across, against, nothing = [3.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, 0.0]
    assert_allclose(arccos_kernel(a, np.array([along, across, against, nothing])), [[3, 1 / np.pi, 0, 0]], atol=1e-15)


def test_kernel_against_sampling():
    rng = np.random.default_rng(0)
    A, B, x = rng.standard_normal((3, 4)), rng.standard_normal((5, 4)), rng.standard_normal((400_000, 4))
    sampled = relu_features(A, x).T @ relu_features(B, x) / len(x)
    assert_allclose(arccos_kernel(A, B), sampled, atol=0.03)


@given(st.integers(1, 6), st.integers(1, 5), st.floats(0.1, 10), st.integers(0, 1000))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_kernel_is_a_symmetric_positive_kernel_of_degree_one(rows, inputs, scale, seed):
    A = np.random.default_rng(seed).standard_normal((rows, inputs))
    K = arccos_kernel(A, A)
    assert_allclose(K, K.T, atol=1e-12)
    assert np.linalg.eigvalsh(K).min() > -1e-10 * max(1, K.max())
    assert_allclose(np.diag(K), (A**2).sum(1) / 2)
    assert_allclose(arccos_kernel(scale * A, A), scale * K, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("width", "samples"), [(1, 1), (1, 8), (6, 13), (13, 13), (30, 13)])
@pytest.mark.parametrize("t", [0.0, 0.3, np.inf])
def test_the_parts_add_up_to_the_error_on_fresh_inputs(width, samples, t):
    A, teacher, weights, X = problem(width, samples, seed=width + samples)
    noise = 0.1 * np.random.default_rng(9).standard_normal(samples)
    found = error_decomposition(A, teacher, weights, X, noise, t)
    summed = found.approximation + found.null_space + found.overfitting + found.cross
    assert summed == pytest.approx(found.total, rel=1e-6, abs=1e-9)

    H, y = relu_features(A, X).T, relu_features(teacher, X) @ weights + noise
    lam, V = np.linalg.eigh(H @ H.T)  # another route: normal equations, mode by mode
    lam = np.where(lam > 1e-9 * lam[-1], lam, 0)
    share = np.where(lam > 0, -np.expm1(-lam * min(t, 1e30)) / np.where(lam > 0, lam, 1), 0)
    w = (H @ y) @ V * share @ V.T
    fresh = np.random.default_rng(1).standard_normal((200_000, 5))
    errors = (relu_features(teacher, fresh) @ weights - relu_features(A, fresh) @ w) ** 2
    assert abs(errors.mean() - found.total) < 6 * errors.std() / np.sqrt(len(errors))


def test_a_student_with_the_teachers_layer_approximates_it_exactly():
    _, teacher, weights, X = problem(4, 30, seed=0)
    found = error_decomposition(teacher, teacher, weights, X)
    assert abs(found.approximation) < 1e-8
    assert abs(found.total) < 1e-8


def test_fewer_units_than_samples_leave_nothing_unlearnt_and_more_leave_something():
    wide, narrow = (error_decomposition(*problem(width, 20, seed=3)) for width in (60, 8))
    assert narrow.null_space < 1e-20 < 1e-4 < wide.null_space


def test_before_training_all_is_unlearnt():
    found = error_decomposition(*problem(9, 12, seed=1), t=[0.0, 1.0])
    assert found.total.shape == (2,)
    assert found.overfitting[0] == found.cross[0] == 0 < found.overfitting[1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda A, T, v, X: relu_features(A, X.T), "samples are rows here: give X.T"),
        (lambda A, T, v, X: relu_features(A[:, :2], X), "A has 2 entries a row"),
        (lambda A, T, v, X: relu_features(A, np.where(X > 0, X, np.nan)), "X holds nan"),
        (lambda A, T, v, X: random_relu_features(X, 0, np.random.default_rng(0)), "n_hidden = 0"),
        (lambda A, T, v, X: random_relu_features(X, 3, 0), "rng is a int; give a generator"),
        (lambda A, T, v, X: random_directions(3, 2.5, np.random.default_rng(0)), "n_inputs = 2.5"),
        (lambda A, T, v, X: arccos_kernel(A, A[:, :2]), "rows of B 2"),
        (lambda A, T, v, X: error_decomposition(A, T, v[:-1], X), "weights has 6 entries for 7 teacher units"),
        (lambda A, T, v, X: error_decomposition(A, T, v, X, np.ones(3)), "noise has 3 entries for 12 samples"),
        (lambda A, T, v, X: error_decomposition(A, T, v, X, t=-1.0), "t holds -1; it must be at least 0"),
        (lambda A, T, v, X: error_decomposition(A, T, v, X, t=np.nan), "t holds nan"),
        (lambda A, T, v, X: error_decomposition(A, T, v, X[0]), "X has shape"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(*problem(9, 12, seed=0))
