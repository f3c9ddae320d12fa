"""What a page of the built site hangs on: everything that it loads, and nothing else."""

import urllib.request

import pytest

from press.site import loads, page_digest, pages, served


@pytest.fixture
def site(tmp_path):
    files = {
        "index.html": '<img src="_images/a.png">',
        "room/derive.html": '<img src="../_images/a.png"><img src="../_images/b%20c.png?x=1">',
        "search.html": "",
        "_static/book.css": "p {}",
        "_static/mathjax/frame.html": "",
        "_images/a.png": "a",
        "_images/b c.png": "bc",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_pages_are_those_that_are_read(site, tmp_path):
    assert pages(site) == ["index.html", "room/derive.html"]
    assert pages(tmp_path / "not built") == []


def test_a_page_loads_its_pictures_and_what_pages_share(site):
    shared = ["_static/book.css", "_static/mathjax/frame.html"]
    assert loads(site, "index.html") == ["_images/a.png", *shared, "index.html"]
    assert loads(site, "room/derive.html") == ["_images/a.png", "_images/b c.png", *shared, "room/derive.html"]


@pytest.mark.parametrize("touched", ["index.html", "_images/a.png", "_static/book.css", "_static/mathjax/frame.html"])
def test_a_page_changes_with_each_file_that_it_loads(site, touched):
    before = page_digest(site, "index.html")
    (site / touched).write_text((site / touched).read_text() + " ")
    changed = page_digest(site, "index.html")
    assert changed != before
    (site / touched).unlink()
    if touched != "index.html":
        assert page_digest(site, "index.html") not in (before, changed)


def test_a_page_does_not_change_with_others(site):
    before = page_digest(site, "index.html")
    (site / "room/derive.html").write_text("changed")
    (site / "_images/b c.png").unlink()
    assert page_digest(site, "index.html") == before


def test_the_site_is_served_until_the_end(site):
    with served(site) as address, urllib.request.urlopen(f"{address}/_static/book.css") as answer:
        assert answer.read() == b"p {}"
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}/_static/book.css")
