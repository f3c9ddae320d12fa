"""One mode λ in its two roles, forgetting and learning, and the matrix by which a linear net smooths its labels, mode by mode."""

import numpy as np

from dynlib_kernels.arguments.arrays import as_array, check_not_negative, check_reals
from dynlib_kernels.arguments.tensors import check_broadcast


def _checked(where: str, t, rate) -> tuple[np.ndarray, np.ndarray]:
    """Times and rates as arrays; a mode of rate 0 stays as it is for ever, so its infinite times become 0."""
    t = as_array(where, "t", t)
    t = check_reals(where, "t", t, infinite=True).astype(np.result_type(t.dtype, np.float16), copy=False)
    rate = as_array(where, "rate", rate)
    if np.isneginf(t).any():
        raise ValueError(f"{where}: t holds -inf, where a mode is infinite; give times above it")
    if rate.dtype.kind not in "fiuc":
        raise ValueError(f"{where}: rate has shape {rate.shape} and dtype {rate.dtype}; give numbers")
    if not np.isfinite(rate).all() or (rate.real < 0).any():
        wrong = rate[~np.isfinite(rate) | (rate.real < 0)].flat[0]
        raise ValueError(f"{where}: rate holds {wrong}; it must be finite, and its real part at least 0")
    check_broadcast(where, t=t.shape, rate=rate.shape)
    if rate.dtype.kind == "c" and np.isinf(t).any():
        raise ValueError(f"{where}: t holds inf, where a mode that turns has no place; give finite times with complex rates")
    return (np.where((rate == 0) & np.isinf(t), 0, t) if np.isinf(t).any() else t), rate


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

    Raises
    ------
    ValueError
        For nan, rates that are infinite or have a real part below 0, infinite times of complex rates,
        and shapes that do not broadcast.
    """
    t, rate = _checked("impulse_response", t, rate)
    return np.exp(-np.multiply(rate, t))


def step_response(t, rate):
    """How near a mode has come at time t to a target held at 1 since 0: 1 − e^{−rate t}.

    It solves x' = rate (1 − x), x(0) = 0.

    Parameters
    ----------
    t : array_like
        Times; broadcast against rate.
    rate : array_like
        In 1/(unit of t), as for ``impulse_response``.

    Returns
    -------
    array
        Of the common shape.

    Raises
    ------
    ValueError
        As ``impulse_response``.
    """
    t, rate = _checked("step_response", t, rate)
    return -np.expm1(-np.multiply(rate, t))


def ridge_response(s, rate):
    """How much of a mode ridge regression of strength 1/s keeps: rate s / (1 + rate s).

    Parameters
    ----------
    s : array_like
        One over the strength, ≥ 0; broadcast against rate.
    rate : array_like
        The rate of the mode, ≥ 0, in 1/(unit of s).

    Returns
    -------
    array
        Of the common shape.

    Raises
    ------
    ValueError
        For a negative, infinite or complex argument, and shapes that do not broadcast.
    """
    s, rate = check_not_negative("ridge_response", s=s, rate=rate)
    check_broadcast("ridge_response", s=s.shape, rate=rate.shape)
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
    S = check_reals("smoother_matrix", "S", S)
    if S.ndim != 2 or S.shape[0] != S.shape[1] or not np.allclose(S, S.T):
        raise ValueError(f"smoother_matrix: S of shape {S.shape} must be a symmetric matrix")
    (time,) = check_not_negative("smoother_matrix", infinite=True, t=t)
    if time.ndim:
        raise ValueError(f"smoother_matrix: t has shape {time.shape}; give one time a call")
    rates, U = np.linalg.eigh(S)
    if rates[0] < -1e-9 * abs(rates[-1]):
        raise ValueError(f"smoother_matrix: S has the eigenvalue {rates[0]:.3g}; those of a kernel matrix must be at least 0")
    rates = np.maximum(rates, 0)  # rounding makes some negative
    return (U * step_response(t, rates)) @ U.T
