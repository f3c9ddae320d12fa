"""What every kind of panel has in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from dynlib.teaching.explore.levels import Axis
from dynlib.teaching.explore.ticks import minor_ticks, number, ticks

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

MOST_SERIES = 5  # as many as there are colours that everyone can tell apart


class Panel:
    """A kind of panel. Its drawing in the page is the JavaScript file of the same name."""

    kind: ClassVar[str]
    title: str = ""

    @property
    def size(self) -> int:
        """How many texts a frame of this panel is packed into."""
        raise NotImplementedError

    def data(self) -> dict[str, Any]:
        """What the page knows of the panel besides its frames."""
        raise NotImplementedError

    def pack(self, content: Any, where: str) -> list[str]:
        """One frame's data as texts; ``where`` names the frame in errors.

        Raises
        ------
        ValueError
            For data of the wrong shape or of lower precision than float64.
        """
        raise NotImplementedError

    def words(self, slots: list[str]) -> str:
        """What the panel itself says about a frame at its start; most say nothing."""
        return ""

    def paint(self, part: SubFigure, slots: list[str]) -> None:
        """Draw a frame for the poster."""
        raise NotImplementedError


def axis_of(limits, scale: str, name: str) -> Axis:
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


def axis_data(axis: Axis) -> dict[str, Any]:
    """An axis as the page knows it: its ends, its ticks and the ticks between them, as fractions of its length."""
    major = [[_place(axis, value), label] for value, label in ticks(axis, 6)]
    minor = [_place(axis, value) for value in minor_ticks(axis)]
    return {"ends": [*axis.ends], "log": axis.log, "ticks": major, "minor": minor}


def _place(axis: Axis, value: float) -> float:
    return round(float(axis.fraction(value)), 5)


def floor_of(axis: Axis) -> float:
    """Where zero lies along an axis, or the nearer end of the box; on a logarithmic axis its lower end."""
    return round(0.0 if axis.log else float(np.clip(axis.fraction(0.0), 0, 1)), 5)


def check_series(content, series: tuple[str, ...], where: str) -> None:
    """A frame gives a dict with exactly these series; ``ValueError`` otherwise."""
    if not isinstance(content, Mapping) or set(content) != set(series):
        got = list(content) if isinstance(content, Mapping) else type(content).__name__
        raise ValueError(f"{where}: wanted a dict with the series {list(series)}, got {got}")


def marks_text(beyond: list[list]) -> str:
    """What the box cuts off, as the page's script reads it; nothing is the empty text."""
    return json.dumps(beyond, ensure_ascii=False, separators=(",", ":")) if beyond else ""


def short(value: float) -> str:
    """A number to three significant digits, the same text wherever its last bits differ."""
    return number(float(f"{value * (1 + 1e-9):.3g}"))


def names_of(names, what: str = "series") -> tuple[str, ...]:
    """At least one name, all different; ``ValueError`` otherwise."""
    names = (names,) if isinstance(names, str) else tuple(names)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"{what} must be at least one name, got {names}")
    if len(set(names)) < len(names):
        raise ValueError(f"{what} must have different names, got {names}")
    return names
