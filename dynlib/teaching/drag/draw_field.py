"""The square with the points: the hull in grey, the network's answer as arrows, and both in words.

``drag.mjs`` holds a second copy of everything here; a browser test compares the two.
"""

import math

import numpy as np
from scipy.spatial import ConvexHull

from dynlib.teaching.explore.style import LIGHT

SIDE, LEFT, TOP, WIDTH, HEIGHT = 2800, 400, 150, 3600, 3100  # tenths of a pixel
GAP = 110  # an arrow begins and ends this far from its points


def at(point: np.ndarray) -> tuple[int, int]:
    """Where a point of the unit square is drawn; y points up."""
    return math.floor(LEFT + SIDE * point[0] + 0.5), math.floor(TOP + SIDE * (1 - point[1]) + 0.5)


def arrows(points: np.ndarray, answer: list[int]) -> str:
    """The ``d`` of the answer's edges, each with a head in its middle.

    Parameters
    ----------
    points : (n, 2) array
        In the unit square.
    answer : list of int
        Points from 1, one after the other and back to the first.

    Returns
    -------
    str
        The path's data.
    """
    d = []
    for a, b in zip(answer, answer[1:] + answer[:1], strict=True):
        (x, y), (u, v) = at(points[a - 1]), at(points[b - 1])
        length = math.hypot(u - x, v - y)
        if length <= 2 * GAP:
            continue
        e, f = (u - x) / length, (v - y) / length
        d.append(_move("M", x + GAP * e, y + GAP * f) + _move("L", u - GAP * e, v - GAP * f))
        m, n = (x + u) / 2 + 60 * e, (y + v) / 2 + 60 * f  # the head's tip
        d.append(
            _move("M", m - 120 * e + 60 * f, n - 120 * f - 60 * e)
            + _move("L", m, n)
            + _move("L", m - 120 * e - 60 * f, n - 120 * f + 60 * e)
        )
    return "".join(d)


def _move(letter: str, x: float, y: float) -> str:
    return f"{letter}{math.floor(x + 0.5)} {math.floor(y + 0.5)}"


def outline(points: np.ndarray) -> str:
    """The hull as a filled shape."""
    return "M" + "L".join("{} {}".format(*at(point)) for point in points[hull(points)]) + "Z"


def dots(points: np.ndarray, chosen: int) -> str:
    """A disc and a number for each point.

    Parameters
    ----------
    points : (n, 2) array
        In the unit square.
    chosen : int
        The point that is drawn larger, from 1.

    Returns
    -------
    str
        SVG.
    """
    drawn = []
    for j, point in enumerate(points, 1):
        x, y = at(point)
        look = ' class="chosen"' if j == chosen else ""
        drawn.append(
            f'<circle{look} cx="{x}" cy="{y}" r="{75 if j == chosen else 50}"></circle><text x="{x + 80}" y="{y - 60}">{j}</text>'
        )
    return "".join(drawn)


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


def svg(points: np.ndarray, answer: list[int], chosen: int) -> str:
    """The whole drawing."""
    label = "the square with the points; the arrow keys move the chosen one"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" data-field role="application" tabindex="0" aria-label="{label}">'
        f'<rect class="edge" x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/>'
        f'<path class="area" data-hull d="{outline(points)}"/><path class="s1 dash0" data-arrows d="{arrows(points, answer)}"/>'
        f'<g class="dots" data-dots>{dots(points, chosen)}</g>'
        f'<rect class="hit" data-square x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}"/></svg>'
    )


def paint(part, points: np.ndarray, answer: list[int], chosen: int) -> None:
    """The drawing in a subfigure of matplotlib, for where no svg is shown."""
    axes = part.subplots()
    axes.fill(*points[hull(points)].T, color="0.9")
    for a, b in zip(answer, answer[1:] + answer[:1], strict=True):
        axes.annotate("", points[b - 1], points[a - 1], arrowprops={"arrowstyle": "->", "color": LIGHT["c1"], "shrinkB": 6})
    for j, point in enumerate(points, 1):
        axes.plot(*point, "o", color=LIGHT["c0"] if j == chosen else "black", markersize=8 if j == chosen else 5)
        axes.annotate(str(j), point, (5, 4), textcoords="offset points")
    axes.set(xlim=(-0.05, 1.08), ylim=(-0.05, 1.08), aspect="equal", xticks=[], yticks=[])
