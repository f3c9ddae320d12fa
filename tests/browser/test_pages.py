"""Every page of the built book, as a browser sees it."""

import functools
import http.server
import os
import threading
import tomllib
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe

from press.mistakes import mistakes_of
from press.notebooks import rooms

REPO = Path(__file__).parents[2]
SITE = REPO / "book/_build/html"
PAGES = [path.relative_to(SITE).as_posix() for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts]
READ = [page for page in PAGES if page not in ("search.html", "genindex.html", "prf-prf.html")]
MEBIBYTE = 2**20


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def site():
    """The address of the built book. A missing build is a failure: a skip would hide every page test."""
    if not (SITE / "index.html").exists():
        pytest.fail("the book is not built: make book")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_there_are_pages():
    assert "diagonal_ssm/index.html" in PAGES


@pytest.fixture(scope="module", params=READ)
def opened(request, visit, site):
    """(page, the page opened once); each test leaves it light and 1,280 px wide."""
    with visit(f"{site}/{request.param}") as v:
        yield request.param, v


def test_page_is_whole(opened, site):
    """Nothing is asked from outside, no script fails, nothing is missing, no formula is left as text."""
    _, v = opened
    assert [url for url in v.requests if not url.startswith((site, "data:", "blob:"))] == []
    assert v.errors == []
    assert v.page.locator("[data-mml-node=merror]").count() == 0


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_page_has_no_serious_fault(opened, scheme):
    """axe finds no serious or critical fault in the page's own content."""
    _, v = opened
    v.page.emulate_media(color_scheme=scheme)
    v.page.wait_for_function(f"document.documentElement.dataset.theme == '{scheme}'")
    found = Axe().run(v.page, context="main").response["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    assert [(fault["id"], fault["help"], [node["target"] for node in fault["nodes"]][:3]) for fault in serious] == []


def test_page_fits_a_phone(opened):
    """At 390 px nothing makes the page wider than the screen."""
    _, v = opened
    v.page.set_viewport_size({"width": 390, "height": 844})
    wide = """() => [...document.querySelectorAll('main p, main img, main svg, main .claim')]
        .filter(e => e.getBoundingClientRect().right > 391 && !e.closest('pre, table, mjx-container'))
        .map(e => e.outerHTML.slice(0, 120))"""
    try:
        assert v.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert v.page.evaluate(wide) == []
    finally:
        v.page.set_viewport_size({"width": 1280, "height": 900})


def test_links_lead_somewhere(opened):
    """Every link inside the book leads to a page and an anchor that exist."""
    page, v = opened
    for target in v.page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"):
        path, anchor = urldefrag(urljoin(f"/{page}", target))
        if target.startswith(("http:", "https:", "mailto:")) or target == "#":
            continue
        file = SITE / path.lstrip("/")
        assert file.is_file(), target
        assert not anchor or f'id="{anchor}"' in file.read_text(), target


@pytest.mark.parametrize("page", READ)
def test_page_reads_without_scripts(visit, site, page):
    """Without JavaScript the text stands, and each live picture shows its poster and its words."""
    with visit(f"{site}/{page}", javascript=False) as v:
        assert v.page.locator("article h1").count() == 1
        for widget in v.page.locator(".dynlib-explore").all():
            assert widget.locator("svg").first.is_visible()
            assert len(widget.locator("[role=status]").inner_text()) > 10


@pytest.mark.parametrize("page", READ)
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


def test_the_checks_of_a_page_can_fail(visit, site):
    """An outside script, a script error, a missing file and a faint text are each seen."""
    broken = SITE / "diagonal_ssm" / "_broken.html"
    text = (SITE / "diagonal_ssm/exercises.html").read_text()
    faint = '<p style="color:#eee;background:#fff">faint</p><img src="gone.png"><script>throw Error("x")</script>'
    broken.write_text(text.replace("</article>", faint + '<script src="https://example.org/x.js"></script></article>'))
    try:
        with visit(f"{site}/diagonal_ssm/_broken.html") as v:
            assert "https://example.org/x.js" in v.requests
            assert any("x" in error for error in v.errors)
            assert any("404" in error for error in v.errors)
            found = {fault["id"] for fault in Axe().run(v.page, context="main").response["violations"]}
            assert {"color-contrast", "image-alt"} <= found
    finally:
        broken.unlink()
