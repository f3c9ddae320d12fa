"""Gradient descent by hand against torch's, the stored counts, and what the chapter says of them."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from dynlib.locality import descent, haar_orthogonal, rotate, sample_dsd
from dynlib.locality.complexity import loglog_slope
from dynlib.sweep import read_runs

RUNS = read_runs(descent.DATA / "descent.csv")


def sample(P=40, k=3, d=5, seed=0):
    return sample_dsd(P, k, d, 0.3, np.random.default_rng(seed))[:2]


@pytest.mark.parametrize("kind", descent.KINDS)
@pytest.mark.parametrize("thresholded", [False, True])
def test_two_steps_are_autograds(kind, thresholded):
    """The same start and rate, with the logistic loss and softshrink of torch."""
    x, y = sample()
    made = list(descent.descend(x, y, kind, np.random.default_rng(7), thresholded=thresholded, steps=3))
    shape = {"shared": (5,), "local": (3, 5), "dense": (3, 15)}[kind]
    W = torch.tensor(1e-3 * np.random.default_rng(7).standard_normal(shape))
    X, Y, b, rate = torch.tensor(x), torch.tensor(y), 0.0, None
    for step in range(3):
        W = W.detach().requires_grad_()
        z = {"shared": lambda W: X @ W, "local": lambda W: (X * W).sum(2), "dense": lambda W: X.flatten(1) @ W.T}[kind](W)
        if step and thresholded:
            b = z.detach().abs().flatten().topk(z.numel() // 3).values[-1].item()
        functional.softplus(-Y * functional.softshrink(z, b).sum(1)).mean().backward()
        rate = rate or 1 / W.grad.reshape(-1, W.grad.shape[-1]).norm(dim=1).mean().item()
        W = W - rate * W.grad
    found, last = made[-1]
    assert len(made) == 2
    assert np.allclose(found, W.detach().numpy(), atol=1e-10)
    assert last == pytest.approx(b, abs=1e-10)


def test_descent_is_blind_to_rotations_of_the_whole_input():
    """Dense weights that start turned end turned: the start is drawn from the same generator and turned by hand."""
    x, y = sample(60, 2, 6)
    g = haar_orthogonal(12, np.random.default_rng(3))

    class Turned(np.random.Generator):
        def standard_normal(self, shape):
            return super().standard_normal(shape) @ g.T

    plain = list(descent.descend(x, y, "dense", np.random.default_rng(5), thresholded=True))[-1]
    turned = list(descent.descend(rotate(x, g), y, "dense", Turned(np.random.PCG64(5)), thresholded=True))[-1]
    assert np.allclose(turned[0], plain[0] @ g.T, atol=1e-9)
    assert turned[1] == pytest.approx(plain[1], abs=1e-9)


def test_outputs_of_zero_are_guesses_and_nan_is_wrong():
    x, y = sample()
    assert descent.net_error("local", np.zeros((3, 5)), 0.0, x, y) == 0.5
    W = np.full((3, 5), 1e200)
    assert 0 <= descent.net_error("local", W, 0.0, x, y) <= 1


def test_a_search_is_stored_with_its_sizes():
    searches = sorted({tuple(r[key] for key in ("axis", "kind", "k", "d", "seed")) for r in RUNS})
    for axis, kind, k, d, seed in searches[::17]:
        rows = [r for r in RUNS if (r["axis"], r["kind"], r["k"], r["d"], r["seed"]) == (axis, kind, k, d, seed)]
        assert len({r["samples"] for r in rows}) == 1
        assert {rows[0]["low"], rows[0]["high"]} <= {r["P"] for r in rows}
        assert all(r["validation"] <= 0.1 for r in rows if r["P"] >= rows[0]["high"])
        assert all(r["validation"] > 0.1 for r in rows if r["P"] < rows[0]["low"])


@pytest.mark.parametrize(("kind", "power"), [("shared", 0), ("local", 1.1), ("dense", 2)])
@pytest.mark.parametrize("seeds", [range(6), range(6, 12)])
def test_both_sets_of_seeds_have_the_powers_of_the_chapter(kind, power, seeds):
    sizes = np.array([2, 4, 8, 16])
    found = {(r["k"], r["seed"]): r["samples"] for r in RUNS if (r["kind"], r["axis"]) == (kind, "k")}
    y = [[found[k, s] / (0.36 / k) for k in sizes] for s in seeds]
    slope, (low, high) = loglog_slope(sizes, y, np.random.default_rng(0))
    assert slope == pytest.approx(power, abs=0.1)
    assert high - low < 0.2


def test_validation_flatters_but_little():
    """What was chosen on 600 validation samples is lower than the error on fresh ones, by less than a point and a half."""
    gap = np.mean([r["test"] - r["validation"] for r in RUNS if r["validation"] < 0.2])
    assert 0 < gap < 0.015


def test_a_stored_size_comes_out_today():
    row = next(r for r in RUNS if (r["kind"], r["axis"], r["k"], r["seed"]) == ("local", "d", 4, 0) and r["d"] == 32)
    nets = [descent.trained_error("local", row["P"], 4, 32, 0.3, np.random.default_rng(s)) for s in range(4)]
    assert np.mean([test for _, test in nets]) == pytest.approx(row["test"], abs=0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "conv"}, "kind = 'conv'"),
        ({"y": np.zeros(40)}, "y holds 0"),
        ({"steps": 0}, "steps = 0"),
        ({"rng": 3}, "rng is a int"),
    ],
)
def test_bad_input_is_named(change, message):
    x, y = sample()
    arguments = {"x": x, "y": y, "kind": "local", "rng": np.random.default_rng(0), "thresholded": True} | change
    with pytest.raises(ValueError, match=message):
        next(descent.descend(**arguments))
