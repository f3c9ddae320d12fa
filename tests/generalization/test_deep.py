"""Deep linear nets against the nets themselves, layer by layer."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dynlib.generalization import deep_linear_path, gradient_flow_path, logistic_mode, sample_teacher_student


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize(("target", "s0"), [(1.0, 1e-2), (2.0, 3.0), (0.5, 0.5), (0.0, 0.4)])
def test_mode_obeys_its_equation(depth, target, s0):
    t = np.linspace(0, 6, 13)
    want = solve_ivp(
        lambda _, s: depth * s ** (2 - 2 / depth) * (target - s), (0, 6), [s0], t_eval=t, rtol=1e-11, atol=1e-13, method="DOP853"
    ).y[0]
    assert logistic_mode(t, target, s0, depth) == pytest.approx(want, abs=1e-7)


def test_half_times():
    target, s0 = np.array([3, 2, 1, 0.5]), 1e-3
    half = np.log(target / s0 - 1) / (2 * target)
    assert half == pytest.approx([1.334, 1.900, 3.453, 6.213], abs=5.1e-4)
    assert logistic_mode(half, target, s0) == pytest.approx(target / 2, rel=1e-12)
    assert logistic_mode([0, 1e4], 3.0, s0).tolist() == pytest.approx([s0, 3], rel=1e-12)  # no overflow
    assert logistic_mode([1.0, 2.0], [[1.0], [2.0]], 0.1, depth=3).shape == (2, 2)
    assert all(isinstance(logistic_mode(1.0, 1.0, 0.1, depth), float) for depth in (1, 2, 3))


def test_mode_is_that_of_a_two_layer_net():
    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.standard_normal((3, 3)))[0] for _ in range(2))
    target, s0 = np.array([2.0, 1.0, 0.5]), 1e-2
    goal = U * target @ V.T

    def flow(_, both):
        first, second = both.reshape(2, 3, 3)
        missed = goal - second @ first
        return np.concatenate([(second.T @ missed).ravel(), (missed @ first.T).ravel()])

    start = np.concatenate([(np.sqrt(s0) * V.T).ravel(), (np.sqrt(s0) * U).ravel()])
    t = np.linspace(0, 8, 9)
    path = solve_ivp(flow, (0, 8), start, t_eval=t, rtol=1e-10, atol=1e-12).y.T.reshape(-1, 2, 3, 3)
    seen = np.array([np.diag(U.T @ second @ first @ V) for first, second in path])
    assert logistic_mode(t[:, None], target, s0) == pytest.approx(seen, abs=1e-8)


@pytest.mark.parametrize("depth", [2, 3])
def test_path_is_that_of_the_whole_net(depth):
    rng = np.random.default_rng(0)
    N, width = 12, 4
    X, _, _, y = sample_teacher_student(N, 8, 5, 0, rng)
    w0 = 1e-2 * rng.standard_normal(N)
    b, q = np.linalg.norm(w0) ** (1 / depth), rng.standard_normal((depth, width))
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    layers = [np.outer(q[0], b * w0 / np.linalg.norm(w0))] + [b * np.outer(q[k], q[k - 1]) for k in range(1, depth - 1)]
    layers.append(b * q[depth - 2][None])
    cuts = np.cumsum([layer.size for layer in layers])[:-1]

    def unpack(v):
        return [part.reshape(layer.shape) for part, layer in zip(np.split(v, cuts), layers, strict=True)]

    def product(matrices, size):
        out = np.eye(size)
        for M in matrices:
            out = M @ out
        return out

    def flow(_, v):
        M = unpack(v)
        g = ((y - X @ product(M, N)[0]) @ X)[None]
        return np.concatenate([(product(M[k + 1 :], M[k].shape[0]).T @ g @ product(M[:k], N).T).ravel() for k in range(depth)])

    t = np.array([10.0, 0, 1, 3])
    net = solve_ivp(flow, (0, 10), np.concatenate([layer.ravel() for layer in layers]), t_eval=np.sort(t), rtol=1e-9, atol=1e-12)
    want = {time: product(unpack(v), N)[0] for time, v in zip(np.sort(t), net.y.T, strict=True)}
    assert deep_linear_path(X, y, w0, t, depth) == pytest.approx(np.array([want[time] for time in t]), abs=1e-6)


def test_one_layer_is_gradient_flow():
    X, _, start, y = sample_teacher_student(6, 4, 5, 1, np.random.default_rng(0))
    assert (deep_linear_path(X, y, start, [1.0, 2.0], 1) == gradient_flow_path(X, y, start, [1.0, 2.0])).all()
    assert deep_linear_path(X, y, start, [0.0, 0.0], 2) == pytest.approx(np.stack([start, start]))


def test_bad_input_names_the_argument():
    X, _, start, y = sample_teacher_student(6, 4, 5, 1, np.random.default_rng(0))
    for call, message in (
        (lambda: deep_linear_path(X, y, 0 * start, [1.0], 2), "deep_linear_path: w0 is 0, a saddle"),
        (lambda: deep_linear_path(X.T, y, start, [1.0], 2), "deep_linear_path: X has shape .* samples stand in its columns"),
        (lambda: deep_linear_path(X, y, start, [np.inf], 2), "deep_linear_path: t holds inf"),
        (lambda: deep_linear_path(X, y, start, [1.0], 0), "deep_linear_path: depth = 0"),
        (lambda: logistic_mode(1.0, 1.0, 0.0), "logistic_mode: s0 holds 0"),
        (lambda: logistic_mode(1.0, -1.0, 0.1), "logistic_mode: target holds -1"),
        (lambda: logistic_mode(-1.0, 1.0, 0.1), "logistic_mode: t holds -1"),
        (lambda: logistic_mode(1.0, 1.0, 0.1, depth=2.0), "logistic_mode: depth = 2.0"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
