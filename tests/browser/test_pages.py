"""Every page of the built book, as a browser sees it."""

import os
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest

from press.mistakes import mistakes_of
from press.notebooks import rooms
from press.site import pages, served

REPO = Path(__file__).parents[2]
SITE = REPO / "book/_build/html"
PAGES = pages(SITE)
MEBIBYTE = 2**20


def test_there_are_pages():
    assert "diagonal_ssm/index.html" in PAGES


@pytest.fixture(scope="module")
def opened(driven, visit, site):
    """The page ``driven``, opened once for all themes and widths."""
    with visit(f"{site}/{driven}") as v:
        yield v


WIDE = """width => [...document.querySelectorAll('main p, main img, main svg, main .claim')]
    .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('pre, table, mjx-container'))
    .map(e => e.outerHTML.slice(0, 120))"""


def wrong_with(v, site, faults, theme, width):
    """What is wrong with an open page in one theme at one width, by kind; axe looks at it where it is wide."""
    v.page.set_viewport_size({"width": width, "height": 900})
    v.page.emulate_media(color_scheme=theme)
    v.page.wait_for_function(f"document.documentElement.dataset.theme == '{theme}'")
    found = {
        "asked from outside": [url for url in v.requests if not url.startswith((site, "data:", "blob:"))],
        "errors": list(v.errors),
        "formulas with a fault": v.page.locator("[data-mml-node=merror]").count(),
        "formulas left as text": v.page.locator(".math:not(:has(mjx-container))").all_inner_texts(),
        "wider than the screen": max(0, v.page.evaluate("document.documentElement.scrollWidth") - width),
        "beyond the screen": v.page.evaluate(WIDE, width),
        "serious faults": faults(v.page) if width > 1000 else [],
    }
    return {kind: what for kind, what in found.items() if what}


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_page(opened, site, faults, theme, width, drove):
    """Nothing is asked from outside, no script fails, nothing is missing or sticks out, and axe finds no serious fault."""
    assert wrong_with(opened, site, faults, theme, width) == {}
    drove()


def test_page_reads_without_scripts(visit, site, driven, drove):
    """Without JavaScript the text stands, and each live picture shows its poster and its words."""
    with visit(f"{site}/{driven}", javascript=False) as v:
        assert v.page.locator("article h1").count() == 1
        for widget in v.page.locator(".dynlib-explore").all():
            assert widget.locator("img").first.is_visible()
            assert len(widget.inner_text()) > 30
    drove()


class _Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if (tag, name) == ("a", "href")]


def dead_links(site, page):
    """Links inside the book whose page or anchor does not exist."""
    dead = []
    for target in _Links((site / page).read_text()).links:
        path, anchor = urldefrag(urljoin(f"/{page}", target))
        if target.startswith(("http:", "https:", "mailto:")) or target == "#":
            continue
        file = site / path.lstrip("/")
        if not file.is_file() or (anchor and f'id="{anchor}"' not in file.read_text()):
            dead.append(target)
    return dead


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    """Every link inside the book leads to a page and an anchor that exist. (No script adds one: a browser sees the same.)"""
    assert dead_links(SITE, page) == []


def test_a_dead_link_is_found(tmp_path):
    links = "".join(
        f'<a href="{target}"></a>' for target in ("#x", "a.html#x", "#y", "b.html", "a.html#z", "https://example.org")
    )
    (tmp_path / "a.html").write_text(f'<h1 id="x"></h1>{links}')
    assert dead_links(tmp_path, "a.html") == ["#y", "b.html", "a.html#z"]


@pytest.mark.parametrize("page", PAGES)
def test_page_is_light(page):
    """A page's own HTML, pictures in it included, stays under 1.5 MB."""
    text = (SITE / page).read_text()
    images = sum(path.stat().st_size for path in (SITE / "_images").glob("*") if path.name in text)
    assert len(text.encode()) + images <= 1.5 * MEBIBYTE


def test_shared_files_are_light(visit, site):
    """What every page loads beside its HTML stays under 4 MB."""
    with visit(f"{site}/diagonal_ssm/derive.html") as v:
        shared = {url.split("?")[0].removeprefix(site) for url in v.requests if "/_static/" in url}
    assert sum(os.path.getsize(SITE / name.lstrip("/")) for name in shared) <= 4 * MEBIBYTE


def test_filled_pages_hold_what_they_are_filled_with():
    """Every graded exercise and its hints, every claim and every erratum stand on their pages."""
    teaching, ledger = (" ".join((SITE / page).read_text().split()) for page in ("teaching.html", "claims.html"))
    for room in rooms(REPO):
        for name, known in mistakes_of(REPO, room).items():
            assert f"check_{name}" in teaching
            assert teaching.count("<li>") >= len(known)
    for path in (REPO / "dynlib/teaching/claims").glob("*.toml"):
        for id in tomllib.loads(path.read_text()):
            assert f'id="claim-{id}"' in ledger
    errata = (SITE / "errata.html").read_text()
    for id in tomllib.loads((REPO / "book/errata.toml").read_text()):
        assert f'id="erratum-{id}"' in errata


BROKEN = r"""<p style="color:#eee;background:#fff;width:3000px">faint</p><img src="gone.png"><script>throw Error("x")</script>
<div class="math notranslate nohighlight">\[a^b^c\]</div><div class="math">\[{\]</div><script src="https://example.org/x.js"></script></article>"""


def test_the_checks_of_a_page_can_fail(visit, faults, tmp_path):
    """What comes from outside, a script error, a missing file, two wrong formulas, a wide and faint text are each seen."""
    (tmp_path / "_static").symlink_to(SITE / "_static")
    (tmp_path / "_images").symlink_to(SITE / "_images")
    (tmp_path / "at").mkdir()
    (tmp_path / "at/broken.html").write_text((SITE / "diagonal_ssm/index.html").read_text().replace("</article>", BROKEN))
    with served(tmp_path) as address, visit(f"{address}/at/broken.html") as v:
        wrong = wrong_with(v, address, faults, "dark", 1280)
    assert wrong["asked from outside"] == ["https://example.org/x.js"]
    assert any("x" in error for error in wrong["errors"])
    assert any("404" in error for error in wrong["errors"])
    assert wrong["formulas with a fault"] == 1
    assert wrong["formulas left as text"] == [r"\[{\]"]
    assert wrong["wider than the screen"]
    assert wrong["beyond the screen"]
    assert {"color-contrast", "image-alt"} <= {id for id, *_ in wrong["serious faults"]}
