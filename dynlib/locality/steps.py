"""A few steps of gradient descent in closed form, and the error of what they find.

From a start near zero the loss −E[y f] is the first-order part of the logistic and of the square loss. Its gradient in the filter
of patch j is the mean of y x_j over the samples that pass the threshold there; the filter is then scaled back to length 1.

    step 1       no threshold: the mean of y x_j over all samples
    from step 2  threshold b: of all responses |⟨w_j, x_j⟩| the largest P of the P·k pass, one a sample on average

Sharing averages the k gradients. A dense unit has one response to the whole input, and all units of a dense layer that start near
zero follow the same gradient, so one is kept. Every operation commutes with the rotations that the architecture cannot see.

After the two-step training of Lahoti et al. (2024); the threshold there is a constant, here a quantile, which needs no tuning.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dynlib.locality.threshold import soft_threshold
from dynlib_kernels.arguments.arrays import as_array, check_array
from dynlib_kernels.arguments.samples import check_kind, check_labels
from dynlib_kernels.arguments.scalars import check_counts, check_number


class Steps(NamedTuple):
    """What the steps found.

    Attributes
    ----------
    filters : (k, d) array
        Row j meets patch j; rows of length 1, for shared equal ones; dense: length 1 in all.
    threshold : float
        Of the last step.
    alive : (k,) bool array
        False where no sample passed the threshold; such a filter is 0.

    """

    filters: np.ndarray
    threshold: float
    alive: np.ndarray


def responses(x: np.ndarray, kind: str, filters: np.ndarray) -> np.ndarray:
    """What each unit sums before its threshold.

    Parameters
    ----------
    x : (P, k, d) array
        Inputs.
    kind : str
        "shared", "local" or "dense".
    filters : (k, d) array
        Row j meets patch j.

    Returns
    -------
    (P, k) array, or (P, 1) for dense
        The responses.

    """
    heard = np.einsum("Pkd,kd->Pk", x, filters, optimize=True)
    return heard.sum(1, keepdims=True) if kind == "dense" else heard


def quantile_threshold(z: np.ndarray, k: int) -> float:
    """The largest b that one response in k exceeds or equals.

    Parameters
    ----------
    z : array
        Responses of any shape; at least k of them, or the largest counts.
    k : int
        Patches.

    Returns
    -------
    float
        b.

    """
    size = np.abs(z).ravel()
    return float(np.partition(size, -max(1, size.size // k))[-max(1, size.size // k)])


def gradient_steps(
    x: np.ndarray, y: np.ndarray, kind: str, steps: int = 2, *, threshold: float | str = "quantile", split: bool = False
) -> Steps:
    """Filters after a few steps on −E[y f], each step followed by a return to length 1.

    Parameters
    ----------
    x : (P, k, d) float array
        Inputs.
    y : (P,) array
        Labels ±1.
    kind : str
        "shared", "local" or "dense".
    steps : int, default 2
        At least 1.
    threshold : str or float, default "quantile"
        From step 2 on: "quantile" (one response in k passes), "none", or a number ≥ 0.
    split : bool, default False
        Use new samples in each step (P/steps of them), not all again.

    Returns
    -------
    Steps
        A filter without a gradient is 0 and not ``alive``, never nan.

    Raises
    ------
    ValueError
        For other labels than ±1, no samples, fewer samples than steps with split, bad names and
        counts.

    """
    P, k, d = check_array("gradient_steps", "x", x, "P k d").shape
    check_labels("gradient_steps", y, P)
    check_kind("gradient_steps", kind)
    (steps,) = check_counts("gradient_steps", steps=steps)
    if not isinstance(threshold, str) or threshold not in ("quantile", "none"):
        if isinstance(threshold, str):
            raise ValueError(f"gradient_steps: threshold = {threshold!r} is not known; give 'quantile', 'none' or a number")
        check_number("gradient_steps", "threshold", threshold, 0)
    if split and steps > P:
        raise ValueError(f"gradient_steps: {P} samples cannot be split over {steps} steps; give at least one a step")
    W, b = np.zeros((k, d)), 0.0
    parts: Sequence[np.ndarray | slice] = np.array_split(np.arange(P), steps) if split else [slice(None)] * steps
    for step, part in enumerate(parts):
        X, Y = x[part], y[part]
        if step == 0 or threshold == "none":
            passed = np.ones((len(Y), 1))
        else:
            z = np.abs(responses(X, kind, W))
            b = quantile_threshold(z, k) if threshold == "quantile" else float(threshold)
            passed = (z >= b) if threshold == "quantile" else (z > b)
        gradient = np.einsum("Pk,Pkd->kd", np.broadcast_to(passed * Y[:, None], (len(Y), k)), X, optimize=True) / len(Y)
        if kind == "shared":
            gradient = np.broadcast_to(gradient.mean(0), (k, d))
        length = np.linalg.norm(gradient, axis=None if kind == "dense" else 1, keepdims=True)
        W = np.divide(gradient, length, out=np.zeros((k, d)), where=length > 0)
    return Steps(W, b, np.broadcast_to(length > 0, (k, 1))[:, 0])


def error_rate(x: np.ndarray, y: np.ndarray, kind: str, filters: np.ndarray, b: float | None = None) -> float:
    """The share of inputs whose sign Σ φ_b(⟨w_j, x_j⟩) is not the label.

    An output of 0 is a guess and counts half. An output that is nan counts as wrong: nan compares
    as False with everything, and a network that diverged would seem perfect.

    Parameters
    ----------
    x : (P, k, d) float array
        Inputs.
    y : (P,) array
        Labels ±1.
    kind : str
        "shared", "local" or "dense".
    filters : (k, d) array
        As from ``gradient_steps``; may hold nan.
    b : float, optional
        The threshold, ≥ 0; if left out, the value that one response in k exceeds, on these inputs
        and without their labels (dense: no threshold).

    Returns
    -------
    float
        The error rate.

    Raises
    ------
    ValueError
        For shapes that do not fit, labels, kind and b.

    """
    P, k, d = check_array("error_rate", "x", x, "P k d").shape
    check_labels("error_rate", y, P)
    check_kind("error_rate", kind)
    filters = as_array("error_rate", "filters", filters)
    if filters.shape != (k, d) or filters.dtype.kind not in "fiu":
        raise ValueError(
            f"error_rate: filters have shape {filters.shape} and dtype {filters.dtype}, expected floats ({k}, {d}) "
            f"for x of shape {x.shape}"
        )
    z = responses(x, kind, filters)
    if b is None:
        b = 0.0 if kind == "dense" or k == 1 or not np.isfinite(z).all() else quantile_threshold(z, k)
    f = soft_threshold(z, b).sum(1)
    return float(np.mean(np.where(f == 0, 0.5, ~(f * y > 0))))
