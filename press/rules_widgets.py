"""Rules about stored widgets, for pages of the second edition: a name, and captions in whole sentences."""

import re
from collections import Counter
from collections.abc import Iterator

from press.chapter import Page
from press.widgets import data_of

Found = Iterator[tuple[int, str]]

_SENTENCE = re.compile(r"[^a-z\s].*[.!?)]$", re.DOTALL)
# "1 heads", but not "1 loss" or "1 bias", nor the end of 0.1
_ONE_OF_MANY = re.compile(r"(?<![\d.,−-])1 (?!\w*(?:ss|us|is|as)\b)([a-z]+s)\b")


def _data(page: Page) -> list[tuple[int, dict]]:
    """``(cell number, data)`` of each widget that has any."""
    return [(number, data_of(html)) for number, html in page.widgets if "application/json" in html]


def widget_name(page: Page) -> Found:
    widgets = _data(page)
    names = Counter(data["name"] for _, data in widgets)
    for number, name in ((number, data["name"]) for number, data in widgets):
        if not name:
            yield number, "shows a widget without a name; give it one, so that its states have an address: Explore(name=…)"
        elif names[name] > 1:
            yield number, f"shows one of {names[name]} widgets named {name!r}; a name is unique on its page"


def widget_words(page: Page) -> Found:
    """One finding for each widget, of the first caption that is wrong."""
    for number, data in _data(page):
        for words in (data["pool"][frame[0]] for frame in data["frames"]):
            if not _SENTENCE.match(words):
                yield number, f"has a caption that is no whole sentence, from a capital to a full stop: {words!r}"
                break
            if found := _ONE_OF_MANY.search(words):
                yield number, f"has a caption with the plural of one: {found[0]!r}"
                break


RULES = [widget_name, widget_words]
