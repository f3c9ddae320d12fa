"""The soft threshold, the three networks and their gradients by hand, against torch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.locality import backward, dense_forward, forward, local_forward, shared_forward, soft_threshold, soft_threshold_grad


@given(z=st.lists(st.floats(-5, 5), min_size=1, max_size=20), b=st.floats(0, 3))
@settings(deadline=None, derandomize=True)
def test_soft_threshold_is_torch_s_softshrink(z, b):
    z = np.array(z)
    want = torch.nn.functional.softshrink(torch.tensor(z), b).numpy()
    np.testing.assert_allclose(soft_threshold(z, b), want, atol=1e-15)
    np.testing.assert_allclose(soft_threshold(z, b), np.maximum(z - b, 0) - np.maximum(-z - b, 0), atol=1e-15)
    np.testing.assert_array_equal(soft_threshold(-z, b), -soft_threshold(z, b))
    assert (np.abs(np.diff(soft_threshold(np.sort(z), b))) <= np.diff(np.sort(z)) + 1e-15).all()


def test_at_the_threshold_the_slope_is_zero_and_without_one_it_is_one():
    np.testing.assert_array_equal(soft_threshold_grad(np.array([-0.6, -0.5, 0.0, 0.5, 0.6]), 0.5), [1, 0, 0, 0, 1])
    np.testing.assert_array_equal(soft_threshold_grad(np.array([-1.0, 0.0, 1.0]), 0.0), [1, 1, 1])
    assert soft_threshold(np.float32([1]), 0.5).dtype == np.float32


def filters(kind, k, d, rng):
    return rng.standard_normal({"shared": (d,), "local": (k, d), "dense": (5, k * d)}[kind])


@pytest.mark.parametrize("kind", ["shared", "local", "dense"])
@pytest.mark.parametrize(("P", "k", "d"), [(7, 4, 3), (1, 1, 1), (3, 1, 5), (2, 6, 1)])
def test_gradients_are_those_of_autograd(kind, P, k, d):
    rng = np.random.default_rng(P + k + d)
    x, W, df = rng.standard_normal((P, k, d)), filters(kind, k, d, rng), rng.standard_normal(P)
    f, z = forward(kind, x, W, 0.4)
    dW, db = backward(kind, x, z, 0.4, df)
    X, w, b = torch.tensor(x), torch.tensor(W, requires_grad=True), torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    heard = X @ w if kind == "shared" else (X * w).sum(2) if kind == "local" else X.reshape(P, -1) @ w.T
    out = (torch.relu(heard - b) - torch.relu(-heard - b)).sum(1)
    out.backward(torch.tensor(df))
    np.testing.assert_allclose(f, out.detach().numpy(), atol=1e-13)
    np.testing.assert_allclose(dW, w.grad.numpy(), atol=1e-13)
    np.testing.assert_allclose(db, b.grad.item(), atol=1e-13)


def test_each_class_holds_the_one_before_it():
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal((6, 4, 3)), rng.standard_normal(3)
    shared, _ = shared_forward(x, w, 0.3)
    local, _ = local_forward(x, np.tile(w, (4, 1)), 0.3)
    dense, _ = dense_forward(x, np.kron(np.eye(4), w), 0.3)
    np.testing.assert_allclose(local, shared, atol=1e-13)
    np.testing.assert_allclose(dense, shared, atol=1e-13)


def test_the_shared_gradient_is_the_sum_of_the_local_ones():
    rng = np.random.default_rng(2)
    x, w, df = rng.standard_normal((6, 4, 3)), rng.standard_normal(3), rng.standard_normal(6)
    _, z = shared_forward(x, w, 0.3)
    np.testing.assert_allclose(backward("shared", x, z, 0.3, df)[0], backward("local", x, z, 0.3, df)[0].sum(0), atol=1e-13)


@pytest.mark.parametrize("kind", ["shared", "local", "dense"])
def test_an_empty_batch_has_no_outputs(kind):
    f, z = forward(kind, np.empty((0, 4, 3)), filters(kind, 4, 3, np.random.default_rng(0)), 0.1)
    assert f.shape == (0,)
    assert len(z) == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: soft_threshold(x, -0.1), "soft_threshold: b = -0.1 must be at least 0"),
        (lambda x: soft_threshold_grad(x, -1), "b = -1 must be at least 0"),
        (lambda x: soft_threshold(np.array([1, 2]), 0.1), "z is int64"),
        (lambda x: shared_forward(x, np.ones(4)), "w of shape (4,) has d = 4, expected 3"),
        (lambda x: local_forward(x, np.ones((3, 3))), "W of shape (3, 3) has k = 3, expected 4"),
        (lambda x: dense_forward(x, np.ones((2, 11))), "W of shape (2, 11) has kd = 11, expected 12"),
        (lambda x: forward("conv", x, np.ones(3)), "kind = 'conv' is not known"),
        (lambda x: shared_forward(x, np.ones(3), -0.5), "b = -0.5 must be at least 0"),
        (lambda x: shared_forward(x[0], np.ones(3)), "x has shape (4, 3)"),
        (lambda x: shared_forward(x * np.nan, np.ones(3)), "x holds nan or inf"),
        (lambda x: backward("local", x, np.ones((5, 3)), 0.1, np.ones(5)), "z of shape (5, 3) has units = 3, expected 4"),
        (lambda x: backward("local", x, np.ones((5, 4)), 0.1, np.ones(4)), "df of shape (4,) has P = 4, expected 5"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ValueError, match=r"\w+: ") as refusal:
        call(np.ones((5, 4, 3)))
    assert words in str(refusal.value)
