"""One mode λ in its two roles, forgetting and learning, and the matrix by which a linear net smooths its labels, mode by mode."""

import numpy as np


def impulse_response(t, rate):
    """What is left at t of an impulse at 0, in one mode: e^{−rate t}.

    It solves x' = −rate x, x(0) = 1.

    Parameters
    ----------
    t : array_like
        Times; broadcast against rate.
    rate : array_like
        In 1/(unit of t), real part ≥ 0; its imaginary part turns the mode, clockwise.

    Returns
    -------
    array
        Of the common shape.
    """
    return np.exp(-np.multiply(rate, t))


def step_response(t, rate):
    """How near a mode has come at time t to a target held at 1 since 0: 1 − e^{−rate t}.

    It solves x' = rate (1 − x), x(0) = 0.

    Parameters
    ----------
    t : array_like
        Times; broadcast against rate.
    rate : array_like
        In 1/(unit of t).

    Returns
    -------
    array
        Of the common shape.
    """
    return -np.expm1(-np.multiply(rate, t))


def ridge_response(s, rate):
    """How much of a mode ridge regression of strength 1/s keeps: rate s / (1 + rate s).

    Parameters
    ----------
    s : array_like
        One over the strength; broadcast against rate.
    rate : array_like
        The rate of the mode, in 1/(unit of s).

    Returns
    -------
    array
        Of the common shape.
    """
    return np.multiply(rate, s) / (1 + np.multiply(rate, s))


def smoother_matrix(S: np.ndarray, t: float) -> np.ndarray:
    """The smoother matrix W(t) of a linear model trained for the time t.

    It is U (1 − e^{−Λt}) Uᵀ for S = U Λ Uᵀ, and mixes labels into predictions, f(t) = W(t) y, which
    solves f' = S (y − f), f(0) = 0: gradient flow of a linear model with the kernel matrix S.

    Parameters
    ----------
    S : (P, P) array
        Symmetric, positive semidefinite.
    t : float
        The time, at least 0.

    Returns
    -------
    (P, P) float64 array
        W(t).

    Raises
    ------
    ValueError
        When S is not symmetric or has an eigenvalue below zero, and for t < 0.
    """
    S = np.asarray(S, dtype=np.float64)
    if S.ndim != 2 or S.shape[0] != S.shape[1] or not np.allclose(S, S.T):
        raise ValueError(f"smoother_matrix: S of shape {S.shape} must be a symmetric matrix")
    if not t >= 0:
        raise ValueError(f"smoother_matrix: t = {t!r} must be at least 0")
    rates, U = np.linalg.eigh(S)
    if rates[0] < -1e-9 * abs(rates[-1]):
        raise ValueError(f"smoother_matrix: S has the eigenvalue {rates[0]:.3g}; a kernel matrix has none below 0")
    return (U * step_response(t, rates)) @ U.T
