"""A widget as a notebook stores it: a picture, its words, what to do, and the data. Neither script nor style is stored.

Front ends strip script, style and inputs from what they do not trust. What they leave of this is complete: plain HTML with a PNG.
"""

import base64
import io
import json
from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from dynlib.teaching.explore.style import LIGHT

RUN = "To move it, run this cell, or trust the notebook."


def stored(title: str, words: str, picture: bytes, data: str, element: str) -> str:
    """The HTML of a widget.

    Parameters
    ----------
    title, words : str
        Its title, and its start in words.
    picture : bytes
        Its start as PNG.
    data : str
        What the script needs, of :func:`as_json`.
    element : str
        Its id on the page.

    Returns
    -------
    str
        One ``<div class="dynlib-explore">``.
    """
    png = base64.b64encode(picture).decode()
    shown = f'<img src="data:image/png;base64,{png}" alt="{escape(title)}: the picture at its start">'
    return (
        f'<div class="dynlib-explore" id="{element}"><div class="poster"><p><strong>{escape(title)}</strong></p><p>{shown}</p>'
        f"<p>{escape(words)}</p><p><em>{RUN}</em></p></div>"
        f'<script type="application/json">{data}</script></div>'
    )


def as_json(data: dict) -> str:
    """Data as the text of a script element: no ``<`` may stand in it, since ``</script>`` or ``<!--`` would end or comment it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


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
