"""Closed forms of chapters 4 to 6 near their removable singularities: values and slopes against mpmath, over twelve decades.

Each row has a function of one number x, the same formula in 40 digits, the decades that x runs through and what the error is
measured by: the value itself ("relative"), or a size given (for values that are parts of a sum, or that vanish at the end of
their range). Slopes are difference quotients over a step of x/1000, by our function and by the formula: what remains of a value
after it was subtracted from its neighbour shows digits that it lost.
"""

import math
from functools import partial

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from dynlib.generalization import (
    arccos_kernel,
    asymptotic_error,
    logistic_mode,
    marchenko_pastur_edges,
    marchenko_pastur_stieltjes,
    mode_stopping_time,
    optimal_ridge,
)
from dynlib.locality import overlap_cdf, overlap_square
from dynlib.locality.bayes import scores
from dynlib.locality.closed_forms import linear_dense_error, unseen_error
from dynlib.modes import impulse_response, ridge_response, step_response
from dynlib.pointer import great_circle
from dynlib.pointer.geography import RADIUS

mp.dps = 40
DOWN, UP = np.arange(-12, 1), np.arange(0, 13)


def rows(angle, sign):
    """Two rows of length 1 whose angle is ``angle`` from 0 (sign 1) or from π (sign −1)."""
    return np.array([[1.0, 0.0]]), sign * np.array([[math.cos(angle), math.sin(angle)]])


def arccos_exact(x, sign):
    a, b = rows(float(x), sign)
    a, b = [mpf(v) for v in a[0]], [mpf(v) for v in b[0]]
    lengths = mpmath.sqrt(a[0] ** 2 + a[1] ** 2) * mpmath.sqrt(b[0] ** 2 + b[1] ** 2)
    angle = mpmath.atan2(abs(a[0] * b[1] - a[1] * b[0]), a[0] * b[0] + a[1] * b[1])
    return lengths * (mpmath.sin(angle) + (mp.pi - angle) * mpmath.cos(angle)) / (2 * mp.pi)


def stieltjes_exact(gamma, alpha):
    b = 1 - alpha - gamma
    return (b + mpmath.sqrt(b**2 + 4 * gamma)) / (2 * gamma)


def overlap_exact(mean, D):
    return 1 - mpf(D - 1) / D * mpmath.exp(-mean) * mpmath.hyp1f1(mpf(D) / 2, mpf(D) / 2 + 1, mean)


def logistic_exact(goal, t, start):
    return goal / (1 + (goal / start - 1) * mpmath.exp(-2 * goal * t))


