"""Closed forms of one and two steps against draws of what they describe."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from dynlib.locality import closed_forms, gradient_steps, sample_dsd
from dynlib.locality.closed_forms import linear_dense_error, linear_samples, threshold_error, two_step_bound, unseen_error


@pytest.mark.parametrize(("P", "k", "d", "sigma"), [(300, 4, 128, 0.3), (533, 8, 128, 0.2121), (4000, 16, 128, 0.15)])
def test_linear_dense_error_is_that_of_a_drawn_mean(P, k, d, sigma):
    rng, errors = np.random.default_rng(0), []
    for _ in range(60):
        v = sigma / np.sqrt(P) * rng.standard_normal((k, d))
        v[:, 0] += rng.multinomial(P, np.full(k, 1 / k)) / P
        errors.append(ndtr(-v[:, 0] / (sigma * np.linalg.norm(v))).mean())
    assert linear_dense_error(P, k, d, sigma) == pytest.approx(np.mean(errors), abs=0.007)


@pytest.mark.parametrize("k", [2, 5, 9])
def test_linear_samples_invert_the_error(k):
    P = linear_samples(0.1, k, 200, 0.2, "dense")
    assert linear_dense_error(round(1000 * P), k, 200, 0.2) < 0.1
    assert linear_dense_error(round(P), k, 200, 0.2) == pytest.approx(0.1, abs=0.01)
    assert linear_samples(0.1, k, 200, 0.2, "local") == P
    assert linear_samples(0.1, k, 200, 0.2, "shared") == pytest.approx(P / k)


def test_beyond_the_wall_no_number_of_samples_is_enough():
    assert linear_samples(0.1, 16, 128, 0.2, "dense") == math.inf
    assert linear_dense_error(10**12, 16, 128, 0.2) > 0.1


@pytest.mark.parametrize(("P", "q"), [(32, 0.97), (48, 0.98)])
def test_two_steps_fail_less_often_than_the_bound_and_not_never(P, q):
    bound = two_step_bound(P // 2, P // 2, 8, 64, 0.12, q, "shared")
    lost = []
    for draw in range(150):
        x, y, _ = sample_dsd(P, 8, 64, 0.12, np.random.default_rng(draw))
        lost.append(gradient_steps(x, y, "shared", threshold=bound.threshold, split=True).filters[0, 0] < q)
    assert 0.1 < np.mean(lost) < bound.failure < 0.6


def test_two_step_bound_falls_with_samples_and_local_needs_more():
    shared = [two_step_bound(P, P, 8, 64, 0.12, 0.95, "shared").failure for P in (16, 32, 64)]
    assert shared == sorted(shared, reverse=True)
    assert shared[0] < 0.5
    local = two_step_bound(64, 64, 8, 64, 0.12, 0.95, "local")
    assert local.failure == 1
    assert two_step_bound(3000, 3000, 8, 64, 0.1, 0.9, "local").failure < 0.1


def test_one_patch_is_the_same_for_both():
    """With k = 1 nothing is shared: n = P1 and m = P2, and the local bound's mean has one term."""
    shared, local = (two_step_bound(10, 12, 1, 16, 0.2, 0.9, kind) for kind in ("shared", "local"))
    assert local.failure == pytest.approx(shared.failure, rel=1e-9)


@pytest.mark.parametrize(("q", "k", "sigma"), [(0.9, 8, 0.2), (0.6, 3, 0.2), (1.0, 1, 0.5)])
def test_threshold_error_bounds_drawn_responses(q, k, sigma):
    rng = np.random.default_rng(0)
    z = sigma * rng.standard_normal((200_000, k))
    z[:, 0] += q
    f = (np.sign(z) * np.maximum(np.abs(z) - q / 2, 0)).sum(1)
    assert np.mean(np.where(f == 0, 0.5, f < 0)) <= threshold_error(q, k, sigma)


def test_unseen_places_are_coupons():
    rng = np.random.default_rng(0)
    unseen = np.mean([np.mean(np.bincount(rng.integers(0, 16, 20), minlength=16) == 0) for _ in range(4000)])
    assert unseen_error(20, 16) == pytest.approx(unseen / 2, abs=0.005)
    assert unseen_error(0, 16) == 0.5
    assert unseen_error(3, 1) == 0


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("linear_dense_error", (0, 4, 8, 0.1), "P = 0 must be a whole number"),
        ("linear_dense_error", (5, 4, 8, 0.0), "sigma = 0.0 must be above 0"),
        ("linear_samples", (0.5, 4, 8, 0.1, "dense"), "target = 0.5 must lie between 0 and 1/2"),
        ("linear_samples", (0.1, 4, 8, 0.1, "conv"), "kind = 'conv' is not known"),
        ("two_step_bound", (5, 5, 4, 8, 0.1, 1.0, "shared"), "q = 1.0 must be an overlap below 1"),
        ("two_step_bound", (5, 5, 4, 8, 0.1, 0.9, "dense"), "kind = 'dense' is not known"),
        ("two_step_bound", (5, 0, 4, 8, 0.1, 0.9, "local"), "P2 = 0"),
        ("threshold_error", (0, 4, 0.1), "q = 0 must be above 0"),
        ("unseen_error", (-1, 4), "P = -1 must be a whole number of at least 0"),
    ],
)
def test_bad_input_is_named(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(closed_forms, name)(*arguments)
