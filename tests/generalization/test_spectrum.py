"""The Marchenko–Pastur law: its moments in closed form, both rules against each other and against real matrices."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from dynlib.generalization import (
    marchenko_pastur_atom,
    marchenko_pastur_density,
    marchenko_pastur_edges,
    marchenko_pastur_quadrature,
    marchenko_pastur_stieltjes,
    spectrum,
)
from dynlib.generalization.spectrum import crowded_quadrature

loads = st.floats(1e-3, 1e3)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9, 1.1, 2.0, 5.0])
def test_moments_of_the_even_rule(alpha):
    lam, weight = marchenko_pastur_quadrature(alpha, 400)
    want = (min(1, alpha), alpha, alpha + alpha**2, 1 / (alpha - 1) if alpha > 1 else alpha / (1 - alpha))
    got = (weight.sum(), lam @ weight, lam**2 @ weight, (weight / lam).sum())
    assert got == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize(("n", "size"), [(50, 4e-1), (100, 5e-3), (200, 3e-7), (400, 1e-12)])
def test_the_even_rule_converges_geometrically(n, size):
    lam, weight = marchenko_pastur_quadrature(0.9, n)
    assert abs((weight / lam).sum() - 9) < 2 * size
    assert n == 400 or abs((weight / lam).sum() - 9) > size / 2


@settings(deadline=None, derandomize=True, max_examples=60)
@given(loads)
def test_moments_of_the_crowded_rule(alpha):
    lam, weight = crowded_quadrature(alpha)
    assert (np.diff(lam) >= 0).all()
    assert (weight > 0).all()
    assert weight.sum() == pytest.approx(min(1, alpha), rel=1e-12)
    assert lam @ weight == pytest.approx(alpha, rel=1e-12)
    assert lam**2 @ weight == pytest.approx(alpha + alpha**2, rel=1e-12)


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6, 1e-9])
def test_crowded_rule_next_to_one(gap):
    for alpha in (1 - gap, 1 + gap):
        lam, weight = crowded_quadrature(alpha)
        assert (weight / lam).sum() == pytest.approx(min(1, alpha) / abs(1 - alpha), rel=1e-6)


def test_near_one_few_nodes_warn_once_and_are_right():
    spectrum._warn_of_few_nodes.cache_clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for alpha in (0.99, 1.01, 1.0):
            lam, weight = marchenko_pastur_quadrature(alpha, 100)
            assert len(lam) == len(weight) == 100
            if alpha != 1:
                assert (weight / lam).sum() == pytest.approx(min(1, alpha) / abs(1 - alpha), rel=1e-9)
    assert len(caught) == 1
    assert "crowd" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_near_one_many_nodes_do_not_warn():
    spectrum._warn_of_few_nodes.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lam, weight = marchenko_pastur_quadrature(1.01, 20_000)
        assert (weight / lam).sum() == pytest.approx(100, rel=1e-9)
        marchenko_pastur_quadrature(0.98, 400)


def test_even_and_crowded_rules_agree_on_a_training_curve():
    for alpha in (0.3, 0.95, 1.3):
        even, crowded = marchenko_pastur_quadrature(alpha, 2000), crowded_quadrature(alpha)
        sums = [weight @ np.exp(-7 * lam) for lam, weight in (even, crowded)]
        assert sums[0] == pytest.approx(sums[1], rel=1e-12)


def test_density_is_that_of_a_random_matrix():
    N, P = 600, 300
    X = np.random.default_rng(1).standard_normal((N, P)) / np.sqrt(N)
    lam = np.linalg.svd(X, compute_uv=False) ** 2
    low, high = marchenko_pastur_edges(P / N)
    assert low - 0.02 < lam.min() < lam.max() < high + 0.1
    for x in (0.3, 0.6, 1.2, 2.0):
        below = quad(marchenko_pastur_density, low, x, args=(P / N,), epsabs=1e-10)[0]
        assert (lam < x).sum() / N == pytest.approx(below, abs=0.01)


def test_density_at_its_ends_and_outside():
    low, high = marchenko_pastur_edges(2.0)
    assert marchenko_pastur_density([0, low / 2, high + 1], 2.0).tolist() == [0, 0, 0]
    assert marchenko_pastur_density(0.0, 1.0) == np.inf
    assert marchenko_pastur_density(1e-8, 1.0) == pytest.approx(1 / (np.pi * 1e-4), rel=1e-6)
    assert marchenko_pastur_density([[1.0], [2.0]], [0.5, 1.0, 2.0]).shape == (2, 3)
    assert marchenko_pastur_atom([0.25, 1, 3]).tolist() == [0.75, 0, 0]
    assert np.ptp(marchenko_pastur_edges(1.0)) == 4


@settings(deadline=None, derandomize=True, max_examples=60)
@given(loads, st.floats(1e-6, 1e6))
def test_stieltjes_is_the_integral(alpha, gamma):
    lam, weight = crowded_quadrature(alpha)
    want = (weight / (lam + gamma)).sum() + marchenko_pastur_atom(alpha) / gamma
    assert marchenko_pastur_stieltjes(gamma, alpha) == pytest.approx(want, rel=1e-10)


@pytest.mark.parametrize("bad", [0, -1, np.nan, np.inf, 1j, "a", [[]], None])
def test_bad_loads_are_refused(bad):
    for call in (
        marchenko_pastur_edges,
        marchenko_pastur_atom,
        marchenko_pastur_quadrature,
        lambda a: marchenko_pastur_density(1.0, a),
        lambda a: marchenko_pastur_stieltjes(1.0, a),
    ):
        with pytest.raises(ValueError, match="alpha"):
            call(bad)


def test_other_bad_input_is_refused():
    for n in (0, -3, 2.0, True, None):
        with pytest.raises(ValueError, match=r"n = .* whole number"):
            marchenko_pastur_quadrature(0.5, n)
    with pytest.raises(ValueError, match="give one number"):
        marchenko_pastur_quadrature([0.5, 1.0])
    for gamma in (0, -1, np.nan):
        with pytest.raises(ValueError, match="gamma"):
            marchenko_pastur_stieltjes(gamma, 0.5)
    with pytest.raises(ValueError, match="lam holds -1"):
        marchenko_pastur_density([-1, 1], 0.5)
