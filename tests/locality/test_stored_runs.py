"""The other stored runs are whole and say what the chapter says of them; what made them does so today."""

import math

import numpy as np
import pytest
import torch

from dynlib.locality import adam, digits, gradient_steps, haar_orthogonal, rotation_sweep, sample_dsd, thresholding
from dynlib.sweep import read_runs

TURNED, STEPS, MADE, DRAWN = (read_runs(adam.DATA / f"{name}.csv") for name in ("rotation", "thresholding", "adam", "digits"))


def mean(rows, value="error", **where):
    found = [r[value] for r in rows if all(r[key] == wanted for key, wanted in where.items())]
    assert found, where
    return np.mean(found)


def test_each_learner_notices_exactly_the_rotations_that_it_does_not_contain():
    assert len(TURNED) == 3 * 20 * 11 * 3
    who = {"whole input": {"shared", "local"}, "each patch its own": {"shared"}, "all patches alike": set()}
    for group, noticing in who.items():
        for kind in rotation_sweep.STEPS:
            start, end = (mean(TURNED, group=group, kind=kind, angle=angle) for angle in (0.0, 1.0))
            assert (end - start > 0.2) if kind in noticing else abs(end - start) < 1e-3


def test_the_rotation_sweep_comes_out_today():
    found = {(r["angle"], r["kind"]): r["error"] for r in rotation_sweep.turned_errors(group="all patches alike", seed=0)}
    for row in TURNED:
        if (row["group"], row["seed"]) == ("all patches alike", 0):
            assert found[row["angle"], row["kind"]] == pytest.approx(row["error"], abs=0.002)


@pytest.mark.parametrize(
    ("goal", "kind", "steps", "power"),
    [
        ("overlap", "shared", 1, 1.0),
        ("overlap", "shared", 2, 0.35),
        ("overlap", "local", 2, 1.35),
        ("overlap", "dense", 1, 2.0),
        ("error", "shared", 2, 1.1),
        ("error", "local", 2, 2.1),
        ("error", "shared", 5, 0.8),
        ("error", "local", 5, 1.75),
    ],
)
def test_powers_of_k(goal, kind, steps, power):
    rows = [r for r in STEPS if (r["goal"], r["axis"], r["kind"], r["steps"]) == (goal, "k", kind, steps)]
    sizes = sorted({r["k"] for r in rows})
    P = [mean(rows, "samples", k=k) for k in sizes]
    assert np.polyfit(np.log(sizes), np.log(P), 1)[0] == pytest.approx(power, abs=0.1)


def test_responses_drawn_have_the_error_of_inputs_drawn():
    rng = np.random.default_rng(0)
    x, y, _ = sample_dsd(60, 4, 16, 0.3, rng)
    filters = gradient_steps(x, y, "local").filters
    x, y, _ = sample_dsd(40_000, 4, 16, 0.3, rng)
    z = np.einsum("Pkd,kd->Pk", x, filters)
    b = np.partition(np.abs(z).ravel(), -len(z))[-len(z)]
    f = (np.sign(z) * np.maximum(np.abs(z) - b, 0)).sum(1)
    direct = np.mean(np.where(f == 0, 0.5, f * y < 0))
    assert thresholding.response_error(filters, np.eye(1, 16)[0], 0.3, rng, 40_000) == pytest.approx(direct, abs=0.01)


def test_a_count_in_closed_form_steps_comes_out_today():
    settings = {"goal": "overlap", "axis": "k", "kind": "shared", "steps": 2, "k": 2, "d": 512, "sigma": 0.125}
    stored = mean(STEPS, "samples", **settings, seed=0)
    (today,) = thresholding.searched(**settings, seed=0)
    assert today["samples"] == pytest.approx(stored, rel=0.05)


def test_adam_prefers_spread_signals_and_descent_has_no_preference():
    for P in adam.SIZES[1:]:
        errors = [mean(MADE, rule="Adam", signal=angle, P=P) for angle in (0.0, 45.0, 90.0)]
        assert errors == sorted(errors, reverse=True)
        assert errors[0] > 0.38
        blind = [mean(MADE, rule="gradient descent", signal=angle, P=P) for angle in adam.ANGLES]
        assert np.ptp(blind) < 0.01
    (first, _) = adam.turned_errors(signal=0.0, P=32, seed=0)
    assert first["error"] == pytest.approx(mean(MADE, rule="gradient descent", signal=0.0, P=32, seed=0), abs=1e-4)


def test_descend_linear_is_torchs_adam_and_descent():
    rng = np.random.default_rng(0)
    signed, start = rng.standard_normal((30, 7)), rng.standard_normal(7)
    for rule, build in (("Adam", torch.optim.Adam), ("gradient descent", torch.optim.SGD)):
        v = torch.tensor(start, requires_grad=True)
        optimiser = build([v], lr=adam.RATES[rule])
        for _ in range(25):
            optimiser.zero_grad()
            torch.nn.functional.softplus(-torch.tensor(signed) @ v).mean().backward()
            optimiser.step()
        *_, last = adam.descend_linear(signed, start, rule, steps=25)
        assert np.allclose(last, v.detach().numpy(), atol=1e-9)


