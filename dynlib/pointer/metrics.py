"""How right is an answer? The paper's measures, each with the share of answers that are no answer at all.

A hull's accuracy asks for the same polygon, however it is spelled. Its area is averaged over the simple polygons only, so it must
never be read without the share of the others; the paper prints FAIL instead of an area when that share exceeds one percent.
Answers are rows of places as ``decode.greedy`` returns them: 1 … n for points, 0 for the end and what follows it.
"""

from typing import NamedTuple

import numpy as np
from shapely.geometry import Polygon

from dynlib.pointer.geometry import convex_hull_order, delaunay_order, polygon_equal
from dynlib.pointer.tours import tour_length
from dynlib_kernels.arguments.arrays import as_array, check_positive
from dynlib_kernels.arguments.points import check_points, check_set, of_one_size

FAIL = 0.01


class HullScore(NamedTuple):
    """How right answers to hulls are.

    Attributes
    ----------
    accuracy : float
        Share of the sets whose answer is the hull.
    area : float
        Mean share of the hull's area over simple answers (nan if there are none).
    failures : float
        Share of answers that are no simple polygon.

    """

    accuracy: float
    area: float
    failures: float

    @property
    def fails(self) -> bool:
        """The paper's rule: no area is stated when more than one percent of the answers are not simple polygons."""
        return self.failures > FAIL


class DelaunayScore(NamedTuple):
    """How right answers to triangulations are.

    Attributes
    ----------
    accuracy : float
        Share of the sets with exactly the right triangles.
    coverage : float
        Mean share of the right triangles that were named.
    failures : float
        Share of answers that hold something that is no triangle (cut short, or a corner twice).

    """

    accuracy: float
    coverage: float
    failures: float


class TourScore(NamedTuple):
    """How good tours are; all but ``failures`` leave out the answers that are no tours.

    Attributes
    ----------
    gap : float
        Mean excess over the best length (nan if there are no tours).
    optimal : float
        Share of best tours (nan if there are no tours).
    length : float
        Mean length (nan if there are no tours).
    failures : float
        Share of answers that are no tours.

    """

    gap: float
    optimal: float
    length: float
    failures: float


def answer(row) -> np.ndarray:
    """The point indices of a row of places: what stands before the first 0, less 1.

    Parameters
    ----------
    row : (m,) array_like of int
        Places.

    Returns
    -------
    int array
        Indices, from 0.

    """
    row = np.asarray(row)
    ends = np.flatnonzero(row == 0)
    return row[: ends[0]] - 1 if len(ends) else row - 1


def hull_metrics(P, out) -> HullScore:
    """Compare answers with the hulls of points.

    Parameters
    ----------
    P : (B, n, 2) array_like
        Points, n ≥ 3.
    out : (B, m) array or tensor of int
        Rows of places.

    Returns
    -------
    HullScore
        Accuracy, area and failures.

    Raises
    ------
    ValueError
        For shapes that do not fit, no answer, places outside 0 … n, and as ``convex_hull_order``.

    """
    P, out = _answers("hull_metrics", P, out)
    P, _ = of_one_size(P)  # areas are divided by areas
    right, areas, failures = 0, [], 0
    for points, row in zip(P, out, strict=True):
        found, true = answer(row), convex_hull_order(points)
        area = _simple_area(points, found)
        if area is None:
            failures += 1
            continue
        areas.append(area / Polygon(points[true]).area)
        right += polygon_equal(found, true)
    return HullScore(right / len(P), float(np.mean(areas)) if areas else float("nan"), failures / len(P))


def simple_area(P: np.ndarray, found: np.ndarray) -> float | None:
    """Area of the polygon through some points, if it is simple.

    Parameters
    ----------
    P : (n, 2) array
        Points.
    found : (m,) int array
        Indices of the corners, in order.

    Returns
    -------
    float or None
        None if it is not simple: it crosses itself, has fewer than three corners or one of them
        twice.

    Raises
    ------
    ValueError
        For other shapes, nan, inf, an index outside, and an area that has no float.

    """
    P, found = check_set("simple_area", P), as_array("simple_area", "found", found)
    if found.ndim != 1 or (found.size and (found.dtype.kind not in "iu" or not 0 <= found.min() <= found.max() < len(P))):
        raise ValueError(
            f"simple_area: found has shape {found.shape} and dtype {found.dtype}; give a row of whole numbers from "
            f"0 to {len(P) - 1}"
        )
    size = of_one_size(P)[1]
    area = _simple_area(np.ldexp(P, -size), found)
    if area is None:
        return None
    with np.errstate(over="ignore"):
        exact = float(np.ldexp(area, 2 * size))
    if not 0 < exact < np.inf:
        raise ValueError(
            f"simple_area: P holds {np.abs(P).max():.3g}, and an area of its square has no float; give P divided by it"
        )
    return exact


