"""Points in the complex plane."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dynlib.teaching.explore.kinds.panel import MOST_SERIES, axis_of
from dynlib.teaching.explore.kinds.series import Series, one_dimensional


@dataclass(eq=False, kw_only=True)
class Plane(Series):
    """Points in the complex plane.

    A frame gives ``{name: z}``, one-dimensional, complex128 (or float64: points on the real axis);
    the number of points may differ from frame to frame. NaN and infinity are not drawn.

    Parameters
    ----------
    series : sequence of str
        The names, in the order of their colours; at most five.
    xlim, ylim : (low, high)
        The box: of the real and of the imaginary part.
    xlabel, ylabel : str
        The axes' names.
    circle : bool
        Draw the unit circle, round: both axes then have one scale.
    style : mapping of str to {"points", "line"}
        By a series' name; points unless told.
    title : str
        One line above the panel.

    Raises
    ------
    ValueError
        As :class:`Lines`.
    """

    xlabel: str = "Re"
    ylabel: str = "Im"
    circle: bool = False

    kind: ClassVar[str] = "plane"
    styles: ClassVar[tuple[str, ...]] = ("points", "line")
    usual_style: ClassVar[str] = "points"
    cross = True

    def __post_init__(self):
        super().__post_init__()
        self.xaxis, self.yaxis = axis_of(self.xlim, "linear", "xlim"), axis_of(self.ylim, "linear", "ylim")
        if len(self.series) > MOST_SERIES:
            raise ValueError(f"at most {MOST_SERIES} series can be told apart, got {self.series}")

    def _coordinates(self, value, name: str, series: str) -> tuple[np.ndarray, np.ndarray]:
        z = one_dimensional(value, name, allow_complex=True)
        z = np.where(np.isfinite(z), z, complex(np.nan, np.nan))
        return z.real, z.imag