def test_adam_sees_rotations_and_no_permutations():
    rng = np.random.default_rng(0)
    signed, start = rng.standard_normal((30, 7)), rng.standard_normal(7)
    for rule, g, blind in (
        ("Adam", haar_orthogonal(7, rng), False),
        ("Adam", np.eye(7)[rng.permutation(7)], True),
        ("gradient descent", haar_orthogonal(7, rng), True),
    ):
        *_, plain = adam.descend_linear(signed, start, rule)
        *_, moved = adam.descend_linear(signed @ g.T, g @ start, rule)
        assert (np.abs(moved - g @ plain).max() < 1e-10) == blind


def test_the_signs_limit_and_the_exact_error():
    for angle, overlap in ((0.0, 1 / 16), (90.0, math.sqrt(255 / 256))):
        assert adam.sign_overlap(adam.turned_signal(angle, 256)) == pytest.approx(overlap, abs=1e-12)
    gauss = np.random.default_rng(0).standard_normal(200_000)
    assert adam.sign_overlap(gauss) == pytest.approx(math.sqrt(2 / math.pi), abs=0.003)
    w, v = np.eye(1, 5)[0], np.ones(5)
    x = np.random.default_rng(0).standard_normal((200_000, 5)) * 0.7 + w
    assert adam.linear_error(v, w, 0.7) == pytest.approx(np.mean(x @ v < 0), abs=0.004)
    assert adam.linear_error(np.zeros(5), w, 0.7) == 0.5


def test_sharing_shows_on_digits_and_locality_does_not():
    assert len(DRAWN) == 3 * 4 * 5
    for P in digits.SIZES:
        shared, local, dense = (mean(DRAWN, kind=kind, P=P) for kind in ("shared", "local", "dense"))
        assert shared < dense < local
    assert mean(DRAWN, kind="shared", P=60) < min(mean(DRAWN, kind=kind, P=240) for kind in ("local", "dense"))


def test_canvases_hold_one_picture_and_unseen_ones_are_others():
    pictures, y = digits.threes_and_eights()
    assert np.allclose(np.linalg.norm(pictures, axis=1), 1)
    x, labels = digits.canvases(50, 0.0, np.random.default_rng(0))
    filled = (x.abs().sum(2) > 0).double()
    assert filled.sum(1).tolist() == [1] * 50
    shown = x.sum(1).double().numpy()
    nearest = (shown @ pictures[: digits.SEEN].T).argmax(1)
    assert np.allclose(shown, pictures[nearest], atol=1e-6)
    assert (labels.numpy() == y[nearest]).all()
    unseen = digits.canvases(50, 0.0, np.random.default_rng(0), unseen=True)[0].sum(1).double().numpy()
    assert np.abs((unseen @ pictures[digits.SEEN :].T).max(1) - 1).max() < 1e-5


@pytest.mark.parametrize(("kind", "numbers"), [("shared", 8 * 65 + 8), ("local", 9 * 8 * 65 + 8), ("dense", 72 * 577 + 72)])
def test_canvas_nets(kind, numbers):
    torch.manual_seed(0)
    net = digits.CanvasNet(kind)
    assert sum(p.numel() for p in net.parameters()) == numbers
    assert net(torch.zeros(4, 9, 64)).shape == (4,)
    if kind == "shared":
        x = torch.randn(3, 9, 64, generator=torch.Generator().manual_seed(0))
        assert torch.allclose(net(x), net(x[:, torch.randperm(9)]), atol=1e-5)


def test_nan_counts_as_wrong():
    assert digits.share_wrong(lambda x: x[:, 0, 0] * math.nan, torch.zeros(4, 9, 64), torch.ones(4)) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: adam.turned_signal(91, 5), "angle = 91 must be at most 90"),
        (lambda: adam.turned_signal(45, 1), "D = 1 must be at least 2"),
        (lambda: next(adam.descend_linear(np.ones((2, 3)), np.ones(3), "sgd")), "rule = 'sgd' is not known"),
        (lambda: next(adam.turned_errors(signal="dense", P=4, seed=0)), "signal = 'dense' is not known"),
        (lambda: digits.canvases(0, 0.1, np.random.default_rng(0)), "P = 0"),
        (lambda: digits.canvases(5, -0.1, np.random.default_rng(0)), "sigma = -0.1"),
        (lambda: digits.CanvasNet("conv"), "kind = 'conv'"),
        (lambda: thresholding.learner_miss("error", "local", 0, 5, 2, 3, 0.1, np.random.default_rng(0)), "steps = 0"),
        (lambda: next(rotation_sweep.turned_errors(group="some", seed=0)), "group = 'some' is not known"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
