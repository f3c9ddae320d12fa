"""The stored runs of chapter 4 are whole, say what the chapter says of them, and begin today as they did."""

import numpy as np
import pytest

from dynlib.generalization import agreement, depth_runs, digits, finite_size_asymptotic_error, generalization_error, relu_runs
from dynlib.sweep import read_runs

STORED = {
    "agreement": (agreement.errors_over_time, agreement.GRIDS["agreement"][1], range(10), len(agreement.TIMES)),
    "finite": (agreement.errors_at_the_end, agreement.GRIDS["finite"][1], range(10), 1),
    "digits_width": (digits.by_width, digits.GRIDS["width"][1], range(10), 1),
    "digits_samples": (digits.by_samples, digits.GRIDS["samples"][1], range(10), 1),
    "relu": (relu_runs.overtraining, relu_runs.GRIDS["relu"][1], range(10), 1),
    "parts": (relu_runs.parts, relu_runs.GRIDS["parts"][1], range(20), len(relu_runs.PART_TIMES)),
    "depth": (depth_runs.lowest_and_last, depth_runs.SOME, range(5), 1),
    "depth_curves": (depth_runs.curve, depth_runs.GRID, range(1), len(depth_runs.TIMES)),
}


@pytest.mark.parametrize("name", STORED)
def test_every_run_is_stored_whole(name):
    _, grid, seeds, rows = STORED[name]
    runs = read_runs(agreement.DATA / f"{name}.csv")
    wanted = {(*settings.values(), seed) for settings in grid for seed in seeds}
    found = [tuple(r[key] for key in (*grid[0], "seed")) for r in runs]
    assert set(found) == wanted
    assert len(found) == rows * len(wanted)
    head = (agreement.DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines()[:3]
    assert head[0].startswith("# made by: python -m dynlib.generalization.")
    assert "numpy" in head[2]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("digits_width", {"width": 100, "noise": 0.2, "seed": 3}),
        ("digits_samples", {"n": 100, "noise": 0.0, "seed": 1}),
        ("relu", {"width": 75, "seed": 2}),
        ("parts", {"width": 25, "seed": 4}),
        ("depth", {"depth": 2, "start": 1.0, "alpha": 0.5, "seed": 3}),
        ("depth_curves", {"depth": 3, "start": 1.0, "alpha": 2.0, "seed": 0}),
    ],
)
def test_a_stored_run_comes_out_today(name, settings):
    """Up to rounding: what a wrong digit near a tie may change is a whole digit of 700."""
    run = STORED[name][0]
    stored = [r for r in read_runs(agreement.DATA / f"{name}.csv") if all(r[key] == value for key, value in settings.items())]
    for old, new in zip(stored, run(**settings), strict=True):
        for key, value in new.items():
            slack = 0.3 if key.endswith("wrong") else 1e-9
            assert old[key] == pytest.approx(value, rel=1e-3, abs=slack), key


def test_a_simulation_with_few_draws_is_near_the_theory():
    rows = list(agreement.errors_over_time(alpha=2.0, inr=1.0, seed=0, repeats=20, weights=60))
    theory = generalization_error(np.array(agreement.TIMES), 2.0, agreement.SNR, 1.0)
    assert np.array([r["error"] for r in rows]) == pytest.approx(theory, rel=0.12)
    (row,) = agreement.errors_at_the_end(samples=40, seed=0, repeats=200, weights=20)
    assert row["mean"] == pytest.approx(finite_size_asymptotic_error(20, 40, agreement.SNR), rel=0.1)
    assert row["median"] < row["mean"] < row["largest"]


def test_splits_do_not_overlap_and_only_what_is_learnt_from_is_noisy():
    clean, noisy = digits.split(300, 0.0, 5), digits.split(300, 0.2, 5)
    X = np.vstack([part[0] for part in (clean.fit, clean.valid, clean.test)])
    assert X.shape == (300 + 100 + 700, 64)
    assert len(np.unique(X, axis=0)) == len(X)
    for part in ("fit", "valid", "test"):
        (plain_X, plain), (other_X, other) = getattr(clean, part), getattr(noisy, part)
        assert (plain_X == other_X).all()
        changed = (plain.argmax(1) != other.argmax(1)).mean()
        assert changed == 0 if part == "test" else 0.1 < changed < 0.27
        assert set(np.unique(plain.round(9))) == {-0.1, 0.9}


def test_the_choices_use_the_digits_they_say():
    """With labels of the digits to choose by turned into nonsense, the choice suffers; the oracle does not."""
    plain = digits.split(60, 0.0, 0)
    nonsense = digits.Split(plain.fit, (plain.valid[0], 5 * np.roll(plain.valid[1], 3, axis=1)), plain.test)
    H = tuple(part[0] for part in (plain.fit, plain.valid, plain.test))
    good, bad = (digits.errors_along(H, s) for s in (plain, nonsense))
    assert good["oracle_stop_square"] == bad["oracle_stop_square"] <= good["stop_square"] < bad["stop_square"]
    assert good["end_square"] == bad["end_square"]


def test_the_end_of_training_is_least_squares():
    parts = digits.split(40, 0.2, 2)
    H = tuple(part[0] for part in (parts.fit, parts.valid, parts.test))
    W = np.linalg.lstsq(H[0], parts.fit[1], rcond=1e-9)[0]
    square = ((H[2] @ W - parts.test[1]) ** 2).sum(1).mean()
    assert digits.errors_along(H, parts)["end_square"] == pytest.approx(square, rel=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: digits.split(801, 0.0, 0), "n = 801"),
        (lambda: digits.split(0, 0.0, 0), "n = 0"),
        (lambda: digits.split(30, 1.5, 0), "noise = 1.5"),
        (lambda: next(digits.by_width(width=0, noise=0.0, seed=0)), "width = 0"),
        (lambda: next(agreement.errors_over_time(alpha=1.0, inr=0.0, seed=0, repeats=0)), "repeats = 0"),
        (lambda: next(agreement.errors_at_the_end(samples=0, seed=0, repeats=1)), "p = 0"),
        (lambda: relu_runs.sample_task(0, 5, 3, 0), "n_hidden = 0"),
        (lambda: depth_runs.errors(depth=0, start=1.0, alpha=1.0, seed=0), "depth = 0"),
        (lambda: depth_runs.errors(depth=2, start=0.0, alpha=1.0, seed=0), "w0 is 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
