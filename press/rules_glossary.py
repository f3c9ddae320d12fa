"""Rules about the glossary: its entries stand in the order of the alphabet, each is used, and a page links a word once."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from press.book import Book
from press.myst import Node, parse

Found = Iterator[tuple[str, int, str]]

PAGE = "book/glossary.md"
_ENTRY = re.compile(r"^(\S.*)$", re.M)


def entries(tree: Node) -> list[str]:
    """The words that a page's glossaries explain, in their order."""
    return [word for node in tree.of_kind("glossary") for word in _ENTRY.findall(node.text)]


def terms(tree: Node) -> Iterator[str]:
    """The entry that each ``{term}`` of a text leads to."""
    for node in tree.walk():
        for role in node.roles:
            if role.meta["name"] == "term":
                words, _, target = role.content.partition("<")
                yield " ".join((target.rstrip("> ") or words).split())


def glossary(book: Book) -> Found:
    path = book.root / PAGE
    if not path.exists():
        return
    known = entries(parse(path.read_text(encoding="utf-8")))
    for one, other in itertools.pairwise(known):
        if other.casefold() <= one.casefold():
            yield PAGE, 0, f"has {other!r} after {one!r}; entries stand in the order of the alphabet"
    for name, cell, tree in _texts(book):
        for term in terms(tree):
            if term.casefold() not in map(str.casefold, known):
                yield name, cell, f"links {term!r}, which the glossary does not explain"


def glossary_used(book: Book) -> Found:
    path = book.root / PAGE
    used = {term.casefold() for _, _, tree in _texts(book) for term in terms(tree)}
    for word in entries(parse(path.read_text(encoding="utf-8"))) if path.exists() else ():
        if word.casefold() not in used:
            yield PAGE, 0, f"explains {word!r}, which no page links: use {{term}}`{word}` where it comes first"


def glossary_once(book: Book) -> Found:
    seen = set()
    for name, cell, tree in _texts(book):
        for term in map(str.casefold, terms(tree)):
            if (name, term) in seen:
                yield name, cell, f"links {term!r} again; a page links a word where it comes first"
            seen.add((name, term))


def _texts(book: Book) -> Iterator[tuple[str, int, Node]]:
    """``(file, cell number or 0, tree)`` of every text of the book but the glossary's own."""
    for page in book.pages:
        for cell, tree in page.texts:
            yield page.name, cell, tree
    for path in sorted((book.root / "book").rglob("*.md")):
        name = path.relative_to(book.root).as_posix()
        if name != PAGE and not {"_build", "_vendor"} & set(Path(name).parts):
            yield name, 0, parse(path.read_text(encoding="utf-8"))


RULES = [glossary, glossary_used, glossary_once]
