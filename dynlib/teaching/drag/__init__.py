"""A square of points that a reader drags while a pointer network, small enough for a page, names their hull."""

from dynlib.teaching.drag.widget import DragPoints

__all__ = ["DragPoints"]
