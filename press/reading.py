"""How long a page takes to read: an estimate from what stands on it unfolded, rounded to minutes."""

from press.chapter import Page
from press.notebooks import tags

WORDS = 200  # in a minute: slow, since every other sentence of this book is about a formula
CODE_LINES = 15  # in a minute
FORMULA = 0.4  # minutes for a displayed formula
WIDGET = 1.5  # minutes with a live picture
FOLDED = {"hide-input", "hide-cell", "setup", "solution"}


def minutes(page: Page) -> int:
    """Whole minutes, at least one; above twenty in steps of five, since the estimate is no better than that."""
    shown = [cell for _, cell in page.code if not FOLDED & set(tags(cell))]
    lines = sum(bool(line.strip()) for cell in shown for line in cell.source.split("\n"))
    total = page.prose.words / WORDS + lines / CODE_LINES + FORMULA * page.prose.formulas + WIDGET * len(page.widgets)
    return max(1, round(total)) if total <= 20 else 5 * round(total / 5)
