"""Every page of the built book, as a browser sees it."""

import os
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe

SITE = Path(__file__).parents[2] / "book/_build/html"
PAGES = [path.relative_to(SITE).as_posix() for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts]
READ = [page for page in PAGES if page not in ("search.html", "genindex.html", "prf-prf.html")]
MEBIBYTE = 2**20


def test_there_are_pages():
    assert "diagonal_ssm/index.html" in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_page_is_whole(visit, site, page):
    """Nothing is asked from outside, no script fails, nothing is missing, no formula is left as text."""
    with visit(f"{site}/{page}") as v:
        assert [url for url in v.requests if not url.startswith((site, "data:", "blob:"))] == []
        assert v.errors == []
        assert v.page.locator("merror, [data-mml-node=merror]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", READ)
def test_page_has_no_serious_fault(visit, site, page, scheme):
    """axe finds no serious or critical fault in the page's own content; the theme's frame is judged once, on the landing page."""
    with visit(f"{site}/{page}", scheme=scheme) as v:
        assert v.page.evaluate("document.documentElement.dataset.theme") == scheme
        found = Axe().run(v.page, context="main").response["violations"]
        faults = [(f["id"], f["help"], [n["target"] for n in f["nodes"]][:3]) for f in found if f["impact"] in ("serious", "critical")]
        assert faults == []


@pytest.mark.parametrize("page", READ)
def test_page_fits_a_phone(visit, site, page):
    """At 390 px nothing makes the page wider than the screen."""
    with visit(f"{site}/{page}", width=390) as v:
        assert v.page.evaluate("document.documentElement.scrollWidth") <= 390
        wide = v.page.evaluate(
            """() => [...document.querySelectorAll('main p, main img, main svg.dx-poster, main .claim')]
                     .filter(e => e.getBoundingClientRect().right > 391 && !e.closest('pre, .cell_output, mjx-container')).map(e => e.outerHTML.slice(0, 120))"""
        )
        assert wide == []


@pytest.mark.parametrize("page", READ)
def test_page_reads_without_scripts(visit, site, page):
    """Without JavaScript the text stands, and each live picture shows its poster and its words."""
    with visit(f"{site}/{page}", javascript=False) as v:
        assert v.page.locator("main h1").count() == 1
        for widget in v.page.locator(".dynlib-explore").all():
            assert widget.locator("svg").first.is_visible()
            assert len(widget.locator("[role=status]").inner_text()) > 10


@pytest.mark.parametrize("page", READ)
def test_links_lead_somewhere(visit, site, page):
    """Every link inside the book leads to a page and an anchor that exist."""
    with visit(f"{site}/{page}") as v:
        targets = v.page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))")
    for target in targets:
        path, anchor = urldefrag(urljoin(f"/{page}", target))
        if target.startswith(("http:", "https:", "mailto:")) or target == "#":
            continue
        file = SITE / path.lstrip("/")
        assert file.is_file(), target
        assert not anchor or f'id="{anchor}"' in file.read_text(), target


@pytest.mark.parametrize("page", READ)
def test_page_is_light(page):
    """A page's own HTML, pictures in it included, stays under 1.5 MB."""
    text = (SITE / page).read_text()
    images = sum(os.path.getsize(SITE / "_images" / name) for name in os.listdir(SITE / "_images") if name in text) if (SITE / "_images").exists() else 0
    assert len(text.encode()) + images <= 1.5 * MEBIBYTE


def test_shared_files_are_light(visit, site):
    """What every page loads beside its HTML stays under 4 MB."""
    with visit(f"{site}/diagonal_ssm/derive.html") as v:
        shared = {url.split("?")[0].removeprefix(site) for url in v.requests if "/_static/" in url}
    assert sum(os.path.getsize(SITE / name.lstrip("/")) for name in shared) <= 4 * MEBIBYTE
