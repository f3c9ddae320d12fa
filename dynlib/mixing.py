"""The mixing matrix W of a linear map, y = W x: W_ij is the weight of input j in output i.

The book draws it as the listening table.
"""

from collections.abc import Callable

import numpy as np

from dynlib_kernels.arguments.arrays import as_array
from dynlib_kernels.arguments.scalars import check_count, check_has, check_number, whole


def mixing_matrix(system: Callable[[np.ndarray], np.ndarray], L: int) -> np.ndarray:
    """Put an impulse into one input at a time and write down every output.

    Column j is the impulse response of input j.

    Parameters
    ----------
    system : callable
        A linear map from (L,) inputs to outputs of any one length.
    L : int
        The number of inputs, at least 1.

    Returns
    -------
    (outputs, L) float64 array
        Column j is the response to an impulse, a 1 at place j and zeros elsewhere.

    Raises
    ------
    ValueError
        When L < 1, and when the system is not linear (its output for a random input is not W times
        it): then the response to an impulse is not the weight.
    """
    L = check_count("mixing_matrix", "L", L)
    check_has("mixing_matrix", "system", system, "__call__", like="a function from (L,) inputs to outputs")
    W = np.stack([np.asarray(system(impulse), dtype=np.float64) for impulse in np.eye(L)], axis=1)
    x = np.random.default_rng(0).standard_normal(L)
    missed = np.abs(system(x) - W @ x).max()
    if not missed <= 1e-9 * max(1.0, np.abs(W).max() * L):
        raise ValueError(f"mixing_matrix: the system is not linear (it differs from W x by {missed:.2g}); use a Jacobian")
    return W


def memory_rank(W: np.ndarray, t: int, *, tolerance: float = 1e-9) -> int:
    """Count the state that the moment t asks for.

    It is the rank of the block of W that leads from inputs before t to outputs from t on. (In
    systems theory the rank of a Hankel block; in linear algebra W's semiseparable rank at t.) A
    causal system with a state of N numbers has a block of rank at most N, since the block is (what
    is read) times (what was written).

    Parameters
    ----------
    W : (outputs, inputs) array
        The mixing matrix.
    t : int
        The moment, above 0 and below both sizes of W.
    tolerance : float, default 1e-9
        Singular values below ``tolerance`` times the largest of W count as zero.

    Returns
    -------
    int
        The rank.

    Raises
    ------
    ValueError
        For another shape or t.
    """
    W = as_array("memory_rank", "W", W)
    if W.ndim != 2 or W.dtype.kind not in "fiuc" or not np.isfinite(W).all():
        raise ValueError(
            f"memory_rank: W has shape {W.shape} and dtype {W.dtype}; give a table of finite numbers, (outputs, inputs)"
        )
    if whole(t) is None or not 0 < t < min(W.shape):
        raise ValueError(f"memory_rank: t = {t!r} must lie between 0 and the sizes of W, {W.shape}")
    W = W.astype(np.promote_types(W.dtype, np.float64), copy=False)
    t, tolerance = int(t), check_number("memory_rank", "tolerance", tolerance, 0)
    return int(np.linalg.matrix_rank(W[t:, :t], tol=tolerance * np.linalg.norm(W, 2)))
