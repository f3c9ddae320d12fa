"""Pictures: arrays of grey or signed values, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dynlib.teaching.explore.kinds.panel import Panel, names_of
from dynlib.teaching.explore.kinds.table import MOST
from dynlib.teaching.explore.levels import as_double, pack_cells, unpack_cells
from dynlib.teaching.explore.style import LIGHT

MOST_PICTURES = 4


@dataclass(eq=False, kw_only=True)
class Image(Panel):
    """One to four pictures side by side, digits and filters say.

    A frame gives ``{name: array}``, float64, (rows, cols), within ±``limit``; NaN is missing.
    Colour grows as the square root of the value, blue below zero and orange above; with
    ``ink=True`` all values are at least zero and drawn in the colour of text.

    Parameters
    ----------
    pictures : sequence of str
        Their names, which stand above them.
    rows, cols : int
        The shape of each, 1 to 64.
    limit : float
        The value of the strongest colour, > 0, the same in every frame.
    ink : bool
        Whether the pictures are grey.
    title : str
        One line above the panel.

    Raises
    ------
    ValueError
        For more than four pictures, a shape or limit out of range; in a frame for a wrong name,
        shape, dtype, or a value outside the limits.
    """

    pictures: Sequence[str]
    rows: int
    cols: int
    limit: float = 1.0
    ink: bool = False
    title: str = ""

    kind: ClassVar[str] = "image"

    def __post_init__(self):
        self.pictures = names_of(self.pictures, "pictures")
        if len(self.pictures) > MOST_PICTURES:
            raise ValueError(f"pictures must be at most {MOST_PICTURES}, got {self.pictures}")
        if not (1 <= self.rows <= MOST and 1 <= self.cols <= MOST):
            raise ValueError(f"a picture has 1 to {MOST} rows and columns, got {self.rows} × {self.cols}")
        if not (np.isfinite(self.limit) and self.limit > 0):
            raise ValueError(f"limit must be positive and finite, got {self.limit!r}")

    @property
    def size(self) -> int:
        return len(self.pictures)

    def data(self) -> dict:
        return {"pictures": self.pictures, "rows": self.rows, "cols": self.cols, "limit": self.limit, "ink": self.ink}

    def pack(self, content, where: str) -> list[str]:
        if not isinstance(content, dict) or set(content) != set(self.pictures):
            got = list(content) if isinstance(content, dict) else type(content).__name__
            raise ValueError(f"{where}: wanted a dict with the pictures {list(self.pictures)}, got {got}")
        slots = []
        for name in self.pictures:
            array = as_double(content[name], f"{where}: picture {name!r}")
            if array.shape != (self.rows, self.cols):
                raise ValueError(f"{where}: picture {name!r} has shape {array.shape}, wanted ({self.rows}, {self.cols})")
            known = np.nan_to_num(array)
            if np.abs(known).max() > self.limit * (1 + 1e-9) or (self.ink and known.min() < 0):
                low = 0 if self.ink else -self.limit
                raise ValueError(
                    f"{where}: picture {name!r} reaches from {known.min():g} to {known.max():g}, beyond [{low:g}, {self.limit:g}]"
                )
            slots.append(pack_cells(array, self.limit))
        return slots

    def paint(self, part, slots: list[str]) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        signed = LinearSegmentedColormap.from_list("signed", [LIGHT["neg"], "white", LIGHT["pos"]])
        for axes, name, text in zip(part.subplots(1, self.size, squeeze=False)[0], self.pictures, slots, strict=True):
            look = {"cmap": "Greys", "vmin": 0} if self.ink else {"cmap": signed, "vmin": -1}
            axes.imshow(unpack_cells(text, self.cols), vmax=1, **look)
            axes.set(xticks=[], yticks=[], title=name)
