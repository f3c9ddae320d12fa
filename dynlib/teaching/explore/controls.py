"""What the reader moves: a slider over given numbers, a choice among words."""

import itertools
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dynlib.teaching.explore.ticks import number, power_of_ten


def _parameter(label: str) -> str:
    """The keyword under which a control's value reaches ``frame``: its label with spaces as underscores."""
    if not isinstance(label, str) or not label.strip():
        raise ValueError(f"a control's label must be a word or two, got {label!r}")
    # Python normalises identifiers in source (µ, the micro sign, becomes μ) but not the keys of **keywords
    name = unicodedata.normalize("NFKC", label).replace(" ", "_")
    if not name.isidentifier():
        raise ValueError(f"label {label!r} must be letters, digits and spaces: it names a parameter of frame(...)")
    return name


@dataclass(frozen=True)
class Slider:
    """A slider over given numbers.

    Parameters
    ----------
    label : str
        What it is, in the field's words ("lag"). ``frame`` receives the value under this name,
        spaces as underscores.
    values : sequence of float
        At least two increasing numbers; the static page holds one frame for each.
    unit : str
        Written behind the value ("steps").
    start : float, optional
        One of ``values``; the first unless told.
    live : (min, max, step), optional
        Offered instead of ``values`` when a kernel can compute any frame.
    log : bool
        The values span decades: they are written to two digits, and powers of ten are marked.
    play : bool
        The values are moments: a button moves through them.

    Raises
    ------
    ValueError
        For fewer than two values, values that do not increase, a start that is none of them, an
        empty live range, a log slider that is not above zero.
    """

    label: str
    values: Sequence[float]
    unit: str = ""
    start: float | None = None
    live: tuple[float, float, float] | None = None
    log: bool = False
    play: bool = False

    def __post_init__(self):
        _parameter(self.label)
        values = tuple(value.item() if hasattr(value, "item") else value for value in self.values)
        if any(isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) for value in values):
            raise ValueError(f"slider {self.label!r}: values must be finite numbers, got {values}; use Choice for words")
        if len(values) < 2 or any(b <= a for a, b in itertools.pairwise(values)):
            raise ValueError(f"slider {self.label!r}: values must be at least two increasing numbers, got {values}")
        if self.start is not None and self.start not in values:
            raise ValueError(f"slider {self.label!r}: start={self.start!r} is not one of its values {values}")
        if self.live is not None and not (len(self.live) == 3 and self.live[0] < self.live[1] and self.live[2] > 0):
            raise ValueError(f"slider {self.label!r}: live={self.live!r} must be (min, max, step), min < max, step > 0")
        if self.log and values[0] <= 0:
            raise ValueError(f"slider {self.label!r}: values of a log slider must be above 0, got {values[0]}")
        object.__setattr__(self, "values", values)

    @property
    def parameter(self) -> str:
        return _parameter(self.label)

    @property
    def first(self) -> int:
        """Index of the start value."""
        return 0 if self.start is None else self.values.index(self.start)

    @property
    def marks(self) -> list[list]:
        """Powers of ten on a log slider, as ``[place, label]``: the place counts in steps of the slider."""
        if not self.log:
            return []
        at = [math.log10(value) for value in self.values]
        marks = []
        for power in range(math.ceil(at[0] - 1e-9), math.floor(at[-1] + 1e-9) + 1):
            k = min(max(sum(place <= power for place in at) - 1, 0), len(at) - 2)
            label = number(10.0**power) if -3 < power < 5 else power_of_ten(power)
            marks.append([round(k + (power - at[k]) / (at[k + 1] - at[k]), 3), label])
        return marks

    def text(self, value: Any) -> str:
        """The value in words, with its unit: ``100 steps``.

        Parameters
        ----------
        value : float
            Any number.

        Returns
        -------
        str
            The number as a reader expects it, and the unit.
        """
        return f"{number(float(f'{value:.2g}') if self.log else value)} {self.unit}".rstrip()


@dataclass(frozen=True)
class Choice:
    """A choice of one word from a list.

    Parameters
    ----------
    label : str
        What it is ("kind"); ``frame`` receives the chosen word under this name, spaces as
        underscores.
    values : sequence of str
        At least two different words.
    start : str, optional
        One of ``values``; the first unless told.

    Raises
    ------
    ValueError
        For fewer than two words, a repeated word, a start that is none of them.
    """

    label: str
    values: Sequence[str]
    start: str | None = None

    def __post_init__(self):
        _parameter(self.label)
        values = (self.values,) if isinstance(self.values, str) else tuple(self.values)
        if len(values) < 2 or len(set(values)) < len(values) or not all(isinstance(value, str) and value for value in values):
            raise ValueError(f"choice {self.label!r}: values must be at least two different words, got {values}")
        if self.start is not None and self.start not in values:
            raise ValueError(f"choice {self.label!r}: start={self.start!r} is not one of its values {values}")
        object.__setattr__(self, "values", values)

    @property
    def parameter(self) -> str:
        return _parameter(self.label)

    @property
    def first(self) -> int:
        """Index of the start value."""
        return 0 if self.start is None else self.values.index(self.start)

    def text(self, value: Any) -> str:
        return value
