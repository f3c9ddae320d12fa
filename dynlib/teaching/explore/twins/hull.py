"""The pointer network's answer to points, judged: what the page computes while points are dragged.

``hull.js`` is the same function; a test holds both to the same numbers and words on random states.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.spatial import ConvexHull

from dynlib.pointer.page_weights import packed, rounded
from dynlib.pointer.plain import plain_answer
from dynlib.teaching.explore.frame import Frame
from dynlib.teaching.explore.kinds.points import Points
from dynlib.teaching.explore.kinds.table import Table
from dynlib.teaching.explore.twin import MOST_POINTS, Twin

ROWS = MOST_POINTS + 1  # the end and every point: as many columns as steps at most


def pointer_twin(weights: Mapping[str, np.ndarray], points: Sequence[np.ndarray], says: Sequence[str]) -> Twin:
    """A pointer network in the page, on matrices of bytes.

    Parameters
    ----------
    weights : mapping of str to ndarray
        As :func:`dynlib.pointer.plain.plain_weights` returns them.
    points : sequence of (n, 2) arrays
        One in [0, 1]² for each size on offer, 3 ≤ n ≤ 10.
    says : sequence of str
        For each size one sentence that stands behind the answer, the network's score on fresh sets
        say.

    Returns
    -------
    Twin
        The ``frame`` of an ``Explore`` with one slider over the sizes and the panels of
        :func:`pointer_panels`.

    Raises
    ------
    ValueError
        For points of another shape, outside the square or on one line, a size twice, sentences that
        do not fit.
    """
    sizes = [len(p) for p in points]
    if len(set(sizes)) < len(sizes) or len(says) != len(sizes):
        raise ValueError(f"points of sizes {sizes} and {len(says)} sentences do not fit: give different sizes, a sentence each")
    network, sentences = rounded(weights), dict(zip(map(str, sizes), says, strict=True))
    twin = Twin(
        script="hull",
        python=lambda points, size: hull_frame(network, sentences, points, size),
        constants={"weights": packed(weights), "says": sentences},
        points=dict(zip(sizes, points, strict=True)),
        link=1,
    )
    for size, p in twin.points.items():
        if np.linalg.matrix_rank(np.asarray(p) - np.asarray(p)[0]) < 2:
            raise ValueError(f"the {size:g} points lie on one line and have no hull; move one of them")
    return twin


def pointer_panels(chosen: int = 1) -> list:
    """The square with the points, and the table of what each step points at; ``chosen`` counts from 1."""
    return [
        Points(
            series=["the hull", "the network", "points"],
            xlim=(0, 1),
            ylim=(0, 1),
            style={"the hull": "polygon", "the network": "arrows"},
            drag="points",
        ),
        Table(rows=ROWS, cols=ROWS, limit=1.0, xlabel="point j", ylabel="step i", impulse=chosen),
    ]


def hull_frame(network: Mapping[str, np.ndarray], says: Mapping[str, str], points: np.ndarray, size: int) -> Frame:
    """The frame of these points: hull, answer, table and words.

    Parameters
    ----------
    network : mapping of str to ndarray
        The weights on their grid of bytes.
    says : mapping of str to str
        By the size, a sentence behind the answer.
    points : (n, 2) array
        In [0, 1]².
    size : int
        n, the slider's value.

    Returns
    -------
    Frame
        Of the panels of :func:`pointer_panels`; the table is missing where there is no step or no
        point.
    """
    points = np.asarray(points, dtype=float)
    rows, answer = plain_answer(network, points)
    table = np.full((ROWS, ROWS), np.nan)
    table[: rows.shape[0], : rows.shape[1]] = rows
    ends = [(*points[a - 1], *points[b - 1]) for a, b in zip(answer, answer[1:] + answer[:1], strict=True)]
    content = {"the hull": points[hull(points)], "the network": np.reshape(ends, (-1, 4)), "points": points}
    return Frame([content, table], words=f"{judge(points, answer)} {says[str(size)]}")


def hull(points: np.ndarray) -> list[int]:
    """The hull's vertices, counter-clockwise from the lowest point.

    Parameters
    ----------
    points : (n, 2) array
        In the unit square.

    Returns
    -------
    list of int
        Counted from 0.
    """
    order = ConvexHull(points).vertices.tolist()
    start = min(range(len(order)), key=lambda k: (points[order[k], 1], points[order[k], 0]))
    return order[start:] + order[:start]


def judge(points: np.ndarray, answer: list[int]) -> str:
    """The answer in words: exact, crossing, too short, or what share of the hull's area it covers.

    Parameters
    ----------
    points : (n, 2) array
        In the unit square.
    answer : list of int
        Points from 1.

    Returns
    -------
    str
        One sentence.
    """
    said = ", ".join(map(str, answer)) or "nothing"
    order = [j + 1 for j in hull(points)]
    if len(answer) < 3:
        return f"The network points at {said}, and ends before it has a polygon."
    ways = [way[k:] + way[:k] for way in (order, order[::-1]) for k in range(len(order))]
    if answer in ways:
        return f"The network points at {said}: exactly the hull."
    corners = points[np.array(answer) - 1]
    if _crosses(corners):
        return f"The network points at {said}: its edges cross."
    share = math.floor(1000 * abs(_area(corners)) / abs(_area(points[hull(points)])) + 0.5) / 10
    return f"The network points at {said}: not the hull, but {share:g} % of its area."


def _area(corners: np.ndarray) -> float:
    following = np.roll(corners, -1, 0)
    return float((corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]).sum() / 2)


def _crosses(corners: np.ndarray) -> bool:
    """Whether two edges meet inside both; at a common corner they do not, one side is then exactly 0."""

    def side(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    def apart(one, two):
        return side(*one, two[0]) * side(*one, two[1]) < 0

    n = len(corners)
    edges = [(corners[k], corners[(k + 1) % n]) for k in range(n)]
    pairs = ((edges[i], edges[k]) for i in range(n) for k in range(i + 2, n))
    return any(apart(one, two) and apart(two, one) for one, two in pairs)
