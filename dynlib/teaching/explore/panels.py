"""What a widget can draw: lines, points in the complex plane, a table. A panel checks a frame's data and packs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dynlib.teaching.explore.levels import Axis, as_double, pack, pack_cells

STYLES = ("line", "steps", "points", "bars")
MOST_SERIES = 5  # as many as there are colours that everyone can tell apart


def _axis(limits, scale: str, name: str) -> Axis:
    """An axis from ``(low, high)`` and ``"linear"`` or ``"log"``; ``ValueError`` names ``name``."""
    if scale not in ("linear", "log"):
        raise ValueError(f"{name[0]}scale must be 'linear' or 'log', got {scale!r}")
    try:
        low, high = (float(limit) for limit in limits)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be two numbers (low, high), got {limits!r}") from None
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"{name} must be finite and increase, got {limits!r}")
    if scale == "log" and low <= 0:
        raise ValueError(f"{name} must be positive on a log axis, got {limits!r}")
    return Axis(low, high, scale == "log")


def _one_dimensional(values, name: str, *, allow_complex: bool = False) -> np.ndarray:
    array = as_double(values, name, allow_complex=allow_complex)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {array.shape}")
    return array


@dataclass(eq=False, kw_only=True)
class _Series:
    """A box with two axes and named series; :class:`Lines` and :class:`Plane` say what a series is."""

    series: Sequence[str]
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    title: str = ""
    style: Mapping[str, str] = field(default_factory=dict)
    xaxis: Axis = field(init=False, repr=False)
    yaxis: Axis = field(init=False, repr=False)

    usual_style = "line"
    circle = False  # a unit circle
    cross = False  # the line x = 0 besides y = 0

    def __post_init__(self):
        self.series = tuple(self.series) if not isinstance(self.series, str) else (self.series,)
        if not self.series or not all(isinstance(name, str) and name for name in self.series):
            raise ValueError(f"series must be at least one name, got {self.series}")
        if len(set(self.series)) < len(self.series):
            raise ValueError(f"series must have different names, got {self.series}")
        for name, style in self.style.items():
            if name not in self.series:
                raise ValueError(f"style names {name!r}, which is not one of the series {self.series}")
            if style not in STYLES:
                raise ValueError(f"style of {name!r} must be one of {STYLES}, got {style!r}")

    def style_of(self, name: str) -> str:
        return self.style.get(name, self.usual_style)

    def pack(self, content: Mapping, where: str) -> list[str]:
        """One frame's data as text, ``[x, y]`` for each series in turn. ``where`` names the frame in errors."""
        if not isinstance(content, Mapping) or set(content) != set(self.series):
            got = list(content) if isinstance(content, Mapping) else type(content).__name__
            raise ValueError(f"{where}: wanted a dict with the series {list(self.series)}, got {got}")
        slots = []
        for name in self.series:
            x, y = self._coordinates(content[name], f"{where}: series {name!r}")
            slots += [pack(self.xaxis.levels(x)), pack(self.yaxis.levels(y))]
        return slots

    def _coordinates(self, value, name: str) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError


