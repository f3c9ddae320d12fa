"""Error curves: golden numbers, limits, properties, and one route that knows no Marchenko–Pastur law: drawn data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ive

from dynlib.generalization import (
    asymptotic_error,
    finite_size_asymptotic_error,
    generalization_error,
    gradient_flow_path,
    marchenko_pastur_quadrature,
    optimal_ridge,
    sample_teacher_student,
    training_error,
    weight_norm,
)

loads = st.floats(0.05, 20)
ratios = st.floats(0, 100)


@pytest.mark.parametrize(
    ("alpha", "seen", "fitted"),
    [
        (0.5, [4.3303, 4.3335, 4.5000], [0.86375, 0.01128, 0]),
        (1.0, [3.1859, 3.2480, 7.3184], [0.83263, 0.14138, 0.04038]),
        (2.0, [1.9734, 1.9545, 2.0000], [0.76066, 0.50056, 0.5]),
    ],
)
def test_golden_curves(alpha, seen, fitted):
    assert generalization_error([1, 10, 100], alpha, 5) == pytest.approx(seen, abs=5.1e-5)
    assert training_error([1, 10, 100], alpha, 5) == pytest.approx(fitted, abs=5.1e-6)


def test_golden_numbers_of_the_exercises():
    assert generalization_error(3, 0.5, 5, 1) == pytest.approx(4.6704, abs=5e-5)
    assert training_error(3, 0.5, 5, 1) == pytest.approx(0.1868, abs=5e-5)


def test_the_end_of_training():
    alpha = np.array([0.2, 0.5, 0.8, 1.25, 2, 4])
    want = [5.25, 4.5, 6, 5, 2, 4 / 3]
    assert asymptotic_error(alpha, 5) == pytest.approx(want, rel=1e-14)
    assert generalization_error(1e7, alpha, 5) == pytest.approx(want, abs=1e-6)
    assert generalization_error(np.inf, alpha, 5) == pytest.approx(want, rel=1e-14)
    assert asymptotic_error(1, 5) == generalization_error(np.inf, 1, 5) == np.inf
    assert training_error([0, np.inf], 0.5, 5).tolist() == pytest.approx([6, 0], abs=1e-12)
    assert training_error(np.inf, 4, 5) == 0.75


def test_at_one_the_bessel_functions_say_the_same():
    # ∫ρ e^{−2λt} over λ = 2 − 2cos θ is e^{−4t}(I₀(4t) + I₁(4t)), and the slope of ∫ρ(1 − e^{−λt})²/λ in t is 2(D(t/2) − D(t))
    t = np.geomspace(1e-3, 1e8, 40)
    decay = ive(0, 4 * t) + ive(1, 4 * t)
    assert (generalization_error(t, 1, 1e3) - generalization_error(t, 1, 0)) / 1e3 == pytest.approx(decay, rel=1e-11)
    late = t[t > 1e5]
    root = 0.5 + 4 * (1 - 0.5**0.5) / np.pi**0.5 * np.sqrt(late)
    assert generalization_error(late, 1, 0) == pytest.approx(root, rel=1e-6)


def test_close_to_one_the_curve_does_not_jump():
    for t in (3.0, 1e4, 1e7):
        mid = generalization_error(t, 1, 5)
        assert generalization_error(t, [1 - 1e-7, 1 + 1e-7], 5) == pytest.approx([mid, mid], rel=1e-2)
    t = 200.0
    lam, weight = marchenko_pastur_quadrature(1.01, 50_000)
    want = 1 + weight @ (5 * np.exp(-2 * lam * t) + np.expm1(-lam * t) ** 2 / lam)
    assert generalization_error(t, 1.01, 5) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize(("n", "p"), [(60, 30), (40, 80)])
def test_drawn_data_agree(n, p):
    t = np.array([0.0, 0.3, 1.0, 3.0, 30.0])
    rng = np.random.default_rng(3)
    seen, fitted, norms = np.zeros((3, len(t)))
    draws = 300
    for _ in range(draws):
        X, teacher, start, y = sample_teacher_student(n, p, 5, 1, rng)
        w = gradient_flow_path(X, y, start, t)
        seen += (1 + ((teacher - w) ** 2).mean(1)) / draws
        fitted += ((y - w @ X.T) ** 2).mean(1) / draws
        norms += (w**2).mean(1) / draws
    assert generalization_error(t, p / n, 5, 1) == pytest.approx(seen, rel=0.04)
    assert training_error(t, p / n, 5, 1) == pytest.approx(fitted, rel=0.04, abs=1e-3)
    assert weight_norm(t, p / n, 5, 1) == pytest.approx(norms, rel=0.04)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(loads, ratios, ratios, st.floats(0, 1e5))
def test_properties(alpha, snr, inr, t):
    start = generalization_error(0, alpha, snr, inr)
    assert start == pytest.approx(1 + snr + inr, rel=1e-12)
    assert training_error(0, alpha, snr, inr) == pytest.approx(1 + snr + inr, rel=1e-12)
    here = generalization_error(t, alpha, snr, inr)
    assert here == pytest.approx(generalization_error(t, alpha, inr, snr), rel=1e-12)
    assert here >= optimal_ridge(alpha, snr + inr)[1] * (1 - 1e-12)
    curve = training_error(np.linspace(0, t, 7), alpha, snr, inr)
    assert (np.diff(curve) <= 1e-12 * curve[0]).all()
    assert here >= training_error(t, alpha, snr, inr) * (1 - 1e-12)


def test_hastie_and_others_at_the_end():
    # Their isotropic risk without ridge: γ = 1/α, r² = SNR, without the noise floor.
    for alpha in (0.3, 0.7, 1.5, 4.0):
        gamma = 1 / alpha
        risk = gamma / (1 - gamma) if gamma < 1 else 5 * (1 - 1 / gamma) + 1 / (gamma - 1)
        assert asymptotic_error(alpha, 5) == pytest.approx(1 + risk, rel=1e-13)


def test_finite_sizes():
    want = [4.542, 6.444, 12.75, np.inf, np.inf, np.inf, 13.5, 6.556, 2.020]
    assert finite_size_asymptotic_error(50, [25, 40, 45, 49, 50, 51, 55, 60, 100], 5) == pytest.approx(want, abs=5.1e-4)
    big = finite_size_asymptotic_error(10**7, np.array([5 * 10**6, 2 * 10**7]), 5, 1)
    assert big == pytest.approx(asymptotic_error([0.5, 2], 5, 1), rel=1e-6)
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(4000):
        X, teacher, start, y = sample_teacher_student(5, 12, 2, 0, rng)
        draws.append(1 + ((teacher - gradient_flow_path(X, y, start, np.inf)) ** 2).mean())
    assert np.mean(draws) == pytest.approx(finite_size_asymptotic_error(5, 12, 2), rel=0.05)


def test_norm_at_the_end_and_the_start():
    assert weight_norm(0, [0.5, 1, 2], 5, 1) == pytest.approx([1, 1, 1], rel=1e-12)
    assert weight_norm(np.inf, [0.5, 1, 2], 5, 1) == pytest.approx([4, np.inf, 6], rel=1e-12)
    assert weight_norm(1e6, [0.5, 2], 5, 1) == pytest.approx([4, 6], rel=1e-9)


def test_shapes_and_units():
    t, alpha, snr = np.geomspace(0.1, 10, 4), np.array([0.5, 1, 2])[:, None], np.array([1.0, 5])[:, None, None]
    table = generalization_error(t, alpha, snr)
    assert table.shape == (2, 3, 4)
    assert table[1, 2, 3] == pytest.approx(generalization_error(10, 2, 5), rel=1e-14)
    assert isinstance(generalization_error(1, 0.5, 5), float)
    pairs = generalization_error(t, [0.5, 1, 1, 2], 5)
    assert pairs.tolist() == [generalization_error(a, b, 5) for a, b in zip(t, [0.5, 1, 1, 2], strict=True)]
    for curve in (generalization_error, training_error, weight_norm):
        assert curve(6, 0.5, 5, 1, noise_var=4, tau=2) == pytest.approx(4 * curve(3, 0.5, 5, 1), rel=1e-14)
    many = generalization_error(np.full(20_000, 3.0), 0.5, 5, 1)  # more than one block
    assert many.shape == (20_000,)
    assert np.ptp(many) < 1e-12


@pytest.mark.parametrize("curve", [generalization_error, training_error, weight_norm])
def test_bad_input_names_the_argument(curve):
    good = {"t": 1.0, "alpha": 0.5, "snr": 5.0, "inr": 0.0, "noise_var": 1.0, "tau": 1.0}
    bad = {
        "t": [-1, np.nan, 1j, None],
        "alpha": [0, -1, np.inf],
        "snr": [-1, np.inf],
        "inr": [-0.1, np.nan],
        "noise_var": [0, -1],
        "tau": [0, np.inf],
    }
    for name, values in bad.items():
        for value in values:
            with pytest.raises(ValueError, match=f"{curve.__name__}: {name}"):
                curve(**good | {name: value})


def test_bad_sizes_are_refused():
    for n, p in ((0, 5), (5, -1), (2.5, 5), (5, np.inf)):
        with pytest.raises(ValueError, match=r"finite_size_asymptotic_error: [np] holds"):
            finite_size_asymptotic_error(n, p, 5)
    with pytest.raises(ValueError, match="asymptotic_error: snr"):
        asymptotic_error(0.5, -1)
