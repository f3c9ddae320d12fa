"""Widgets in Chromium: what the page draws is compared with the numbers that Python put in.

The way back from pixels to numbers goes by the tick labels a reader sees, not by the code that placed them.
"""

import itertools
import math
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Plane, Slider, Table
from dynlib.teaching.explore.page import pictures, words

TIME = np.arange(12.0)
ALPHA = np.logspace(-1, 1, 9)


def echo(scale):
    """A line and a filled shape, both with a gap, and a table: Lines beside Table."""

    def frame(lag, kind):
        target = np.exp(-0.5 * ((TIME - lag) / 2) ** 2)
        state = scale * np.exp(-TIME / lag) * (np.cos(TIME) if kind == "turn" else 1)
        state[5] = target[8] = np.nan
        table = scale * np.array([[state[i - j] if 0 <= i - j != 5 else 0.0 for j in range(6)] for i in range(8)])
        return Frame([{"target": target, "state": state}, table], words=f"At lag {lag} the state is {scale}, kind {kind}.")

    return Explore(
        title=f"Echo, scale {scale}",
        controls=[Slider("lag", [2, 5, 9], unit="steps", start=5), Choice("kind", ["fade", "turn"])],
        panels=[
            Lines(
                series=["target", "state"],
                fill=["target"],
                x=TIME,
                xlim=(0, 11),
                ylim=(-0.5, 0.9),
                xlabel="time (steps)",
                ylabel="response",
            ),
            Table(rows=8, cols=6, limit=1.0),
        ],
        frame=frame,
    )


def plane(leak):
    """Points, as many as the slider says, and a log-log panel: Plane beside Lines."""

    def frame(count):
        z = leak ** np.arange(count) * np.exp(1j * np.arange(count))
        error = 10.0 ** (-count * ALPHA / 4)
        content = {"error": error, "steps": (ALPHA, 0.5 * error), "points": (ALPHA[:count], error[:count])}
        return Frame([{"states": z}, content], words=f"{count} points, leak {leak}.")

    log = Lines(
        title="Error against load",
        x=ALPHA,
        series=["error", "steps", "points"],
        style={"steps": "steps", "points": "points"},
        xlim=(0.1, 10),
        ylim=(1e-5, 1),
        xscale="log",
        yscale="log",
        xlabel="load",
        ylabel="error",
    )
    return Explore(
        title=f"Plane, leak {leak}",
        controls=[Slider("count", [1, 4, 7])],
        panels=[Plane(series=["states"], xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), circle=True), log],
        frame=frame,
    )


WIDGETS = [echo(0.9), echo(-0.6), plane(0.9), plane(0.7)]


def document(widgets, theme="light"):
    colours = {"light": "background:#fff;color:#222832", "dark": "background:#121212;color:#ced6dd"}[theme]
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Widgets</title>'
        f'<meta name="viewport" content="width=device-width"><style>body{{{colours};font-family:sans-serif}}</style></head>'
        f"<body><main><h1>Widgets</h1>{''.join(made.html for made in widgets)}</main></body></html>"
    )


@pytest.fixture
def open_page(browser, tmp_path):
    """``open_page(html, **options)`` opens a page; at the end nothing may have failed or gone outside."""
    contexts, wrong = [], []

    def look(request):
        if not request.url.startswith(("file://", "data:")):
            wrong.append(f"request {request.url}")

    def open_page(html, **options):
        path = tmp_path / f"page {len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error {error}"))
        page.on("console", lambda message: wrong.append(f"console {message.text}") if message.type == "error" else None)
        page.on("request", look)
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


