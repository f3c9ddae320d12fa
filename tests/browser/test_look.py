"""The look of the second edition's pages: nothing sticks out or is covered, lines are as one reads, pictures come first."""

from pathlib import Path

import pytest

from press.census import first_edition
from press.site import pages

REPO = Path(__file__).parents[2]
SITE = REPO / "book/_build/html"
NEW = {path.relative_to(REPO / "book").with_suffix("").as_posix() for path in (REPO / "book").glob("[!_]*/*.ipynb")} | {"style"}
PAGES = [page for page in pages(SITE) if page.removesuffix(".html") in NEW - first_edition(REPO)]
WIDTHS = (320, 390, 768, 1280, 1920)

# What may be wider than the screen scrolls in a box that shows it.
STICKS_OUT = """width => [...document.querySelectorAll("article *")]
    .filter((e) => e.getBoundingClientRect().right > width + 1 && e.checkVisibility({visibilityProperty: true}))
    .filter((e) => { for (let up = e.parentElement; up; up = up.parentElement)
        if (getComputedStyle(up).overflowX !== "visible" && up.getBoundingClientRect().right <= width + 1) return false;
        return true; })
    .map((e) => e.outerHTML.slice(0, 100))"""
COVERED = """() => [...document.querySelectorAll("article div.math")].filter((box) => {
    const number = box.querySelector(".eqno"), drawn = box.querySelector("mjx-container svg");
    if (!number || !drawn || !drawn.getBoundingClientRect().width) return false;
    const text = document.createRange();
    text.selectNodeContents(number.firstChild);
    const a = text.getBoundingClientRect(), b = drawn.getBoundingClientRect(), seen = drawn.parentElement.getBoundingClientRect();
    return a.left < Math.min(b.right, seen.right) && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
    }).map((box) => box.innerText)"""
BOXES = "article :is(pre, mjx-container, .pst-scrollable-table-container, table)"
NO_CUE = f"""() => [...document.querySelectorAll("{BOXES}")]
    .filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible")
    .filter((e) => !getComputedStyle(e).backgroundImage.includes("gradient")).map((e) => e.outerHTML.slice(0, 100))"""
LONG_CODE = """() => [...document.querySelectorAll("article .cell_input pre")]
    .filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth)
    .map((e) => e.innerText.split("\\n").reduce((a, b) => a.length > b.length ? a : b))"""
# How many characters stand in the full lines of paragraphs that are only text.
LINES = """() => { const found = [];
    for (const p of document.querySelectorAll("article section > p:not([class])")) {
        if (p.querySelector("mjx-container, code") || p.previousElementSibling?.classList.contains("ways")) continue;
        const lines = {}, range = document.createRange(), walk = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
        for (let node; node = walk.nextNode();) for (let k = 0; k < node.length; k++) {
            range.setStart(node, k); range.setEnd(node, k + 1);
            const line = Math.round(range.getBoundingClientRect().bottom / 4); lines[line] = (lines[line] || 0) + 1; }
        found.push(...Object.values(lines).slice(0, -1)); }
    return found.sort((a, b) => a - b); }"""


@pytest.fixture(scope="module")
def opened(driven, visit, site):
    with visit(f"{site}/{driven}") as v:
        unfold(v.page)
        yield v


def unfold(page):
    """Wait until the formulas are drawn, and open what is folded."""
    page.wait_for_function("!document.querySelector('.math:not(:has(mjx-container))')")
    page.evaluate("document.querySelectorAll('article details').forEach((fold) => { fold.open = true; })")


def wrong_at(page, width):
    """What is wrong with the layout at one width, by kind."""
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(300)  # the formulas are fitted once the window has its size
    found = {
        "sticks out": page.evaluate(STICKS_OUT, width),
        "wider than the screen": max(0, page.evaluate("document.documentElement.scrollWidth") - width),
        "a number covers a formula": page.evaluate(COVERED),
        "scrolls and does not show it": page.evaluate(NO_CUE),
        "code runs out of its box": page.evaluate(LONG_CODE) if width >= 1280 else [],
    }
    return {kind: what for kind, what in found.items() if what}


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_stands_in_its_place(opened, width, drove):
    assert wrong_at(opened.page, width) == {}
    drove()


def test_a_line_of_text_is_as_long_as_one_reads(visit, site):
    with visit(f"{site}/diagonal_ssm/derive.html", width=1280) as v:
        lines = v.page.evaluate(LINES)
    assert len(lines) >= 10
    assert 66 <= lines[len(lines) // 2] <= 72


HERO = """() => { const box = document.querySelector("main .dynlib-explore, main .cell_output img").getBoundingClientRect();
    return [box.top + scrollY, box.height]; }"""


@pytest.mark.parametrize("page", [page for page in PAGES if page.endswith("/index.html")])
def test_the_picture_is_above_the_fold(visit, site, page):
    """On a screen of 1280 by 800 an index page shows its picture's upper edge and half of it at least."""
    with visit(f"{site}/{page}", width=1280) as v:
        v.page.set_viewport_size({"width": 1280, "height": 800})
        top, height = v.page.evaluate(HERO)
    assert top + height / 2 <= 800, f"its middle stands at {top + height / 2:.0f}"


def test_a_page_is_well_as_a_file(driven, visit, drove):
    """Opened from a disk, without a server, no page has an error or asks for anything outside."""
    with visit((SITE / driven).as_uri()) as v:
        outside = [url for url in v.requests if not url.startswith(("file:", "data:", "blob:"))]
        assert (v.errors, outside) == ([], [])
    drove()


def test_forced_colours_keep_the_forms(visit, site, browser):
    """Where the system chooses the colours, boxes still differ: by a thick edge, a frame, double lines, dashes, a line above."""
    context = browser.new_context(forced_colors="active", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{site}/style.html")
    style = "(where, what) => getComputedStyle(document.querySelector(where))[what]"
    edges = {where: page.evaluate(f"([where, what]) => ({style})(where, what)", [where, what]) for where, what in FORMS}
    context.close()
    forms = [edge.partition(" rgb")[0] for edge in edges.values()]
    assert forms == ["5px solid", "1px solid", "4px double", "1px dashed", "2px solid"]


FORMS = [
    ("[class*=admonition-before]", "borderLeft"),
    ("div.exercise", "borderTop"),
    ("div.admonition.warning", "borderTop"),
    ("div.solution", "borderTop"),
    ("div.theorem", "borderTop"),
]

BROKEN = """() => {
    const article = document.querySelector("article section");
    const formula = document.querySelector("main div.math:has(.eqno)");
    formula.querySelector(".eqno").style = "position: absolute; left: 50%; top: 50%";
    article.insertAdjacentHTML("beforeend", "<p style='width: 3000px; max-width: none'>wide</p>");
    const code = document.querySelector("main .cell_input pre");
    code.style = "width: 200px; background-image: none"; }"""


def test_what_is_out_of_place_is_found(visit, site):
    with visit(f"{site}/style.html") as v:
        unfold(v.page)
        assert wrong_at(v.page, 1280) == {}
        v.page.evaluate(BROKEN)
        wrong = wrong_at(v.page, 1281)
    assert set(wrong) == {
        "sticks out",
        "wider than the screen",
        "a number covers a formula",
        "scrolls and does not show it",
        "code runs out of its box",
    }
