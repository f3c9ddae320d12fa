"""The drawing of :class:`Lines` and :class:`Plane`: one SVG with everything in it.

All coordinates are integers, in tenths of a pixel, so the same frame is the same text on every machine. ``explore.mjs``
holds a second copy of :func:`curve`, which redraws the curves when a control moves; a browser test compares the two.
"""

import math
from collections.abc import Iterable
from html import escape

import numpy as np

from dynlib.teaching.explore.levels import MISSING, TOP, unpack
from dynlib.teaching.explore.ticks import minor_ticks, ticks

HEIGHT = 3100
LEFT, RIGHT, ABOVE, BELOW = 560, 200, 320, 480

# What is drawn at each point, after moving there; the first is a round cap on a line of no length.
MARKS = (
    "h0",
    "m-34 0a34 34 0 1 0 68 0a34 34 0 1 0-68 0",
    "m-30-30l60 60m-60 0l60-60",
    "m0-44l44 44-44 44-44-44z",
    "m-32-32h64v64h-64z",
)

Box = tuple[int, int, int, int]  # left, top, width, height


def box_of(panel, width: int) -> Box:
    """The box between the axes of a drawing; with a unit circle both axes get the same scale.

    Parameters
    ----------
    panel : Lines or Plane
        The panel.
    width : int
        The whole drawing's, in tenths of a pixel.

    Returns
    -------
    Box
        Left, top, width and height.
    """
    left, top, across, down = LEFT, ABOVE, width - LEFT - RIGHT, HEIGHT - ABOVE - BELOW
    if panel.circle:
        x, y = panel.xaxis, panel.yaxis
        scale = min(across / (x.high - x.low), down / (y.high - y.low))
        inner, tall = round(scale * (x.high - x.low)), round(scale * (y.high - y.low))
        left, top, across, down = left + (across - inner) // 2, top + (down - tall) // 2, inner, tall
    return left, top, across, down


def baseline(panel, box: Box) -> int:
    """Where filled shapes and bars stand: at zero, or on the edge nearest to it.

    Parameters
    ----------
    panel : Lines or Plane
        The panel; on a log axis they stand on the box's edge.
    box : Box
        Its box.

    Returns
    -------
    int
        The height, in tenths of a pixel.
    """
    at = 0.0 if panel.yaxis.log else float(np.clip(panel.yaxis.fraction(0.0), 0, 1))
    return round(box[1] + box[3] * (1 - at))


def curve(xs: np.ndarray, ys: np.ndarray, box: Box, mark: str, base: int) -> str:
    """The ``d`` of one series: a line, steps or an area, broken at gaps, or a mark at each point.

    Parameters
    ----------
    xs, ys : one-dimensional arrays of int
        Levels, of the same length.
    box : Box
        Where it is drawn.
    mark : str
        "line", "steps", "area", or what is drawn at each point.
    base : int
        Where an area ends.

    Returns
    -------
    str
        The path's data.
    """
    left, top, width, height = box
    d, pen = [], None
    for u, v in zip(xs.tolist(), ys.tolist(), strict=True):
        if MISSING in (u, v):
            if pen and mark == "area":
                d.append(f"V{base}")
            pen = None
            continue
        x = math.floor(left - width + 3 * u * width / TOP + 0.5)
        y = math.floor(top + 2 * height - 3 * v * height / TOP + 0.5)
        if mark not in ("line", "steps", "area"):
            d.append(f"M{x} {y}{mark}")
        elif pen is None:
            d.append(f"M{x} {base}V{y}" if mark == "area" else f"M{x} {y}")
        else:
            dx, dy = x - pen[0], y - pen[1]
            d.append(f"h{dx}v{dy}" if mark == "steps" else f"l{dx} {dy}")
        pen = x, y
    if pen and mark == "area":
        d.append(f"V{base}")
    return "".join(d)


def looks(panel, box: Box, slots: list[str]) -> list[dict]:
    """How each series looks; colours and dashes follow the order of the series.

    Parameters
    ----------
    panel : Lines or Plane
        The panel.
    box : Box
        Its box.
    slots : list of str
        The panel's packed data: how wide bars are depends on it.

    Returns
    -------
    list of dict
        For each series its name, mark, baseline ("base"), class and inline style ("css").
    """
    rows, coloured = [], 0
    for k, name in enumerate(panel.series):
        style, look = panel.style_of(name), {"name": name, "base": baseline(panel, box), "css": ""}
        if style == "area":
            look |= {"mark": "area", "class": "area"}
        else:
            look["class"] = f"s{coloured}"
            if style == "points":
                look["mark"] = MARKS[coloured]
                look["class"] += " dot" if coloured == 0 else " glyph"
            elif style == "bars":
                places = np.unique(unpack(slots[2 * k]))
                places = places[places != MISSING]
                apart = float(np.diff(places).min(initial=TOP)) * 3 * box[2] / TOP
                look |= {"mark": f"V{look['base']}", "css": f"stroke-width:{round(min(max(0.7 * apart, 10), 240))}"}
            else:
                look["mark"] = style
                look["class"] += f" dash{coloured}"
            coloured += 1
        rows.append(look)
    return rows