def _simple_area(P: np.ndarray, found: np.ndarray) -> float | None:
    """As ``simple_area``, of points and indices that were checked."""
    if len(found) < 3 or len(set(found.tolist())) < len(found):
        return None
    polygon = Polygon(P[found])
    return polygon.area if polygon.is_valid and polygon.area > 0 else None


def triangle_coverage(pred, true) -> float:
    """Share of the true triangles that pred names too; one that is named twice counts once.

    Parameters
    ----------
    pred, true : (T, 3) array_like of int
        Triangles, rows of three indices in any order.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If either has not three columns or true is empty.

    """
    sets = []
    for name, rows in (("pred", pred), ("true", true)):
        rows = as_array("triangle_coverage", name, rows)
        rows = rows.reshape(-1, 3).astype(int) if rows.size == 0 else rows
        if rows.ndim != 2 or rows.shape[1] != 3 or rows.dtype.kind not in "iu":
            raise ValueError(
                f"triangle_coverage: {name} has shape {rows.shape} and dtype {rows.dtype}; give one row of three indices for "
                "each triangle"
            )
        sets.append({tuple(sorted(row)) for row in rows.tolist()})
    found, wanted = sets
    if not wanted:
        raise ValueError("triangle_coverage: true holds no triangle; give at least one")
    return len(found & wanted) / len(wanted)


def delaunay_metrics(P, out) -> DelaunayScore:
    """Compare answers, three places a triangle, with the Delaunay triangles of points.

    Parameters
    ----------
    P : (B, n, 2) array_like
        Points, n ≥ 3.
    out : (B, m) array or tensor of int
        Rows of places.

    Returns
    -------
    DelaunayScore
        Accuracy, coverage and failures.

    Raises
    ------
    ValueError
        As ``hull_metrics``.

    """
    P, out = _answers("delaunay_metrics", P, out)
    exact, coverage, failures = 0, 0.0, 0
    for points, row in zip(P, out, strict=True):
        found, true = answer(row), delaunay_order(points)
        whole = found[: len(found) // 3 * 3].reshape(-1, 3)
        proper = [t for t in whole.tolist() if len(set(t)) == 3]
        broken = len(found) % 3 > 0 or len(proper) < len(whole) or not proper
        failures += broken
        coverage += triangle_coverage(proper, true)
        exact += not broken and {tuple(sorted(t)) for t in proper} == {tuple(t) for t in true.tolist()}
    return DelaunayScore(exact / len(P), coverage / len(P), failures / len(P))


def tour_metrics(P, out, best) -> TourScore:
    """Compare tours with the best lengths.

    A tour counts as optimal if it is longer than the best by less than 1e-9 of it.

    Parameters
    ----------
    P : (B, n, 2) array_like
        Points.
    out : (B, n) array or tensor of int
        Tours, as places.
    best : (B,) array_like
        The lengths of ``held_karp``.

    Returns
    -------
    TourScore
        Gap, optimal, length and failures.

    Raises
    ------
    ValueError
        As ``hull_metrics``.

    """
    P, out = _answers("tour_metrics", P, out)
    (best,) = check_positive("tour_metrics", best=best)
    if best.shape != (len(P),):
        raise ValueError(f"tour_metrics: best has shape {best.shape}; give one length for each of the {len(P)} sets")
    valid = (np.sort(out, 1) == np.arange(1, P.shape[1] + 1)).all(1) if out.shape[1] == P.shape[1] else np.zeros(len(P), bool)
    if not valid.any():
        return TourScore(float("nan"), float("nan"), float("nan"), 1.0)
    lengths = tour_length(P[valid], out[valid] - 1)
    gaps = lengths / best[valid] - 1
    return TourScore(float(gaps.mean()), float((gaps < 1e-9).mean()), float(lengths.mean()), float(1 - valid.mean()))


def _answers(where: str, P, out) -> tuple[np.ndarray, np.ndarray]:
    P = check_points(where, P)
    out = as_array(where, "out", out)
    if P.ndim != 3 or out.ndim != 2 or len(out) != len(P) or out.size == 0 or out.dtype.kind not in "iu":
        raise ValueError(
            f"{where}: P has shape {P.shape} and out {out.shape}, {out.dtype}; give points (B, n, 2) and for each "
            "set a row of places"
        )
    if out.min() < 0 or out.max() > P.shape[1]:
        raise ValueError(
            f"{where}: out names place {out.min() if out.min() < 0 else out.max()}; with {P.shape[1]} points the "
            f"places must be 0 (the end) to {P.shape[1]}"
        )
    return P, out
