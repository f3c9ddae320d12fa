"""The stored runs of chapter 4 come out today as they did, and what makes them does what it says."""

import numpy as np
import pytest

from dynlib.generalization import agreement, depth_runs, digits, finite_size_asymptotic_error, generalization_error, relu_runs
from dynlib.sweep import experiments, read_runs

EXPERIMENTS = experiments("generalization")


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
    experiment = EXPERIMENTS[f"generalization.{name}"]
    stored = [r for r in read_runs(experiment.path) if all(r[key] == value for key, value in settings.items())]
    for old, new in zip(stored, experiment.run(**settings), strict=True):
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
