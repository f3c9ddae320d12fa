"""The soft threshold: what is smaller than b counts as noise and is dropped, what is larger is shortened by b."""

import numpy as np

from dynlib_kernels.arguments.arrays import as_array
from dynlib_kernels.arguments.scalars import check_number


def _checked(where: str, z, b: float) -> np.ndarray:
    z = as_array(where, "z", z)
    if z.dtype.kind != "f":
        raise ValueError(f"{where}: z is {z.dtype}; give real floating numbers: z.astype(float)")
    check_number(where, "b", b, 0)
    return z


def soft_threshold(z, b: float) -> np.ndarray:
    """φ_b(z) = z − clip(z, −b, b): 0 for |z| ≤ b, z − b above, z + b below.

    Odd, increasing, of slope 0 or 1; φ_0(z) = z.

    Parameters
    ----------
    z : float array
        Real numbers of any shape.
    b : float
        The threshold, ≥ 0.

    Returns
    -------
    array of the shape and precision of z
        φ_b(z).

    Raises
    ------
    ValueError
        For b < 0, a b that is not finite, and integers.

    Notes
    -----
    The activation of Karp et al. (2021), which writes it ReLU(z − b) − ReLU(−z − b).

    """
    z = _checked("soft_threshold", z, b)
    return z - np.clip(z, -b, b)


def soft_threshold_grad(z, b: float) -> np.ndarray:
    """φ_b'(z): 1 where |z| > b and 0 elsewhere, at |z| = b too.

    The derivative in b is −sign(z) times this. With b = 0 there is no threshold and the slope is 1
    everywhere, at z = 0 too.

    Parameters
    ----------
    z : float array
        Real numbers of any shape.
    b : float
        The threshold, ≥ 0.

    Returns
    -------
    array of the shape and precision of z
        The slope.

    Raises
    ------
    ValueError
        As ``soft_threshold``.

    """
    z = _checked("soft_threshold_grad", z, b)
    return ((np.abs(z) > b) | (b == 0)).astype(z.dtype)
