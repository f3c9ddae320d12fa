"""Points, arrows and polygons in a square; points may be dragged where the page computes the frames itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dynlib.teaching.explore.kinds.panel import MOST_SERIES, axis_of
from dynlib.teaching.explore.kinds.series import Series
from dynlib.teaching.explore.levels import as_double, unpack
from dynlib.teaching.explore.style import LIGHT

_WIDTH = {"points": 2, "polygon": 2, "arrows": 4}


@dataclass(eq=False, kw_only=True)
class Points(Series):
    """Points, arrows and polygons; both axes have one scale.

    A frame gives ``{name: array}``, float64: (n, 2) for points and for the corners of a polygon,
    (n, 4) for arrows, from x, y to x, y.

    Parameters
    ----------
    series : sequence of str
        The names, in the order of their colours; at most five besides polygons.
    xlim, ylim : (low, high)
        The box, the same in every frame.
    xlabel, ylabel : str
        The axes' names; without them no axis is drawn.
    style : mapping of str to {"points", "arrows", "polygon"}
        By a series' name; points unless told.
    numbered : sequence of str
        Series of points whose points carry their number, from 1.
    drag : str, optional
        The series of points that the reader moves, with a :class:`Twin` as ``frame``. It is
        numbered.
    title : str
        One line above the panel.

    Raises
    ------
    ValueError
        As :class:`Lines`.
    """

    xlabel: str = ""
    ylabel: str = ""
    numbered: Sequence[str] = ()
    drag: str | None = None

    kind: ClassVar[str] = "points"
    styles: ClassVar[tuple[str, ...]] = tuple(_WIDTH)
    usual_style: ClassVar[str] = "points"
    round = True

    def __post_init__(self):
        super().__post_init__()
        self.xaxis, self.yaxis = axis_of(self.xlim, "linear", "xlim"), axis_of(self.ylim, "linear", "ylim")
        numbered = (self.numbered,) if isinstance(self.numbered, str) else tuple(self.numbered)
        self.numbered = tuple(dict.fromkeys([*numbered, *([self.drag] if self.drag else [])]))
        for name in self.numbered:
            if name not in self.series or self.style_of(name) != "points":
                raise ValueError(f"numbered and drag name {name!r}: wanted a series of points among {self.series}")
        if self.drag and (tuple(self.xlim), tuple(self.ylim)) != ((0, 1), (0, 1)):
            raise ValueError(
                f"points are dragged in the unit square: xlim and ylim must be (0, 1), got {self.xlim} and {self.ylim}"
            )
        if sum(self.style_of(name) != "polygon" for name in self.series) > MOST_SERIES:
            raise ValueError(f"at most {MOST_SERIES} series can be told apart, got {self.series}")

    def data(self) -> dict:
        numbered = [self.series.index(name) for name in self.numbered]
        drag = None if self.drag is None else self.series.index(self.drag)
        return super().data() | {"bare": not (self.xlabel or self.ylabel), "numbered": numbered, "drag": drag}

    def _coordinates(self, value, name: str, series: str) -> tuple[np.ndarray, np.ndarray]:
        width = _WIDTH[self.style_of(series)]
        array = as_double(value, name)
        if array.ndim != 2 or array.shape[1] != width:
            raise ValueError(f"{name} must have the shape (n, {width}), got {array.shape}")
        both = array.reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def paint(self, part, slots: list[str]) -> None:
        axes, coloured = part.subplots(), 0
        for k, name in enumerate(self.series):
            x, y = self.xaxis.values(unpack(slots[2 * k])), self.yaxis.values(unpack(slots[2 * k + 1]))
            style, colour = self.style_of(name), LIGHT[f"c{coloured}"]
            if style == "polygon":
                axes.fill(x, y, color="0.9")
                continue
            if style == "arrows":
                for from_, to in zip(zip(x[::2], y[::2], strict=True), zip(x[1::2], y[1::2], strict=True), strict=True):
                    axes.annotate("", to, from_, arrowprops={"arrowstyle": "->", "color": colour, "shrinkB": 6})
            else:
                axes.plot(x, y, "o", color=colour, markersize=5)
            if name in self.numbered:
                for j, place in enumerate(zip(x, y, strict=True), 1):
                    axes.annotate(str(j), place, (5, 4), textcoords="offset points")
            coloured += 1
        axes.set(xlim=self.xlim, ylim=self.ylim, xlabel=self.xlabel, ylabel=self.ylabel, title=self.title, aspect="equal")
        axes.margins(0.08)
        if not (self.xlabel or self.ylabel):
            axes.set(xticks=[], yticks=[])
