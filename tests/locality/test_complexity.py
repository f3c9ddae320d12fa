"""The search for a number of samples, against curves whose crossing is known, and the slope against numpy's."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.locality.complexity import loglog_slope, sample_complexity


def falling(at, power=0.5, floor=0.0):
    """An error that is 0.1 at so many samples."""
    return lambda P: min(0.5, floor + (0.1 - floor) * (at / P) ** power)


@given(at=st.floats(5, 5000), start=st.integers(2, 5000), factor=st.floats(1.2, 3))
@settings(deadline=None, derandomize=True, max_examples=80)
def test_a_power_law_is_found_from_anywhere(at, start, factor):
    found = sample_complexity(falling(at), 0.1, start, factor=factor, largest=200_000)
    low, high = found.bracket
    assert low < found.samples <= high * (1 + 1e-9)
    assert low <= at * 1.001
    assert at <= high * 1.001
    assert found.samples == pytest.approx(at, rel=0.6)
    assert found.reason == ""


def test_the_fresh_test_error_is_kept_and_never_looked_at():
    found = sample_complexity(lambda P: (falling(50)(P), 0.9), 0.1, 10)
    assert {test for _, test in found.history.values()} == {0.9}
    assert found.samples == pytest.approx(50, rel=0.1)
    assert all(math.isnan(test) for _, test in sample_complexity(falling(50), 0.1, 10).history.values())


def test_one_lucky_run_does_not_end_the_search():
    lucky = {20: 0.05}
    found = sample_complexity(lambda P: lucky.get(P, falling(200)(P)), 0.1, 20, factor=2)
    low, high = found.bracket
    assert low <= 20 < 200 < high
    assert "up and down" in found.reason
    assert 20 < found.samples < high


def test_a_target_at_or_below_the_floor_is_not_a_number():
    asked = []
    found = sample_complexity(asked.append, 0.1, 10, floor=0.1)
    assert math.isnan(found.samples)
    assert found.reason == "the target 0.1 is not above the floor 0.1"
    assert not asked


def test_a_target_that_is_never_met_and_one_that_is_met_at_once():
    never = sample_complexity(lambda P: 0.3, 0.1, 10, largest=100)
    assert math.isnan(never.samples)
    assert never.reason == "the error is still 0.3 at 100 samples"
    assert never.bracket == (100, math.inf)
    soon = sample_complexity(lambda P: 0.01, 0.1, 10, smallest=4)
    assert math.isnan(soon.samples)
    assert soon.reason == "the target is met already at 4 samples"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": 0}, "target = 0 must be an error rate"),
        ({"target": 1.5}, "target = 1.5"),
        ({"start": 1}, "start = 1 must lie between smallest = 2"),
        ({"start": 2.5}, "start = 2.5 must be a whole number"),
        ({"factor": 1}, "factor = 1 must be above 1"),
        ({"error_at": lambda P: math.nan}, r"error_at\(10\) = nan must lie between 0 and 1"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        sample_complexity(**{"error_at": falling(50), "target": 0.1, "start": 10} | arguments)


@given(st.floats(-3, 3), st.floats(0.1, 10))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_an_exact_power_has_an_interval_of_no_width(power, scale):
    x = np.array([2.0, 3, 5, 9])
    for y in (scale * x**power, np.stack([scale * x**power, 2 * scale * x**power])):
        slope, (low, high) = loglog_slope(x, y, np.random.default_rng(0), boot=50)
        assert slope == pytest.approx(power, abs=1e-9)
        assert low == pytest.approx(power, abs=1e-9)
        assert high == pytest.approx(power, abs=1e-9)


def test_slope_is_least_squares_and_its_interval_covers():
    """Of 200 intervals from ten seeds each, most hold the true slope; percentile intervals of few seeds are a little short."""
    rng, x, held = np.random.default_rng(1), np.array([2.0, 4, 8, 16]), 0
    for _ in range(200):
        y = x**1.5 * np.exp(0.2 * rng.standard_normal((10, 4)))
        slope, (low, high) = loglog_slope(x, y, rng, boot=300)
        assert slope == pytest.approx(np.polyfit(np.log(x), np.log(y).mean(0), 1)[0], abs=1e-9)
        held += low <= 1.5 <= high
    assert 0.85 < held / 200 < 0.99


def test_points_are_drawn_where_there_is_one_seed():
    rng = np.random.default_rng(0)
    x = np.array([1.0, 2, 4, 8, 16, 32])
    slope, (low, high) = loglog_slope(x, x * np.exp(0.3 * rng.standard_normal(6)), rng)
    assert low < slope < high


@pytest.mark.parametrize(
    ("x", "y", "rng", "message"),
    [
        ([1, 2], [1, 2], 0, r"x has shape \(2,\); a slope with an interval needs at least 3"),
        ([2, 2, 2], [1, 2, 3], 0, "3 different points"),
        ([1, 2, 3], [1, 2], 0, r"y has shape \(2,\)"),
        ([1, 2, 3], [1, 0, 2], 0, "y holds 0.0; logarithms need positive"),
        ([1, 2, 3], [1, math.nan, 2], 0, "y holds nan"),
        ([-1, 2, 3], [1, 1, 2], 0, "x holds -1.0"),
        ([1, 2, 3], [1, 1, 2], None, "rng is a NoneType"),
    ],
)
def test_bad_points_are_named(x, y, rng, message):
    with pytest.raises(ValueError, match=message):
        loglog_slope(x, y, rng if rng is None else np.random.default_rng(rng))
