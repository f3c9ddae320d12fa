"""Bars over names: one group for each name, one bar in it for each series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from dynlib.teaching.explore.kinds.panel import (
    MOST_SERIES,
    Panel,
    axis_data,
    axis_of,
    check_series,
    floor_of,
    marks_text,
    names_of,
    short,
)
from dynlib.teaching.explore.levels import Axis, as_double, pack, unpack
from dynlib.teaching.explore.style import LIGHT


@dataclass(eq=False, kw_only=True)
class Bars(Panel):
    """Bars over names; several series stand side by side.

    A frame gives ``{series: values}``, float64, a value for each name; NaN is missing. A bar that
    leaves the box is cut off, and its value stands at its end.

    Parameters
    ----------
    names : sequence of str
        What the groups are, from left to right; at most 24.
    series : sequence of str
        The names of the series, at most five.
    ylim : (low, high)
        The box, the same in every frame.
    ylabel, title : str
        The axis' name with its unit; one line above the panel.
    yscale : {"linear", "log"}
        On a log axis bars stand on the box.

    Raises
    ------
    ValueError
        For too many or repeated names, limits; in a frame for a wrong series, length or dtype.
    """

    names: Sequence[str]
    series: Sequence[str]
    ylim: tuple[float, float]
    ylabel: str = ""
    yscale: str = "linear"
    title: str = ""
    yaxis: Axis = field(init=False, repr=False)

    kind: ClassVar[str] = "bars"
    most: ClassVar[int] = 24

    def __post_init__(self):
        self.names, self.series = names_of(self.names, "names"), names_of(self.series)
        if len(self.series) > MOST_SERIES or len(self.names) > self.most:
            raise ValueError(
                f"at most {MOST_SERIES} series and {self.most} names fit, got {len(self.series)} and {len(self.names)}"
            )
        self.yaxis = axis_of(self.ylim, self.yscale, "ylim")

    @property
    def size(self) -> int:
        return len(self.series) + 1

    def data(self) -> dict:
        return {
            "names": self.names,
            "series": [[name, "bars"] for name in self.series],
            "ylabel": self.ylabel,
            "axis": axis_data(self.yaxis),
            "base": floor_of(self.yaxis),
        }

    def pack(self, content: Mapping, where: str) -> list[str]:
        """The levels of each series, then what the box cuts off as ``[series, name, side, value]``."""
        check_series(content, tuple(self.series), where)
        slots, beyond = [], []
        for s, name in enumerate(self.series):
            values = as_double(content[name], f"{where}: series {name!r}")
            if values.shape != (len(self.names),):
                raise ValueError(f"{where}: series {name!r} has shape {values.shape}, wanted ({len(self.names)},)")
            slots.append(pack(self.yaxis.levels(values)))
            at = self.yaxis.fraction(values)
            for side, out in ((1, at > 1 + 1e-6), (-1, at < -1e-6)):
                beyond += [[s, int(k), side, short(values[k])] for k in np.flatnonzero(out)]
        return [*slots, marks_text(beyond)]

    def paint(self, part, slots: list[str]) -> None:
        axes, places, width = part.subplots(), np.arange(len(self.names)), 0.8 / len(self.series)
        floor = self.ylim[0] if self.yaxis.log else 0
        for s, name in enumerate(self.series):
            values = self.yaxis.values(unpack(slots[s]))
            at = places - 0.4 + (s + 0.5) * width
            axes.bar(at, values - floor, width, bottom=floor, color=LIGHT[f"c{s}"], label=name)
        axes.set_yscale("log" if self.yaxis.log else "linear")
        axes.set(ylim=self.ylim, ylabel=self.ylabel, title=self.title)
        axes.set_xticks(places, self.names)
        if len(self.series) > 1:
            axes.legend(fontsize=8)
