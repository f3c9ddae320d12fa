"""What the table of contents says of each page: its part, its chapter's number, and which page of the chapter it is."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

# Pages that no list of contents names: the style page is for those who change the book.
APART = {"style"}

# How a page of a chapter is called in a line; a page that is not named here is called by its file's name, ``derive_modes`` being
# "derivation, modes".
CALLED = {
    "index": "",
    "derive": "derivation",
    "derive_modes": "derivation, second page",
    "run": "experiments",
    "more": "going further",
    "learnt": "what was learnt",
    "choices": "every choice",
    "limits": "the limits",
    "variants": "variants",
    "benchmark": "benchmark",
    "legs": "the LegS limit",
    "exercises": "exercises",
}


@dataclass(frozen=True)
class Place:
    """Where a page stands. ``chapter`` is 0 for a page outside the numbered parts; ``part`` is then the part's caption."""

    docname: str
    part: str
    chapter: int
    called: str

    @property
    def line(self) -> str:
        """What stands above the page's title: "Part I · Chapter 1 · derivation"."""
        if not self.chapter:
            return self.part
        return " · ".join(filter(None, (f"Part {self.part}", f"Chapter {self.chapter}", self.called)))

    @property
    def short(self) -> str:
        """What stands above its title in a link to it: "Chapter 1: derivation"."""
        if not self.chapter:
            return ""
        return f"Chapter {self.chapter}: {self.called}" if self.called else f"Chapter {self.chapter}"


@functools.cache
def places(root: Path) -> dict[str, Place]:
    """Every page of the table of contents, in its order. The chapters of the parts with a Roman number are counted through."""
    toc = yaml.safe_load((root / "book/_toc.yml").read_text(encoding="utf-8"))
    found, number = {}, 0
    for part in toc["parts"]:
        roman = re.match(r"[IVX]+(?= )", part["caption"])
        for entry in part["chapters"]:
            number += bool(roman)
            for page in (entry, *entry.get("sections", ())):
                stem = page["file"].rpartition("/")[2]
                named = roman[0] if roman else part["caption"]
                called = CALLED.get(stem, stem.replace("derive_", "derivation, ").replace("_", " "))
                found[page["file"]] = Place(page["file"], named, number if roman else 0, called)
    return found


def place(root: Path, docname: str) -> Place:
    """Where a page stands; one that is in no part has no chapter and no line."""
    return places(root).get(docname) or Place(docname, "", 0, "")
