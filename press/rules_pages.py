"""Rules about whole pages. Each takes a page and yields ``(cell number or 0, message)``."""

from collections.abc import Iterator

from press.chapter import Page
from press.normalise import stale

Found = Iterator[tuple[int, str]]

INDEX_WORDS, INDEX_FORMULAS = 700, 2
DERIVE_WORDS, DERIVE_BOXES = 3000, 3


def index_budget(page: Page) -> Found:
    if page.room and page.path.stem == "index":
        if page.prose.words > INDEX_WORDS:
            yield 0, f"has {page.prose.words} words; an index has at most {INDEX_WORDS} unfolded"
        if page.prose.formulas > INDEX_FORMULAS:
            yield 0, f"has {page.prose.formulas} displayed formulas; an index has at most {INDEX_FORMULAS}"


def derive_budget(page: Page) -> Found:
    """A chapter that needs more takes a second page, ``derive_<question>.ipynb``, with the same budget."""
    if page.room and page.path.stem.startswith("derive"):
        if page.prose.words > DERIVE_WORDS:
            yield 0, f"has {page.prose.words} words; a derivation has at most {DERIVE_WORDS} unfolded"
        if page.prose.boxes > DERIVE_BOXES:
            yield 0, f"has {page.prose.boxes} theorem boxes; a derivation has at most {DERIVE_BOXES}"


def executed(page: Page) -> Found:
    if reason := stale(page.nb):
        yield 0, f"{reason}: run normalise"


RULES = [index_budget, derive_budget, executed]
