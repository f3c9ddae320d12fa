"""The three networks, forwards and their gradients by hand. They differ only in who may look where.

    shared   Σ_j φ_b(⟨w, x_j⟩)       one filter w ∈ R^d for all patches                d + 1 numbers
    local    Σ_j φ_b(⟨w_j, x_j⟩)     a filter for each patch                           kd + 1
    dense    Σ_i φ_b(⟨w_i, x⟩)       each of h units looks at the whole input          hkd + 1

Each contains the one above it (dense with h = k): the filters of the other patches are then zero. After Lahoti et al. (2024).
"""

import numpy as np

from dynlib.locality.threshold import soft_threshold, soft_threshold_grad
from dynlib_kernels.arguments.arrays import check_array
from dynlib_kernels.arguments.samples import check_kind


def shared_forward(x: np.ndarray, w: np.ndarray, b: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Outputs and responses of the shared network.

    Parameters
    ----------
    x : (P, k, d) float array
        Inputs; P may be 0.
    w : (d,) float array
        The filter.
    b : float, default 0
        The threshold, ≥ 0.

    Returns
    -------
    tuple of two arrays
        Outputs f (P,) and responses z (P, k).

    Raises
    ------
    ValueError
        For shapes that do not fit, integers, nan, and b < 0.

    """
    _, _, d = check_array("shared_forward", "x", x, "P k d").shape
    z = x @ check_array("shared_forward", "w", w, "d", d=d)
    return soft_threshold(z, b).sum(1), z


def local_forward(x: np.ndarray, W: np.ndarray, b: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Outputs and responses of the local network.

    Parameters
    ----------
    x : (P, k, d) float array
        Inputs; P may be 0.
    W : (k, d) float array
        A filter for each patch.
    b : float, default 0
        The threshold, ≥ 0.

    Returns
    -------
    tuple of two arrays
        Outputs f (P,) and responses z (P, k).

    Raises
    ------
    ValueError
        As ``shared_forward``.

    """
    _, k, d = check_array("local_forward", "x", x, "P k d").shape
    z = np.einsum("Pkd,kd->Pk", x, check_array("local_forward", "W", W, "k d", k=k, d=d), optimize=True)
    return soft_threshold(z, b).sum(1), z


def dense_forward(x: np.ndarray, W: np.ndarray, b: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Outputs and responses of the dense network.

    Parameters
    ----------
    x : (P, k, d) float array
        Inputs; P may be 0.
    W : (h, k·d) float array
        A row for each unit, patch by patch.
    b : float, default 0
        The threshold, ≥ 0.

    Returns
    -------
    tuple of two arrays
        Outputs f (P,) and responses z (P, h).

    Raises
    ------
    ValueError
        As ``shared_forward``.

    """
    P, k, d = check_array("dense_forward", "x", x, "P k d").shape
    z = x.reshape(P, k * d) @ check_array("dense_forward", "W", W, "h kd", kd=k * d).T
    return soft_threshold(z, b).sum(1), z


def forward(kind: str, x: np.ndarray, W: np.ndarray, b: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """``shared_forward``, ``local_forward`` or ``dense_forward``, by name.

    Parameters
    ----------
    kind : str
        "shared", "local" or "dense".
    x, W, b : array, array, float
        As that function takes them.

    Returns
    -------
    tuple of two arrays
        Outputs and responses.

    Raises
    ------
    ValueError
        For an unknown kind, and as that function.

    """
    return {"shared": shared_forward, "local": local_forward, "dense": dense_forward}[check_kind("forward", kind)](x, W, b)


def backward(kind: str, x: np.ndarray, z: np.ndarray, b: float, df: np.ndarray) -> tuple[np.ndarray, float]:
    """The gradients of a loss in the filters and in b, from its gradient in the outputs.

    A response passes its share of df back where it exceeded the threshold, and its patch says in
    which direction the filter moves. A shared filter is the same number in k places, so it gets the
    *sum* of what the k places would have got.

    Parameters
    ----------
    kind : str
        "shared", "local" or "dense".
    x : (P, k, d) float array
        Inputs.
    z : (P, k) float array, or (P, h) for dense
        The responses, as the forward returned them.
    b : float
        The threshold that the forward had.
    df : (P,) float array
        The gradient in the outputs.

    Returns
    -------
    tuple
        dW in the shape of the filters, and the number db.

    Raises
    ------
    ValueError
        As the forwards.

    """
    P, k, d = check_array("backward", "x", x, "P k d").shape
    check_array("backward", "df", df, "P", P=P)
    sizes = {} if check_kind("backward", kind) == "dense" else {"units": k}
    check_array("backward", "z", z, "P units", P=P, **sizes)
    dz = df[:, None] * soft_threshold_grad(z, b)
    db = -float((dz * np.sign(z)).sum())
    if kind == "dense":
        return dz.T @ x.reshape(P, k * d), db
    return np.einsum("Pk,Pkd->d" if kind == "shared" else "Pk,Pkd->kd", dz, x, optimize=True), db
