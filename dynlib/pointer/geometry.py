"""Hulls and triangulations as sequences that a network can point at.

A hull is a cycle and a triangulation a set, so each has many spellings; a rule picks one. SciPy finds them (Qhull), Shapely says
what is a simple polygon. Indices are those of the points, from 0.
"""

import numpy as np
from scipy.spatial import ConvexHull, Delaunay, QhullError, cKDTree

from dynlib_kernels.arguments.points import centred, check_indices, check_set
from dynlib_kernels.arguments.scalars import check_choice, check_rng

STARTS = ("lowest index", "lowest y", "random")
# What Qhull can tell apart, in units of the largest distance from the middle. A hull is found from areas, which have the digits
# of the coordinates; triangles from squares of distances, which have half of them.
APART_HULL, APART_TRIANGLES = 1e-12, 1e-7


def _apart(where: str, P: np.ndarray, least: float) -> np.ndarray:
    """P around its middle, of one size, after a check that no two of its points are too close to be told apart."""
    P = centred(P)
    if near := cKDTree(P).query_pairs(least):
        i, j = min(near)
        raise ValueError(
            f"{where}: points {i} and {j} of P lie {np.linalg.norm(P[i] - P[j]):.2g} of the set's size apart, too close for "
            f"double precision; keep one of them, or move them apart by {least:g} of it"
        )
    return P


def hull(P: np.ndarray) -> np.ndarray:
    """Hull vertices, counter-clockwise from anywhere; none inside an edge.

    Parameters
    ----------
    P : (n, 2) array
        Points that were checked before.

    Returns
    -------
    (k,) int array
        Indices.

    Raises
    ------
    ValueError
        For points on one line (or nearly so).

    """
    P = _apart("convex_hull_order", P, APART_HULL)
    try:
        return ConvexHull(P).vertices
    except QhullError:
        raise ValueError(
            "convex_hull_order: the points of P lie on one line (or nearly so), which has no hull polygon; move one "
            "of them, or sort along the line"
        ) from None


def convex_hull_order(P, start: str = "lowest index", rng: np.random.Generator | None = None) -> np.ndarray:
    """Indices of the hull's vertices, counter-clockwise in axes with y up.

    Parameters
    ----------
    P : (n, 2) array_like
        Points, n ≥ 3; those inside an edge are no vertices.
    start : str, default "lowest index"
        The vertex that comes first: "lowest index" (the paper's rule), "lowest y" (of equals that
        of lowest x), or "random", which needs ``rng``.
    rng : numpy.random.Generator, optional
        Draws the first vertex.

    Returns
    -------
    (k,) int64 array
        Indices.

    Raises
    ------
    ValueError
        For fewer than 3 points, points on one line, two at one place or closer than 1e-12 of the set's
        size, nan, inf, an unknown start.

    """
    P = check_set("convex_hull_order", P, least=3)
    check_choice("convex_hull_order", "start", start, STARTS)
    if start == "random" and rng is None:
        raise ValueError("convex_hull_order: start = 'random' needs rng, such as np.random.default_rng(0)")
    if rng is not None:
        check_rng("convex_hull_order", rng)
    return spell(P, hull(P), start, rng)


def spell(P: np.ndarray, vertices: np.ndarray, start: str, rng: np.random.Generator | None) -> np.ndarray:
    """The cycle of vertices turned so that it begins by the rule ``start``; nothing is checked.

    Parameters
    ----------
    P : (n, 2) array
        Points.
    vertices : (k,) int array
        Indices of the hull's vertices.
    start : str
        One of ``STARTS``.
    rng : numpy.random.Generator or None
        Needed for "random".

    Returns
    -------
    (k,) int64 array
        Indices.

    """
    if start == "random":
        assert rng is not None  # convex_hull_order asks for it, and sample_examples has one
        first = rng.integers(len(vertices))
    elif start == "lowest y":
        first = np.lexsort((P[vertices, 0], P[vertices, 1]))[0]
    else:
        first = vertices.argmin()
    return np.roll(vertices, -first).astype(np.int64)


def incenters(P: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Centres of the circles inscribed in triangles: corners weighted by opposite sides.

    Parameters
    ----------
    P : (n, 2) array
        Points.
    triangles : (T, 3) int array
        Indices.

    Returns
    -------
    (T, 2) float array
        Centres.

    """
    corners = P[triangles]  # (T, 3, 2)
    sides = np.linalg.norm(np.roll(corners, -1, 1) - np.roll(corners, -2, 1), axis=-1)
    return (sides[..., None] * corners).sum(1) / sides.sum(1, keepdims=True)


def delaunay_order(P) -> np.ndarray:
    """The Delaunay triangles: each increasing, sorted by incenter (x, y), then indices.

    Where four points lie on one circle the triangulation is not unique, and Qhull's choice is
    taken. Incenters are compared to 12 digits, so that rounding does not decide a tie.

    Parameters
    ----------
    P : (n, 2) array_like
        Points, n ≥ 3.

    Returns
    -------
    (T, 3) int64 array
        Indices, T = 2n − 2 − b, where b points lie on the hull's boundary, those inside its edges
        included.

    Raises
    ------
    ValueError
        For fewer than 3 points, points on one line, two at one place or closer than 1e-7 of the set's
        size, nan, inf.

    """
    P = _apart("delaunay_order", check_set("delaunay_order", P, least=3), APART_TRIANGLES)
    try:
        triangles = np.sort(Delaunay(P).simplices, 1).astype(np.int64)
    except QhullError:
        raise ValueError(
            "delaunay_order: the points of P lie on one line (or nearly so), which has no triangles; move one of them"
        ) from None
    centres = incenters(P, triangles)
    x, y = (centres / np.abs(P).max()).round(12).T
    return triangles[np.lexsort((*triangles.T[::-1], y, x))]


def polygon_equal(a, b) -> bool:
    """Whether two rows of vertex indices are one polygon.

    That is, equal after a rotation, a reversal, or both.

    Parameters
    ----------
    a, b : array_like of int
        Indices of vertices, in order.

    Returns
    -------
    bool
        Whether they are equal.

    Raises
    ------
    ValueError
        For an empty row, a negative index, and a vertex named twice.

    """
    a, b = (check_indices("polygon_equal", name, row) for name, row in (("a", a), ("b", b)))
    if len(a) != len(b) or a[0] not in b:
        return False
    b = np.roll(b, -int(np.flatnonzero(b == a[0])[0]))
    return bool((a == b).all() or (a[1:] == b[:0:-1]).all())
