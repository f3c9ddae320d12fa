"""How samples are distributed: counted into bins, as steps that are filled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dynlib.teaching.explore.kinds.panel import MOST_SERIES, axis_of
from dynlib.teaching.explore.kinds.series import Series, one_dimensional
from dynlib.teaching.explore.style import LIGHT


@dataclass(eq=False, kw_only=True)
class Histogram(Series):
    """Samples counted into bins.

    A frame gives ``{name: samples}``, one-dimensional, float64. What is shown is the share of all
    samples in each bin; samples outside the bins count for the whole, and the axis says so by what
    is missing from 1. A series in ``curves`` is no sample but a share for each bin, a theory say.

    Parameters
    ----------
    series : sequence of str
        The names, in the order of their colours; at most five.
    bins : sequence of float
        The bins' edges, at least two, increasing.
    ylim : (low, high)
        The box; from 0 unless told.
    xlabel, ylabel, title : str
        The axes' names, and one line above the panel.
    xscale : {"linear", "log"}
        The scale of the values.
    curves : sequence of str
        Series given as one share for each bin, drawn as a line through the bins' middles.

    Raises
    ------
    ValueError
        As :class:`Lines`; for bins that do not increase, no samples.
    """

    bins: Sequence[float] = ()
    xlim: tuple[float, float] = (0.0, 1.0)
    ylim: tuple[float, float] = (0.0, 1.0)
    xlabel: str = ""
    ylabel: str = "share of samples"
    xscale: str = "linear"
    curves: Sequence[str] = ()

    kind: ClassVar[str] = "histogram"
    usual_style: ClassVar[str] = "block"
    styles: ClassVar[tuple[str, ...]] = ("block", "line")

    def __post_init__(self):
        self.curves = (self.curves,) if isinstance(self.curves, str) else tuple(self.curves)
        super().__post_init__()
        self.bins = one_dimensional(self.bins, "bins")
        if len(self.bins) < 2 or not (np.diff(self.bins) > 0).all():
            raise ValueError(f"bins must be at least two increasing edges, got {np.asarray(self.bins).tolist()}")
        if len(self.series) > MOST_SERIES or not set(self.curves) <= set(self.series):
            raise ValueError(f"at most {MOST_SERIES} series, curves among them; got {self.series} and {self.curves}")
        self.xlim = (float(self.bins[0]), float(self.bins[-1]))
        self.xaxis, self.yaxis = axis_of(self.xlim, self.xscale, "bins"), axis_of(self.ylim, "linear", "ylim")

    def style_of(self, name: str) -> str:
        return "line" if name in self.curves else "block"

    def _coordinates(self, value, name: str, series: str) -> tuple[np.ndarray, np.ndarray]:
        values = one_dimensional(value, name)
        if series in self.curves:
            if len(values) != len(self.bins) - 1:
                raise ValueError(f"{name} has {len(values)} shares for {len(self.bins) - 1} bins")
            edges = np.log(self.bins) if self.xscale == "log" else np.asarray(self.bins)
            middle = (edges[1:] + edges[:-1]) / 2
            return np.exp(middle) if self.xscale == "log" else middle, values
        if not len(values):
            raise ValueError(f"{name} has no samples")
        share = np.histogram(values, self.bins)[0] / len(values)
        return np.asarray(self.bins), np.append(share, share[-1])

    def _paint_series(self, axes, x, y, style: str, k: int, name: str) -> None:
        if style == "line":
            super()._paint_series(axes, x, y, style, k, name)
        else:
            axes.fill_between(x, y, step="post", color=LIGHT[f"c{k}"], alpha=0.35, label=name)