# -- from pixels to numbers, as a reader would -------------------------------------------------------------------------

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def number_of(label):
    """What a tick label says: 0.5, −0.5 or 10⁻³."""
    raised = re.fullmatch(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", label)
    return 10.0 ** int(raised[1].translate(RAISED)) if raised else float(label.replace("−", "-"))


def ruler(picture, anchor, attribute, log, offset):
    """The map from a pixel to a number that the outermost tick labels define, and how many numbers a pixel spans."""
    texts = picture.locator(f'g[text-anchor="{anchor}"] text').evaluate_all(
        "(all, name) => all.map((text) => [+text.getAttribute(name), text.textContent])", attribute
    )
    marks = [(place - offset, math.log10(number_of(label)) if log else number_of(label)) for place, label in texts]
    (p0, v0), (p1, v1) = marks[0], marks[-1]
    scale = (v1 - v0) / (p1 - p0)
    return (lambda pixel: v0 + (pixel - p0) * scale), abs(scale)


def points_of(d, style):
    """The points of a path drawn as ``style``, without an area's two feet."""
    points = []
    for stroke in re.findall("M[^M]+", d):
        x, y = map(int, re.match(r"M(-?\d+) (-?\d+)", stroke).groups())
        if style == "area":
            y = int(re.search(r"V(-?\d+)", stroke)[1])
        points.append((x, y))
        if style == "points":
            continue
        for dx, dy in re.findall(r"[lh](-?\d+)[ v](-?\d+)", stroke):
            x, y = x + int(dx), y + int(dy)
            points.append((x, y))
    return np.array(points, dtype=float).reshape(-1, 2)


def check_drawing(root, p, panel, content):
    """Each series of panel ``p`` lies, to one level, where its numbers are by the ticks."""
    picture = root.locator("[data-panel]").nth(p).locator("svg[role=img]")
    to_x, x_unit = ruler(picture, "middle", "x", panel.xaxis.log, 0)
    to_y, y_unit = ruler(picture, "end", "y", panel.yaxis.log, 45)  # text stands 45 below its tick
    levels = [3 * (axis.ends[1] - axis.ends[0]) / 4092 for axis in (panel.xaxis, panel.yaxis)]
    assert x_unit < levels[0]
    assert y_unit < levels[1]
    for s, name in enumerate(panel.series):
        x, y = coordinates(panel, content[name])
        seen = points_of(picture.locator(f'[data-s="{s}"]').get_attribute("d"), panel.style_of(name))
        assert len(seen) == len(x)
        for column, axis, numbers, ruled, level in ((0, panel.xaxis, x, to_x, levels[0]), (1, panel.yaxis, y, to_y, levels[1])):
            wanted = np.log10(numbers) if axis.log else numbers
            inside = np.abs(axis.fraction(numbers) - 0.5) <= 1.5  # one range beyond the box, drawing may stop
            assert np.abs(ruled(seen[:, column]) - wanted)[inside].max(initial=0) <= level, f"{name}, {'xy'[column]}"
        kept = root.evaluate("(root, [p, name]) => root.dynlib.series(p, name)", [p, name])
        kept = np.array([pair for pair in zip(kept["x"], kept["y"], strict=True) if None not in pair]).reshape(-1, 2)
        np.testing.assert_allclose(panel.yaxis.fraction(kept[:, 1]), np.clip(panel.yaxis.fraction(y), -1, 2), atol=1.6 / 4092)


def coordinates(panel, value):
    """The numbers of a series that can be drawn."""
    if isinstance(panel, Plane):
        return value.real, value.imag
    x, y = value if isinstance(value, tuple) else (panel.x, value)
    return x[np.isfinite(y)], y[np.isfinite(y)]


def check_table(root, p, panel, table, impulse):
    """The heat map and the bars say the table, to half a step of their 31."""
    picture = root.locator("[data-panel]").nth(p)
    seen = np.zeros((panel.rows, panel.cols))
    for sign, size, d in picture.locator("[data-cells] path").evaluate_all(
        "(all) => all.map((path) => [path.getAttribute('class'), +path.getAttribute('stroke-opacity'), path.getAttribute('d')])"
    ):
        for j, i, count in re.findall(r"M(\d+) (\d+)h(\d+)", d):
            seen[int(i), int(j) : int(j) + int(count)] = {"neg": -size, "pos": size}[sign]
    np.testing.assert_allclose(seen, table / panel.limit, atol=0.5 / 31 + 0.0051)
    np.testing.assert_allclose(root.evaluate("(root, p) => root.dynlib.table(p)", p), table, atol=panel.limit * 0.5001 / 31)
    lengths = np.zeros(panel.rows)
    for d in picture.locator("[data-bars] path").evaluate_all("(all) => all.map((path) => path.getAttribute('d'))"):
        for i, length in re.findall(r"M0 (\d+)h(-?\d+)", d):
            lengths[int(i)] = int(length)
    np.testing.assert_allclose(lengths / 31, table[:, impulse] / panel.limit, atol=0.5001 / 31)
    assert picture.locator("[data-column]").get_attribute("x") == str(impulse)


def set_by_keyboard(page, root, controls, places):
    """Each control to its place by arrow keys alone."""
    for c, (control, place) in enumerate(zip(controls, places, strict=True)):
        inputs = root.locator(f'[data-control="{c}"]')
        if isinstance(control, Slider):
            inputs.focus()
            page.keyboard.press("Home")
            for _ in range(place):
                page.keyboard.press("ArrowRight")
        else:
            root.locator(f'[data-control="{c}"]:checked').focus()
            for _ in control.values:  # the arrows go round
                if page.evaluate("document.activeElement.value") != str(place):
                    page.keyboard.press("ArrowDown")


@pytest.mark.parametrize("k", range(len(WIDGETS)))
def test_every_frame_is_reached_by_keyboard_and_drawn_as_python_computed_it(open_page, k):
    page, made = open_page(document(WIDGETS)), WIDGETS[k]
    root = page.locator(".dynlib-explore").nth(k)
    others = [page.locator(".dynlib-explore").nth(j) for j in range(len(WIDGETS)) if j != k]
    untouched = [other.inner_html() for other in others]
    seen = set()
    for places in itertools.product(*(range(len(control.values)) for control in made.controls)):
        set_by_keyboard(page, root, made.controls, places)
        values = [control.values[place] for control, place in zip(made.controls, places, strict=True)]
        sentence, slots = made.compute(*values)
        frame = made._frame(**{control.parameter: value for control, value in zip(made.controls, values, strict=True)})
        impulses = [getattr(panel, "impulse", None) for panel in made.panels]
        expect(root.locator("[role=status]")).to_have_text(words(made.panels, slots, impulses, sentence))
        assert frame.words in root.locator("[role=status]").inner_text()
        for c, (control, value) in enumerate(zip(made.controls, values, strict=True)):
            if isinstance(control, Slider):
                slider = root.get_by_role("slider", name=control.label, exact=True)
                expect(slider).to_have_attribute("aria-valuetext", f"{control.label} {control.text(value)}")
                expect(root.locator(".setting output").nth(c)).to_have_text(control.text(value))
        for p, (panel, content) in enumerate(zip(made.panels, frame.panels, strict=True)):
            if isinstance(panel, Table):
                check_table(root, p, panel, content, panel.impulse)
            else:
                check_drawing(root, p, panel, content)
        # and, to the letter, the drawing that Python makes of this frame
        drawn = root.locator("[data-s]").evaluate_all("(all) => all.map((path) => path.getAttribute('d'))")
        assert drawn == re.findall(r'<path data-s="\d"[^>]* d="([^"]*)"', pictures(made.panels, slots, impulses, "x"))
        seen.add(root.evaluate("(root) => root.dynlib.frame()"))
    assert seen == set(range(math.prod(len(control.values) for control in made.controls)))
    assert [other.inner_html() for other in others] == untouched


def test_before_any_move_the_script_draws_what_python_drew(open_page):
    html = document(WIDGETS)
    still = open_page(html, java_script_enabled=False).locator(".dynlib-explore")
    alive = open_page(html).locator(".dynlib-explore")
    for k in range(len(WIDGETS)):
        for what in (".panels", ".words", "output"):
            assert alive.nth(k).locator(what).first.inner_html() == still.nth(k).locator(what).first.inner_html()


@pytest.mark.parametrize("k", [0, 1])
def test_poking_by_click_and_by_keyboard_shows_that_column(open_page, k):
    page, made = open_page(document(WIDGETS)), WIDGETS[k]
    root, panel = page.locator(".dynlib-explore").nth(k), made.panels[1]
    table = made._frame(lag=5, kind="fade").panels[1]
    _, slots = made.compute(5, "fade")
    hit, slider = root.locator("[data-hit]"), root.get_by_role("slider", name="impulse at input")
    size = hit.bounding_box()

    def check(column):
        check_table(root, 1, panel, table, column)
        said = root.locator("[role=status]").inner_text()
        assert said == words(made.panels, slots, [None, column], f"At lag 5 the state is {[0.9, -0.6][k]}, kind fade.")
        assert f"Impulse at input {column}: " in said
        expect(root.locator("[data-asked]")).to_have_text(f"answer to input {column}")
        expect(slider).to_have_attribute("aria-valuetext", f"impulse at input {column}")
        expect(slider).to_have_value(str(column))

    for column in (0, 5, 2):
        hit.click(position={"x": (column + 0.5) * size["width"] / 6, "y": size["height"] / 3})
        check(column)
    slider.focus()
    page.keyboard.press("End")
    check(5)
    page.keyboard.press("ArrowLeft")
    check(4)
    hit.hover(position={"x": size["width"] / 12, "y": 5})
    check(4)  # looking is not poking
    size = hit.bounding_box()  # the page may have scrolled
    page.mouse.down()
    page.mouse.move(size["x"] + size["width"] * 1.5 / 6, size["y"] + 20)
    page.mouse.up()
    check(1)
    # the impulse stays when another control moves
    root.get_by_role("slider", name="lag").focus()
    page.keyboard.press("ArrowRight")
    check_table(root, 1, panel, made._frame(lag=9, kind="fade").panels[1], 1)


def test_without_javascript_the_poster_is_there_and_the_controls_are_off(open_page):
    page = open_page(document(WIDGETS), java_script_enabled=False)
    for k, made in enumerate(WIDGETS):
        root = page.locator(".dynlib-explore").nth(k)
        expect(root.locator("[role=status]")).to_have_text(made.poster().splitlines()[-1])
        for picture in root.locator("svg[role=img]").all():
            assert picture.bounding_box()["height"] > 150
        assert all(d for d in root.locator("[data-s]").evaluate_all("(all) => all.map((path) => path.getAttribute('d'))"))
        assert all(root.locator("input").nth(i).is_disabled() for i in range(root.locator("input").count()))


def test_the_same_widget_twice_is_alive_twice(open_page):
    page = open_page(document([WIDGETS[0], WIDGETS[0]]))
    first, second = (page.locator(".dynlib-explore").nth(k) for k in (0, 1))
    set_by_keyboard(page, first, WIDGETS[0].controls, (2, 1))
    assert first.evaluate("(root) => root.dynlib.frame()") == 5
    assert second.evaluate("(root) => root.dynlib.frame()") == 2
    set_by_keyboard(page, second, WIDGETS[0].controls, (0, 1))
    assert second.evaluate("(root) => root.dynlib.frame()") == 1
    assert first.evaluate("(root) => root.dynlib.frame()") == 5


def test_every_control_is_reached_by_tab(open_page):
    page = open_page(document([WIDGETS[0]]))
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.label || document.activeElement.name"))
    assert reached[:3] == ["lag", "c1", "impulse at input"]


def test_a_phone_has_no_sideways_scroll_and_controls_a_thumb_can_hit(open_page):
    page = open_page(document(WIDGETS), viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for k in range(len(WIDGETS)):
        root = page.locator(".dynlib-explore").nth(k)
        boxes = [root.locator("[data-panel]").nth(p).bounding_box() for p in range(2)]
        assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]  # stacked
        for slider in root.locator("input[type=range]").all():
            assert slider.bounding_box()["height"] >= 44
        for label in root.locator(".radios label").all():
            assert label.bounding_box()["height"] >= 44
        sizes = root.locator("svg[role=img]").evaluate_all(
            "(all) => all.map((svg) => parseFloat(getComputedStyle(svg).fontSize) * svg.clientWidth / svg.viewBox.baseVal.width)"
        )
        assert min(sizes) >= 10.5  # pixels


def test_on_a_wide_page_two_panels_stand_side_by_side(open_page):
    page = open_page(document(WIDGETS), viewport={"width": 900, "height": 800})
    for k in range(len(WIDGETS)):
        left, right = (page.locator(".dynlib-explore").nth(k).locator("[data-panel]").nth(p).bounding_box() for p in range(2))
        assert right["x"] >= left["x"] + left["width"]
        assert abs((right["y"] + right["height"]) - (left["y"] + left["height"])) < 2


def test_labels_stay_inside_their_picture_and_apart(open_page):
    for width in (390, 760):
        page = open_page(document(WIDGETS), viewport={"width": width, "height": 800})
        for picture in page.locator("svg[role=img]").all():
            frame = picture.bounding_box()
            boxes = [text.bounding_box() for text in picture.locator("text").all()]
            assert all(frame["x"] - 1 <= box["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"] + 1 for box in boxes)
            assert all(box["y"] + box["height"] <= frame["y"] + frame["height"] + 1 for box in boxes)
            for one, other in itertools.combinations(boxes, 2):
                apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
                shared = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
                assert apart or shared <= 0.35 * one["height"]  # line boxes are higher than letters


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(open_page, faults, theme):
    assert faults(open_page(document(WIDGETS, theme)), None) == []


def test_a_dark_page_gets_colours_made_for_it(open_page):
    def colour(theme):
        return open_page(document(WIDGETS, theme)).locator(".s0").first.evaluate("(path) => getComputedStyle(path).stroke")

    assert (colour("light"), colour("dark")) == ("rgb(0, 114, 178)", "rgb(86, 180, 233)")