def normal(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def cap(q):
    """P[c < q] of a uniform direction in three dimensions: the cosine is uniform."""
    return (1 + q) / 2


def haversine_exact(degrees):
    return 2 * mpf(RADIUS) * mpmath.asin(mpmath.sin(degrees * mp.pi / 360))


# name: (ours, exact, decades, size of the error's unit or None for the value)
FORMS = {
    "1 − e^{−x}": (lambda x: step_response(x, 1.0), lambda x: -mpmath.expm1(-x), DOWN, None),
    "1 − e^{−x}, x as a rate": (lambda x: step_response(1.0, x), lambda x: -mpmath.expm1(-x), DOWN, None),
    "e^{−x}": (lambda x: impulse_response(x, 1.0), lambda x: mpmath.exp(-x), DOWN, None),
    "x/(1 + x) at 0": (lambda x: ridge_response(x, 1.0), lambda x: x / (1 + x), DOWN, None),
    "x/(1 + x) at inf": (lambda x: ridge_response(x, 1.0), lambda x: x / (1 + x), UP, 1.0),
    "log(1 + Sλ)/λ": (lambda x: mode_stopping_time(x, 3.0), lambda x: mpmath.log1p(3 * x) / x, DOWN, None),
    "log(1 + Sλ)/λ in S": (lambda x: mode_stopping_time(2.0, x), lambda x: mpmath.log1p(2 * x) / 2, DOWN, None),
    "depth 2, ŝ to 0": (lambda x: logistic_mode(0.7, x, 0.4), lambda x: logistic_exact(x, mpf(0.7), mpf(0.4)), DOWN, None),
    "depth 2, s0 to 0": (lambda x: logistic_mode(0.7, 2.0, x), lambda x: logistic_exact(mpf(2), mpf(0.7), x), DOWN, None),
    "depth 2, t to 0": (lambda x: logistic_mode(x, 2.0, 0.4), lambda x: logistic_exact(mpf(2), x, mpf(0.4)), DOWN, None),
    "λ₋ = (√α − 1)² above 1": (
        lambda x: marchenko_pastur_edges(1 + x)[0],
        lambda x: (mpmath.sqrt(mpf(1 + float(x))) - 1) ** 2,
        DOWN,
        None,
    ),
    "λ₋ = (√α − 1)² below 1": (
        lambda x: marchenko_pastur_edges(1 - x / 2)[0],
        lambda x: (mpmath.sqrt(mpf(1 - float(x) / 2)) - 1) ** 2,
        DOWN,
        None,
    ),
    "m(−γ), γ to 0, α < 1": (lambda x: marchenko_pastur_stieltjes(x, 0.5), lambda x: stieltjes_exact(x, mpf(0.5)), DOWN, None),
    "m(−γ), γ to 0, α > 1": (lambda x: marchenko_pastur_stieltjes(x, 2.0), lambda x: stieltjes_exact(x, mpf(2)), DOWN, None),
    "m(−γ), γ to 0, α = 1": (lambda x: marchenko_pastur_stieltjes(x, 1.0), lambda x: stieltjes_exact(x, mpf(1)), DOWN, None),
    "m(−γ), γ to inf": (lambda x: marchenko_pastur_stieltjes(x, 2.0), lambda x: stieltjes_exact(x, mpf(2)), UP, None),
    "m(−γ), α to 1": (
        lambda x: marchenko_pastur_stieltjes(1e-6, 1 + x),
        lambda x: stieltjes_exact(mpf(1e-6), mpf(1 + float(x))),
        DOWN,
        None,
    ),
    "best ridge, SNR to 0": (
        lambda x: optimal_ridge(0.5, x)[1],
        lambda x: 1 + stieltjes_exact(mpf(1.0 / float(x)), mpf(0.5)),
        DOWN,
        1.0,
    ),
    "α/|1 − α|": (
        lambda x: asymptotic_error(1 + x, 2.0),
        lambda x: 1 + 1 / (mpf(1 + float(x)) - 1),
        DOWN,
        None,
    ),
    "ReLU moment, θ to 0": (lambda x: arccos_kernel(*rows(x, 1))[0, 0], partial(arccos_exact, sign=1), DOWN, 1.0),
    "ReLU moment, θ to π": (lambda x: arccos_kernel(*rows(x, -1))[0, 0], partial(arccos_exact, sign=-1), DOWN, 1.0),
    "(1 − 1/k)^P": (
        lambda x: unseen_error(round(3 * x), round(2 * x)),
        lambda x: (1 - mpf(1) / round(2 * float(x))) ** round(3 * float(x)) / 2,
        UP[:12],
        None,
    ),
    "E c², looks to 0": (lambda x: overlap_square(2 * x, 1.0, 5), lambda x: overlap_exact(x, 5), DOWN, None),
    "E c², looks to inf": (lambda x: overlap_square(2 * x, 1.0, 5), lambda x: overlap_exact(x, 5), UP[:6], None),
    "P[c < q], q to 1": (
        lambda x: 1 - overlap_cdf(1 - x, 0.0, 1.0, 3),
        lambda x: 1 - cap(mpf(1 - float(x))),
        DOWN,
        1.0,
    ),
    "P[c < q], q to −1": (lambda x: overlap_cdf(-1 + x, 0.0, 1.0, 3), lambda x: cap(mpf(-1 + float(x))), DOWN, None),
    "sinh z/σ², z to 0": (
        lambda x: scores(np.array([[x, -x / 2]]), 1.0, "sinh")[0],
        lambda x: 2 * (mpmath.sinh(x) - mpmath.sinh(x / 2)) * mpmath.exp(-x),
        DOWN,
        None,
    ),
    "Φ, σ to 0": (
        lambda x: linear_dense_error(50, 4, 8, 1 + x),
        lambda x: normal(-1 / ((y := mpf(1 + float(x))) * mpmath.sqrt(4 * (1 + y**2 * 128 / 50)))),
        DOWN,
        None,
    ),
    "distance on the sphere": (
        lambda x: great_circle([0.0, 0.0], [0.0, x])[0, 1],
        haversine_exact,
        DOWN,
        None,
    ),
}
WHOLE = {"(1 − 1/k)^P"}  # its arguments are whole numbers, and have no neighbours


@pytest.mark.parametrize("name", FORMS)
def test_values(name):
    ours, exact, decades, size = FORMS[name]
    for x in 10.0**decades * 0.7:
        found, wanted = float(ours(x)), exact(mpf(x))
        unit = abs(wanted) if size is None else mpf(size)
        assert abs(mpf(found) - wanted) <= 2e-13 * unit, (x, found, float(wanted))


@pytest.mark.parametrize("name", sorted(FORMS.keys() - WHOLE))
def test_slopes(name):
    ours, exact, decades, size = FORMS[name]
    for x in 10.0**decades * 0.7:
        step = x * (1 + 2.0**-10)
        found = mpf(float(ours(step))) - mpf(float(ours(x)))
        low, high = exact(mpf(x)), exact(mpf(step))
        unit = max(abs(low), abs(high)) if size is None else mpf(size)
        assert abs(found - (high - low)) <= 4e-13 * unit, (x, float(found), float(high - low))


def test_many_looks_leave_little_to_miss():
    """Where E c² is near 1, what it misses: 1 − E c², to the rounding of 1."""
    for mean in 10.0 ** np.arange(6, 15):
        for D in (2, 5, 1000):
            missed = mpf(D - 1) / (D + 2 * mpf(mean)) * (1 + 4 * mpf(mean) / (D + 2 * mpf(mean)) ** 2)
            assert abs(1 - mpf(overlap_square(2 * mean, 1.0, D)) - missed) <= 1e-12
