"""Rules about predictions and about the numbers that sentences take from claims.

Each takes the book and yields ``(file, cell number or 0, message)``.
"""

import re
from collections.abc import Iterator

from dynlib.teaching.claims.registry import Row
from press.book import Book
from press.chapter import Page
from press.live import live_of
from press.myst import Node
from press.ours import read_ours, tested
from press.predictions import Prediction, Rows, predictions_of, read_prediction

Found = Iterator[tuple[str, int, str]]

_TEENS = "eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?|hundreds?|thousands?|millions?|billions?"
_NUMBER = re.compile(rf"\d+(?:[.,]\d+)*|\b(?:{_TEENS}|{_TENS})\b", re.IGNORECASE)  # small ones are ordinary words
# A digit in a name (S4D, float32, CIFAR-10, 2D), or one that counts parts of the book, is no result.
_NAME = re.compile(
    r"\b(?i:chapter|part|section|step|figure|table|equation|theorem|exercise|page)s? \d+\b"
    r"|\b[^\W\d_]+\d\w*\b|\b[A-Z]{2,}-\d+\b|\b[1-4]D\b"
)
_BARE_MATHS = re.compile(r"(?:\\[,;:! ]|\\%|\\times|\\cdot|\\approx|\\text\{[^}]*\}|[\d\s.,%+=<>~^{}()-])*")


def predictions(book: Book) -> Found:
    """Each block can be read, has a name of its own on its page, and is answered by tested rows."""
    rows = rows_of(book)
    for page in book.pages:
        names: set[str] = set()
        for number, asked in _asked(page):
            if isinstance(asked, ValueError):
                yield page.name, number, str(asked)
                continue
            if asked.name in names:
                yield page.name, number, f"has a second prediction {asked.name!r}; what a reader said is kept under the name"
            names.add(asked.name)
            for message in _truth(book, asked, rows):
                yield page.name, number, f"asks {asked.name!r}: {message}"


def _truth(book: Book, asked: Prediction, rows: Rows) -> Iterator[str]:
    """What is wrong with what a question takes for true."""
    try:
        for id in asked.ids:
            tested(rows, id)
        if asked.kind == "number":
            asked.ours.value(rows)
        elif asked.kind == "choice":
            right = asked.right(rows)
            if len(asked.ids) > 1 and asked.places(rows).count(0) > 1:
                yield f"{asked.choices[right]!r} is not the only right choice: two rows have the same value"
        elif asked.kind == "ranking":
            places = asked.places(rows)
            if places == sorted(places):
                yield "the choices stand in the right order already; write them in another"
        else:
            asked.curve(book.root)
            file = asked.options["column"].rpartition(":")[0]
            if file not in rows[asked.ids[0]].source:
                yield f"claim {asked.ids[0]!r} is not about {file}, which its source does not name"
    except ValueError as error:
        yield str(error)


def predicted_widgets(book: Book) -> Found:
    """The widget of a prediction stands on its page, has the controls and values, and does not begin with the answer."""
    for page in book.pages:
        widgets = live_of(page)
        for number, asked in _asked(page):
            if isinstance(asked, ValueError) or not asked.widget:
                continue
            if asked.widget not in widgets:
                known = ", ".join(widgets) or "none"
                yield page.name, number, f"asks {asked.name!r} on the widget {asked.widget!r}; the page has {known}"
                continue
            widget = widgets[asked.widget]
            try:
                if any(widget.shows_at_start(rule) for rule in asked.answers):
                    yield page.name, number, f"asks {asked.name!r}, and the widget {asked.widget!r} begins with the answer"
                widget.frame(asked.on)
                if asked.kind == "curve":
                    widget.axes_of(asked.panel)
            except ValueError as error:
                yield page.name, number, f"asks {asked.name!r}: {error}"


def typed_numbers(book: Book) -> Found:
    """An answer's numbers come from claims by ``{ours}``; typed are only those that the question has, names, and mathematics."""
    for page in book.pages:
        for number, asked in _asked(page):
            if isinstance(asked, ValueError):
                continue
            known = {said.lower() for said in _NUMBER.findall(" ".join([asked.question.text, *asked.choices]))}
            for said in _typed(asked.answer):
                if said.lower() not in known:
                    yield page.name, number, f"answers {asked.name!r} with a typed {said}; print it by {{ours}}`its-claim`"


def ours(book: Book) -> Found:
    """Each ``{ours}`` names a tested row that holds a number."""
    rows = rows_of(book)
    for page in book.pages:
        for number, tree in page.texts:
            for role in (role for node in tree.walk() for role in node.roles if role.meta["name"] == "ours"):
                try:
                    read_ours(role.content).value(rows)
                except ValueError as error:
                    yield page.name, number, str(error)


def rows_of(book: Book) -> dict[str, Row]:
    """The rows as far as predictions need them; what else a row lacks, reading the claims tells."""
    kept = ("statement", "source", "status", "value", "tolerance")
    usual = {"statement": "", "source": "", "status": "", "whose": "", "kind": ""}
    tables = {id: (file, row) for id, (file, row) in book.claims.items() if isinstance(row, dict)}
    return {
        id: Row(id=id, room=file, **usual | {name: row[name] for name in kept if name in row})
        for id, (file, row) in tables.items()
    }


def _asked(page: Page) -> Iterator[tuple[int, Prediction | ValueError]]:
    for number, tree in page.texts:
        for node in predictions_of(tree):
            try:
                yield number, read_prediction(node)
            except ValueError as error:
                yield number, error


def _typed(answer: Node) -> Iterator[str]:
    """The numbers that somebody typed into an answer."""
    for node in answer.walk():
        if node.kind.startswith(("math", "amsmath")):
            yield from _maths(node.text)
        elif node.inline:
            for token in node.inline:
                if token.type.startswith("math"):
                    yield from _maths(token.content)
                elif token.type in ("text", "code_inline", "html_inline"):
                    yield from _NUMBER.findall(_NAME.sub(" ", token.content))
        elif node.kind in ("fence", "code_block", "html_block"):
            yield from _NUMBER.findall(_NAME.sub(" ", node.text))


def _maths(text: str) -> list[str]:
    """The numbers of a formula that is nothing but numbers."""
    return _NUMBER.findall(text) if _BARE_MATHS.fullmatch(text.strip()) else []


RULES = [predictions, predicted_widgets, typed_numbers, ours]
