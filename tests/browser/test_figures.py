"""Each figure shows the picture of the page's theme and width, on the page's own paper, and the light one on paper."""

import re
from pathlib import Path

import pytest

SITE = Path(__file__).parents[2] / "book/_build/html"
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in [*SITE.glob("*.html"), *SITE.glob("*/*.html")]
    if '<figure class="drawn">' in path.read_text(encoding="utf-8")
)

# Of each figure the pictures that are seen: which one, how wide, whether it fits, and the colour of its corner.
SEEN = """async () => Promise.all([...document.querySelectorAll("figure.drawn")].map(async (figure) => {
    const images = [...figure.querySelectorAll("img")].filter((image) => image.checkVisibility());
    return Promise.all(images.map(async (image) => {
        await image.decode();
        const canvas = new OffscreenCanvas(1, 1).getContext("2d");
        canvas.drawImage(image, 0, 0);
        const narrow = image.parentElement.querySelector("source")?.srcset;
        return {
            theme: image.parentElement.className,
            narrow: narrow ? image.currentSrc.endsWith(narrow.split("/").pop()) : null,
            wide: image.getBoundingClientRect().width,
            room: document.querySelector("article").getBoundingClientRect().width,
            corner: `rgb(${[...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).join(", ")})`,
            paper: getComputedStyle(document.body).backgroundColor,
            alt: image.alt.length,
        };
    }));
}))"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_have_the_pages_theme_and_width(visit, site, driven, drove, scheme, width):
    with visit(f"{site}/{driven}", scheme=scheme, width=width) as v:
        figures = v.page.evaluate(SEEN)
        assert len(figures) > 0
        for seen in figures:
            (picture,) = seen
            assert picture["theme"] == {"light": "by-day", "dark": "by-night"}[scheme]
            assert picture["narrow"] in (None, width == 390)
            assert picture["wide"] <= picture["room"]
            assert picture["corner"] == picture["paper"]
            assert picture["alt"] >= 20
        assert v.errors == []
    drove(SITE / "_static/figures.css")


def test_a_dark_page_is_printed_with_light_figures(visit, site):
    with visit(f"{site}/{PAGES[0]}", scheme="dark") as v:
        v.page.emulate_media(media="print", color_scheme="dark")
        assert {picture["theme"] for seen in v.page.evaluate(SEEN) for picture in seen} == {"by-day"}


def test_the_theme_switch_changes_the_figures(visit, site):
    with visit(f"{site}/{PAGES[0]}", scheme="light") as v:
        v.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        assert {picture["theme"] for seen in v.page.evaluate(SEEN) for picture in seen} == {"by-night"}


def test_pages_have_figures():
    assert len(PAGES) > 10
    assert all(re.fullmatch(r"[\w/]+\.html", page) for page in PAGES)
