"""The steps are gradient descent, commute with what the architecture cannot see, and reach the errors of the chapter."""

import numpy as np
import pytest
import torch

from dynlib.locality import error_rate, gradient_steps, rotate, sample_dsd, sample_rotated, soft_threshold
from dynlib.locality.rotations import GROUPS
from dynlib.locality.steps import quantile_threshold, responses


def rng(seed=0):
    return np.random.default_rng(seed)


def autograd_step(x, y, kind, W, b):
    """The direction of descent of −mean(y f) at the filters W, by torch."""
    w = torch.tensor(W[0] if kind == "shared" else W, requires_grad=True)
    heard = (torch.tensor(x) * w).sum(2)
    heard = heard.sum(1, keepdim=True) if kind == "dense" else heard
    f = (torch.relu(heard - b) - torch.relu(-heard - b)).sum(1)
    (torch.tensor(y) * f).mean().backward()
    step = np.broadcast_to(w.grad.numpy(), W.shape)
    return step / np.linalg.norm(step, axis=None if kind == "dense" else 1, keepdims=True)


@pytest.mark.parametrize("kind", ["shared", "local", "dense"])
def test_a_step_follows_the_gradient(kind):
    x, y, _ = sample_dsd(40, 3, 5, 0.3, rng(1))
    first = gradient_steps(x, y, kind, 1).filters
    np.testing.assert_allclose(first, autograd_step(x, y, kind, 1e-9 * np.ones((3, 5)), 0.0), atol=1e-9)
    second = gradient_steps(x, y, kind, 2)
    np.testing.assert_allclose(second.filters, autograd_step(x, y, kind, first, second.threshold * (1 - 1e-12)), atol=1e-12)
    z = np.abs(responses(x, kind, first))
    assert (z >= second.threshold).sum() == z.size // 3
    fixed = gradient_steps(x, y, kind, 2, threshold=0.2)
    np.testing.assert_allclose(fixed.filters, autograd_step(x, y, kind, first, 0.2), atol=1e-12)


SEES = {"shared": ("each patch its own", "whole input"), "local": ("whole input",), "dense": ()}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("kind", ["shared", "local", "dense"])
def test_steps_commute_with_the_rotations_that_the_kind_cannot_see(kind, group):
    x, y, _ = sample_dsd(60, 4, 6, 0.3, rng(2))
    xt, yt, _ = sample_dsd(50, 4, 6, 0.3, rng(3))
    turned, g = sample_rotated(x, group, rng(4))
    before, after = (responses(a, kind, gradient_steps(b, y, kind, 3).filters) for a, b in ((xt, x), (rotate(xt, g), turned)))
    if group in SEES[kind]:
        assert np.abs(before - after).max() > 0.1
    else:
        np.testing.assert_allclose(
            after,
            before[:, g]
            if group == "patches permuted" and kind == "local"
            else before[:, g]
            if group == "patches permuted" and kind == "shared"
            else before,
            atol=1e-12,
        )
        assert error_rate(rotate(xt, g), yt, kind, gradient_steps(turned, y, kind, 3).filters) == error_rate(
            xt, yt, kind, gradient_steps(x, y, kind, 3).filters
        )


def test_without_a_threshold_local_is_dense():
    x, y, _ = sample_dsd(30, 4, 6, 0.3, rng(5))
    steps = [gradient_steps(x, y, kind, 1).filters for kind in ("local", "dense")]
    raw = np.einsum("P,Pkd->kd", y, x)
    for got in steps:
        scale = (got * raw).sum(-1, keepdims=True) / (raw * raw).sum(-1, keepdims=True)
        np.testing.assert_allclose(got, scale * raw, atol=1e-12)


def test_golden_errors_of_three_steps():
    errors = []
    for seed in range(3):
        generator = rng(seed)
        x, y, _ = sample_dsd(600, 8, 64, 0.2, generator)
        xt, yt, _ = sample_dsd(3000, 8, 64, 0.2, generator)
        errors.append(
            [
                error_rate(xt, yt, kind, gradient_steps(x, y, kind, steps).filters)
                for kind, steps in (("shared", 3), ("local", 3), ("dense", 1))
            ]
        )
    np.testing.assert_allclose(np.mean(errors, 0), [0.011, 0.012, 0.064], atol=0.005)


def test_splitting_uses_new_samples():
    x, y, _ = sample_dsd(61, 3, 4, 0.3, rng(6))
    split = gradient_steps(x, y, "local", 2, split=True)
    start = gradient_steps(x[:31], y[:31], "local", 1).filters
    z = np.abs(responses(x[31:], "local", start))
    passed = z >= quantile_threshold(z, 3)
    want = np.einsum("Pk,Pkd->kd", passed * y[31:, None], x[31:])
    np.testing.assert_allclose(split.filters, want / np.linalg.norm(want, axis=1, keepdims=True), atol=1e-12)


def test_a_filter_that_nobody_feeds_is_zero_and_flagged():
    x = np.zeros((2, 3, 2))
    x[:, 0, 0] = 1.0
    found = gradient_steps(x, np.array([1.0, 1.0]), "local", 2)
    np.testing.assert_array_equal(found.alive, [True, False, False])
    np.testing.assert_array_equal(found.filters, [[1, 0], [0, 0], [0, 0]])
    assert not gradient_steps(x, np.array([1.0, -1.0]), "dense", 1).alive.any()


def test_error_rate_counts_guesses_half_and_nan_wrong():
    x, y = np.zeros((4, 2, 1)), np.array([1.0, 1.0, -1.0, -1.0])
    x[:2, 0], x[2, 0] = 1.0, 1.0  # right, right, wrong, an output of 0
    assert error_rate(x, y, "local", np.ones((2, 1)), b=0.0) == (0 + 0 + 1 + 0.5) / 4
    assert error_rate(x, y, "local", np.full((2, 1), np.nan), b=0.0) == 1
    assert error_rate(x, y, "local", np.full((2, 1), np.nan)) == 1
    z = x.sum(2)
    assert error_rate(x, y, "local", np.ones((2, 1))) == np.mean(
        np.where((f := soft_threshold(z, quantile_threshold(z, 2)).sum(1)) == 0, 0.5, f * y < 0)
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y": np.array([0.0, 1, 1, 0])}, "y holds 0; labels must be -1 and +1: 2 * y - 1"),
        ({"y": np.array([1, 1, -1, -1])}, "y is int64"),
        ({"y": np.ones(3)}, "y of shape (3,) has P = 3, expected 4"),
        ({"x": np.empty((0, 3, 2)), "y": np.empty(0)}, "x and y hold no samples"),
        ({"kind": "conv"}, "kind = 'conv' is not known"),
        ({"steps": 0}, "steps = 0"),
        ({"threshold": -1}, "threshold = -1 must be at least 0"),
        ({"threshold": "mean"}, "threshold = 'mean' is not known"),
        ({"split": True, "steps": 5}, "4 samples cannot be split over 5 steps"),
    ],
)
def test_refusals(change, words):
    with pytest.raises(ValueError, match="gradient_steps: ") as refusal:
        gradient_steps(**({"x": np.ones((4, 3, 2)), "y": np.array([1.0, -1, 1, -1]), "kind": "local"} | change))
    assert words in str(refusal.value)


def test_error_rate_refuses_filters_of_another_shape():
    with pytest.raises(ValueError, match=r"filters have shape \(2,\) and dtype float64, expected floats \(3, 2\)"):
        error_rate(np.ones((4, 3, 2)), np.array([1.0, -1, 1, -1]), "shared", np.ones(2))
