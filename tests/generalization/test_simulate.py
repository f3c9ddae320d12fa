"""One draw: the sampler's scales, and the path by modes against small steps, least squares and a solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.generalization import gradient_flow_path, sample_teacher_student


def draw(n, p, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((p, n)) / np.sqrt(n), rng.standard_normal(p), rng.standard_normal(n)


def test_sampler_scales():
    X, teacher, start, y = sample_teacher_student(400, 300, 5, 2, np.random.default_rng(0))
    assert X.shape == (300, 400)
    assert [len(teacher), len(start), len(y)] == [400, 400, 300]
    assert (teacher @ teacher, start @ start) == pytest.approx((2000, 800), rel=1e-12)
    assert (X**2).sum(1).mean() == pytest.approx(1, abs=0.02)
    assert ((y - X @ teacher) ** 2).mean() == pytest.approx(1, abs=0.3)
    free = [sample_teacher_student(400, 1, 5, 0, np.random.default_rng(k), fix_norm=False)[1] for k in range(50)]
    sizes = [w @ w / 400 for w in free]
    assert np.mean(sizes) == pytest.approx(5, abs=0.2)
    assert 0.1 < np.std(sizes) < 0.7  # 5 √(2/400) = 0.35
    again = sample_teacher_student(400, 300, 5, 2, np.random.default_rng(0))
    assert (again[0] == X).all()
    assert not sample_teacher_student(3, 2, 0, 0, np.random.default_rng(0))[1].any()


@pytest.mark.parametrize(("n", "p"), [(6, 4), (4, 6), (5, 5), (1, 1), (1, 3), (3, 1)])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_path_against_small_steps(n, p, ridge):
    X, y, w = draw(n, p)
    steps, end = 10_000, 2.0
    path = gradient_flow_path(X, y, w, [0.0, end], ridge)
    assert path[0] == pytest.approx(w, abs=1e-12)
    for _ in range(steps):
        w = w + end / steps * ((y - X @ w) @ X - ridge * w)
    assert path[1] == pytest.approx(w, abs=2e-3 * max(1, np.abs(w).max()))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 999))
def test_path_obeys_its_equation_and_ends_at_least_squares(n, p, seed):
    X, y, w0 = draw(n, p, seed)
    for ridge in (0.0, 0.7):
        t, h = 0.8, 1e-4
        before, here, after = gradient_flow_path(X, y, w0, [t - h, t, t + h], ridge)
        slope = (y - X @ here) @ X - ridge * here
        size = (1 + np.abs(X).max()) ** 6 * (1 + np.abs(slope).max())
        assert (after - before) / (2 * h) == pytest.approx(slope, abs=1e-6 * size)
    end = gradient_flow_path(X, y, np.zeros(n), np.inf)
    least = np.linalg.lstsq(X, y, rcond=None)[0]
    assert end == pytest.approx(least, abs=1e-8 * (1 + np.abs(least).max()))
    ridge = np.linalg.solve(X.T @ X + 0.7 * np.eye(n), X.T @ y)
    assert gradient_flow_path(X, y, w0, np.inf, 0.7) == pytest.approx(ridge, abs=1e-9)


def test_what_no_sample_touches_stays():
    X, y, w0 = draw(9, 4)
    moved = gradient_flow_path(X, y, w0, [0.5, 20, np.inf]) - w0
    unseen = np.linalg.qr(X.T, mode="complete")[0][:, 4:]
    assert moved @ unseen == pytest.approx(0, abs=1e-13)
    faded = gradient_flow_path(X, y, w0, 2.0, ridge=0.5) @ unseen
    assert faded == pytest.approx(np.exp(-1) * (w0 @ unseen), abs=1e-13)


def test_repeated_inputs_do_not_blow_up():
    X, y, w0 = draw(5, 3)
    X = np.concatenate([X, X])
    y = np.concatenate([y, y + 1])
    end = gradient_flow_path(X, y, 0 * w0, np.inf)
    assert X @ end == pytest.approx(np.tile((y[:3] + y[3:]) / 2, 2), abs=1e-10)
    assert gradient_flow_path(0 * X, y, w0, np.inf) == pytest.approx(w0)


def test_shapes_of_t():
    X, y, w0 = draw(5, 3)
    assert gradient_flow_path(X, y, w0, 1.0).shape == (5,)
    assert gradient_flow_path(X, y, w0, np.ones((2, 7))).shape == (2, 7, 5)


def test_bad_input_names_the_argument():
    X, y, w0 = draw(5, 3)
    nan = np.where(np.arange(3) == 1, np.nan, y)
    for arguments, message in (
        ((X.T, y, w0, 1.0), r"X has shape \(5, 3\) and y 3 labels: samples stand in its columns"),
        ((X, w0, y, 1.0), ".* samples stand in its columns"),
        ((X[:2], y, w0, 1.0), ".*P = 2, but y has 3 labels"),
        ((X, y, w0[:4], 1.0), ".*N = 5, but w0 has 4 weights"),
        ((X, y[None], w0, 1.0), r"y has shape \(1, 3\)"),
        ((X, nan, w0, 1.0), "y holds nan"),
        ((X * np.inf, y, w0, 1.0), "X holds (inf|nan)"),
        ((X + 0j, y, w0, 1.0), "X is an array of complex128"),
        ((X[:0], y[:0], w0, 1.0), ".* holds nothing"),
        ((X, y, w0, -1.0), "t holds -1"),
        ((X, y, w0, 1.0, -1.0), "ridge holds -1"),
    ):
        with pytest.raises(ValueError, match=f"gradient_flow_path: {message}"):
            gradient_flow_path(*arguments)
    rng = np.random.default_rng(0)
    for arguments, message in (
        ((0, 3, 5, 0, rng), "n = 0"),
        ((3, 2.0, 5, 0, rng), "p = 2.0"),
        ((3, 2, -5, 0, rng), "snr holds -5"),
        ((3, 2, [1, 2], 0, rng), r"snr has shape \(2,\)"),
        ((3, 2, 5, 0, 17), "rng is a int; give a generator"),
        ((3, 2, 5, 0, np.random), "rng is a module; give a generator"),
    ):
        with pytest.raises(ValueError, match=f"sample_teacher_student: {message}"):
            sample_teacher_student(*arguments)
