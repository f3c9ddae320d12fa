"""Advice: it finds what went into data of the theory's kind, agrees with scikit-learn, warns, and refuses what it cannot use."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from dynlib.generalization import Advice, advise, generalization_error, sample_teacher_student
from dynlib.generalization.advice import TIMES
from dynlib.generalization.evidence import signal_and_noise


def data(seed, samples=200, weights=50, snr=5.0, kind="plain"):
    rng = np.random.default_rng(seed)
    X, teacher, _, _ = sample_teacher_student(weights, samples, snr, 0.0, rng)
    covariance = 0.9 ** np.abs(np.subtract.outer(np.arange(weights), np.arange(weights)))
    if kind in ("correlated", "aligned"):
        X = X @ np.linalg.cholesky(covariance).T
    if kind == "sparse":
        teacher = np.where(np.arange(weights) < 2, np.sqrt(snr * weights / 2), 0)
    if kind == "aligned":
        teacher = np.linalg.eigh(covariance)[1][:, -3:] @ np.full(3, 4.0)  # in the three strongest directions
    return X * 7 + 3, 2 * (X @ teacher + rng.standard_normal(samples)) - 5


def test_it_finds_signal_and_noise():
    found = [advise(*data(seed)) for seed in range(6)]
    assert np.median([a.snr for a in found]) == pytest.approx(5, rel=0.25)
    assert np.median([a.noise for a in found]) == pytest.approx(4, rel=0.2)  # labels are doubled; one draw scatters by 12 %
    assert all(a.ridge == pytest.approx(1 / a.snr) and a.sklearn_alpha == pytest.approx(50 / a.snr) for a in found)


def test_the_prediction_is_the_theory_and_is_measured():
    found = [advise(*data(seed, samples=400, weights=100)) for seed in range(4)]
    theory = 4 * generalization_error(TIMES, 3.2, 5.0)  # four fifths of 400 samples
    assert np.mean([a.predicted for a in found], 0) == pytest.approx(theory, rel=0.12)
    assert np.mean([a.measured for a in found], 0) == pytest.approx(theory, rel=0.12)


def test_steps_times_rate_is_gradient_descent_on_standardised_features():
    X, y = data(0)
    told = advise(X, y)
    Z, target, w, rate = StandardScaler().fit_transform(X), y - y.mean(), np.zeros(50), 1e-3
    for _ in range(round(told.steps_times_rate / rate)):
        w -= rate * Z.T @ (Z @ w - target) / len(y)
    U, s, Vt = np.linalg.svd(Z / np.sqrt(50), full_matrices=False)
    flow = (-np.expm1(-(s**2) * told.stopping_time) / s * (U.T @ target)) @ Vt / np.sqrt(50)
    assert w == pytest.approx(flow, abs=0.01 * np.abs(flow).max())


def test_ridge_is_scikit_learns():
    X, y = data(1)
    told = advise(X, y)
    Z = StandardScaler().fit_transform(X)
    held = np.array_split(np.random.default_rng(0).permutation(len(y)), 5)[0]
    fit = np.setdiff1d(np.arange(len(y)), held)
    assert told.errors["ridge"] > 0
    model = Ridge(alpha=told.sklearn_alpha).fit(Z[fit], y[fit])
    assert ((model.predict(Z[held]) - y[held]) ** 2).mean() == pytest.approx(told.errors["ridge"], rel=0.5)


def test_ridge_cv_does_not_leak_through_the_mean():
    """Without an intercept of its own, leave-one-out on centred data with fewer samples than features chooses no ridge at all."""
    found = [advise(*data(seed, samples=40, weights=80)) for seed in range(8)]
    assert np.median([a.ridge_cv_alpha for a in found]) == pytest.approx(80 / 5, rel=0.7)


@pytest.mark.parametrize(("kind", "word"), [("correlated", "correlated"), ("sparse", "few weights"), ("aligned", "strongest")])
def test_it_warns(kind, word):
    assert sum(any(word in text for text in advise(*data(seed, kind=kind)).warnings) for seed in range(5)) >= 4


@pytest.mark.parametrize(("samples", "weights"), [(60, 120), (110, 100), (400, 100), (300, 5), (30, 1)])
def test_it_is_silent_on_the_theorys_data(samples, weights):
    alarms = [a for seed in range(8) if (a := advise(*data(seed, samples, weights)).warnings)]
    assert len(alarms) <= 2, alarms


def test_no_signal():
    rng = np.random.default_rng(0)
    found = [advise(rng.standard_normal((60, 20)), rng.standard_normal(60)) for _ in range(12)]
    silent = [a for a in found if a.snr == 0]
    assert len(silent) >= 3
    for a in silent:
        assert (a.ridge, a.stopping_time, a.steps_times_rate) == (np.inf, 0.0, 0.0)
        assert a.errors["stopped"] == a.errors["mean only"] == pytest.approx(a.errors["ridge"])
        assert any("no signal" in text for text in a.warnings)


def test_it_prints_and_leaves_out_what_never_varies():
    X, y = data(0, samples=60, weights=6)
    told = advise(np.hstack([X, np.ones((60, 2))]), y)
    assert isinstance(told, Advice)
    assert (told.samples, told.features) == (60, 6)
    assert str(told).splitlines()[0] == "samples     60, features 6: α = 10 samples a weight"
    assert all(len(line) <= 88 for line in str(told).splitlines())


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_units_do_not_matter(scale):
    X, y = data(2, samples=80, weights=20)
    one, other = advise(X, y), advise(X * scale + 3 * scale, y * scale)
    assert other.snr == pytest.approx(one.snr, rel=1e-3)
    assert other.errors["stopped"] == pytest.approx(scale**2 * one.errors["stopped"], rel=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X.T, y), "samples stand in rows here: give X.T"),
        (lambda X, y: (X[:-1], y), "give one label for each row of X"),
        (lambda X, y: (X, y[:, None]), "y.ravel"),
        (lambda X, y: (X, np.where(y > y.mean(), y, np.nan)), "y holds nan"),
        (lambda X, y: (np.where(X.mean() < X, X, np.nan), y), "X holds nan"),
        (lambda X, y: (np.where(X.mean() < X, X, np.inf), y), "X holds inf"),
        (lambda X, y: (X.astype(str), y), "X"),
        (lambda X, y: (X + 1j, y), "X"),
        (lambda X, y: (X[:, 0], y), "X has shape"),
        (lambda X, y: (X[:9], y[:9]), "y has 9 labels"),
        (lambda X, y: (X, np.ones_like(y)), "every label of y is 1"),
        (lambda X, y: (np.ones_like(X), y), "every column of X is constant"),
    ],
)
def test_bad_input_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        advise(*change(*data(0, samples=30, weights=4)))


@pytest.mark.parametrize("folds", [1, 16, 2.0])
def test_bad_folds(folds):
    with pytest.raises(ValueError, match="folds"):
        advise(*data(0, samples=30, weights=4), folds=folds)


def test_evidence_by_hand_and_its_refusals():
    rates, rng = np.linspace(0.1, 4, 4000), np.random.default_rng(0)
    snr, noise = signal_and_noise(rates, rng.standard_normal(4000) * np.sqrt(3 * (1 + 2 * rates)))
    assert (snr, noise) == (pytest.approx(2, rel=0.15), pytest.approx(3, rel=0.1))
    assert signal_and_noise(np.array([1.0, 2.0]), np.array([1.0, 1.0]), rest=8.0, unseen=3) == (0.0, 2.0)
    with pytest.raises(ValueError, match="2 coefficients for 3 rates"):
        signal_and_noise(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="never vary"):
        signal_and_noise(np.ones(3), np.zeros(3))
    with pytest.raises(ValueError, match="rates"):
        signal_and_noise(-np.ones(3), np.ones(3))
