"""Widgets in Chromium: what the page draws is compared with the numbers that Python put in.

The way back from pixels to numbers goes by the tick labels a reader sees, not by the code that placed them.
"""

import html
import itertools
import math
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from dynlib.teaching import colours
from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Plane, Slider, Table
from dynlib.teaching.explore.script import script, style_sheet, with_script
from dynlib.teaching.explore.style import DARK, LIGHT
from press.widgets import on_the_site

pytestmark = [pytest.mark.proof(own=[script(), style_sheet()]), pytest.mark.usefixtures("kept")]
TIME = np.arange(12.0)
ALPHA = np.logspace(-1, 1, 9)


def echo(scale, name):
    """A line and a filled shape, both with a gap, and a table: Lines beside Table."""

    def frame(lag, kind):
        target = np.exp(-0.5 * ((TIME - lag) / 2) ** 2)
        state = scale * np.exp(-TIME / lag) * (np.cos(TIME) if kind == "turn" else 1)
        state[5] = target[8] = np.nan
        table = scale * np.array([[state[i - j] if 0 <= i - j != 5 else 0.0 for j in range(6)] for i in range(8)])
        return Frame([{"target": target, "state": state}, table], words=f"At lag {lag} the state is {scale}, kind {kind}.")

    return Explore(
        name=name,
        title=f"Echo, scale {scale}",
        controls=[Slider("lag", [2, 5, 9], unit="steps", start=5, play=True), Choice("kind", ["fade", "turn"])],
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


def plane(leak, name):
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
        name=name,
        title=f"Plane, leak {leak}",
        controls=[Slider("count", [1, 4, 7])],
        panels=[Plane(series=["states"], xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), circle=True), log],
        frame=frame,
    )


WIDGETS = [echo(0.9, "echo"), echo(-0.6, "echo-back"), plane(0.9, "plane"), plane(0.7, "plane-fast")]


def document(widgets, theme="light"):
    """A page that brings the script once, inline, as slides do."""
    page = {"light": colours.LIGHT, "dark": colours.DARK}[theme]
    look = f"body{{background:{page['paper']};color:{page['ink']};font-family:sans-serif;margin:8px}}{style_sheet()}"
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Widgets</title>'
        f'<meta name="viewport" content="width=device-width"><style>{look}</style></head>'
        f"<body><main><h1>Widgets</h1>{''.join(on_the_site(made.html) for made in widgets)}</main>"
        f"<script>{script()}</script></body></html>"
    )


def site(widgets, folder):
    """A page of a site: script and style sheet are files beside it."""
    (folder / "explore.js").write_text(script(), encoding="utf-8")
    (folder / "explore.css").write_text(style_sheet(), encoding="utf-8")
    stored = "".join(on_the_site(made.html) for made in widgets)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Site</title><link rel="stylesheet" href="explore.css">'
        f'<script defer src="explore.js"></script><main><h1>Site</h1>{stored}</main></html>'
    )


