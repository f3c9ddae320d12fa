"""One style for every stored figure, and a way to show one that cannot forget its description.

A figure is stored as PNG on a white card, so that it reads on a light and on a dark page. Colours are Okabe and Ito's,
which colour-blind readers can tell apart; lines differ in their dashes as well.
"""

import base64
import io
from typing import Any

import matplotlib.pyplot as plt
from IPython.display import display

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
STYLE: dict[Any, Any] = {  # Any: matplotlib's stubs have a literal type of every name there is
    "figure.dpi": 160,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "axes.prop_cycle": plt.cycler(color=COLOURS) + plt.cycler(linestyle=DASHES),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.edgecolor": "#555555",
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "image.cmap": "cividis",
}


def subplots(rows: int = 1, columns: int = 1, *, width: float = 6.4, height: float = 2.8, **options):
    """``matplotlib.pyplot.subplots`` in the book's style.

    Parameters
    ----------
    rows, columns : int
        How many axes there are, from top to bottom and from left to right.
    width, height : float
        The whole figure's size in inches.
    **options
        What else ``matplotlib.pyplot.subplots`` takes.

    Returns
    -------
    tuple
        The figure and its axes, as ``matplotlib.pyplot.subplots`` returns them.
    """
    with plt.rc_context(STYLE):
        return plt.subplots(rows, columns, figsize=(width, height), **options)


def show(fig, *, alt: str) -> None:
    """Show a figure with the description that a reader who cannot see it needs, and close it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure; it is closed afterwards.
    alt : str
        What the figure shows: axes, and what to read off.

    Raises
    ------
    ValueError
        If ``alt`` is shorter than 20 characters.
    """
    if not isinstance(alt, str) or len(alt.strip()) < 20:
        raise ValueError(f"figures.show: alt = {alt!r} is too short; say in one or two sentences what the figure shows")
    png = io.BytesIO()
    with plt.rc_context(STYLE):
        fig.savefig(png, format="png", metadata={"Software": None})
    plt.close(fig)
    data = {"text/plain": f"Figure: {alt}", "image/png": base64.b64encode(png.getvalue()).decode()}
    display(data, raw=True, metadata={"image/png": {"alt": alt}})
