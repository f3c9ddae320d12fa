"""The pointer network in the page: its numbers against Python's, its drawing and words, mouse and keyboard."""

import numpy as np
import pytest
from shapely.geometry import MultiPoint, Polygon

from dynlib.pointer.page_weights import rounded
from dynlib.pointer.plain import plain_answer
from dynlib.teaching.drag import DragPoints, draw_field

RNG = np.random.default_rng(7)
SETS = [RNG.random((n, 2)).round(2) for n in (5, 7, 10)]


def random_weights(H=6):
    """A network that has learnt nothing: its answers are of all kinds."""
    shapes = {"start": 2, "end": H, "v": H, "W1": (H, H), "W2": (H, H)}
    for name in ("encoder", "decoder"):
        shapes |= {f"{name}_x": (4 * H, 2), f"{name}_h": (4 * H, H), f"{name}_b": 4 * H}
    return {"scale": 4.0} | {name: RNG.normal(size=shape) for name, shape in shapes.items()}


WEIGHTS = random_weights()
WIDGET = DragPoints(title="Drag", weights=WEIGHTS, points=SETS, says=["Five.", "Seven.", "Ten."], start=7, chosen=3)


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    path = tmp_path_factory.mktemp("drag") / "page.html"
    path.write_text(f'<!doctype html><html lang="en" data-theme="light"><title>drag</title><main>{WIDGET.html}</main>')
    page = browser.new_page(viewport={"width": 900, "height": 900})
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.address = path.as_uri()
    yield page
    page.close()


@pytest.fixture
def page(opened):
    opened.goto(opened.address)
    assert opened.errors == []
    return opened


def points(page):
    return np.array(page.evaluate("document.querySelector('.dynlib-explore').dynlib.points()"))


def test_the_page_computes_what_python_computes(page):
    for n in (3, 4, 7, 10):
        for _ in range(5):
            asked = RNG.random((n, 2))
            rows, answer = page.evaluate("p => document.querySelector('.dynlib-explore').dynlib.answer(p)", asked.tolist())
            want, named = plain_answer(rounded(WEIGHTS), asked)
            assert answer == named
            assert np.abs(np.array(rows) - want).max() < 1e-9


def test_it_judges_as_python_and_shapely_do(page):
    seen = set()
    for _ in range(120):
        n = int(RNG.integers(4, 8))
        asked, size = RNG.random((n, 2)), int(RNG.integers(3, n + 1))
        answer = [1 + int(k) for k in RNG.permutation(n)[:size]]
        if RNG.random() < 0.3:
            answer = [k + 1 for k in draw_field.hull(asked)]
        judge = "([p, a]) => document.querySelector('.dynlib-explore').dynlib.judge(p, a)"
        words = page.evaluate(judge, [asked.tolist(), answer])
        assert words == draw_field.judge(asked, answer)
        drawn, whole = Polygon(asked[np.array(answer) - 1]), MultiPoint(asked).convex_hull
        kind = "cross" if not drawn.is_valid else "exactly" if drawn.equals(whole) else f"{100 * drawn.area / whole.area:.0f}"
        shown = words.split("but ")[-1].split(" %")[0]
        assert kind in words or abs(float(shown) - float(kind)) <= 1
        seen.add(kind if not kind[0].isdigit() else "share")
    assert seen == {"cross", "exactly", "share"}


def test_the_first_drawing_is_pythons(page, browser):
    live = page.locator(".panels").inner_html()
    still = browser.new_context(java_script_enabled=False).new_page()
    still.goto(page.address)
    assert live == still.locator(".panels").inner_html()
    assert page.locator("[role=status]").inner_text() == still.locator("[role=status]").inner_text() == WIDGET.words
    still.context.close()


def test_a_point_follows_the_mouse(page):
    box, before = page.locator("[data-square]").bounding_box(), points(page)
    x, y = before[4]
    start = box["x"] + x * box["width"], box["y"] + (1 - y) * box["height"]
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.25 * box["height"], steps=4)
    page.mouse.up()
    after = points(page)
    assert np.abs(after[4] - [0.5, 0.75]).max() <= 0.01
    assert (np.delete(after, 4, 0) == np.delete(before, 4, 0)).all()
    _, named = plain_answer(WIDGET.weights, after)
    assert draw_field.judge(after, named) in page.locator("[role=status]").inner_text()
    assert page.locator("[data-arrows]").get_attribute("d") == draw_field.arrows(after, named)


def test_everything_goes_by_keyboard(page):
    page.get_by_label("size").press("ArrowRight")
    assert len(points(page)) == 10
    assert "Ten." in page.locator("[role=status]").inner_text()
    page.get_by_label("point", exact=True).press("End")
    before = points(page)
    page.locator("[data-field]").press("ArrowLeft")
    page.locator("[data-field]").press("Shift+ArrowDown")
    moved = points(page) - before
    assert (moved[:-1] == 0).all()
    assert np.allclose(moved[-1], np.clip(before[-1] + [-0.02, -0.1], 0, 1) - before[-1])
    page.get_by_role("button", name="New points").press("Enter")
    assert (points(page) != before).any(1).all()
    page.get_by_label("size").press("Home")
    assert "Impulse at point 5" in page.locator("[role=status]").inner_text()  # fewer points than the chosen one's number


def test_axe_finds_no_serious_fault(page, faults):
    assert faults(page) == []
