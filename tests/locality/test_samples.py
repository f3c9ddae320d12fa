"""The task: what a sample is made of, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.locality import sample_dsd


def rng(seed=0):
    return np.random.default_rng(seed)


@given(P=st.integers(1, 9), k=st.integers(1, 6), d=st.integers(1, 5), fixed=st.booleans(), seed=st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_without_noise_a_sample_is_the_signed_signal_in_its_patch(P, k, d, fixed, seed):
    w = np.linspace(-1, 2, d)
    w /= np.linalg.norm(w)
    x, y, t = sample_dsd(P, k, d, 0.0, rng(seed), w=w, fixed_at=k - 1 if fixed else None)
    assert x.shape == (P, k, d)
    assert x.dtype == y.dtype == np.float64
    assert set(np.abs(y)) == {1.0}
    assert (t == k - 1).all() if fixed else ((t >= 0) & (t < k)).all()
    want = np.zeros((P, k, d))
    want[np.arange(P), t] = y[:, None] * w
    np.testing.assert_array_equal(x, want)


def test_noise_is_in_every_pixel_and_in_the_signal_patch_too():
    x, y, t = sample_dsd(40_000, 3, 2, 0.5, rng())
    here = x[np.arange(40_000), t] * y[:, None]
    assert np.abs(here.mean(0) - [1, 0]).max() < 0.01  # three standard errors are 0.0075
    assert np.abs(x.std(0) - np.sqrt([[0.25 + 1 / 3, 0.25]])).max() < 0.01
    assert abs(y.mean()) < 0.02
    assert np.abs(np.bincount(t) / 40_000 - 1 / 3).max() < 0.01
    assert abs((y * (t == 0)).mean()) < 0.01


def test_replacing_leaves_the_signal_clean():
    x, y, t = sample_dsd(50, 4, 3, 1.0, rng(), replace=True)
    np.testing.assert_array_equal(x[np.arange(50), t], y[:, None] * np.eye(1, 3))


def test_the_same_generator_gives_the_same_samples():
    first, again = (sample_dsd(5, 2, 2, 0.1, rng(3))[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - sample_dsd(5, 2, 2, 0.1, rng(4))[0]).max() > 0.01


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"P": 0}, "P = 0 must be a whole number of at least 1"),
        ({"k": 2.5}, "k = 2.5 must be a whole number"),
        ({"d": 0}, "d = 0"),
        ({"sigma": -0.1}, "sigma = -0.1 must be at least 0"),
        ({"sigma": float("nan")}, "sigma = nan must be a finite number"),
        ({"w": np.ones(3)}, "w has length 1.73205; the signal has length 1"),
        ({"w": np.ones(2) / 2**0.5}, "has d = 2, expected 3"),
        ({"w": [1, 0, 0]}, "w is a list"),
        ({"w": np.array([1, 0, 0])}, "w is int64"),
        ({"fixed_at": 4}, "fixed_at = 4 must be a patch, from 0 to 3"),
        ({"fixed_at": -1}, "fixed_at = -1"),
        ({"rng": np.random}, "rng is a module; give a generator"),
        ({"rng": 0}, "rng is a int; give a generator"),
    ],
)
def test_refusals(change, words):
    with pytest.raises(ValueError, match="sample_dsd: ") as refusal:
        sample_dsd(**({"P": 5, "k": 4, "d": 3, "sigma": 0.1, "rng": rng()} | change))
    assert words in str(refusal.value)