@pytest.fixture
def open_page(browser, tmp_path):
    """``open_page(html, **options)`` opens a page; at the end nothing may have failed or gone outside."""
    contexts, wrong = [], []

    def look(request):
        if not request.url.startswith(("file://", "data:")):
            wrong.append(f"request {request.url}")

    def open_page(html, hash="", **options):
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(**({"reduced_motion": "reduce"} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error {error}"))
        page.on("console", lambda message: wrong.append(f"console {message.text}") if message.type == "error" else None)
        page.on("request", look)
        page.goto(path.as_uri() + hash)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


def frame_of(root):
    return root.evaluate("(root) => root.dynlib.frame()")


# -- from pixels to numbers, as a reader would -------------------------------------------------------------------------

RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def number_of(label):
    """What a tick label says: 0.5, −0.5 or 10⁻³."""
    raised = re.fullmatch(r"10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", label)
    return 10.0 ** int(raised[1].translate(RAISED)) if raised else float(label.replace("−", "-"))


def ruler(picture, which, attribute, log, offset):
    """The map from a pixel to a number that the outermost tick labels define, and how many numbers a pixel spans."""
    texts = picture.locator(f"g[data-{which}] text").evaluate_all(
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
        numbers = re.findall(r"([MLHV])(-?[\d.]+) ?(-?[\d.]+)?", stroke)
        if style == "points":
            points.append((float(numbers[0][1]), float(numbers[0][2])))
            continue
        x = y = None
        for k, (letter, first, second) in enumerate(numbers):
            x = float(first) if letter in "MLH" else x
            y = float(second) if letter in "ML" else float(first) if letter == "V" else y
            foot = style == "area" and k in (0, len(numbers) - 1)
            if letter != "H" and not foot:
                points.append((x, y))
    return np.array(points, dtype=float).reshape(-1, 2)


def check_drawing(root, p, panel, content):
    """Each series of panel ``p`` lies, to a tenth of a pixel and a level, where its numbers are by the ticks."""
    picture = root.locator("[data-panel]").nth(p).locator("svg[role=img]")
    to_x, x_unit = ruler(picture, "x", "x", panel.xaxis.log, 0)
    to_y, y_unit = ruler(picture, "y", "y", panel.yaxis.log, 4)  # text stands 4 below its tick
    levels = [1.5 * (axis.ends[1] - axis.ends[0]) / 4092 for axis in (panel.xaxis, panel.yaxis)]
    for s, name in enumerate(panel.series):
        x, y = coordinates(panel, content[name])
        seen = points_of(picture.locator(f'[data-s="{s}"]').get_attribute("d") or "", panel.style_of(name))
        assert len(seen) == len(x)
        for column, axis, numbers, ruled, level, unit in (
            (0, panel.xaxis, x, to_x, levels[0], x_unit),
            (1, panel.yaxis, y, to_y, levels[1], y_unit),
        ):
            wanted = np.log10(numbers) if axis.log else numbers
            inside = np.abs(axis.fraction(numbers) - 0.5) <= 1.5  # one range beyond the box, drawing may stop
            far = np.abs(ruled(seen[:, column]) - wanted)[inside].max(initial=0)
            assert far <= level + 0.25 * unit, f"{name}, {'xy'[column]}"
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
    """The heat map and the bars say the table, to half a step of the 31 of their square roots."""
    picture = root.locator("[data-panel]").nth(p)
    cells = picture.locator("[data-cells] rect").evaluate_all(
        "(all) => all.map((cell) => [cell.getAttribute('class'), +cell.getAttribute('fill-opacity')])"
    )
    seen = np.array([{"neg": -size, "pos": size, "gap": np.nan}[sign] for sign, size in cells]).reshape(panel.rows, panel.cols)
    roots = np.sign(table) * np.sqrt(np.abs(table) / panel.limit)
    np.testing.assert_allclose(seen, roots, atol=0.5 / 31 + 0.001)
    kept = np.array(root.evaluate("(root, p) => root.dynlib.table(p)", p), dtype=float)
    np.testing.assert_allclose(np.sign(kept) * np.sqrt(np.abs(kept) / panel.limit), roots, atol=0.5001 / 31)
    # the bars, by the labels under them
    ends = picture.locator("svg[role=img] > g:not([data-x]):not([data-y]):not([data-cells]) text").evaluate_all(
        "(all) => all.map((text) => [+text.getAttribute('x'), text.textContent])"
    )
    (low, _), (middle, zero), (high, label) = ends
    assert zero == "0"
    assert number_of(label) == panel.limit
    top, tall = (float(picture.locator("rect.hit").get_attribute(name)) for name in ("y", "height"))
    lengths = np.zeros(panel.rows)
    for d in picture.locator("[data-bars]").evaluate_all("(all) => all.map((path) => path.getAttribute('d'))"):
        for x, y, length in re.findall(r"M(-?[\d.]+) (-?[\d.]+)h(-?[\d.]+)", d):
            assert abs(float(x) - middle) < 0.11
            lengths[int((float(y) - top) / tall * panel.rows)] = float(length)
    np.testing.assert_allclose(lengths / (high - middle), kept[:, impulse] / panel.limit, atol=0.01)
    assert abs(low + high - 2 * middle) < 0.3
    left, wide = (float(picture.locator("rect.hit").get_attribute(name)) for name in ("x", "width"))
    assert abs(float(picture.locator("[data-column]").get_attribute("x")) - left - impulse * wide / panel.cols) < 0.2


def words(made, values, impulses=None):
    """What Python says of a frame; ``impulses`` by panel."""
    sentence, slots = made.compute(*values)
    said = [sentence]
    for p, (panel, part) in enumerate(made.split(slots)):
        if isinstance(panel, Table):
            old, panel.impulse = panel.impulse, (impulses or {}).get(p, panel.impulse)
            said.append(panel.words(part))
            panel.impulse = old
    return " ".join(said)


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


@pytest.mark.parametrize("k", range(len(WIDGETS)), ids=lambda k: WIDGETS[k].name)
def test_every_frame_is_reached_by_keyboard_and_drawn_as_python_computed_it(open_page, k):
    page, made = open_page(document(WIDGETS)), WIDGETS[k]
    root = page.locator(".dynlib-explore").nth(k)
    others = [page.locator(".dynlib-explore").nth(j) for j in range(len(WIDGETS)) if j != k]
    untouched = [other.inner_html() for other in others]
    seen = set()
    for places in itertools.product(*(range(len(control.values)) for control in made.controls)):
        set_by_keyboard(page, root, made.controls, places)
        values = [control.values[place] for control, place in zip(made.controls, places, strict=True)]
        frame = made._frame(**{control.parameter: value for control, value in zip(made.controls, values, strict=True)})
        expect(root.locator(".words")).to_have_text(words(made, values))
        assert frame.words in root.locator(".words").inner_text()
        for control, value in zip(made.controls, values, strict=True):
            if isinstance(control, Slider):
                slider = root.get_by_role("slider", name=control.label, exact=True)
                expect(slider).to_have_attribute("aria-valuetext", f"{control.label} {control.text(value)}")
                expect(slider.locator("xpath=ancestor::*[contains(@class,'setting')]").locator("output")).to_have_text(
                    control.text(value)
                )
        for p, (panel, content) in enumerate(zip(made.panels, frame.panels, strict=True)):
            if isinstance(panel, Table):
                check_table(root, p, panel, content, panel.impulse)
            else:
                check_drawing(root, p, panel, content)
        seen.add(frame_of(root))
    assert seen == set(range(math.prod(len(control.values) for control in made.controls)))
    assert [other.inner_html() for other in others] == untouched


def test_what_the_box_cuts_off_is_marked_with_its_value(open_page):
    def frame(k):
        return Frame([{"a": [0.5, 17.518 * k, 0.2, -3.0], "b": [0.1, 0.2, 0.3, 0.4]}], words="w")

    panel = Lines(series=["a", "b"], x=range(4), xlim=(0, 3), ylim=(0, 1), xlabel="x", ylabel="y")
    made = Explore(title="Cut", controls=[Slider("k", [1, 2])], panels=[panel], frame=frame)
    page = open_page(document([made]))
    assert page.locator("[data-beyond] text").all_text_contents() == ["▲ 17.5", "▼ −3"]
    page.locator("input[type=range]").press("ArrowRight")
    assert page.locator("[data-beyond] text").all_text_contents() == ["▲ 35", "▼ −3"]


@pytest.mark.parametrize("k", [0, 1], ids=lambda k: f"impulse in {WIDGETS[k].name}")
def test_an_impulse_by_click_and_by_keyboard_shows_that_column(open_page, k):
    page, made = open_page(document(WIDGETS)), WIDGETS[k]
    root, panel = page.locator(".dynlib-explore").nth(k), made.panels[1]
    table = made._frame(lag=5, kind="fade").panels[1]
    hit, slider = root.locator("[data-hit]"), root.get_by_role("slider", name="impulse at input")
    size = hit.bounding_box()

    def check(column):
        check_table(root, 1, panel, table, column)
        assert root.locator(".words").inner_text() == words(made, (5, "fade"), {1: column})
        expect(root.locator("[data-asked]")).to_have_text(f"weights on input {column}")
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
    check(4)  # looking is not touching
    size = hit.bounding_box()  # the page may have scrolled
    page.mouse.down()
    page.mouse.move(size["x"] + size["width"] * 1.5 / 6, size["y"] + 20)
    page.mouse.up()
    check(1)
    # the impulse stays when another control moves
    root.get_by_role("slider", name="lag").focus()
    page.keyboard.press("ArrowRight")
    check_table(root, 1, panel, made._frame(lag=9, kind="fade").panels[1], 1)


def test_without_javascript_the_poster_is_there_and_no_control(open_page):
    page = open_page(document(WIDGETS), java_script_enabled=False)
    for k, made in enumerate(WIDGETS):
        root = page.locator(".dynlib-explore").nth(k)
        assert made.poster().splitlines()[-1] in root.inner_text()
        assert root.locator("img").bounding_box()["height"] > 150
        assert root.locator("input").count() == 0


def test_the_same_widget_twice_is_alive_twice(open_page):
    page = open_page(document([WIDGETS[0], WIDGETS[0]]))
    first, second = (page.locator(".dynlib-explore").nth(k) for k in (0, 1))
    set_by_keyboard(page, first, WIDGETS[0].controls, (2, 1))
    assert (frame_of(first), frame_of(second)) == (5, 2)
    set_by_keyboard(page, second, WIDGETS[0].controls, (0, 1))
    assert (frame_of(first), frame_of(second)) == (5, 1)


def test_each_output_may_bring_the_script_and_be_its_own_frame(open_page):
    """A live kernel's outputs: two in one page, then each in a frame, with a frame's own address."""
    both = open_page(f'<!doctype html><html lang="en"><title>t</title>{"".join(with_script(made.html) for made in WIDGETS[:2])}')
    for k in (0, 1):
        root = both.locator(".dynlib-explore").nth(k)
        root.get_by_role("slider", name="lag").press("End")
        assert frame_of(root) == 4
        assert root.locator("form").count() == 1
    frames = "".join(f'<iframe srcdoc="{html.escape(with_script(made.html))}"></iframe>' for made in WIDGETS[:2])
    page = open_page(f'<!doctype html><html lang="en"><title>t</title>{frames}')
    for k in (0, 1):
        root = page.frame_locator("iframe").nth(k).locator(".dynlib-explore")
        root.get_by_role("slider", name="lag").press("End")
        assert frame_of(root) == 4
    assert page.url.endswith(".html")


# -- motion --------------------------------------------------------------------------------------------------------------


def test_frames_move_into_each_other_within_300_ms(open_page):
    page = open_page(document(WIDGETS[:1]), reduced_motion="no-preference")
    path, slider = '[data-s="1"]', page.get_by_role("slider", name="lag")
    page.evaluate(
        """(path) => { const seen = (window.seen = []), line = document.querySelector(path);
        new MutationObserver(() => seen.push(line.getAttribute('d'))).observe(line, {attributes: true}); }""",
        path,
    )
    slider.press("ArrowRight")
    page.wait_for_timeout(1000)
    seen = page.evaluate("window.seen")
    still = open_page(document(WIDGETS[:1]))
    still.get_by_role("slider", name="lag").press("ArrowRight")
    end = still.locator(path).get_attribute("d")
    assert seen[-1] == end
    assert len(set(seen)) > 1  # there were frames in between


def test_under_reduced_motion_a_frame_is_there_at_once(open_page):
    page = open_page(document(WIDGETS[:1]))
    before = page.locator('[data-s="1"]').get_attribute("d")
    after = page.evaluate(
        """() => { const input = document.querySelector('input[type=range]'); input.value = 2;
        input.dispatchEvent(new Event('input')); return document.querySelector('[data-s="1"]').getAttribute('d'); }"""
    )
    assert before != after == page.locator('[data-s="1"]').get_attribute("d")


def test_play_goes_from_here_to_the_end_and_stops(open_page):
    page = open_page(document(WIDGETS[:1]))
    root, button = page.locator(".dynlib-explore"), page.get_by_role("button", name="play lag")
    root.get_by_role("slider", name="lag").press("End")
    button.press("Enter")  # at the end it begins again
    expect(button).to_have_attribute("aria-pressed", "true")
    assert frame_of(root) == 0
    expect(button).to_have_attribute("aria-pressed", "false")
    assert frame_of(root) == 4
    button.click()
    root.get_by_role("slider", name="lag").press("ArrowRight")  # a hand stops it
    expect(button).to_have_attribute("aria-pressed", "false")


# -- the state ----------------------------------------------------------------------------------------------------------


def test_on_a_site_the_state_is_in_the_address_and_comes_back(open_page, tmp_path):
    page = open_page(site(WIDGETS, tmp_path))
    root = page.locator("#explore-echo")
    assert "#" not in page.url  # a page that nobody touched keeps its address
    set_by_keyboard(page, root, WIDGETS[0].controls, (2, 1))
    assert page.url.endswith("#echo?lag=9&kind=turn")
    again = open_page(site(WIDGETS, tmp_path), hash="#echo?lag=9&kind=turn")
    assert frame_of(again.locator("#explore-echo")) == 5
    assert frame_of(again.locator("#explore-echo-back")) == 2  # the others stand at their start
    assert words(WIDGETS[0], (9, "turn")) == again.locator("#explore-echo .words").inner_text()
    again.evaluate("location.hash = '#echo?lag=2&kind=fade'")
    expect(again.locator("#explore-echo output").first).to_have_text("2 steps")
    again.get_by_role("button", name="Reset").first.click()
    assert again.url.endswith("#echo?lag=5&kind=fade")
    assert frame_of(again.locator("#explore-echo")) == 2


def test_a_widget_that_brings_its_own_script_leaves_the_address_alone(open_page):
    page = open_page(document(WIDGETS[:1]))
    page.get_by_role("slider", name="lag").press("End")
    assert "#" not in page.url


def test_the_state_is_copied_as_a_line_of_python(open_page):
    page = open_page(document(WIDGETS[:1]), permissions=["clipboard-read", "clipboard-write"])
    set_by_keyboard(page, page.locator(".dynlib-explore"), WIDGETS[0].controls, (2, 1))
    page.get_by_role("button", name="Copy as code").click()
    expect(page.locator("[data-told]")).to_contain_text('frame(lag=9, kind="turn")')
    assert page.evaluate("navigator.clipboard.readText()") == 'frame(lag=9, kind="turn")'
    frame = WIDGETS[0]._frame
    assert eval(page.evaluate("navigator.clipboard.readText()"), {"frame": frame}).words == frame(lag=9, kind="turn").words


# -- predictions ---------------------------------------------------------------------------------------------------------

LOCK_EARLY = "addEventListener('dynlib:ready', (event) => event.target.id === 'explore-echo' && (LOCK)(event.target))"
LOCK = "root => root.dynlib.lock('ask', [{lag: '9 steps', kind: 'turn'}, {lag: 2}], {href: '#question'})"


def test_a_locked_frame_shows_nothing_of_itself(open_page):
    page = open_page(document(WIDGETS[:1]))
    root = page.locator(".dynlib-explore")
    root.evaluate(LOCK)
    expect(root.locator(".cover")).to_be_hidden()
    for places in ((2, 1), (0, 0), (0, 1)):
        set_by_keyboard(page, root, WIDGETS[0].controls, places)
        expect(root.locator(".cover")).to_be_visible()
        assert "Your prediction first" in root.locator(".cover").inner_text()
        assert root.locator(".cover a").get_attribute("href") == "#question"
        assert "prediction first" in root.locator(".words").inner_text()
        assert "At lag" not in root.locator(":scope > :not(script)").all_inner_texts().__str__()
        assert not any(root.locator("[data-s]").evaluate_all("(all) => all.map((path) => path.getAttribute('d'))"))
        assert not any(root.locator("[data-cells] rect").evaluate_all("(all) => all.map((cell) => cell.getAttribute('class'))"))
        assert root.locator("[data-beyond] text, [data-beside] text").count() == 0
        assert root.evaluate("root => [root.dynlib.series(0, 'state'), root.dynlib.table(1)]") == [None, None]
    # the other frames are free, and it opens where the reader stands
    set_by_keyboard(page, root, WIDGETS[0].controls, (2, 0))
    expect(root.locator(".cover")).to_be_hidden()
    assert words(WIDGETS[0], (9, "fade")) == root.locator(".words").inner_text()
    set_by_keyboard(page, root, WIDGETS[0].controls, (2, 1))
    root.evaluate("root => root.dynlib.unlock('ask')")
    expect(root.locator(".cover")).to_be_hidden()
    check_table(root, 1, WIDGETS[0].panels[1], WIDGETS[0]._frame(lag=9, kind="turn").panels[1], 3)


def test_neither_address_nor_impulse_nor_size_opens_a_locked_frame(open_page, tmp_path):
    html = site(WIDGETS, tmp_path).replace(
        "<main>",
        f"<script>addEventListener('dynlib:ready', (e) => e.target.id === 'explore-echo' && ({LOCK})(e.target))</script><main>",
    )
    page = open_page(html, hash="#echo?lag=9&kind=turn")
    root = page.locator("#explore-echo")
    hidden = "root => [...root.querySelectorAll('[data-s]')].every((path) => !path.getAttribute('d'))"
    expect(root.locator(".cover")).to_be_visible()
    assert root.evaluate(hidden)
    root.get_by_role("slider", name="impulse at input").press("ArrowRight")
    assert root.evaluate(hidden)
    page.set_viewport_size({"width": 600, "height": 700})
    page.wait_for_timeout(200)
    assert root.evaluate(hidden)
    expect(root.locator(".cover")).to_be_visible()
    page.get_by_role("button", name="Reset").first.click()
    expect(root.locator(".cover")).to_be_hidden()
    root.evaluate("root => root.dynlib.show({lag: '9 steps', kind: 'turn'})")
    expect(root.locator(".cover")).to_be_visible()


def test_a_reader_s_curve_lies_where_its_numbers_are(open_page):
    page = open_page(document(WIDGETS[:1]))
    root = page.locator(".dynlib-explore")
    place = root.evaluate("root => root.dynlib.toPixel(0, 5.5, 0.2)")
    back = root.evaluate("(root, {x, y}) => root.dynlib.toData(0, x, y)", place)
    assert (back["x"], back["y"]) == pytest.approx((5.5, 0.2))
    root.evaluate("root => root.dynlib.overlay(0, {name: 'you', x: [0, 11], y: [-0.5, 0.9]})")
    panel = WIDGETS[0].panels[0]
    picture = root.locator("[data-panel]").first.locator("svg[role=img]")
    seen = points_of(picture.locator("[data-reader]").get_attribute("d"), "line")
    to_x, to_y = ruler(picture, "x", "x", False, 0)[0], ruler(picture, "y", "y", False, 4)[0]
    assert to_x(seen[:, 0]) == pytest.approx(panel.xlim, abs=0.01)
    assert to_y(seen[:, 1]) == pytest.approx(panel.ylim, abs=0.01)
    page.set_viewport_size({"width": 500, "height": 700})
    page.wait_for_timeout(200)
    assert picture.locator("[data-reader]").get_attribute("d")  # it stays in another size
    root.evaluate("root => root.dynlib.overlay(0, null)")
    assert not picture.locator("[data-reader]").get_attribute("d")


# -- the page around it --------------------------------------------------------------------------------------------------


ACTIVE = "((e) => e.dataset.label || (e.type === 'radio' ? e.type : e.textContent))(document.activeElement)"


def test_every_control_is_reached_by_tab(open_page):
    page = open_page(document([WIDGETS[0]]))
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(ACTIVE))
    assert reached == ["lag", "▶", "radio", "impulse at input", "Reset", "Copy as code"]


SIZES = "(all) => all.map((text) => parseFloat(getComputedStyle(text).fontSize))"


def test_a_phone_has_no_sideways_scroll_and_controls_a_thumb_can_hit(open_page):
    page = open_page(document(WIDGETS), viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for k in range(len(WIDGETS)):
        root = page.locator(".dynlib-explore").nth(k)
        boxes = [root.locator("[data-panel]").nth(p).bounding_box() for p in range(2)]
        assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]  # stacked
        for target in root.locator("input[type=range], .radios label, button").all():
            assert target.bounding_box()["height"] >= 44
        sizes = root.locator("svg[role=img] text").evaluate_all(SIZES)
        assert min(sizes) >= 11  # pixels
        # a focus ring is clear of what stands below
        for setting in root.locator(".setting:has(input[type=range])").all():
            slider, label = (setting.locator(what).bounding_box() for what in ("input", "label > span"))
            assert slider["y"] - 4 >= label["y"] + label["height"] - 1
            assert slider["y"] + slider["height"] + 4 <= setting.bounding_box()["y"] + setting.bounding_box()["height"] + 8


def test_on_a_wide_page_two_panels_stand_side_by_side_and_all_is_in_view(open_page):
    page = open_page(document(WIDGETS), viewport={"width": 1280, "height": 800})
    for k in range(len(WIDGETS)):
        root = page.locator(".dynlib-explore").nth(k)
        left, right = (root.locator("[data-panel]").nth(p).bounding_box() for p in range(2))
        assert right["x"] >= left["x"] + left["width"]
        assert abs((right["y"] + right["height"]) - (left["y"] + left["height"])) < 2
        whole = root.bounding_box()
        assert whole["height"] <= 600
        assert 900 <= whole["width"] <= 928


def test_labels_stay_inside_their_picture_and_apart(open_page):
    for width in (390, 760, 1280):
        page = open_page(document(WIDGETS), viewport={"width": width, "height": 800})
        for picture in page.locator("svg[role=img]").all():
            frame = picture.bounding_box()
            boxes = [text.bounding_box() for text in picture.locator("text").all() if text.text_content()]
            assert all(frame["x"] - 1 <= box["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"] + 1 for box in boxes)
            assert all(box["y"] + box["height"] <= frame["y"] + frame["height"] + 1 for box in boxes)
            for one, other in itertools.combinations(boxes, 2):
                apart = one["x"] + one["width"] <= other["x"] + 0.5 or other["x"] + other["width"] <= one["x"] + 0.5
                shared = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
                assert apart or shared <= 0.35 * one["height"]  # line boxes are higher than letters


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(open_page, faults, theme):
    page = open_page(document(WIDGETS, theme))
    assert faults(page, None) == []
    page.locator(".dynlib-explore").first.evaluate(LOCK)
    page.locator(".dynlib-explore").first.evaluate("root => root.dynlib.show({lag: 2})")
    assert faults(page, None) == []


def test_a_dark_page_gets_colours_made_for_it(open_page):
    def colour(theme):
        return open_page(document(WIDGETS, theme)).locator("path.s0").first.evaluate("(path) => getComputedStyle(path).stroke")

    def rgb(text):
        return f"rgb({', '.join(str(int(text[k : k + 2], 16)) for k in (1, 3, 5))})"

    assert (colour("light"), colour("dark")) == (rgb(LIGHT["c0"]), rgb(DARK["c0"]))
