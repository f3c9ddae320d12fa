"""The style page as it was looked at: where each element stands, how large it is, and its colours, in three themes at two widths.

A moved box or a changed colour turns this red. Pixels are not compared: every version of a browser draws letters its own way.
After a change that is meant, look at the page, and write anew what was seen: ``SHOTS=write pytest tests/browser/test_shots.py``,
which also makes the small pictures beside the record.
"""

import io
import json
import os
from pathlib import Path

import pytest
from PIL import Image

SHOTS = Path(__file__).with_name("shots")
WRITE = os.environ.get("SHOTS") == "write"
THEMES, WIDTHS = ("light", "dark", "forced"), (390, 1280)
PIXELS = 3  # how far a box may move against the one above it, or grow
ELEMENTS = """
    h1, h2, h3, .ways, .ways + p, article section > p, article section > ul, article section > ol, blockquote,
    .admonition, .admonition-title, .predict, .dynlib-explore, .dynlib-explore svg, .corner summary, figcaption,
    .cell_output picture, .cell_output img, pre, table, th, td, div.math, .eqno, div.math svg, fieldset.concept,
    .fold.setup > summary, p.reproduce, .bd-sidebar-primary, .bd-header-article, footer
"""
LOOK = """(selectors) => {
    const seen = [...document.querySelectorAll(selectors)].filter((e) => e.checkVisibility({visibilityProperty: true}))
        .map((e) => [e, e.getBoundingClientRect()]).filter(([e, box]) => box.width && box.right > 0 && box.left < innerWidth);
    let above = 0;
    return seen.map(([e, box]) => {
        const style = getComputedStyle(e), top = box.top + scrollY, moved = top - above;
        above = top;
        const name = [e.tagName.toLowerCase(), ...[...e.classList].filter((c) => /^[a-z]+$/.test(c)).slice(0, 2)].join(".");
        const edge = ["Top", "Right", "Bottom", "Left"].map((side) => parseFloat(style[`border${side}Width`])
            ? `${style[`border${side}Style`]} ${style[`border${side}Color`]}` : "").join(" | ");
        const at = [box.left, moved, box.width, box.height].map(Math.round);
        return {name, box: at, ink: style.color, ground: style.backgroundColor, edge};
    }); }"""


def look(browser, address, theme, width, picture=None, spoil=None):
    """What stands on the page, from its top to its end; ``spoil`` is a style that is laid over it first."""
    colours = {"forced_colors": "active"} if theme == "forced" else {"color_scheme": theme}
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **colours)
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("!document.querySelector('.math:not(:has(mjx-container))')")
    page.evaluate("document.fonts.ready")
    if spoil:
        page.add_style_tag(content=spoil)
    page.wait_for_timeout(500)
    seen = page.evaluate(LOOK, ELEMENTS)
    if picture:
        small(page.screenshot(full_page=True), picture)
    context.close()
    return seen


def small(png, path):
    """Keep a third of a picture's width, in few colours: to look at, not to compare."""
    full = Image.open(io.BytesIO(png)).convert("RGB")
    width = max(200, full.width // 3)
    full.resize((width, full.height * width // full.width)).quantize(48).save(path, optimize=True)


def differences(stored, seen):
    """What changed, in words: elements that came or went, boxes that moved or grew, colours and edges."""
    if [one["name"] for one in stored] != [one["name"] for one in seen]:
        return [f"{len(stored)} elements stood here, {len(seen)} stand now, or in another order"]
    changed = []
    for before, now in zip(stored, seen, strict=True):
        if any(abs(a - b) > PIXELS for a, b in zip(before["box"], now["box"], strict=True)):
            changed.append(f"{now['name']}: box {before['box']} is {now['box']}")
        changed += [
            f"{now['name']}: {what} {before[what]} is {now[what]}"
            for what in ("ink", "ground", "edge")
            if before[what] != now[what]
        ]
    return changed


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_the_style_page_looks_as_it_did(browser, site, theme, width):
    stored = SHOTS / f"style-{theme}-{width}.json"
    if WRITE:
        SHOTS.mkdir(exist_ok=True)
        seen = look(browser, f"{site}/style.html", theme, width, SHOTS / f"style-{theme}-{width}.png")
        stored.write_text("[\n" + ",\n".join(map(json.dumps, seen)) + "\n]\n", encoding="utf-8")
    seen = look(browser, f"{site}/style.html", theme, width)
    assert differences(json.loads(stored.read_text(encoding="utf-8")), seen) == []


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("h2 { margin-top: 4rem !important; }", "h2: box"),
        ("html[data-theme] { --orange: #c04e01; }", "ink rgb(192, 78, 0) is rgb(192, 78, 1)"),
        (".exercise { border-style: dotted !important; }", "edge"),
        ("table { display: none !important; }", "elements stood here"),
    ],
)
def test_a_moved_box_and_a_changed_colour_are_seen(browser, site, spoil, says):
    stored = json.loads((SHOTS / "style-light-1280.json").read_text(encoding="utf-8"))
    found = differences(stored, look(browser, f"{site}/style.html", "light", 1280, spoil=spoil))
    assert any(says in line for line in found), found
