"""Where a child is in its notebook: written by the child before each statement, read by the grader at any time.

It is a file that both hold and that has no name. The grader reads it as words of a student's process: it may say anything.
"""

import os
import struct
import tempfile
from typing import NamedTuple

_PLACE = struct.Struct(">ii")


class Place(NamedTuple):
    """The number of a step, and of a statement in it from 1; 0 before the first of them.

    Of n cells the steps 0 to n - 1 read one each, and the steps n to 2 n - 1 run them. Step -1 is before all.
    """

    step: int = -1
    statement: int = 0


def new_file() -> int:
    """A descriptor of an empty file without a name."""
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def write(descriptor: int, step: int, statement: int) -> None:
    os.pwrite(descriptor, _PLACE.pack(step, statement), 0)


def read(descriptor: int) -> Place:
    """The place that was written last; the one before all where nothing readable was."""
    data = os.pread(descriptor, _PLACE.size, 0)
    return Place(*_PLACE.unpack(data)) if len(data) == _PLACE.size else Place()
