"""A box with two axes and named series: what :class:`Lines`, :class:`Plane` and :class:`Points` share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from dynlib.teaching.explore.kinds.panel import Panel, axis_data, check_series, floor_of, marks_text, names_of, short
from dynlib.teaching.explore.levels import Axis, as_double, pack, unpack
from dynlib.teaching.explore.style import LIGHT

MARKERS = "o", "o", "x", "D", "s"
DASHES: tuple[tuple[float, ...], ...] = ((), (4, 2), (1, 1), (6, 2, 1, 2), (8, 3))


@dataclass(eq=False, kw_only=True)
class Series(Panel):
    """Named series in a box; a subclass says what a series is."""

    series: Sequence[str]
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    xlabel: str = ""
    ylabel: str = ""
    title: str = ""
    style: Mapping[str, str] = field(default_factory=dict)
    xaxis: Axis = field(init=False, repr=False)
    yaxis: Axis = field(init=False, repr=False)

    styles: ClassVar[tuple[str, ...]] = ("line", "steps", "points", "bars")
    usual_style: ClassVar[str] = "line"
    circle = False  # a unit circle; both axes then have one scale
    round = False  # both axes have one scale
    cross = False  # the line x = 0 besides y = 0

    def __post_init__(self):
        self.series = names_of(self.series)
        for name, style in self.style.items():
            if name not in self.series:
                raise ValueError(f"style names {name!r}, which is not one of the series {self.series}")
            if style not in self.styles:
                raise ValueError(f"style of {name!r} must be one of {self.styles}, got {style!r}")

    def style_of(self, name: str) -> str:
        return self.style.get(name, self.usual_style)

    @property
    def size(self) -> int:
        return 2 * len(self.series) + 1

    def data(self) -> dict:
        zero = [None if a.log or not a.low < 0 < a.high else round(float(a.fraction(0.0)), 5) for a in (self.xaxis, self.yaxis)]
        return {
            "xlabel": self.xlabel,
            "ylabel": self.ylabel,
            "axes": [axis_data(self.xaxis), axis_data(self.yaxis)],
            "series": [[name, self.style_of(name)] for name in self.series],
            "base": floor_of(self.yaxis),
            "zero": [zero[0] if self.cross else None, zero[1]],
            "circle": self.circle,
            "round": self.circle or self.round,
        }

    def pack(self, content: Mapping, where: str) -> list[str]:
        """One frame's data as text: the levels ``x, y`` of each series in turn, then what the box cuts off."""
        check_series(content, tuple(self.series), where)
        slots, beyond = [], []
        for s, name in enumerate(self.series):
            x, y = self._coordinates(content[name], f"{where}: series {name!r}", name)
            slots += [pack(self.xaxis.levels(x)), pack(self.yaxis.levels(y))]
            beyond += [[s, *mark] for mark in self._beyond(x, y)]
        return [*slots, marks_text(beyond)]

    def _beyond(self, x: np.ndarray, y: np.ndarray) -> list[list]:
        """What lies above or below the box: the farthest point on each side, as [place in x, side, value]."""
        across, up = self.xaxis.fraction(x), self.yaxis.fraction(y)
        inside = (across >= -1e-9) & (across <= 1 + 1e-9)
        marks: list[list] = []
        for side, out in ((1, up > 1 + 1e-6), (-1, up < -1e-6)):
            places = np.flatnonzero(inside & out)
            if len(places):
                far = side * up[places]
                k = places[int(np.argmax(far >= far.max() * (1 - 1e-9)))]
                marks.append([round(float(across[k]), 3), side, short(y[k])])
        return marks

    def _coordinates(self, value, name: str, series: str) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError

    def paint(self, part, slots: list[str]) -> None:
        axes, coloured = part.subplots(), 0
        for k, name in enumerate(self.series):
            x, y = self.xaxis.values(unpack(slots[2 * k])), self.yaxis.values(unpack(slots[2 * k + 1]))
            style = self.style_of(name)
            if style == "area":
                axes.fill_between(x, y, 0 if not self.yaxis.log else self.yaxis.values(0), color="0.85", label=name)
                continue
            self._paint_series(axes, x, y, style, coloured, name)
            coloured += 1
        for axis, scale in ((self.xaxis, axes.set_xscale), (self.yaxis, axes.set_yscale)):
            scale("log" if axis.log else "linear")
        axes.set(xlim=self.xlim, ylim=self.ylim, xlabel=self.xlabel, ylabel=self.ylabel, title=self.title)
        axes.grid(alpha=0.3)
        if self.circle:
            turn = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
            axes.plot(turn.real, turn.imag, color="0.5", linewidth=1)
        if self.circle or self.round:
            axes.set_aspect("equal")
        if len(self.series) > 1:
            axes.legend(fontsize=8)

    def _paint_series(self, axes, x, y, style: str, k: int, name: str) -> None:
        colour = LIGHT[f"c{k}"]
        if style == "points":
            axes.plot(x, y, MARKERS[k], color=colour, markersize=5, label=name)
        elif style == "bars":
            axes.vlines(x, 0, y, color=colour, linewidth=2, label=name)
        else:
            drawn = "steps-post" if style == "steps" else "default"
            axes.plot(x, y, color=colour, dashes=DASHES[k], drawstyle=drawn, label=name)


def one_dimensional(values, name: str, *, allow_complex: bool = False) -> np.ndarray:
    """Values as a one-dimensional float64 or complex128 array; ``ValueError`` names ``name``."""
    array = as_double(values, name, allow_complex=allow_complex)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {array.shape}")
    return array
