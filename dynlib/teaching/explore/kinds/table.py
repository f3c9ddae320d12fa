"""A matrix as a heat map, and the column of an impulse as bars beside it."""

import re
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from dynlib.teaching.explore.kinds.panel import Panel, short
from dynlib.teaching.explore.levels import as_double, pack_cells, unpack_cells
from dynlib.teaching.explore.style import LIGHT
from dynlib.teaching.explore.ticks import number

MOST = 64


@dataclass(eq=False, kw_only=True)
class Table(Panel):
    """A matrix as a heat map, the mixing matrix W of a map say.

    Row i, column j is the weight of input j in output i. The reader puts an impulse into one input
    and watches every output: its column is outlined, and to the right of the table, row by row,
    stands a bar of length W_ij, the response. A frame gives a float64 array (rows, cols) within
    ±``limit``; NaN is missing. A cell's colour grows as the square root of its value, so that a
    tenth of the limit is seen; the sentence about a column has its numbers from the array itself.

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

    kind: ClassVar[str] = "table"
    size: ClassVar[int] = 2

    def __post_init__(self):
        if not (1 <= self.rows <= MOST and 1 <= self.cols <= MOST):
            raise ValueError(f"a table has 1 to {MOST} rows and columns, got {self.rows} × {self.cols}")
        if not (np.isfinite(self.limit) and self.limit > 0):
            raise ValueError(f"limit must be positive and finite, got {self.limit!r}")
        if not (self.xlabel and self.ylabel):
            raise ValueError(f"xlabel and ylabel name the input and the output, got {self.xlabel!r} and {self.ylabel!r}")
        self.impulse = self.cols // 2 if self.impulse is None else self.impulse
        if not 0 <= self.impulse < self.cols:
            raise ValueError(f"impulse={self.impulse!r} is not one of the columns 0..{self.cols - 1}")

    @property
    def nouns(self) -> tuple[str, str]:
        """What a column and a row are called, their index letter dropped: ``("input", "output")``."""
        return re.sub(r"\s+\w$", "", self.xlabel), re.sub(r"\s+\w$", "", self.ylabel)

    @property
    def sentences(self) -> dict[str, str]:
        """What is said of a column: with no weight, with one largest weight, with several."""
        of_input, of_output = self.nouns
        return {
            "none": f"No {of_output} has a weight on {of_input} {{column}}.",
            "one": f"The largest weight on {of_input} {{column}} is {{value}}, at {of_output} {{row}}.",
            "many": f"The largest weight on {of_input} {{column}} is {{value}}, at {{count}} {plural(of_output)}.",
        }

    def data(self) -> dict:
        return {
            "rows": self.rows,
            "cols": self.cols,
            "limit": self.limit,
            "ends": [number(-self.limit), "0", number(self.limit)],
            "xlabel": self.xlabel,
            "ylabel": self.ylabel,
            "nouns": self.nouns,
            "impulse": self.impulse,
            "sentences": self.sentences,
        }

    def pack(self, content, where: str) -> list[str]:
        """One frame's table as text: its cells, and of each column the largest weight.

        Parameters
        ----------
        content : (rows, cols) float64 array_like
            The table.
        where : str
            Names the frame in errors.

        Returns
        -------
        list of str
            Two texts.

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
        return [pack_cells(table, self.limit), ";".join(peak(column) for column in table.T)]

    def words(self, slots: list[str]) -> str:
        impulse = cast(int, self.impulse)
        return said(self.sentences, slots[1].split(";")[impulse], impulse)

    def paint(self, part, slots: list[str]) -> None:
        paint_table(part, self, unpack_cells(slots[0], self.cols))


def peak(column: np.ndarray) -> str:
    """The largest weight of a column: ``"row,value"``, ``"×count,value"`` if several are as large, ``""`` if all are zero."""
    column = np.nan_to_num(column)
    sizes = np.abs(column)
    if not sizes.max(initial=0.0) > 0:
        return ""
    rows = np.flatnonzero(sizes >= sizes.max() * (1 - 1e-6))
    signs = set(np.sign(column[rows]).tolist())
    value = f"±{short(sizes.max())}" if len(signs) > 1 else short(column[rows[0]])
    return f"{rows[0]},{value}" if len(rows) == 1 else f"×{len(rows)},{value}"


def said(sentences: dict[str, str], fact: str, column: int) -> str:
    """The sentence about a column, from what :func:`peak` wrote; the page's script puts it together in the same way."""
    where, _, value = fact.partition(",")
    form = sentences["none" if not fact else "many" if where.startswith("×") else "one"]
    return form.format(column=column, value=value, row=where, count=where.removeprefix("×"))


def plural(noun: str) -> str:
    """A noun in its plural: outputs, queries, boxes."""
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(s|x|z|ch|sh)$", noun) else "s")


def paint_table(part, panel: Table, cells: np.ndarray) -> None:
    """The poster of a table: cells in [-1, 1] on the square-root scale, the impulse's column outlined, its bars beside it."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("weights", [LIGHT["neg"], "white", LIGHT["pos"]]).with_extremes(bad="0.8")
    table, bars = part.subplots(1, 2, sharey=True, width_ratios=(2, 1))
    table.imshow(cells, cmap=colours, vmin=-1, vmax=1, aspect="auto")
    table.set(xlabel=panel.xlabel, ylabel=panel.ylabel, title=panel.title)
    impulse = cast(int, panel.impulse)
    table.axvspan(impulse - 0.5, impulse + 0.5, fill=False, edgecolor="black")
    column = np.nan_to_num(cells[:, panel.impulse])
    column = np.sign(column) * column**2 * panel.limit
    bars.barh(np.arange(panel.rows), column, color=np.where(column < 0, LIGHT["neg"], LIGHT["pos"]))
    bars.set(xlim=(-panel.limit, panel.limit), xlabel=f"{panel.nouns[0]} {panel.impulse}")
