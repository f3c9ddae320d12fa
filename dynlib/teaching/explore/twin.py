"""A frame that the page computes itself, while the reader drags points: :class:`Twin`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dynlib.teaching.explore.frame import Frame

MOST_POINTS = 10


@dataclass(frozen=True, eq=False)
class Twin:
    """The ``frame`` of a widget whose points can be dragged.

    Parameters
    ----------
    script : str
        The JavaScript function: ``twins/<script>.js`` defines ``dynlib.twins[script]``, which takes
        ``{constants, controls, points}`` and returns ``{panels, words}``.
    python : callable
        The same in Python, called as ``python(points, **controls)``; returns a :class:`Frame`.
    constants : dict
        What the JavaScript function needs besides, as JSON.
    points : mapping of float to (n, 2) array
        By the value of the first control, the points at the start, in [0, 1]², 1 to 10 of them.
    link : int, optional
        The panel, a table, whose column k is point k, counted from 1.

    Raises
    ------
    ValueError
        For points of another shape or outside the unit square.
    """

    script: str
    python: Callable[..., Frame]
    constants: dict[str, Any]
    points: Mapping[float, np.ndarray]
    link: int | None = None
    __name__: str = field(default="", init=False)

    def __post_init__(self):
        object.__setattr__(self, "__name__", self.script)
        for value, points in self.points.items():
            shape = np.shape(points)
            if len(shape) != 2 or shape[1] != 2 or not 1 <= shape[0] <= MOST_POINTS:
                raise ValueError(f"points[{value}] must have the shape (n, 2) with n from 1 to {MOST_POINTS}, got {shape}")
            if not ((np.asarray(points) >= 0) & (np.asarray(points) <= 1)).all():
                raise ValueError(f"points[{value}] must lie in the unit square; scale them by one common factor first")

    def __call__(self, **controls) -> Frame:
        first = next(iter(controls.values()))
        if first not in self.points:
            raise ValueError(f"there are no points for {first!r}; give points for each value of the first control")
        return self.python(np.asarray(self.points[first], dtype=float), **controls)

    def data(self) -> dict[str, Any]:
        """What the page needs to compute frames."""
        points = [np.asarray(points, dtype=float).tolist() for points in self.points.values()]
        return {"twin": self.script, "constants": self.constants, "points": points, "link": self.link}
