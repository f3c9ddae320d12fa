"""When to stop: the best moment of one mode, and the best single moment for all of them."""

import itertools

import numpy as np
from scipy.optimize import brentq

from dynlib.generalization.errors import generalization_error
from dynlib.generalization.spectrum import crowded_quadrature, marchenko_pastur_edges
from dynlib.modes import impulse_response, step_response
from dynlib_kernels.arguments.arrays import check_not_negative, check_positive

MOMENTS = 65  # at which the slope of the error is looked at, between the best moments of the fastest and the slowest mode


def mode_stopping_time(lam, snr, inr=0.0):
    """The moment at which a mode of the rate λ should stop, log(1 + Sλ)/λ with S = SNR + INR.

    There the mode lets λ/(λ + 1/S) through: what ridge regression with γ = 1/S does to every mode
    at once. It falls with λ, from S at λ = 0.

    Parameters
    ----------
    lam : array_like
        λ ≥ 0; all arguments broadcast.
    snr : array_like
        SNR ≥ 0.
    inr : array_like, default 0
        INR ≥ 0.

    Returns
    -------
    float64 array of the broadcast shape, or a number
        The time, in units of τ.

    Raises
    ------
    ValueError
        For a negative, infinite or complex argument.

    """
    lam, snr, inr = check_not_negative("mode_stopping_time", lam=lam, snr=snr, inr=inr)
    lam, S = np.broadcast_arrays(lam, snr + inr)
    return np.divide(np.log1p(S * lam), lam, out=S.astype(np.float64), where=lam > 0)[()]


def optimal_stopping_time(alpha, snr, inr=0.0):
    """The single time t at which the generalization error is least, and that error.

    Each mode's part falls before its own best moment and rises after it, so t lies between the best
    moments of the fastest and of the slowest mode. All changes of sign of the slope in between are
    found on a grid of 65 times and by Brent's method; the lowest of them is returned. At S = SNR +
    INR = 0 the answer is (0, 1): nothing to learn.

    Parameters
    ----------
    alpha : array_like
        α > 0; all arguments broadcast.
    snr : array_like
        SNR ≥ 0.
    inr : array_like, default 0
        INR ≥ 0.

    Returns
    -------
    tuple
        (t, E), each of the broadcast shape; t in units of τ, E in units of the noise variance.

    Raises
    ------
    ValueError
        For other values.

    """
    where = "optimal_stopping_time"
    (alpha,), (snr, inr) = check_positive(where, alpha=alpha), check_not_negative(where, snr=snr, inr=inr)
    alpha, S = np.broadcast_arrays(alpha, snr + inr)
    t = np.array([_best(float(a), float(s)) for a, s in zip(alpha.flat, S.flat, strict=True)]).reshape(alpha.shape)
    return t[()], generalization_error(t, alpha, S)


def _best(alpha: float, S: float) -> float:
    if S == 0:
        return 0.0
    lam, weight = crowded_quadrature(alpha)

    def slope(log_t: float) -> float:
        """Half of dE/dt; noise learnt minus signal learnt, mode by mode."""
        left, learned = impulse_response(np.exp(log_t), lam), step_response(np.exp(log_t), lam)
        return weight @ (left * (learned - S * lam * left))

    slowest, fastest = mode_stopping_time(np.array(marchenko_pastur_edges(alpha)), S)
    log_t = np.linspace(np.log(fastest) - 1e-6, np.log(slowest) + 1e-6, MOMENTS)
    slopes = [slope(x) for x in log_t]
    turns = [k for k, (before, after) in enumerate(itertools.pairwise(slopes)) if before < 0 <= after]
    times = np.exp([brentq(slope, log_t[k], log_t[k + 1], xtol=1e-13) for k in turns])
    return float(times[np.argmin(generalization_error(times, alpha, S))])