@dataclass(eq=False, kw_only=True)
class Lines(_Series):
    """Curves over a linear or log axis.

    A frame gives ``{name: y}`` with ``y`` of the length of ``x``, or ``{name: (x, y)}``,
    one-dimensional, float64. NaN and infinity, and numbers ≤ 0 on a log axis, are gaps. What leaves
    the box is clipped by it.

    Parameters
    ----------
    series : sequence of str
        The names, in the order of the legend; at most five besides those in ``fill``.
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

    def __post_init__(self):
        super().__post_init__()
        self.xaxis, self.yaxis = _axis(self.xlim, self.xscale, "xlim"), _axis(self.ylim, self.yscale, "ylim")
        self.fill = (self.fill,) if isinstance(self.fill, str) else tuple(self.fill)
        for name in self.fill:
            if name not in self.series or name in self.style:
                raise ValueError(f"fill names {name!r}: wanted one of the series {self.series} that has no other style")
        if len(self.series) - len(self.fill) > MOST_SERIES:
            raise ValueError(f"at most {MOST_SERIES} series can be told apart, got {self.series}")
        if self.x is not None:
            self.x = _one_dimensional(self.x, "x")

    def style_of(self, name: str) -> str:
        return "area" if name in self.fill else super().style_of(name)

    def _coordinates(self, value, name: str) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(value, tuple):
            if len(value) != 2:
                raise ValueError(f"{name} must be y or a pair (x, y), got a tuple of {len(value)}")
            x, y = _one_dimensional(value[0], f"{name}, x"), _one_dimensional(value[1], f"{name}, y")
        elif self.x is None:
            raise ValueError(f"{name} is y alone, but the panel has no x: give Lines(x=…) or a pair (x, y)")
        else:
            x, y = np.asarray(self.x), _one_dimensional(value, name)
        if x.shape != y.shape:
            raise ValueError(f"{name} has {len(y)} numbers over {len(x)} of x")
        return x, y


@dataclass(eq=False, kw_only=True)
class Plane(_Series):
    """Points in the complex plane.

    A frame gives ``{name: z}``, one-dimensional, complex128 (or float64: points on the real axis);
    the number of points may differ from frame to frame. NaN and infinity are not drawn.

    Parameters
    ----------
    series : sequence of str
        The names, in the order of the legend; at most five.
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

    usual_style = "points"
    cross = True

    def __post_init__(self):
        super().__post_init__()
        self.xaxis, self.yaxis = _axis(self.xlim, "linear", "xlim"), _axis(self.ylim, "linear", "ylim")
        if len(self.series) > MOST_SERIES:
            raise ValueError(f"at most {MOST_SERIES} series can be told apart, got {self.series}")
        if not set(self.style.values()) <= {"points", "line"}:
            raise ValueError(f"a series in the complex plane is drawn as points or line, got {dict(self.style)}")

    def _coordinates(self, value, name: str) -> tuple[np.ndarray, np.ndarray]:
        z = _one_dimensional(value, name, allow_complex=True)
        z = np.where(np.isfinite(z), z, complex(np.nan, np.nan))
        return z.real, z.imag


@dataclass(eq=False, kw_only=True)
class Table:
    """A matrix as a heat map, the mixing matrix W of a map say.

    Row i, column j is the weight of input j in output i. The reader puts an impulse into one input
    and watches every output: its column is outlined, and to the right of the table, row by row,
    stands a bar of length W_ij, the response. A frame gives a float64 array (rows, cols) within
    ±``limit``; NaN is missing. A cell is one of 63 colours, 31 each side of zero.

    Parameters
    ----------
    rows, cols : int
        The shape, each 1 to 64.
    limit : float
        The value of the strongest colour, > 0, the same in every frame.
    xlabel, ylabel : str
        What the columns and rows are, ending with their index: ``"input j"``, ``"output i"``.
    impulse : int, optional
        The column of the impulse at the start; the middle unless told.
    title : str
        One line above the panel.

    Raises
    ------
    ValueError
        If shape, limit or impulse are out of range; in a frame for a wrong shape, dtype, or a value
        outside ±limit.
    """

    rows: int
    cols: int
    limit: float = 1.0
    xlabel: str = "input j"
    ylabel: str = "output i"
    impulse: int | None = None
    title: str = ""

    def __post_init__(self):
        if not (1 <= self.rows <= 64 and 1 <= self.cols <= 64):
            raise ValueError(f"a table has 1 to 64 rows and columns, got {self.rows} × {self.cols}")
        if not (np.isfinite(self.limit) and self.limit > 0):
            raise ValueError(f"limit must be positive and finite, got {self.limit!r}")
        if not (self.xlabel and self.ylabel):
            raise ValueError(f"xlabel and ylabel name the input and the output, got {self.xlabel!r} and {self.ylabel!r}")
        self.impulse = self.cols // 2 if self.impulse is None else self.impulse
        if not 0 <= self.impulse < self.cols:
            raise ValueError(f"impulse={self.impulse!r} is not one of the columns 0..{self.cols - 1}")

    def pack(self, content, where: str) -> list[str]:
        """One frame's table as text.

        Parameters
        ----------
        content : (rows, cols) float64 array_like
            The table.
        where : str
            Names the frame in errors.

        Returns
        -------
        list of str
            A list of one.

        Raises
        ------
        ValueError
            For a wrong shape, dtype, or a value outside ±limit.
        """
        table = as_double(content, f"{where}: the table")
        if table.shape != (self.rows, self.cols):
            raise ValueError(f"{where}: the table has shape {table.shape}, wanted ({self.rows}, {self.cols})")
        largest = np.max(np.abs(table), initial=0.0, where=~np.isnan(table))
        if largest > self.limit * (1 + 1e-9):
            raise ValueError(f"{where}: the table reaches {largest:g}, beyond limit={self.limit:g}; raise limit")
        return [pack_cells(table, self.limit)]
