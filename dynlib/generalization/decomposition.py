"""Where the error of a network with a fixed random hidden layer comes from: three parts, and what two of them share."""

from dataclasses import dataclass

import numpy as np

from dynlib.generalization.features import arccos_kernel, relu_features
from dynlib_kernels.arguments.arrays import check_not_negative, check_reals

JITTER = 1e-13  # of the moments' trace, added to their diagonal: two nearly parallel units would make them singular


@dataclass(frozen=True)
class Decomposition:
    """Mean squared errors over all inputs x ~ N(0, I); ``total`` is the sum of the other four.

    Each is a number, or an array with one entry for each time.

    Attributes
    ----------
    approximation : float or (T,) array
        What the best output weights w* leave.
    null_space : float or (T,) array
        What w* has where the samples moved nothing, or not yet.
    overfitting : float or (T,) array
        What was learnt from the residuals of w* at the samples.
    cross : float or (T,) array
        Minus twice the product of the last two.
    total : float or (T,) array
        The error itself.

    """

    approximation: float | np.ndarray
    null_space: float | np.ndarray
    overfitting: float | np.ndarray
    cross: float | np.ndarray
    total: float | np.ndarray


def error_decomposition(
    A: np.ndarray,
    teacher: np.ndarray,
    weights: np.ndarray,
    X: np.ndarray,
    noise: np.ndarray | None = None,
    t: float | np.ndarray = np.inf,
) -> Decomposition:
    """Split the error of a student with a fixed random ReLU layer into its parts.

    The student is w·max(A x, 0), taught y* = weights·max(teacher x, 0) at the samples X, trained
    from 0 for the time t.

    Let H (N_h, P) be the features of the samples, here one sample a column, Σ = E hhᵀ their
    moments, w* = Σ⁻¹ E h y*, ε = y − w*H the residuals, and Q the projector onto H's columns with
    each direction shortened to the share 1 − e^{−λt} that it has learnt. Then w = y H⁺Q, so that w*
    − w = w*(I − Q) − ε H⁺Q, and with ‖v‖² = vΣvᵀ

        E = E (y* − w*h)²  +  ‖w*(I − Q)‖²  +  ‖ε H⁺Q‖²  −  2⟨w*(I − Q), ε H⁺Q⟩.

    All moments are closed forms (``arccos_kernel``): nothing is sampled but X.

    Parameters
    ----------
    A : (N_h, D) array
        The fixed first layer of the student.
    teacher : (N_t, D) array
        The teacher's first layer.
    weights : (N_t,) array
        The teacher's output weights.
    X : (P, D) array
        One sample a row.
    noise : (P,) array, optional
        Added to the labels; none if left out.
    t : float or (T,) array, default inf
        The time of training, t ≥ 0; inf is the end of training.

    Returns
    -------
    Decomposition
        Numbers or (T,) as t is. The label noise of a new sample is not in it.

    Raises
    ------
    ValueError
        For arrays that do not fit, nan, t < 0.
    FloatingPointError
        If the four parts miss the total, which is found by another route, by more than 1e-6 of the
        largest.

    Notes
    -----
    The three parts are those of a figure's caption in [1]_; formulas and cross term are ours.

    References
    ----------
    .. [1] Advani, Saxe and Sompolinsky 2020.

    """
    where = "error_decomposition"
    A, teacher = check_reals(where, "A", A, axes=2), check_reals(where, "teacher", teacher, axes=2)
    weights, X = check_reals(where, "weights", weights, axes=1), check_reals(where, "X", X, axes=2)
    if not teacher.shape[1] == A.shape[1] == X.shape[1]:
        raise ValueError(
            f"{where}: rows of A, teacher and X have {A.shape[1]}, {teacher.shape[1]} and {X.shape[1]} entries; "
            "give all one length"
        )
    for name, x in (("A", A), ("teacher", teacher), ("weights", weights), ("X", X)):
        if np.abs(x).max() > 1e70:
            raise ValueError(f"{where}: {name} holds {np.abs(x).max():.3g}, and errors of its fourth power; give at most 1e70")
    if len(weights) != len(teacher):
        raise ValueError(f"{where}: weights has {len(weights)} entries for {len(teacher)} teacher units; give one for each")
    (times,) = check_not_negative(where, infinite=True, t=t)
    if times.ndim > 1:
        raise ValueError(f"{where}: t = {t!r} must be a time of at least 0, or a list of them")
    H, y = relu_features(A, X).T, relu_features(teacher, X) @ weights
    if noise is not None:
        noise = check_reals(where, "noise", noise, axes=1)
        if len(noise) != len(X):
            raise ValueError(f"{where}: noise has {len(noise)} entries for {len(X)} samples of X; give one for each")
        if np.abs(noise).max() > 1e150:
            raise ValueError(f"{where}: noise holds {np.abs(noise).max():.3g}, whose square has no float; give at most 1e150")
        y = y + noise

    U, s, Vt = np.linalg.svd(H, full_matrices=False)
    s = s[s > 1e-10 * s[0]]
    U, Vt = U[:, : len(s)], Vt[: len(s)]
    share = -np.expm1(-np.multiply.outer(times, s**2))  # (T, modes), or (modes,)

    moments = arccos_kernel(A, A)
    if not np.trace(moments) > np.finfo(np.float64).tiny:
        raise ValueError(f"{where}: A holds rows of lengths {np.linalg.norm(A, axis=1)}; give rows that are not 0")
    moments += JITTER * np.trace(moments) * np.eye(len(A))
    taught = arccos_kernel(A, teacher) @ weights
    best = np.linalg.solve(moments, taught)
    power = weights @ arccos_kernel(teacher, teacher) @ weights
    missing = best - share * (best @ U) @ U.T
    fitted = share * ((y - best @ H) @ Vt.T / s) @ U.T
    student = share * (y @ Vt.T / s) @ U.T

    def inner(a, b):
        return (a @ moments * b).sum(-1)

    parts = (
        np.full(times.shape, power - taught @ best)[()],
        inner(missing, missing),
        inner(fitted, fitted),
        -2 * inner(missing, fitted),
    )
    total = power - 2 * student @ taught + inner(student, student)
    scale = np.max(np.abs(parts), axis=0) + power
    if not (np.abs(sum(parts) - total) <= 1e-6 * scale).all():
        raise FloatingPointError(f"{where}: the parts add up to {sum(parts)}, not to {total}; two rows of A may be parallel")
    return Decomposition(*parts, total)