def _style(look: dict) -> str:
    return f' style="{look["css"]}"' if look["css"] else ""


def key(panel, rows: list[dict]) -> str:
    """The legend as an HTML list, which wraps where an SVG legend would be cut.

    Parameters
    ----------
    panel : Lines or Plane
        The panel.
    rows : list of dict
        Of :func:`looks`.

    Returns
    -------
    str
        Empty for a single series.
    """
    if len(rows) < 2:
        return ""
    items = []
    for look in rows:
        mark = look["mark"]
        sample = {"line": "M20 60h300", "steps": "M20 90h150v-60h150", "area": "M20 105V20H320V105z"}.get(mark)
        sample = sample or ("M170 15V105" if mark.startswith("V") else f"M170 60{mark}")
        swatch = f'<svg viewBox="0 0 340 120" aria-hidden="true"><path class="{look["class"]}"{_style(look)} d="{sample}"/></svg>'
        items.append(f"<li>{swatch}{escape(look['name'])}</li>")
    return f'<ul class="key">{"".join(items)}</ul>'


def labels(places: Iterable[tuple[int, int, str]]) -> str:
    """Text at places of a drawing.

    Parameters
    ----------
    places : iterable of (int, int, str)
        ``(x, y, text)`` each.

    Returns
    -------
    str
        SVG.
    """
    return "".join(f'<text x="{x}" y="{y}">{text}</text>' for x, y, text in places)


def svg(panel, slots: list[str], width: int, name: str) -> str:
    """The whole drawing of one frame.

    Parameters
    ----------
    panel : Lines or Plane
        The panel.
    slots : list of str
        Its packed data.
    width : int
        In tenths of a pixel.
    name : str
        Unique on the page; it ends up in the clip path's id.

    Returns
    -------
    str
        One ``<svg>``.
    """
    box = left, top, across, down = box_of(panel, width)
    right, bottom = left + across, top + down

    def at_x(value: float) -> int:
        return round(left + across * float(panel.xaxis.fraction(value)))

    def at_y(value: float) -> int:
        return round(bottom - down * float(panel.yaxis.fraction(value)))

    xticks = [(at_x(value), label) for value, label in ticks(panel.xaxis, 6 if width > 4500 else 5)]
    yticks = [(at_y(value), label) for value, label in ticks(panel.yaxis, 6)]
    grid = "".join(f"M{x} {top}V{bottom}" for x, _ in xticks) + "".join(f"M{left} {y}H{right}" for y, _ in yticks)
    notches = "".join(f"M{at_x(value)} {bottom}v50" for value in minor_ticks(panel.xaxis))
    notches += "".join(f"M{left} {at_y(value)}h-50" for value in minor_ticks(panel.yaxis))
    if not panel.yaxis.log and panel.yaxis.low < 0 < panel.yaxis.high:
        notches += f"M{left} {at_y(0)}H{right}"
    if panel.cross and panel.xaxis.low < 0 < panel.xaxis.high:
        notches += f"M{at_x(0)} {top}V{bottom}"
    circle = ""
    if panel.circle:
        rx, ry = at_x(1) - at_x(0), at_y(0) - at_y(1)
        circle = f'<ellipse class="circle" cx="{at_x(0)}" cy="{at_y(0)}" rx="{rx}" ry="{ry}"/>'
    rows = looks(panel, box, slots)
    room = 20 if all(look["mark"] in ("line", "steps", "area") for look in rows) else 50
    paths = "".join(
        f'<path data-s="{k}" class="{look["class"]}"{_style(look)} '
        f'd="{curve(unpack(slots[2 * k]), unpack(slots[2 * k + 1]), box, look["mark"], look["base"])}"/>'
        for k, look in enumerate(rows)
    )
    described = f"{panel.title or f'{panel.ylabel} against {panel.xlabel}'}; shown: {', '.join(panel.series)}"
    return (
        f'<svg viewBox="0 0 {width} {HEIGHT}" role="img" aria-label="{escape(described)}">'
        f'<path class="grid" d="{grid}"/><path class="rule" d="{notches}M{left} {top}V{bottom}H{right}"/>'
        f'<g text-anchor="middle">{labels((x, bottom + 180, label) for x, label in xticks)}</g>'
        f'<g text-anchor="end">{labels((left - 80, y + 45, label) for y, label in yticks)}</g>'
        f'<text class="name" x="{(left + right) // 2}" y="{bottom + 380}" text-anchor="middle">{escape(panel.xlabel)}</text>'
        f'<text class="name" x="{max(left - 480, 40)}" y="{top - 150}">{escape(panel.ylabel)}</text>'
        f'<clipPath id="{name}"><path d="M{left - room} {top - room}H{right + room}V{bottom + room}H{left - room}z"/></clipPath>'
        f'<g clip-path="url(#{name})">{circle}{paths}</g></svg>'
    )
