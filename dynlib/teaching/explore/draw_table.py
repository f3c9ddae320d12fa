"""The drawing of :class:`Table`: the heat map at the left, the column of the impulse as bars at its right, and its words.

``explore.mjs`` holds a second copy of :func:`cells`, :func:`bars` and :func:`answer`; a browser test compares them.
"""

import math
import re
from html import escape

from dynlib.teaching.explore.draw_axes import ABOVE, HEIGHT, labels
from dynlib.teaching.explore.levels import CELL_TOP
from dynlib.teaching.explore.ticks import nice_step, number

LEFT, SIDE, GAP, RIGHT = 480, 2200, 260, 140

Rows = list[list[int | None]]  # signed levels -31..31, None for missing


def nouns(panel) -> tuple[str, str]:
    """What a column and a row are called, their index letter dropped: ``("input", "output")``.

    Parameters
    ----------
    panel : Table
        The panel.

    Returns
    -------
    tuple of two str
        Column and row.
    """
    return re.sub(r"\s+\w$", "", panel.xlabel), re.sub(r"\s+\w$", "", panel.ylabel)


def sizes(panel) -> list[str]:
    """The value of each level 0..31 as text, to the decimals that a level can carry.

    Parameters
    ----------
    panel : Table
        The panel.

    Returns
    -------
    list of str
        32 numbers.
    """
    step = panel.limit / CELL_TOP
    decimals = math.ceil(-math.log10(step))
    return [number(round(k * step, decimals), max(decimals, 0)) for k in range(CELL_TOP + 1)]


def cells(rows: Rows) -> str:
    """The heat map: one path for each level, zero left blank.

    Parameters
    ----------
    rows : list of list of int or None
        Signed levels -31..31, None for missing.

    Returns
    -------
    str
        SVG in units of cells; a stroke is as thick as a row is high.
    """
    runs: dict[str, str] = {}
    for i, row in enumerate(rows):
        start = 0
        for j in range(1, len(row) + 1):
            if j == len(row) or row[j] != row[start]:
                level = row[start]
                if level != 0:
                    look = 'class="gap"'
                    if level is not None:
                        look = f'class="{_sign(level)}" stroke-opacity="{abs(level) / CELL_TOP:.2f}"'
                    runs[look] = runs.get(look, "") + f"M{start} {i}h{j - start}"
                start = j
    return "".join(f'<path {look} d="{d}"/>' for look, d in runs.items())


def _sign(level: int) -> str:
    return "neg" if level < 0 else "pos"


def bars(rows: Rows, impulse: int) -> str:
    """The column of the impulse, row by row, as bars of -31 to 31 from the line in the middle.

    Parameters
    ----------
    rows : list of list of int or None
        Signed levels -31..31, None for missing.
    impulse : int
        The column.

    Returns
    -------
    str
        SVG.
    """
    d = {"neg": "", "pos": ""}
    for i, row in enumerate(rows):
        level = row[impulse]
        if level:
            d[_sign(level)] += f"M0 {i}h{level}"
    return "".join(f'<path class="{sign}" d="{d[sign]}"/>' for sign in d)


def answer(panel, rows: Rows, impulse: int) -> str:
    """The impulse response in words: which outputs answer most, and how much.

    Parameters
    ----------
    panel : Table
        The panel.
    rows : list of list of int or None
        Signed levels -31..31, None for missing.
    impulse : int
        The column.

    Returns
    -------
    str
        One sentence, as exact as the levels tell.
    """
    of_input, of_output = nouns(panel)
    column = [row[impulse] or 0 for row in rows]
    largest = max(abs(level) for level in column)
    head = f"Impulse at {of_input} {impulse}: "
    if largest == 0:
        return head + f"no {of_output} answers."
    strongest = [i for i, level in enumerate(column) if abs(level) == largest]
    signs = {column[i] > 0 for i in strongest}
    size = ("±" if len(signs) == 2 else "" if True in signs else "−") + sizes(panel)[largest]
    if len(strongest) == 1:
        return head + f"{of_output} {strongest[0]} answers most, about {size}."
    return head + f"{len(strongest)} {of_output}s answer most, about {size} each."


def _index_ticks(count: int) -> range:
    return range(0, count, round(nice_step(count, 5, whole=True)))


def svg(panel, rows: Rows, impulse: int, width: int, name: str) -> str:
    """The whole drawing of one frame.

    Parameters
    ----------
    panel : Table
        The panel.
    rows : list of list of int or None
        Signed levels -31..31, None for missing.
    impulse : int
        The column.
    width : int
        In tenths of a pixel.
    name : str
        Unique on the page; it ends up in the gradient's id.

    Returns
    -------
    str
        One ``<svg>``.
    """
    top, bottom, right = ABOVE, ABOVE + SIDE, LEFT + SIDE
    across, down = SIDE / panel.cols, SIDE / panel.rows
    first, last = right + GAP, width - RIGHT
    half, middle = (last - first) // 2, (first + last) // 2
    columns = labels((round(LEFT + (j + 0.5) * across), bottom + 180, str(j)) for j in _index_ticks(panel.cols))
    beside = labels((LEFT - 80, round(top + (i + 0.5) * down) + 45, str(i)) for i in _index_ticks(panel.rows))
    scale = labels((middle + side * half, bottom + 275, number(side * panel.limit)) for side in (-1, 0, 1))
    in_cells = f'transform="translate({LEFT} {top}) scale({across:g} {down:g})"'
    in_bars = f'transform="translate({middle} {top + down / 2:g}) scale({half / CELL_TOP:g} {down:g})"'
    asked = f"answer to {escape(nouns(panel)[0])} {impulse}"
    stops = "".join(
        f'<stop class="{sign}" offset="{at}" stop-opacity="{opacity}"/>'
        for sign, at, opacity in (("neg", 0, 1), ("neg", 0.5, 0), ("pos", 0.5, 0), ("pos", 1, 1))
    )
    described = f"{panel.title or 'table'}: a row for each {panel.ylabel}, a column for each {panel.xlabel}"
    return (
        f'<svg viewBox="0 0 {width} {HEIGHT}" role="img" aria-label="{escape(described)}">'
        f'<g {in_cells}><g data-cells transform="translate(0 .5)">{cells(rows)}</g>'
        f'<rect class="edge" width="{panel.cols}" height="{panel.rows}"/>'
        f'<rect class="column" data-column x="{impulse}" width="1" height="{panel.rows}"/></g>'
        f'<rect class="hit" data-hit x="{LEFT}" y="{top}" width="{SIDE}" height="{SIDE}"/>'
        f'<path class="grid" d="M{middle - half} {top}V{bottom}M{middle + half} {top}V{bottom}"/>'
        f'<g class="bars" data-bars {in_bars}>{bars(rows, impulse)}</g>'
        f'<path class="rule" d="M{middle} {top}V{bottom}"/>'
        f'<linearGradient id="{name}">{stops}</linearGradient>'
        f'<rect class="edge" style="fill:url(#{name})" x="{middle - half}" y="{bottom + 40}" width="{2 * half}" height="80"/>'
        f'<g text-anchor="middle">{columns}{scale}</g><g text-anchor="end">{beside}</g>'
        f'<text class="name" x="{(LEFT + right) // 2}" y="{bottom + 380}" text-anchor="middle">{escape(panel.xlabel)}</text>'
        f'<text class="name" x="{LEFT - 400}" y="{top - 150}">{escape(panel.ylabel)}</text>'
        f'<text class="name" data-asked x="{width - 40}" y="{top - 150}" text-anchor="end">{asked}</text></svg>'
    )
