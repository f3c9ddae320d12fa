"""Inputs with labels; samples stand in rows. Labels are real numbers (chapter 4), or −1 and +1 (chapter 5)."""

import numpy as np

from dynlib_kernels.arguments.arrays import check_array, check_reals
from dynlib_kernels.arguments.scalars import check_choice

KINDS = ("shared", "local", "dense")


def check_samples(where: str, X, y, *w0) -> tuple[np.ndarray, ...]:
    """Return X, y and, where given, w0 as finite float64 arrays; samples are the rows of X.

    Where N and P differ, an X with samples in its columns is recognised.

    Parameters
    ----------
    where : str
        The function that asks.
    X : (P, N) array_like
        One sample a row.
    y : (P,) array_like
        The labels, real numbers.
    *w0 : (N,) array_like
        Weights, if the function has any.

    Returns
    -------
    tuple of float64 arrays
        X and y, and w0 if it was given.

    Raises
    ------
    ValueError
        For other shapes, nan and inf.
    """
    X, y = check_reals(where, "X", X, axes=2), check_reals(where, "y", y, axes=1)
    P, N = X.shape
    if len(y) == N != P:
        raise ValueError(
            f"{where}: X has shape {X.shape} and y {len(y)} labels: samples stand in its columns; here they are rows, give X.T"
        )
    if len(y) != P:
        raise ValueError(f"{where}: X has shape {X.shape}, so P = {P}, but y has {len(y)} labels; give one for each row")
    if np.abs(X).max() > 1e150:
        raise ValueError(f"{where}: X holds {np.abs(X).max():.3g}, whose square has no float; give entries of at most 1e150")
    for start in w0:
        start = check_reals(where, "w0", start, axes=1)
        if len(start) != N:
            raise ValueError(
                f"{where}: X has shape {X.shape}, so N = {N}, but w0 has {len(start)} weights; give one for each column"
            )
        return X, y, start
    return X, y


def check_labels(where: str, y: np.ndarray, P: int) -> np.ndarray:
    """Return y, P ≥ 1 labels that are −1 or +1.

    Parameters
    ----------
    where : str
        The function that asks.
    y : (P,) float array
        The labels.
    P : int
        The number of samples.

    Returns
    -------
    (P,) float array
        The same object.

    Raises
    ------
    ValueError
        For another shape or dtype, no samples, nan, inf, and another label.
    """
    check_array(where, "y", y, "P", P=P)
    if P == 0:
        raise ValueError(f"{where}: x and y hold no samples; give at least one")
    wrong = y[np.abs(y) != 1]
    if wrong.size:
        raise ValueError(f"{where}: y holds {wrong[0]:g}; labels must be -1 and +1: 2 * y - 1 turns 0 and 1 into them")
    return y


def check_kind(where: str, kind: str) -> str:
    """Return kind, after a check that it names one of the networks that look at such samples.

    Parameters
    ----------
    where : str
        The function that asks.
    kind : {"shared", "local", "dense"}
        The network.

    Returns
    -------
    str
        kind.

    Raises
    ------
    ValueError
        For another word.
    """
    return check_choice(where, "kind", kind, KINDS)
