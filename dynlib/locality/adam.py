"""Gradient descent does not know the pixels' axes, Adam does: a linear unit on the fixed signal, trained by both.

``python -m dynlib.sweep run locality.adam`` turns the signal from one bright pixel to all pixels alike, and to a random
direction, and stores the test errors in data/adam.csv.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import special

from dynlib.locality.samples import sample_dsd
from dynlib_kernels.arguments.arrays import check_array
from dynlib_kernels.arguments.scalars import check_choice, check_counts, check_number, check_rng

DATA = Path(__file__).parent / "data"
D, SIGMA, STEPS, VALIDATION = 256, 0.5, 80, 1000
ANGLES = [7.5 * step for step in range(13)]  # degrees
SIZES = (32, 64, 128, 256, 512)
RATES = {"gradient descent": 0.5, "Adam": 0.01}


def turned_signal(angle: float, D: int) -> np.ndarray:
    """A signal of length 1 between one bright pixel, at 0 degrees, and all others alike, at 90.

    Parameters
    ----------
    angle : float
        Degrees, from 0 to 90. At 90 all pixels but the first are equally bright.
    D : int
        Pixels, D ≥ 2.

    Returns
    -------
    (D,) float64 array
        The signal.

    Raises
    ------
    ValueError
        For an angle outside 0 … 90 and D < 2.

    """
    if check_number("turned_signal", "angle", angle, 0) > 90:
        raise ValueError(f"turned_signal: angle = {angle!r} must be at most 90 degrees")
    check_counts("turned_signal", D=D)
    if D < 2:
        raise ValueError(f"turned_signal: D = {D} must be at least 2; a single pixel has nothing to turn to")
    turn = math.radians(angle)
    return np.r_[math.cos(turn), np.full(D - 1, math.sin(turn) / math.sqrt(D - 1))]


def sign_overlap(w: np.ndarray) -> float:
    """The overlap with w that one step of Adam, the sign of the gradient, has in the end.

    However many samples it sees. sign(w) has the cosine ‖w‖₁ / (√D ‖w‖₂) with w: 1/√D for one
    bright pixel, 1 for all alike.

    Parameters
    ----------
    w : (D,) array_like
        No entry zero by noise: where w is 0 the sign is a coin, and adds to the length all the
        same.

    Returns
    -------
    float
        The cosine.

    """
    w = np.asarray(w, dtype=np.float64)
    return float(np.abs(w).sum() / (math.sqrt(w.size) * np.linalg.norm(w)))


def linear_error(v: np.ndarray, w: np.ndarray, sigma: float) -> float:
    """The exact error of sign⟨v, x⟩ on x = y w + σξ: Φ(−cos(v, w) / σ).

    Parameters
    ----------
    v : (D,) array
        The linear unit.
    w : (D,) array
        The signal, of length 1.
    sigma : float
        The noise of each pixel, > 0.

    Returns
    -------
    float
        The error rate; ½ for v = 0.

    """
    length = np.linalg.norm(v)
    return float(special.ndtr(-(v @ w) / (sigma * length))) if length > 0 else 0.5


def descend_linear(signed: np.ndarray, start: np.ndarray, rule: str, *, steps: int = STEPS) -> Iterator[np.ndarray]:
    """Full-batch descent on the mean of log(1 + e^{−⟨v, y x⟩}).

    Adam has its usual constants: 0.9, 0.999, 1e-8.

    Parameters
    ----------
    signed : (P, D) array
        The products y x.
    start : (D,) array
        The first v.
    rule : str
        A name in ``RATES``, which holds its learning rate.
    steps : int, default 80
        The number of steps.

    Yields
    ------
    (D,) array
        v after each step.

    Raises
    ------
    ValueError
        For an unknown rule and shapes that do not fit.

    """
    check_choice("descend_linear", "rule", rule, RATES)
    P, D = check_array("descend_linear", "signed", signed, "P D").shape
    v, mean, square = check_array("descend_linear", "start", start, "D", D=D), 0.0, 0.0
    for step in range(1, steps + 1):
        slope = -special.expit(-(signed @ v)) @ signed / P
        if rule == "Adam":
            mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            slope = mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        v = v - RATES[rule] * slope
        yield v


def trained_errors(P: int, w: np.ndarray, sigma: float, rng: np.random.Generator) -> dict[str, float]:
    """The test error of a linear unit after training with each rule of ``RATES``.

    On the same P samples and from the same start: 80 steps from N(0, 0.001²); of all steps the one
    with the fewest errors on 1,000 validation samples. The test error is exact.

    Parameters
    ----------
    P : int
        Training samples.
    w : (D,) array
        The signal, of length 1.
    sigma : float
        The noise of each pixel, > 0.
    rng : numpy.random.Generator
        Draws samples and start.

    Returns
    -------
    dict of str to float
        The error of each rule.

    Raises
    ------
    ValueError
        As ``sample_dsd``.

    """
    check_rng("trained_errors", rng)
    D = len(w)
    (x, y, _), (x_valid, y_valid, _) = (sample_dsd(size, 1, D, sigma, rng, w=w) for size in (P, VALIDATION))
    signed, valid = x[:, 0] * y[:, None], x_valid[:, 0] * y_valid[:, None]
    start = 1e-3 * rng.standard_normal(D)
    return {
        rule: min((float(np.mean(valid @ v <= 0)), linear_error(v, w, sigma)) for v in descend_linear(signed, start, rule))[1]
        for rule in RATES
    }


def turned_errors(*, signal: float | str, P: int, seed: int) -> Iterator[dict]:
    """Train both rules on one signal: a row for each.

    Parameters
    ----------
    signal : float or str
        An angle in degrees, or "random" for a direction of its own each seed.
    P : int
        Training samples.
    seed : int
        Seed of all draws, together with P.

    Yields
    ------
    dict
        {"rule", "error"}.

    Raises
    ------
    ValueError
        As ``turned_signal`` and ``sample_dsd``, and for another word than "random".

    """
    rng = np.random.default_rng([seed, P])
    if isinstance(signal, str):
        check_choice("turned_errors", "signal", signal, ("random",))
        w = rng.standard_normal(D)
        w /= np.linalg.norm(w)
    else:
        w = turned_signal(signal, D)
    for rule, error in trained_errors(P, w, SIGMA, rng).items():
        yield {"rule": rule, "error": round(error, 5)}
