"""The pointer network in the page: mouse, touch and keyboard move its points (its numbers: test_explore_twins.py)."""

import numpy as np
import pytest

from dynlib.pointer.page_weights import rounded
from dynlib.teaching.explore import Explore, Slider
from dynlib.teaching.explore.script import script, style_sheet
from dynlib.teaching.explore.twins.hull import hull_frame, pointer_panels, pointer_twin

pytestmark = [pytest.mark.proof(own=[script(), style_sheet()]), pytest.mark.usefixtures("kept")]
RNG = np.random.default_rng(7)
SETS = [RNG.random((n, 2)).round(2) for n in (5, 7, 10)]
SAYS = {"5": "Five.", "7": "Seven.", "10": "Ten."}


def random_weights(H=6):
    """A network that has learnt nothing: its answers are of all kinds."""
    shapes = {"start": 2, "end": H, "v": H, "W1": (H, H), "W2": (H, H)}
    for name in ("encoder", "decoder"):
        shapes |= {f"{name}_x": (4 * H, 2), f"{name}_h": (4 * H, H), f"{name}_b": 4 * H}
    return {"scale": 4.0} | {name: RNG.normal(size=shape) for name, shape in shapes.items()}


WEIGHTS = random_weights()
WIDGET = Explore(
    name="hull",
    title="Drag",
    controls=[Slider("size", [5, 7, 10], unit="points", start=7)],
    panels=pointer_panels(chosen=3),
    frame=pointer_twin(WEIGHTS, SETS, list(SAYS.values())),
)


@pytest.fixture
def opened(browser, tmp_path):
    """The widget as on a site, with the script as a file beside the page."""
    (tmp_path / "explore.js").write_text(script(), encoding="utf-8")
    look = "<meta name='viewport' content='width=device-width'><title>drag</title>"
    body = f"<style>{style_sheet()}</style><main><h1>Drag</h1>{WIDGET.html}<p style='height:2000px'></p></main>"
    path = tmp_path / "page.html"
    path.write_text(f'<!doctype html><html lang="en" data-theme="light">{look}{body}<script src="explore.js"></script></html>')
    contexts, errors = [], []

    def opened(hash="", **options):
        contexts.append(browser.new_context(viewport={"width": 900, "height": 900}, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri() + hash)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(opened):
    return opened()


def points(page):
    return np.array(page.evaluate("document.querySelector('.dynlib-explore').dynlib.points()"))


def shown(page):
    return page.locator(".words").inner_text()


def said(asked, chosen=None):
    """Python's words for these points; with the sentence about the chosen point's column."""
    frame = hull_frame(rounded(WEIGHTS), SAYS, asked, len(asked))
    if chosen is None:
        return frame.words
    table = pointer_panels(chosen=chosen)[1]
    return f"{frame.words} {table.words(table.pack(frame.panels[1], ''))}"


def at(page, x, y):
    """Where a point of the unit square is in the window."""
    place = page.evaluate("([x, y]) => document.querySelector('.dynlib-explore').dynlib.toPixel(0, x, y)", [x, y])
    return place["x"], place["y"]


def test_at_the_start_the_page_says_what_python_says(page):
    assert shown(page) == said(SETS[1], chosen=3)
    assert np.allclose(points(page), SETS[1])


def test_a_point_follows_the_mouse(page):
    before = points(page)
    page.mouse.move(*at(page, *before[4]))
    page.mouse.down()
    page.mouse.move(*at(page, 0.5, 0.75), steps=4)
    page.mouse.up()
    after = points(page)
    assert np.abs(after[4] - [0.5, 0.75]).max() <= 0.01
    assert (np.delete(after, 4, 0) == np.delete(before, 4, 0)).all()
    assert shown(page) == said(after, chosen=5)  # the point that was taken is the chosen one
    series = page.evaluate("document.querySelector('.dynlib-explore').dynlib.series(0, 'points')")
    assert np.allclose(np.array([series["x"], series["y"]]).T, after)


def free(taken):
    """A place in the square that is far from every point."""
    grid = np.stack(np.meshgrid(*[np.linspace(0.1, 0.9, 9)] * 2), -1).reshape(-1, 2)
    return grid[np.linalg.norm(grid[:, None] - taken, axis=2).min(1).argmax()]


def test_a_thumb_moves_the_point_and_not_the_page(opened):
    page = opened(has_touch=True)
    before = points(page)
    low = int(before[:, 1].argmin())
    x, y = at(page, *before[low])
    client = page.context.new_cdp_session(page)
    touch = lambda kind, *places: client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(places)})  # noqa: E731
    touch("touchStart", {"x": x, "y": y})
    for k in range(1, 6):
        touch("touchMove", {"x": x, "y": y - 12 * k})
    touch("touchEnd")
    moved = points(page) - before
    assert moved[low, 1] > 0.1
    assert page.evaluate("scrollY") == 0
    # beside the points it moves the page
    x, y = at(page, *free(points(page)))
    touch("touchStart", {"x": x, "y": y})
    for k in range(1, 6):
        touch("touchMove", {"x": x, "y": y - 12 * k})
    touch("touchEnd")
    page.wait_for_function("scrollY > 0")


def test_everything_goes_by_keyboard(page):
    page.get_by_role("slider", name="size").press("ArrowRight")
    assert len(points(page)) == 10
    assert "Ten." in shown(page)
    page.get_by_role("slider", name="impulse at point").press("End")
    before = points(page)
    page.locator("[data-field]").press("ArrowLeft")
    page.locator("[data-field]").press("Shift+ArrowDown")
    moved = points(page) - before
    assert (moved[:-1] == 0).all()
    assert np.allclose(moved[-1], np.clip(before[-1] + [-0.02, -0.1], 0, 1) - before[-1])
    assert shown(page) == said(points(page), chosen=10)
    page.get_by_role("button", name="New points").press("Enter")
    assert (points(page) != before).any(1).all()
    page.get_by_role("slider", name="size").press("Home")
    assert shown(page) == said(SETS[0], chosen=5)  # fewer points than the chosen one's number
    page.get_by_role("button", name="Reset").press("Enter")
    assert shown(page) == said(SETS[1], chosen=3)


def test_moved_points_are_in_the_address_and_come_back(page, opened):
    page.locator("[data-field]").press("Shift+ArrowUp")
    hash = page.evaluate("location.hash")
    assert hash.startswith("#hull?size=7&points=")
    assert np.allclose(points(opened(hash=hash)), points(page))


def test_the_ring_of_the_focus_is_the_widget_s_own(page):
    page.mouse.click(*at(page, *points(page)[0]))
    ring = page.locator("[data-field]").evaluate("e => [getComputedStyle(e).outlineColor, getComputedStyle(e).outlineStyle]")
    assert ring[1] == "none" or ring[0] != "rgb(229, 151, 0)"
    assert page.locator("[data-field]").evaluate("e => e === document.activeElement")


def test_axe_finds_no_serious_fault(page, faults):
    assert faults(page) == []
