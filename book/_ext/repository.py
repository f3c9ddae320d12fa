"""Where the book lies, and the press and the library on the module path: every extension here begins with it."""

import functools
import sys
from pathlib import Path

BOOK = Path(__file__).resolve().parents[1]
REPO = BOOK.parent
sys.path[:0] = [str(REPO), str(REPO / "kernels")]


@functools.cache
def book():
    """The whole book, read once a build."""
    from press.book import read_book

    found = read_book(REPO)
    if found.broken:
        raise ValueError("; ".join(map(str, found.broken)))
    return found
