"""A teacher, noisy labels, and a student that follows the gradient: one draw at a time, in closed form by its modes."""

import numpy as np

from dynlib.modes import impulse_response, step_response
from dynlib_kernels.arguments.arrays import check_not_negative
from dynlib_kernels.arguments.samples import check_samples
from dynlib_kernels.arguments.scalars import check_counts, check_rng


def sample_teacher_student(n: int, p: int, snr: float, inr: float, rng: np.random.Generator, fix_norm: bool = True):
    """Draw one data set: inputs, a teacher, a student's start, and labels y = X teacher + noise.

    Samples are the rows of X. Entries of X are normal with variance 1/n, of the noise with variance
    1, of teacher and start with variance snr and inr.

    Parameters
    ----------
    n, p : int
        Weights and samples, at least 1.
    snr : float
        Variance of a teacher's weight, ≥ 0, over the noise variance.
    inr : float
        Variance of an initial weight, ≥ 0, over the noise variance.
    rng : numpy.random.Generator
        Draws everything.
    fix_norm : bool, default True
        Scale teacher and start to the squared lengths n snr and n inr exactly, which takes their
        share of the scatter, of order √(2/n), out of the errors.

    Returns
    -------
    tuple of four float64 arrays
        X (p, n), the teacher (n,), the start (n,), the labels (p,).

    Raises
    ------
    ValueError
        Unless n, p ≥ 1 are whole, snr, inr ≥ 0 are numbers, and rng is a
        ``numpy.random.Generator``.

    """
    where = "sample_teacher_student"
    n, p = check_counts(where, n=n, p=p)
    taught, begun = check_not_negative(where, snr=snr, inr=inr)
    if taught.ndim or begun.ndim:
        raise ValueError(
            f"{where}: snr has shape {taught.shape} and inr {begun.shape}; one draw has one of each, so give numbers"
        )
    check_rng(where, rng)
    X = rng.standard_normal((n, p)) / np.sqrt(n)
    teacher, start = rng.standard_normal((2, n))
    if fix_norm:
        teacher, start = (w * np.sqrt(n / (w @ w)) for w in (teacher, start))
    teacher, start = np.sqrt(taught) * teacher, np.sqrt(begun) * start
    return X.T, teacher, start, teacher @ X + rng.standard_normal(p)


def gradient_flow_path(X, y, w0, t, ridge: float | np.ndarray = 0.0) -> np.ndarray:
    """The weights of a linear model y ≈ X w that follows the gradient, at the times t.

    The gradient is that of ½‖y − Xw‖² + ½ ridge ‖w‖². One SVD serves all times: a mode with the
    singular value s has the rate s² + ridge. Directions in which X has none, or one below rounding,
    keep their start (and fade at the rate ridge).

    Parameters
    ----------
    X : (P, N) array
        Samples are rows.
    y : (P,) array
        The labels.
    w0 : (N,) array
        The start.
    t : array_like
        Times t ≥ 0 of any shape; inf allowed.
    ridge : float or 0-d array, default 0
        The penalty, ≥ 0.

    Returns
    -------
    t.shape + (N,) float64 array
        The weights.

    Raises
    ------
    ValueError
        For other shapes, nan, inf in X, y or w0, negative t or ridge, and an X whose samples are
        its columns.

    """
    where = "gradient_flow_path"
    X, y, w0 = check_samples(where, X, y, w0)
    (t,), (ridge,) = check_not_negative(where, infinite=True, t=t), check_not_negative(where, ridge=ridge)
    V, s, Ut = np.linalg.svd(X.T, full_matrices=False)
    seen = s > s[0] * max(X.shape) * np.finfo(np.float64).eps
    V, s, Ut = V[:, seen], s[seen], Ut[seen]
    rate, start, t = s**2 + ridge, w0 @ V, t[..., None]
    rest = impulse_response(t, ridge)  # 1 at ridge = 0, whatever t
    w = step_response(t, rate) * (s * (Ut @ y) / rate) + impulse_response(t, rate) * start
    return w @ V.T + rest * (w0 - V @ start)
