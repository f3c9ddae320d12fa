"""What shows of a widget where no script may run, as in a notebook that is not trusted: a picture, its words, and what to do.

Front ends strip svg, style, script and inputs from what they do not trust, and would leave the numbers of the axes in a row. So
a notebook stores plain HTML with a PNG, and the widget itself as text in a script element, which a second one puts in its place.
"""

import base64
import io
import json
import re
from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from dynlib.teaching.explore import draw_axes
from dynlib.teaching.explore.levels import CELL_TOP, unpack, unpack_cells
from dynlib.teaching.explore.panels import Table
from dynlib.teaching.explore.style import LIGHT

RUN = "To move it, run this cell, or trust the notebook."
MARKS = "o", "o", "x", "D", "s"


def still(title: str, words: str, picture: bytes, html: str) -> str:
    """A widget as a notebook stores it: complete where it is sanitised, alive where scripts run.

    Parameters
    ----------
    title, words : str
        Its title, and its start in words.
    picture : bytes
        Its start as PNG.
    html : str
        The widget, one element with an ``id``.

    Returns
    -------
    str
        One ``<div>``.
    """
    (name,) = re.findall(r'^<div [^>]*?\bid="([\w-]+)"', html)
    png = base64.b64encode(picture).decode()
    text = json.dumps(html, ensure_ascii=False).replace("<", "\\u003c")  # no "<" may stand in a script element
    wake = (
        f'for (const still of document.querySelectorAll("#{name}-still")) still.replaceWith('
        'document.createRange().createContextualFragment(JSON.parse(still.querySelector("script").textContent)));'
    )
    shown = f'<img src="data:image/png;base64,{png}" alt="{escape(title)}: the picture at its start">'
    return (
        f'<div id="{name}-still"><p><strong>{escape(title)}</strong></p><p>{shown}</p><p>{escape(words)}</p><p><em>{RUN}</em></p>'
        f'<script type="application/json">{text}</script><script>{wake}</script></div>'
    )


def painted(painters: Sequence[Callable]) -> bytes:
    """A picture of one or two panels.

    Parameters
    ----------
    painters : sequence of callable
        Each draws one panel into the ``matplotlib`` subfigure that it is given.

    Returns
    -------
    bytes
        PNG, 820 pixels wide for two panels.
    """
    from matplotlib import style
    from matplotlib.figure import Figure
    from PIL import Image

    with style.context("default", after_reset=True):  # whatever a page has set
        figure = Figure(figsize=(4.1 * max(len(painters), 1.4), 3.2), dpi=100, layout="constrained")
        for painter, part in zip(painters, figure.subfigures(1, len(painters), squeeze=False)[0], strict=True):
            painter(part)
        drawn, small = io.BytesIO(), io.BytesIO()
        figure.savefig(drawn, format="png")
    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette())
    picture = Image.open(drawn).convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    picture.save(small, format="png", optimize=True)  # a third as large as with colours that nobody tells apart
    return small.getvalue()


def _palette() -> list[int]:
    """Red, green and blue of greys, and of the book's colours from white to full."""
    full = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in LIGHT.values()])
    shades = 255 + np.linspace(1 / 12, 1, 12)[:, None, None] * (full - 255)
    greys = np.repeat(np.linspace(0, 255, 16), 3)
    return np.rint(np.concatenate([greys, shades.ravel()])).astype(int).tolist()


def panel_painter(panel, slots: list[str], impulse: int | None) -> Callable:
    """What draws one frame of a panel.

    Parameters
    ----------
    panel : Lines, Plane or Table
        The panel.
    slots : list of str
        Its packed data.
    impulse : int or None
        A table's column.

    Returns
    -------
    callable
        Takes a subfigure.
    """
    if isinstance(panel, Table):
        rows = unpack_cells(slots[0], panel.cols)
        return lambda part: paint_table(part, panel, rows, impulse)
    return lambda part: _paint_axes(part, panel, slots)


def _paint_axes(part, panel, slots: list[str]) -> None:
    """Lines over axes, or points in the plane."""
    axes, coloured = part.subplots(), 0
    for k, name in enumerate(panel.series):
        x, y = panel.xaxis.values(unpack(slots[2 * k])), panel.yaxis.values(unpack(slots[2 * k + 1]))
        style, colour = panel.style_of(name), LIGHT[f"c{coloured}"]
        if style == "area":
            axes.fill_between(x, y, 0 if not panel.yaxis.log else panel.yaxis.values(0), color="0.85", label=name)
            continue
        if style == "points":
            axes.plot(x, y, MARKS[coloured], color=colour, markersize=5, label=name)
        elif style == "bars":
            axes.vlines(x, 0, y, color=colour, linewidth=2, label=name)
        else:
            shape = "steps-post" if style == "steps" else "default"
            axes.plot(
                x, y, color=colour, dashes=((), (4, 2), (1, 1), (6, 2, 1, 2), (8, 3))[coloured], drawstyle=shape, label=name
            )
        coloured += 1
    for axis, scale in ((panel.xaxis, axes.set_xscale), (panel.yaxis, axes.set_yscale)):
        scale("log" if axis.log else "linear")
    axes.set(xlim=panel.xlim, ylim=panel.ylim, xlabel=panel.xlabel, ylabel=panel.ylabel, title=panel.title)
    axes.grid(alpha=0.3)
    if panel.circle:
        turn = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
        axes.plot(turn.real, turn.imag, color="0.5", linewidth=1)
        axes.set_aspect("equal")
    if draw_axes.key(panel, draw_axes.looks(panel, draw_axes.box_of(panel, 4000), slots)):
        axes.legend(fontsize=8)


def paint_table(part, panel: Table, rows: list[list[int | None]], impulse: int | None) -> None:
    """A heat map with the impulse's column outlined, and that column as bars beside it.

    Parameters
    ----------
    part : matplotlib.figure.SubFigure
        Where it is drawn.
    panel : Table
        The panel.
    rows : list of list of int or None
        Signed levels -31..31, None for missing.
    impulse : int or None
        The column.
    """
    from matplotlib.colors import LinearSegmentedColormap

    levels = np.array([[np.nan if level is None else level for level in row] for row in rows]) / CELL_TOP * panel.limit
    colours = LinearSegmentedColormap.from_list("weights", [LIGHT["neg"], "white", LIGHT["pos"]]).with_extremes(bad="0.8")
    table, bars = part.subplots(1, 2, sharey=True, width_ratios=(2, 1))
    table.imshow(levels, cmap=colours, vmin=-panel.limit, vmax=panel.limit, aspect="auto")
    table.set(xlabel=panel.xlabel, ylabel=panel.ylabel, title=panel.title)
    if impulse is not None:
        table.axvspan(impulse - 0.5, impulse + 0.5, fill=False, edgecolor="black")
        column = np.nan_to_num(levels[:, impulse])
        bars.barh(np.arange(len(rows)), column, color=np.where(column < 0, LIGHT["neg"], LIGHT["pos"]))
    bars.set(xlim=(-panel.limit, panel.limit), xlabel=f"answer to {impulse}")
