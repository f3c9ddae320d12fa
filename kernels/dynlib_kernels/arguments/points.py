"""Sets of points, and answers about them: places, polygons, tours."""

import numpy as np

from dynlib_kernels.arguments.arrays import as_array

FARTHEST = 1e300  # sums and differences of a few coordinates have floats up to here


def of_one_size(P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points divided by a power of two, so that squares of their coordinates have floats.

    Nothing is rounded: what is computed of them has the digits that it would have had.

    Parameters
    ----------
    P : (..., n, 2) float64 array
        Sets of points.

    Returns
    -------
    Q : (..., n, 2) float64 array
        P / 2^e, the largest coordinate of each set between ½ and 1.
    e : (...) int array
        The powers.
    """
    _, e = np.frexp(np.abs(P).max((-2, -1)))
    return np.ldexp(P, -e[..., None, None]), e


def centred(P: np.ndarray) -> np.ndarray:
    """Points around the middle of their bounding box, of one size: the same polygons and triangles, without the offset's digits.

    Parameters
    ----------
    P : (..., n, 2) float64 array
        Sets of points.

    Returns
    -------
    (..., n, 2) float64 array
        The largest coordinate of each set between ½ and 1, or 0 for a single place.
    """
    low, high = P.min(-2, keepdims=True), P.max(-2, keepdims=True)
    return of_one_size(P - (low / 2 + high / 2))[0]


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
    P = as_array(where, name, P)
    if P.ndim not in (2, 3) or P.shape[-1] != 2 or P.size == 0 or P.dtype.kind not in "fiu":
        raise ValueError(f"{where}: {name} has shape {P.shape} and dtype {P.dtype}; give real points (n, 2) or a batch (B, n, 2)")
    if P.shape[-2] < least:
        raise ValueError(f"{where}: {name} holds {P.shape[-2]} points; give at least {least}")
    P = np.ascontiguousarray(P, np.float64)
    if not np.isfinite(P).all():
        raise ValueError(f"{where}: {name} holds nan or inf; np.isfinite({name}) says where")
    if np.abs(P).max() > FARTHEST:
        raise ValueError(f"{where}: {name} holds {np.abs(P).max():.3g}; coordinates must stay within ±{FARTHEST:g}")
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


def check_indices(where: str, name: str, values, n: int | None = None) -> np.ndarray:
    """Return values as int64, after a check that they are different whole numbers from 0 to n − 1.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    values : (k,) array_like
        Indices of points.
    n : int, optional
        The number of points; unknown if left out.

    Returns
    -------
    (k,) int64 array
        The indices.

    Raises
    ------
    ValueError
        For another shape or dtype, an index outside, and one that comes twice.
    """
    found = as_array(where, name, values)
    if found.ndim != 1 or found.size == 0 or found.dtype.kind not in "iu":
        raise ValueError(f"{where}: {name} has shape {found.shape} and dtype {found.dtype}; give a row of whole numbers")
    if found.min() < 0 or (n is not None and found.max() >= n):
        last = "" if n is None else f" to {n - 1}"
        raise ValueError(
            f"{where}: {name} names point {found.min() if found.min() < 0 else found.max()}, but the points are "
            f"0{last or ', 1, …'}; places of a network's answer begin with 1: subtract 1 and leave out its end"
        )
    each, times = np.unique(found, return_counts=True)
    if (times > 1).any():
        twice = each[times > 1][0]
        raise ValueError(
            f"{where}: {name} names point {twice} twice; a polygon or tour visits each point once, so give different points"
        )
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
    tour = as_array(where, "tour", tour)
    if tour.shape != P.shape[:-1] or tour.dtype.kind not in "iu":
        raise ValueError(
            f"{where}: tour has shape {tour.shape} and dtype {tour.dtype}; P of shape {P.shape} "
            f"needs whole numbers {P.shape[:-1]}, one for each point"
        )
    if (np.sort(tour, -1) != np.arange(P.shape[-2])).any():
        raise ValueError(
            f"{where}: tour is not a permutation of 0 to {P.shape[-2] - 1}; each city is visited once, and the way "
            "home is not written: give such a row"
        )
    return tour.astype(np.int64)
