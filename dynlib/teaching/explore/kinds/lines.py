"""Curves over a linear or log axis: lines, steps, bars, points and filled shapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dynlib.teaching.explore.kinds.panel import MOST_SERIES, axis_of
from dynlib.teaching.explore.kinds.series import Series, one_dimensional


@dataclass(eq=False, kw_only=True)
class Lines(Series):
    """Curves over a linear or log axis.

    A frame gives ``{name: y}`` with ``y`` of the length of ``x``, or ``{name: (x, y)}``,
    one-dimensional, float64. NaN and infinity, and numbers ≤ 0 on a log axis, are gaps. What leaves
    the box is cut off, and its farthest point is marked at the edge with its value.

    Parameters
    ----------
    series : sequence of str
        The names, in the order of their colours; at most five besides those in ``fill``.
    xlim, ylim : (low, high)
        The box, the same in every frame.
    xlabel, ylabel : str
        Words, with the unit: ``"time (steps)"``.
    x : sequence of float, optional
        The numbers that series without their own share.
    xscale, yscale : {"linear", "log"}
        The axes' scales.
    fill : sequence of str
        Names of series drawn as a filled grey shape down to zero (on a log axis, to the box).
    style : mapping of str to {"line", "steps", "points", "bars"}
        By a series' name; a line unless told. A step lasts until the next x.
    title : str
        One line above the panel.

    Raises
    ------
    ValueError
        Names what is wrong: limits, scales, an unknown or repeated series, in a frame also shape
        and dtype.
    """

    xlabel: str = ""
    ylabel: str = ""
    x: Sequence[float] | None = None
    xscale: str = "linear"
    yscale: str = "linear"
    fill: Sequence[str] = ()

    kind: ClassVar[str] = "lines"

    def __post_init__(self):
        super().__post_init__()
        self.xaxis, self.yaxis = axis_of(self.xlim, self.xscale, "xlim"), axis_of(self.ylim, self.yscale, "ylim")
        self.fill = (self.fill,) if isinstance(self.fill, str) else tuple(self.fill)
        for name in self.fill:
            if name not in self.series or name in self.style:
                raise ValueError(f"fill names {name!r}: wanted one of the series {self.series} that has no other style")
        if len(self.series) - len(self.fill) > MOST_SERIES:
            raise ValueError(f"at most {MOST_SERIES} series can be told apart, got {self.series}")
        if self.x is not None:
            self.x = one_dimensional(self.x, "x")

    def style_of(self, name: str) -> str:
        return "area" if name in self.fill else super().style_of(name)

    def _coordinates(self, value, name: str, series: str) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(value, tuple):
            if len(value) != 2:
                raise ValueError(f"{name} must be y or a pair (x, y), got a tuple of {len(value)}")
            x, y = one_dimensional(value[0], f"{name}, x"), one_dimensional(value[1], f"{name}, y")
        elif self.x is None:
            raise ValueError(f"{name} is y alone, but the panel has no x: give Lines(x=…) or a pair (x, y)")
        else:
            x, y = np.asarray(self.x), one_dimensional(value, name)
        if x.shape != y.shape:
            raise ValueError(f"{name} has {len(y)} numbers over {len(x)} of x")
        return x, y
