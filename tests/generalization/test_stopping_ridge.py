"""The best moment and the best penalty: golden numbers, and minimisation of the error itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from sklearn.linear_model import Ridge

from dynlib.generalization import (
    asymptotic_error,
    generalization_error,
    gradient_flow_path,
    marchenko_pastur_edges,
    marchenko_pastur_stieltjes,
    mode_stopping_time,
    optimal_ridge,
    optimal_stopping_time,
    ridge_error,
    sample_teacher_student,
)
from dynlib.modes import ridge_response, step_response


def test_golden_stopping():
    t, error = optimal_stopping_time([0.5, 1, 2], 5)
    assert t == pytest.approx([2.7072, 3.0671, 2.3935], abs=5.1e-5)
    assert error == pytest.approx([4.13033, 2.83758, 1.77036], abs=5.1e-6)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.floats(0.05, 20), st.floats(0.01, 1e4))
def test_stopping_is_a_minimum_between_the_modes(alpha, snr):
    t, error = optimal_stopping_time(alpha, snr)
    slowest, fastest = mode_stopping_time(np.array(marchenko_pastur_edges(alpha)), snr)
    assert fastest * (1 - 1e-5) <= t <= slowest * (1 + 1e-5)
    grid = generalization_error(np.geomspace(1e-4, 1e5, 200), alpha, snr)
    assert error <= grid.min() * (1 + 1e-12)
    near = np.log([t / 1.3, 1.3 * t])
    best = minimize_scalar(lambda x: generalization_error(np.exp(x), alpha, snr), bounds=near, method="bounded")
    assert best.fun == pytest.approx(error, rel=1e-9)


def test_stopping_at_its_limits():
    assert optimal_stopping_time(0.5, 0) == (0.0, 1.0)
    t, error = optimal_stopping_time([[0.5], [2.0]], [0.0, 5.0, 1e-3])
    assert t.shape == error.shape == (2, 3)
    assert t[:, 2] == pytest.approx(1e-3 * (1 - (1 + np.array([0.5, 2])) * 1e-3 / 2), rel=1e-5)
    assert optimal_stopping_time(0.001, 10)[0] == pytest.approx(np.log(11), abs=0.01)
    assert optimal_stopping_time(1, 1e4)[0] / 1e4 == pytest.approx(0.6036, abs=1e-4)
    assert optimal_stopping_time(1, 3, 2) == optimal_stopping_time(1, 5)
    for alpha in (1e-9, 1 - 1e-12, 1, 1e9):
        assert optimal_stopping_time(alpha, 1e-12)[0] == pytest.approx(1e-12, rel=1e-2)
        assert np.isfinite(optimal_stopping_time(alpha, 1e12)).all()


def test_one_mode_stops_where_ridge_stands():
    lam = np.geomspace(1e-6, 1e3, 50)
    t = mode_stopping_time(lam, 5, 2)
    assert step_response(t, lam) == pytest.approx(ridge_response(7, lam), rel=1e-12)
    assert (np.diff(t) < 0).all()
    assert mode_stopping_time([0, 1], [[5], [2]]) == pytest.approx(np.array([[5, np.log(6)], [2, np.log(3)]]), rel=1e-14)
    assert mode_stopping_time(0.0, 0.5) == 0.5


def test_golden_ridge():
    gamma, error = optimal_ridge([0.5, 1, 2], 5)
    assert gamma.tolist() == [0.2, 0.2, 0.2]
    assert error == pytest.approx([4.108495, 2.791288, 1.741657], abs=5.1e-7)
    assert error[1] == pytest.approx(0.5 + 0.5 * np.sqrt(21), rel=1e-14)


@pytest.mark.parametrize("alpha", [0.25, 0.5, 1, 2, 4])
@pytest.mark.parametrize("snr", [0.5, 5, 100])
def test_the_best_penalty_is_one_over_snr(alpha, snr):
    best = minimize_scalar(
        lambda x: ridge_error(np.exp(x), alpha, snr), bounds=(-12, 6), method="bounded", options={"xatol": 1e-10}
    )
    assert np.exp(best.x) * snr == pytest.approx(1, abs=1e-4)
    gamma, error = optimal_ridge(alpha, snr)
    assert best.fun == pytest.approx(error, rel=1e-10)
    assert ridge_error(gamma, alpha, snr) == pytest.approx(error, rel=1e-12)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.floats(1e-3, 1e3), st.floats(0.05, 20), st.floats(0, 100))
def test_ridge_by_the_stieltjes_transform(gamma, alpha, snr):
    m = marchenko_pastur_stieltjes(gamma, alpha)
    slope = -(m * m + m) / (2 * gamma * m + gamma + alpha - 1)
    assert ridge_error(gamma, alpha, snr) == pytest.approx(1 + m + gamma * (1 - gamma * snr) * slope, rel=1e-8)


def test_ridge_at_its_limits():
    alpha = [0.5, 1, 2]
    assert ridge_error(0, alpha, 5).tolist() == asymptotic_error(alpha, 5).tolist()
    assert ridge_error(np.inf, alpha, 5) == pytest.approx([6, 6, 6], rel=1e-13)
    assert ridge_error(1e-9, 0.5, 5) == pytest.approx(4.5, rel=1e-8)
    assert optimal_ridge(0.5, [0, 5])[0].tolist() == [np.inf, 0.2]
    assert optimal_ridge(0.5, [0, 5])[1][0] == 1
    assert (np.diff(optimal_ridge(np.linspace(0.1, 4, 50), 5)[1]) < 0).all()
    assert (np.diff(optimal_stopping_time(np.linspace(0.1, 4, 50), 5)[1]) < 0).all()


def test_ridge_is_scikit_learns():
    X, _, start, y = sample_teacher_student(40, 30, 5, 0, np.random.default_rng(0))
    want = Ridge(alpha=0.2, fit_intercept=False, solver="svd").fit(X, y).coef_
    assert gradient_flow_path(X, y, start, np.inf, ridge=0.2) == pytest.approx(want, abs=1e-12)
    wide = Ridge(alpha=40 * 0.2, fit_intercept=False, solver="svd").fit(np.sqrt(40) * X, y).coef_
    assert np.sqrt(40) * wide == pytest.approx(want, abs=1e-12)


def test_bad_input_names_the_argument():
    for call, message in (
        (lambda: ridge_error(-1, 0.5, 5), "ridge_error: gamma holds -1"),
        (lambda: ridge_error(1, 0, 5), "ridge_error: alpha holds 0"),
        (lambda: ridge_error(1, 0.5, np.inf), "ridge_error: snr holds inf"),
        (lambda: optimal_ridge(0.5, -1), "optimal_ridge: snr holds -1"),
        (lambda: optimal_stopping_time(np.nan, 5), "optimal_stopping_time: alpha holds nan"),
        (lambda: optimal_stopping_time(0.5, -1), "optimal_stopping_time: snr holds -1"),
        (lambda: mode_stopping_time(-1, 5), "mode_stopping_time: lam holds -1"),
        (lambda: mode_stopping_time(1j, 5), "mode_stopping_time: lam = 1j is no real number"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
