"""How long a page takes to read, and where Colab opens it."""

import tomllib
from pathlib import Path
from urllib.parse import urlparse

from press.chapter import Page
from press.notebooks import tags

WORDS = 200  # in a minute: slow, since every other sentence of this book is about a formula
CODE_LINES = 15  # in a minute
FORMULA = 0.4  # minutes for a displayed formula
WIDGET = 1.5  # minutes with a live picture
BRANCH = "gh-pages"  # where the site lies, once the repository has an address
FOLDED = {"hide-input", "hide-cell", "setup", "solution"}


def minutes(page: Page) -> int:
    """An estimate from what stands on the page unfolded: at least one minute, above twenty in steps of five, since the estimate
    is no better than that."""
    shown = [cell for _, cell in page.code if not FOLDED & set(tags(cell))]
    lines = sum(bool(line.strip()) for cell in shown for line in cell.source.split("\n"))
    total = page.prose.words / WORDS + lines / CODE_LINES + FORMULA * page.prose.formulas + WIDGET * len(page.widgets)
    return max(1, round(total)) if total <= 20 else 5 * round(total / 5)


def colab(address: str, docname: str) -> str | None:
    """Where Colab opens the page's notebook; None while the repository has no address on GitHub."""
    parts = urlparse(address)
    if parts.hostname != "github.com":
        return None
    repository = parts.path.strip("/").removesuffix(".git")
    return f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/_sources/{docname}.ipynb"


def address(root: Path) -> str:
    """The repository's public address, or nothing."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project.get("urls", {}).get("Repository", "")
