"""The overlap law and the lower bounds, against adaptive quadrature, sampling, and sums over every m."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from dynlib.locality import (
    bayes_error_known_signal,
    equivariant_lower_bound,
    leading_order,
    oracle_error,
    overlap_cdf,
    overlap_square,
    samples_needed,
    squared_loss_bound,
)
from dynlib.locality.bayes import RULES, scores
from dynlib.locality.bounds import unknown_directions


def cdf_by_quad(q, m, sigma, D):
    a, slope, middle = math.sqrt(m) / sigma, q / math.sqrt(1 - q * q), math.sqrt(D - 1)
    low, high = max(0, middle - 9), middle + 9
    return integrate.quad(
        lambda x: stats.chi.pdf(x, D - 1) * stats.norm.cdf(slope * x - a),
        low,
        high,
        epsabs=1e-13,
        epsrel=1e-11,
        limit=500,
        points=[min(max(a / slope, low), high)],
    )[0]


@pytest.mark.parametrize(
    ("m", "sigma", "D", "q"),
    [
        (5, 0.5, 8, 0.8),
        (40, 0.5, 64, 0.7),
        (10, 0.05, 500, 0.95),
        (3, 0.5, 2, 0.9),
        (0, 0.3, 5, 0.2),
        (1000, 0.1, 3, 0.9999),
        (7, 2.0, 2, -0.5),
        (1.5, 1.0, 30, 0.1),
    ],
)
def test_the_law_against_adaptive_quadrature(m, sigma, D, q):
    assert overlap_cdf(q, m, sigma, D) == pytest.approx(cdf_by_quad(q, m, sigma, D), abs=1e-9)


@pytest.mark.parametrize(("m", "sigma", "D"), [(5, 0.5, 8), (3, 1.0, 2), (4, 0.7, 1), (40, 0.5, 64), (0, 0.5, 4)])
def test_the_law_against_means_of_samples(m, sigma, D):
    """Straight from the definition: average m looks, measure the angle, ask for the sign of one look more."""
    rng, draws = np.random.default_rng(0), 20_000
    v = np.eye(1, D) * m + sigma * math.sqrt(m) * rng.standard_normal((draws, D)) if m else rng.standard_normal((draws, D))
    c = v[:, 0] / np.linalg.norm(v, axis=1)
    for q in (-0.5, 0.0, 0.3, 0.8):
        assert abs((c < q).mean() - overlap_cdf(q, m, sigma, D)) < 0.011  # three standard errors at most
    assert abs((c**2).mean() - overlap_square(m, sigma, D)) < 0.01
    look = np.eye(1, D) + sigma * rng.standard_normal((draws, D))
    assert abs(((v * look).sum(1) < 0).mean() - oracle_error(m, sigma, D)) < 0.011


def test_ends_of_the_law():
    assert overlap_cdf(-1.0, 3, 0.5, 4) == 0
    assert overlap_cdf(1.0, 3, 0.5, 4) == pytest.approx(1, abs=1e-12)
    assert oracle_error(0, 0.5, 7) == pytest.approx(0.5, abs=1e-8)
    assert oracle_error(0, 0.5, 1) == pytest.approx(0.5, abs=1e-12)
    assert oracle_error(1e7, 0.5, 7) == pytest.approx(stats.norm.cdf(-2), abs=1e-6)
    assert overlap_square(0, 0.5, 7) == pytest.approx(1 / 7)
    assert overlap_cdf(np.array([[0.1, 0.2]]), 3, 0.5, 4).shape == (1, 2)


@given(m=st.integers(1, 60), sigma=st.floats(0.1, 2), D=st.integers(1, 80))
@settings(deadline=None, derandomize=True, max_examples=30)
def test_error_falls_with_samples_and_grows_with_unknowns(m, sigma, D):
    error = oracle_error(m, sigma, D)
    assert stats.norm.cdf(-1 / sigma) - 1e-8 <= error <= 0.5 + 1e-8
    assert oracle_error(m + 1, sigma, D) <= error + 1e-8
    assert oracle_error(m, sigma, D + 1) >= error - 1e-8


def test_the_square_of_the_overlap_is_near_the_curve_of_ridge():
    assert overlap_square(16, 1.0, 64) == pytest.approx(0.2086, abs=1e-4)  # r/(1 + r) = 0.2
    for r in (0.1, 1.0, 5.0):
        assert overlap_square(r * 0.25 * 5000, 0.5, 5000) == pytest.approx(r / (1 + r), abs=3e-4)


@pytest.mark.parametrize("kind", ["dense", "local"])
@pytest.mark.parametrize(("P", "k", "d", "sigma"), [(300, 8, 16, 0.5), (90, 2, 2, 0.5), (7, 3, 4, 0.3), (500, 4, 1, 0.6)])
def test_the_bound_is_the_sum_over_every_m(kind, P, k, d, sigma):
    D = unknown_directions(k, d, kind)
    p = stats.binom.pmf(np.arange(P + 1), P, 1 / k)
    want = sum(p[m] * oracle_error(m, sigma, D) for m in range(P + 1) if p[m] > 1e-14)
    assert equivariant_lower_bound(P, k, d, sigma, kind) == pytest.approx(want, abs=1e-8)


def test_golden_bounds():
    assert [round(equivariant_lower_bound(P, 8, 64, 0.5, "dense"), 4) for P in (2, 64, 2120)] == [0.4831, 0.3166, 0.05]
    assert [samples_needed(0.05, 8, 64, 0.5, kind) for kind in ("dense", "local", "shared")] == [2120, 277, 34]
    assert [round(leading_order(0.05, 8, 64, 0.5, kind)) for kind in ("dense", "local", "shared")] == [2111, 268, 33]
    assert equivariant_lower_bound(9, 1, 5, 0.5, "dense") == equivariant_lower_bound(9, 1, 5, 0.5, "shared")
    assert unknown_directions(8, 64, "dense") == 505


@given(P=st.integers(0, 200), k=st.integers(1, 6), d=st.integers(1, 12), sigma=st.floats(0.2, 1.5))
@settings(deadline=None, derandomize=True, max_examples=20)
def test_more_eyes_open_lower_bounds(P, k, d, sigma):
    shared, local, dense = (equivariant_lower_bound(P, k, d, sigma, kind) for kind in ("shared", "local", "dense"))
    assert shared <= local + 1e-8
    assert local <= dense + 1e-8
    assert dense <= 0.5 + 1e-8


def test_a_target_below_the_floor_is_nan_with_a_reason():
    with pytest.warns(UserWarning, match=r"target 0.02 is not above 0.0228"):
        assert math.isnan(samples_needed(0.02, 4, 8, 0.5, "local"))
    assert leading_order(0.02, 4, 8, 0.5, "local") == math.inf


def test_squared_loss():
    assert next(P for P in range(99) if squared_loss_bound(P, 8, 256, 0.3, "local") < 0.25) == 37
    assert next(P for P in range(99) if squared_loss_bound(P, 16, 512, 0.15, "local") < 0.25) == 36
    assert squared_loss_bound(10**6, 8, 256, 0.3, "local") == 0
    assert squared_loss_bound(0, 8, 256, 0.3, "shared") == pytest.approx((1 - 1 / 16) ** 2)
    with pytest.raises(ValueError, match="units can point the same way"):
        squared_loss_bound(9, 8, 256, 0.3, "dense")


def test_the_rule_of_bayes():
    rng = np.random.default_rng(0)
    errors = {rule: bayes_error_known_signal(8, 0.35, 100_000, rng, rule) for rule in RULES}
    golden = {"sinh": 0.078, "threshold": 0.085, "largest": 0.079, "linear": 0.156, "oracle": stats.norm.cdf(-1 / 0.35)}
    for rule, want in golden.items():
        assert errors[rule][0] == pytest.approx(want, abs=3 * errors[rule][1] + 5e-4)
    for z in np.random.default_rng(1).standard_normal((20, 5)):  # the likelihoods themselves
        ratio = stats.norm.pdf(z, 1, 0.6) / stats.norm.pdf(z, 0, 0.6), stats.norm.pdf(z, -1, 0.6) / stats.norm.pdf(z, 0, 0.6)
        assert np.sign(scores(z[None], 0.6, "sinh")[0]) == np.sign(ratio[0].mean() - ratio[1].mean())
    assert np.isfinite(scores(np.array([[3.0, -2.0]]), 0.01, "sinh")).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: overlap_cdf(1.5, 3, 0.5, 4), "q = array(1.5) must lie between -1 and 1"),
        (lambda: overlap_cdf(0.5, -1, 0.5, 4), "m = -1 must be at least 0"),
        (lambda: oracle_error(3, 0.0, 4), "sigma = 0.0 must be above 0"),
        (lambda: oracle_error(3, 0.5, 0), "D = 0"),
        (lambda: equivariant_lower_bound(3, 4, 5, 0.5, "cnn"), "kind = 'cnn' is not known"),
        (lambda: equivariant_lower_bound(-3, 4, 5, 0.5, "local"), "P = -3 must be a whole number of at least 0"),
        (lambda: samples_needed(0.5, 4, 5, 0.5, "local"), "target = 0.5 must lie between 0 and 1/2"),
        (lambda: leading_order(0.0, 4, 5, 0.5, "local"), "target = 0.0"),
        (lambda: bayes_error_known_signal(4, 0.5, 10, 7), "rng is a int"),
        (lambda: bayes_error_known_signal(4, 0.5, 10, np.random.default_rng(0), "relu"), "rule = 'relu' is not known"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ValueError, match=r"\w+: ") as refusal:
        call()
    assert words in str(refusal.value)
