"""Images, points, bars, histograms and diagrams in Chromium: what is drawn is what Python computed, also after a move."""

import itertools

import numpy as np
import pytest

from dynlib.teaching import colours
from dynlib.teaching.explore import Bars, Choice, Diagram, Explore, Frame, Histogram, Image, Points, Slider
from dynlib.teaching.explore.script import script, style_sheet
from press.widgets import on_the_site

pytestmark = [pytest.mark.proof(own=[script(), style_sheet()]), pytest.mark.usefixtures("kept")]
PLACES = np.arange(12.0)
BELL = np.exp(-(((PLACES[:, None] - 5) ** 2 + (PLACES - 6) ** 2) / 12))
CIRCLE = np.stack([0.5 + 0.4 * np.cos(PLACES), 0.5 + 0.4 * np.sin(PLACES)], 1)
SAMPLES = np.sin(np.arange(400.0)) + np.cos(1.7 * np.arange(400.0))


def _pictures(turn):
    signed = BELL * np.cos(PLACES * turn)
    return Frame([{"digit": BELL, "shadow": BELL**2}, {"filter": signed}], words=f"The filter turns {turn} times.")


def _points(count):
    here = CIRCLE[:count]
    ends = np.concatenate([here, np.roll(here, -1, 0)], 1)
    return Frame([{"hull": here, "tour": ends, "cities": here}], words=f"There are {count} cities.")


def _bars(law, size):
    values = np.array([0.2, 0.5, 0.9, np.nan]) * size
    shares = {"samples": SAMPLES * size, "theory": np.full(8, 0.05 * size)}
    return Frame([{"loss": values, "floor": -values / 2}, shares], words=f"With {law} the size is {size}.")


def _flow(step):
    path = ["in", "state", "out"][: int(step) + 1]
    return Frame([{"path": path, "notes": {"state": f"step {step}"}}], words=f"Step {step} reaches {path[-1]}.")


KINDS = {
    "pictures": Explore(
        name="pictures",
        title="A digit and a filter",
        controls=[Slider("turn", [0, 1, 2], play=True)],
        panels=[Image(pictures=["digit", "shadow"], rows=12, cols=12, ink=True), Image(pictures=["filter"], rows=12, cols=12)],
        frame=_pictures,
    ),
    "points": Explore(
        name="points",
        title="A tour",
        controls=[Slider("count", [3, 5, 7], start=5)],
        panels=[
            Points(
                series=["hull", "tour", "cities"],
                xlim=(0, 1),
                ylim=(0, 1),
                xlabel="x",
                ylabel="y",
                style={"hull": "polygon", "tour": "arrows"},
                numbered="cities",
            )
        ],
        frame=_points,
    ),
    "bars": Explore(
        name="bars",
        title="Losses",
        controls=[Choice("law", ["Real", "Lin"]), Slider("size", [0.5, 1.0, 2.0], log=True)],
        panels=[
            Bars(names=["dense", "local", "shared", "none"], series=["loss", "floor"], ylim=(-0.5, 1), ylabel="loss"),
            Histogram(series=["samples", "theory"], bins=np.linspace(-2, 2, 9), ylim=(0, 0.5), xlabel="value", curves="theory"),
        ],
        frame=_bars,
    ),
    "flow": Explore(
        name="flow",
        title="How a sample flows",
        controls=[Slider("step", [0, 1, 2])],
        panels=[
            Diagram(
                boxes={"in": (0, 0, "input u"), "state": (1, 0, "state x"), "out": (2, 0, "output y"), "skip": (1, 1, "D u")},
                arrows=[
                    ("in", "state", "(L,)"),
                    ("state", "out", "(N, L)"),
                    ("in", "skip"),
                    ("skip", "out", "(L,)"),
                ],
            )
        ],
        frame=_flow,
    ),
}


def document(theme="light"):
    page = {"light": colours.LIGHT, "dark": colours.DARK}[theme]
    look = f"body{{background:{page['paper']};color:{page['ink']};margin:8px}}{style_sheet()}"
    body = "".join(on_the_site(made.html) for made in KINDS.values())
    head = "<title>Kinds</title><meta name='viewport' content='width=device-width'>"
    page = f'<!doctype html><html lang="en" data-theme="{theme}">{head}<style>{look}</style>'
    return f"{page}<main><h1>Kinds</h1>{body}</main><script>{script()}</script></html>"


@pytest.fixture
def opened(browser):
    contexts, errors = [], []

    def opened(theme="light", width=1280):
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce"))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_content(document(theme))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(opened):
    return opened()


def content(page, name, p, **places):
    """A panel's picture on the page, and what Python gives for the frame that it is moved to."""
    made, root = KINDS[name], page.locator(f"#explore-{name}")
    values = [c.values[places.get(c.parameter, c.first)] for c in made.controls]
    root.evaluate("(root, state) => root.dynlib.show(state)", {c.label: v for c, v in zip(made.controls, values, strict=True)})
    frame = made._frame(**{c.parameter: v for c, v in zip(made.controls, values, strict=True)})
    assert frame.words == root.locator(".words").inner_text()
    return root.locator("[data-panel]").nth(p), frame.panels[p]


@pytest.mark.parametrize("turn", [0, 2], ids=lambda k: f"turn {k}")
def test_cells_of_pictures(page, turn):
    for p, name in ((0, "digit"), (0, "shadow"), (1, "filter")):
        picture, wanted = content(page, "pictures", p, turn=turn)
        k = list(wanted).index(name)
        cells = picture.locator(f'[data-picture="{k}"] rect').evaluate_all(
            "(all) => all.map((cell) => (cell.getAttribute('class') === 'neg' ? -1 : 1) * cell.getAttribute('fill-opacity'))"
        )
        roots = np.sign(wanted[name]) * np.sqrt(np.abs(wanted[name]))
        np.testing.assert_allclose(np.reshape(cells, wanted[name].shape), roots, atol=0.5 / 31 + 0.001)


