"""One state of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """One state of the picture.

    Parameters
    ----------
    panels : sequence
        The data of each panel in order, as the panel's class says: a dict of series, or a table.
    words : str
        The frame in whole sentences, with its numbers. It is read aloud, and stands for the picture
        where none is seen.

    Raises
    ------
    ValueError
        If ``panels`` is no list or tuple.
    """

    panels: Sequence
    words: str

    def __post_init__(self):
        if not isinstance(self.panels, list | tuple):
            raise ValueError(f"Frame's panels must be a list, one entry for each panel, got {type(self.panels).__name__}")
