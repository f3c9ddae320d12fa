"""One style for every stored figure, and a way to show one that cannot forget its description.

A figure is drawn in the book's colours on the light page's paper, and again in the dark page's. One that has axes side by side is
drawn twice more with its axes below each other, for a phone. All four pictures are one output: a notebook shows the first, the
site the one that fits.
"""

from importlib.resources import files
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib import font_manager
from matplotlib.colors import to_hex

from dynlib.teaching import colours
from dynlib.teaching.figures import themes
from dynlib.teaching.figures.narrow import stacked
from dynlib.teaching.figures.png import picture

COLOURS = tuple(colours.LIGHT[name] for name in colours.SERIES)
PAPER, INK, SOFT, HAIR, TINT = (colours.LIGHT[name] for name in ("paper", "ink", "soft", "hair", "tint"))
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))

# A figure of one column is as wide as a line of text, one of several as wide as the page allows; an inch takes 116 pixels where
# there is room. On a phone a picture has 358 pixels, in which 9.2 points on 4.8 inches are still 7.1 points.
ONE, BROAD, SCALE = 4.8, 8.0, 116
SIZE = 9.2
MIMES = {  # which pictures of a figure its output may hold: narrow, dark
    (False, False): "image/png",
    (False, True): "application/vnd.dynamics.dark+png",
    (True, False): "application/vnd.dynamics.narrow+png",
    (True, True): "application/vnd.dynamics.narrow.dark+png",
}

FACE = "Inter of the book"
for font in sorted(files("dynlib.teaching.figures").joinpath("fonts").iterdir(), key=str):
    if font.name.endswith(".ttf"):
        font_manager.fontManager.addfont(str(font))

STYLE: dict[Any, Any] = {  # Any: matplotlib's stubs have a literal type of every name there is
    "figure.dpi": 2 * SCALE,
    "figure.facecolor": PAPER,
    "figure.edgecolor": PAPER,
    "figure.constrained_layout.use": True,
    "font.family": FACE,
    "font.size": SIZE,
    "mathtext.fontset": "custom",
    "mathtext.rm": FACE,
    "mathtext.it": f"{FACE}:italic",
    "mathtext.bf": f"{FACE}:semibold",
    **dict.fromkeys(("mathtext.cal", "mathtext.sf", "mathtext.tt", "mathtext.bfit"), FACE),
    "mathtext.fallback": "stixsans",
    "text.color": INK,
    "axes.prop_cycle": plt.cycler(color=COLOURS) + plt.cycler(linestyle=DASHES),
    "axes.facecolor": PAPER,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": SIZE,
    "axes.titleweight": 600,
    "axes.labelsize": SIZE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.edgecolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": SIZE,
    "ytick.labelsize": SIZE,
    "grid.color": HAIR,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.7,
    "patch.edgecolor": INK,
    "patch.facecolor": COLOURS[0],
    "legend.frameon": False,
    "legend.edgecolor": HAIR,
    "legend.facecolor": PAPER,
    "legend.fontsize": SIZE,
    "hatch.color": SOFT,
    "boxplot.flierprops.markeredgecolor": INK,
    "image.cmap": themes.SEQUENTIAL,
}


def subplots(rows: int = 1, columns: int = 1, *, width: float | None = None, height: float = 2.8, **options):
    """``matplotlib.pyplot.subplots`` in the book's style, which matplotlib keeps for whatever a page adds.

    Parameters
    ----------
    rows, columns : int
        How many axes there are, from top to bottom and from left to right.
    width, height : float
        The whole figure's size in inches; without a width, 4.8 for one column and 8 for more.
    **options
        What else ``matplotlib.pyplot.subplots`` takes.

    Returns
    -------
    tuple
        The figure and its axes, as ``matplotlib.pyplot.subplots`` returns them.
    """
    plt.rcParams.update(STYLE)
    return plt.subplots(rows, columns, figsize=(width or (ONE if columns == 1 else BROAD), height), **options)


def show(fig, *, alt: str, caption: str | None = None, narrow: int = 1) -> None:
    """Show a figure, with its caption and with the description that a reader who cannot see it needs, and close it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure; it is closed afterwards.
    alt : str
        What the figure shows: axes, and what to read off.
    caption : str or None
        A sentence that says what to see in it; Markdown and ``$…$`` are understood.
    narrow : int
        How many axes stand side by side on a phone.

    Raises
    ------
    ValueError
        If ``alt`` is shorter than 20 characters, the caption is no sentence, ``narrow`` is no whole number
        above 0, or something in the figure has a colour that is not the book's.
    """
    if not isinstance(alt, str) or len(alt.strip()) < 20:
        raise ValueError(f"figures.show: alt = {alt!r} is too short; say in one or two sentences what the figure shows")
    if caption is not None and (not isinstance(caption, str) or len(caption) < 20 or caption.strip()[-1] not in ".?!"):
        raise ValueError(f"figures.show: caption = {caption!r} is no sentence; say what to see in the figure, with a full stop")
    if not isinstance(narrow, int) or narrow < 1:
        raise ValueError(
            f"figures.show: narrow = {narrow!r} must be a whole number from 1 on: how many axes a phone has in a row"
        )
    data, drawn = {"text/plain": f"Figure: {alt}"}, {}
    with plt.rc_context(STYLE):
        if foreign := themes.foreign(fig):
            raise ValueError(
                f"figures.show: fig has {foreign[0]}, none of the book's colours; take figures.COLOURS[k], figures.INK, SOFT, "
                f"HAIR, TINT or PAPER, figures.shades(n), or the colour map {themes.SEQUENTIAL!r} or {themes.DIVERGING!r}"
            )
        for small in (False, True):
            if small and not stacked(fig, narrow, ONE):
                break
            data[MIMES[small, False]], drawn["narrow" if small else "wide"] = picture(fig, 2 * SCALE)
            with themes.dark(fig):
                data[MIMES[small, True]], _ = picture(fig, 2 * SCALE)
    plt.close(fig)
    about = {"caption": caption, "drawn": drawn} if caption else {"drawn": drawn}
    width = round(SCALE * drawn["wide"]["size"][0])
    display(data, raw=True, metadata={"image/png": {"alt": alt, "width": width}, "dynamics": about})
    if caption:  # where a notebook is read; on the site it stands under the figure
        display(
            {"text/markdown": f"*{caption}*", "text/plain": caption}, raw=True, metadata={"dynamics": {"caption_of": "figure"}}
        )


def shades(count: int) -> list[str]:
    """Colours for what has an order, from light to full.

    Parameters
    ----------
    count : int
        How many, from 1 to 9.

    Returns
    -------
    list of str
        As ``#rrggbb``, out of the book's colour map.

    Raises
    ------
    ValueError
        If ``count`` is none of 1 to 9.
    """
    if not isinstance(count, int) or not 1 <= count <= 9:
        raise ValueError(f"figures.shades: count = {count!r} must be a whole number from 1 to 9; more are not told apart")
    return [to_hex(plt.get_cmap(themes.SEQUENTIAL)(level)) for level in np.linspace(1, 0.35, count)[::-1]]
