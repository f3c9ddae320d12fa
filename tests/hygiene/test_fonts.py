"""The book's faces: what is recorded is what is shipped, it is small, and no character of the book falls out of it unnamed."""

import hashlib
import json
from collections import Counter, defaultdict
from html.parser import HTMLParser
from pathlib import Path

import pytest

from press.fonts import FACES, FOLDER, LICENCES, RECORD
from press.site import pages

REPO = Path(__file__).resolve().parents[2]
SITE = REPO / "book/_build/html"
FACE = json.loads((REPO / FOLDER / RECORD).read_text(encoding="utf-8"))
KILOBYTES = 250
# No face has a raised T, and the lowered and raised minus and the norm's bars are drawn in the next face of the list.
FALLS_BACK = {"text": set("ᵀ‖⁻₋⌊⌋□"), "code": set("ᵀ‖⁻⌊⌋")}


def test_the_files_are_those_that_the_record_names():
    shipped = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (REPO / FOLDER).glob("*.woff2")}
    assert shipped == {name: face["sha256"] for name, face in FACE.items()}
    assert set(shipped) == {face.file for face in FACES}
    assert sum((REPO / FOLDER / name).stat().st_size for name in shipped) <= KILOBYTES * 1024


def test_the_licences_are_shipped():
    for name in LICENCES:
        assert "SIL Open Font License" in (REPO / FOLDER / name).read_text(encoding="utf-8").replace("SIL OPEN FONT LICENSE", "")


def test_the_style_sheet_names_every_file():
    sheet = (REPO / "book/_static/tokens.css").read_text(encoding="utf-8")
    assert [name for name in FACE if f"fonts/{name}" not in sheet] == []


class Text(HTMLParser):
    """The characters that a page shows in its article, in code and elsewhere; formulas are MathJax's."""

    def __init__(self, page):
        super().__init__()
        self.found, self.open = defaultdict(Counter), []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        classes = dict(attributes).get("class") or ""
        kind = (
            "code" if tag in ("pre", "code", "kbd") else "skip" if tag in ("script", "style", "svg") or "math" in classes else ""
        )
        if tag not in ("br", "img", "input", "hr", "meta", "link", "wbr", "source", "path", "rect", "line", "use", "circle"):
            self.open.append(kind)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if self.open:
            self.open.pop()

    def handle_data(self, data):
        if "skip" not in self.open:
            self.found["code" if "code" in self.open else "text"].update(data)


def missing(page):
    """Which characters of a page no face of the book has, in text (all of its faces) and in code."""
    has = {"text": [], "code": []}
    for name, face in FACE.items():
        if "600-italic" not in name:
            has["code" if "mono" in name else "text"].append(set(face["characters"]))
    found = Text(page[page.index("<article") :].partition("</article>")[0]).found
    return {
        kind: gone
        for kind in found
        if (gone := {c for c in found[kind] if c > "~"} - set.intersection(*has[kind]) - FALLS_BACK[kind])
    }


def test_the_faces_have_every_character_of_the_book():
    if not SITE.exists():
        pytest.skip("the site is not built: make book")
    lacks = {page: gone for page in pages(SITE) if (gone := missing((SITE / page).read_text(encoding="utf-8")))}
    assert lacks == {}


def test_a_character_without_a_face_is_found():
    assert missing("<article><p>Ж → √</p><pre>ℵ ≤</pre></article>") == {"text": {"Ж"}, "code": {"ℵ"}}