def test_cells_leave_no_gap_between_them(page):
    """A hairline of paper between two cells looks like a number."""
    boxes = page.locator("[data-cells]").evaluate_all(
        """(grids) => grids.map((grid) => [...grid.children].map((cell) =>
        ["x", "y", "width", "height"].map((name) => +cell.getAttribute(name))))"""
    )
    for grid in boxes:
        rights = {(x + w, y) for x, y, w, h in grid}
        lefts = {(x, y) for x, y, w, h in grid}
        first = min(x for x, *_ in grid)
        assert all((x, y) in rights for x, y in lefts if x != first)


def ruler(picture, which, attribute, offset):
    texts = picture.locator(f"g[data-{which}] text").evaluate_all(
        "(all, name) => all.map((text) => [+text.getAttribute(name), text.textContent])", attribute
    )
    marks = [(place - offset, float(label.replace("−", "-"))) for place, label in texts]
    (p0, v0), (p1, v1) = marks[0], marks[-1]
    return lambda pixel: v0 + (pixel - p0) * (v1 - v0) / (p1 - p0)


@pytest.mark.parametrize("size", [0, 1, 2], ids=lambda k: f"size {k}")
def test_bars_end_at_their_values_and_what_is_cut_is_named(page, size):
    picture, wanted = content(page, "bars", 0, size=size)
    to_y = ruler(picture, "y", "y", 4)
    rects = picture.locator("[data-bars] rect").evaluate_all(
        "(all) => all.map((bar) => [+bar.getAttribute('y'), +bar.getAttribute('height')])"
    )
    for (top, height), value in zip(rects, np.concatenate([wanted["loss"], wanted["floor"]]), strict=True):
        ends = (to_y(top), to_y(top + height))
        low, high = sorted((0, 0 if np.isnan(value) else float(np.clip(value, -0.5, 1))))
        assert ends == pytest.approx((high, low), abs=0.006)
    cut = [f"▲{value:g}" for value in wanted["loss"] if value > 1] + [
        f"▼{value:g}".replace("-", "−") for value in wanted["floor"] if value < -0.5
    ]
    assert picture.locator("[data-beyond] text").all_text_contents() == cut
    assert bool(cut) is (size == 2)


def test_a_histogram_is_steps_over_its_bins(page):
    picture, wanted = content(page, "bars", 1, size=1)
    to_x, to_y = ruler(picture, "x", "x", 0), ruler(picture, "y", "y", 4)
    d = picture.locator('[data-s="0"]').get_attribute("d")
    steps = [pair.split("V") for pair in d.split("H")[1:]]
    edges = np.linspace(-2, 2, 9)
    shares = np.histogram(wanted["samples"], edges)[0] / len(wanted["samples"])
    assert [to_x(float(x)) for x, *_ in steps] == pytest.approx(edges[1:], abs=0.02)
    heights = [to_y(float(d.split("V")[1].split("H")[0]))] + [to_y(float(ys[0])) for _, *ys in steps[:-1]]
    assert heights == pytest.approx(shares, abs=0.002)


@pytest.mark.parametrize("step", [0, 1, 2], ids=lambda k: f"step {k}")
def test_a_diagram_highlights_its_path(page, step):
    picture, wanted = content(page, "flow", 0, step=step)
    assert picture.locator("[data-box].on").evaluate_all("(all) => all.map((box) => box.dataset.box)") == wanted["path"]
    arrows = [f"{a}→{b}" for a, b in itertools.pairwise(wanted["path"])]
    assert picture.locator("[data-arrow].on").evaluate_all("(all) => all.map((arrow) => arrow.dataset.arrow)") == arrows
    assert picture.locator('[data-box="state"] [data-note]').text_content() == f"step {step}"


@pytest.mark.parametrize("count", [0, 2], ids=lambda k: f"count {k}")
def test_points_and_arrows_lie_where_their_numbers_are(page, count):
    picture, wanted = content(page, "points", 0, count=count)
    seen = picture.evaluate(
        "(panel) => ['cities', 'tour', 'hull'].map((name) => panel.closest('.dynlib-explore').dynlib.series(0, name))"
    )
    for numbers, name in zip(seen, ("cities", "tour", "hull"), strict=True):
        both = np.array([numbers["x"], numbers["y"]]).T
        np.testing.assert_allclose(both, wanted[name].reshape(-1, 2), atol=1.5 / 4092)
    assert picture.locator(".numbers text").all_text_contents() == [str(k + 1) for k in range(len(wanted["cities"]))]
    to_x, to_y = ruler(picture, "x", "x", 0), ruler(picture, "y", "y", 4)
    marks = picture.locator('[data-s="2"]').get_attribute("d").split("M")[1:]
    starts = [tuple(map(float, mark.split("m")[0].split())) for mark in marks]
    np.testing.assert_allclose([[to_x(x), to_y(y)] for x, y in starts], wanted["cities"], atol=0.003)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(opened, faults, theme):
    assert faults(opened(theme), None) == []


def test_on_a_phone_nothing_sticks_out_and_labels_are_read(opened):
    page = opened(width=390)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for picture in page.locator("svg[role=img]").all():
        frame = picture.bounding_box()
        for text in picture.locator("text").all():
            if text.text_content():
                box = text.bounding_box()
                assert frame["x"] - 2 <= box["x"]
                assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 2
