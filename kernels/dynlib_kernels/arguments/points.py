"""Sets of points, and answers about them: places, polygons, tours."""

import numpy as np

from dynlib_kernels.arguments.arrays import as_array


def check_points(where: str, P, *, least: int = 1, name: str = "P") -> np.ndarray:
    """Return P as float64, after a check that it holds different finite points.

    Parameters
    ----------
    where : str
        The function that asks.
    P : (n, 2) or (B, n, 2) tensor or array_like
        A set, or a batch of sets.
    least : int, default 1
        The fewest points that make sense.
    name : str, default "P"
        The argument's name.

    Returns
    -------
    (n, 2) or (B, n, 2) float64 array
        The points.

    Raises
    ------
    ValueError
        For another shape, too few points, nan, inf, and two points at one place, which it names.
    """
    P = as_array(P)
    if P.ndim not in (2, 3) or P.shape[-1] != 2 or P.size == 0 or P.dtype.kind not in "fiu":
        raise ValueError(f"{where}: {name} has shape {P.shape} and dtype {P.dtype}; give real points (n, 2) or a batch (B, n, 2)")
    if P.shape[-2] < least:
        raise ValueError(f"{where}: {name} holds {P.shape[-2]} points; give at least {least}")
    P = P.astype(np.float64)
    if not np.isfinite(P).all():
        raise ValueError(f"{where}: {name} holds nan or inf; np.isfinite({name}) says where")
    pairs = P.view(np.complex128)[..., 0]  # (…, n): a point as one number
    order = np.argsort(pairs, axis=-1)
    ordered = np.take_along_axis(pairs, order, -1)
    same = np.argwhere(ordered[..., 1:] == ordered[..., :-1])
    if len(same):
        *b, k = same[0]
        i, j = sorted(int(x) for x in order[tuple(b)][k : k + 2])
        inside = f" of set {b[0]}" if b else ""
        raise ValueError(f"{where}: points {i} and {j}{inside} of {name} lie at one place; keep one of them")
    return P


def check_set(where: str, P, *, least: int = 1) -> np.ndarray:
    """Return one set of points as float64, checked as by ``check_points``; a batch is refused.

    Parameters
    ----------
    where : str
        The function that asks.
    P : (n, 2) tensor or array_like
        The points.
    least : int, default 1
        The fewest points that make sense.

    Returns
    -------
    (n, 2) float64 array
        The points.

    Raises
    ------
    ValueError
        As ``check_points``, and for a batch.
    """
    P = check_points(where, P, least=least)
    if P.ndim != 2:
        raise ValueError(f"{where}: P has shape {P.shape}; give one set of points (n, 2), such as P[0]")
    return P


def check_indices(where: str, name: str, values, n: int) -> np.ndarray:
    """Return values as int64, after a check that they are different whole numbers from 0 to n − 1.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    values : (k,) array_like
        Indices of points.
    n : int
        The number of points.

    Returns
    -------
    (k,) int64 array
        The indices.

    Raises
    ------
    ValueError
        For another shape or dtype, an index outside, and one that comes twice.
    """
    found = np.asarray(values)
    if found.ndim != 1 or found.size == 0 or found.dtype.kind not in "iu":
        raise ValueError(f"{where}: {name} has shape {found.shape} and dtype {found.dtype}; give a row of whole numbers")
    if found.min() < 0 or found.max() >= n:
        raise ValueError(
            f"{where}: {name} names point {found.min() if found.min() < 0 else found.max()}, but the points are "
            f"0 to {n - 1}; places of a network's answer begin with 1: subtract 1"
        )
    if len(np.unique(found)) != len(found):
        twice = np.flatnonzero(np.bincount(found) > 1)[0]
        raise ValueError(f"{where}: {name} names point {twice} twice; a polygon or tour visits each point once")
    return found.astype(np.int64)


def check_tours(where: str, P: np.ndarray, tour) -> np.ndarray:
    """Return tour as int64, after a check that each row is a permutation of 0 … n − 1.

    Parameters
    ----------
    where : str
        The function that asks.
    P : (..., n, 2) array
        The points.
    tour : (..., n) tensor or array_like
        Of the shape of P without its last axis.

    Returns
    -------
    (..., n) int64 array
        The tours.

    Raises
    ------
    ValueError
        For another shape or dtype, and for a row that is no permutation.
    """
    tour = as_array(tour)
    if tour.shape != P.shape[:-1] or tour.dtype.kind not in "iu":
        raise ValueError(
            f"{where}: tour has shape {tour.shape} and dtype {tour.dtype}; it needs whole numbers {P.shape[:-1]}, "
            "one for each point"
        )
    if (np.sort(tour, -1) != np.arange(P.shape[-2])).any():
        raise ValueError(
            f"{where}: tour is not a permutation of 0 to {P.shape[-2] - 1}; each city is visited once, and the way "
            "home is not written"
        )
    return tour.astype(np.int64)
