"""Predictions in Chromium: each kind by keyboard, mouse and touch, the widget's frames locked until then, kept for the page."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, writes
from playwright.sync_api import TimeoutError

from dynlib.teaching.claims import rows
from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Slider
from press.site import served

REPO = Path(__file__).parents[2]
PAGE = Path(__file__).with_name("predict_page.md")
FILES = [
    *(REPO / "book/_static" / name for name in ("predict.js", "predict.css")),
    *(REPO / "press" / name for name in ("predictions.py", "ours.py", "live.py", "myst.py")),
    REPO / "book/_ext/predict.py",
    PAGE,
]
# Any rows will do whose values differ: the page takes its truth from them, and so do the tests.
ROWS = [row for row in rows().values() if row.status == "tested" and not isinstance(row.value, bool) and row.value > 0][:3]
TRUTH = 100 * ROWS[0].value


def widget():
    """A live picture that the questions lock, as a page stores it."""

    def frame(modes, law):
        return Frame([{"accuracy": [k / (k + modes / 8) for k in epochs]}], f"{modes:g} modes, {law}.")

    epochs = [1.0 * k for k in range(1, 21)]
    panel = Lines(series=["accuracy"], x=epochs, xlim=(0, 20), ylim=(0, 1), xlabel="epoch")
    controls = [Slider("modes", [16, 32, 64], start=32), Choice("law", ["Real", "Inv"])]
    return Explore(name="echo", title="An echo", controls=controls, panels=[panel], frame=frame).html


def built(folder):
    """Build a book of one page as the book is built; returns the page."""
    for name in ("_ext", "_static", "_vendor", "references.bib"):
        (folder / name).symlink_to(REPO / "book" / name)
    shutil.copy(REPO / "book/_config.yml", folder)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    text = PAGE.read_text()
    for name, row in zip(("NUMBER", "OTHER", "THIRD"), ROWS, strict=True):
        text = text.replace(name, row.id)
    shown = new_output("display_data", {"text/html": widget(), "text/plain": "An echo"})
    cells = [new_markdown_cell(text), new_code_cell("picture", outputs=[shown], execution_count=1)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}}
    (folder / "index.ipynb").write_text(writes(new_notebook(cells=cells, metadata=metadata)))
    command = [REPO / ".venv-book/bin/jupyter-book", "build", "-q", "-W", "-n", "--keep-going", "."]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "_build/html/index.html"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with a prediction of each kind, built and served."""
    page = built(tmp_path_factory.mktemp("predict"))
    with served(page.parent) as address:
        yield f"{address}/index.html"


@pytest.fixture
def at(address, visit):
    """``with at(width=…) as page:`` a fresh reader, who has said nothing yet."""

    class At:
        def __init__(self, **how):
            self.visit = visit(address, **how)

        def __enter__(self):
            self.visit.__enter__()
            self.visit.page.errors = self.visit.errors
            self.visit.page.emulate_media(reduced_motion="reduce")
            return self.visit.page

        def __exit__(self, *exception):
            self.visit.__exit__(*exception)

    return At


class Block:
    """What a test asks of one prediction on a page."""

    def __init__(self, page, name):
        self.page, self.root = page, page.locator(f"#predict-{name}")

    def find(self, what):
        return self.root.locator(what)

    def commit(self):
        self.find("button[type=submit]").click()

    @property
    def verdict(self):
        return self.find(".predict-verdict").inner_text()

    @property
    def status(self):
        return self.find(".predict-status").inner_text()

    @property
    def is_open(self):
        return self.find(".predict-answer").is_visible()

    @property
    def has_focus(self):
        """Whether the answer's heading has it."""
        return self.find(".predict-verdict").evaluate("node => node === document.activeElement")

    def again(self):
        self.find(".predict-again").click()


def locked(page):
    return page.evaluate("document.getElementById('explore-echo').dynlib.locked()")


def show(page, **state):
    page.evaluate("state => document.getElementById('explore-echo').dynlib.show(state)", state)


def drawn(page):
    """Whether the reader's curve stands in the picture."""
    return page.locator("#explore-echo [data-reader]").get_attribute("d")


def number(page):
    """By keyboard alone: refused, committed, kept, withdrawn."""
    block = Block(page, "echo")
    assert not block.is_open
    block.find("input").focus()
    page.keyboard.type("much")
    page.keyboard.press("Enter")
    assert "Write a number" in block.status
    assert not block.is_open
    page.keyboard.press("Control+A")
    page.keyboard.type("40,5 %")
    page.keyboard.press("Enter")
    assert block.is_open
    assert block.has_focus
    off = f"{round(TRUTH, 1) - 40.5:.3g}"
    assert block.verdict == f"You said 40.5 %. It is {TRUTH:.1f} %: {off} percentage points more."
    page.reload()
    assert block.verdict.startswith("You said 40.5 %.")
    assert not block.has_focus
    page.keyboard.press("Tab")
    block.find(".predict-again").focus()
    page.keyboard.press("Enter")
    assert not block.is_open
    assert block.find("input").input_value() == ""
    page.reload()
    assert not block.is_open


SAID = [
    ("62.3", "You said 62.3 %, and it is 62.3 %."),
    ("60", "You said 60 %. It is 62.3 %, close: 2.3 percentage points more."),
    ("−3", "You said −3 %. It is 62.3 %: 65.3 percentage points more."),
    ("1,000", "You said 1,000 %. It is 62.3 %: your number is about 20 times as large."),
    (".5", "You said 0.5 %. It is 62.3 %: about 100 times as much."),
    ("25 %", "You said 25 %. It is 62.3 %: about 2.5 times as much."),
    ("1e-5", "You said 1 · 10⁻⁵ %. It is 62.3 %: about 6,000,000 times as much."),
]


def words(page):
    """How far apart, in words; the numbers stand in for the claim's, so that they can be written down."""
    data = json.dumps({"kind": "number", "truth": 62.3, "said": "62.3", "near": 0.05, "unit": "%"})
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => "
        f"{{ document.getElementById('predict-echo').dataset.predict = {json.dumps(data)}; }})"
    )
    page.reload()
    block = Block(page, "echo")
    for said, verdict in SAID:
        block.find("input").fill(said)
        block.commit()
        assert block.verdict == verdict
        block.again()


def slider(page):
    """It must have been moved; then by arrows."""
    block = Block(page, "slide")
    block.commit()
    assert "Move the slider" in block.status
    block.find("input").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert block.find("output").inner_text() == "60"
    block.commit()
    assert block.verdict.startswith("You said 60. It is")


def choice(page):
    """By arrows and Enter, then with the mouse on the words."""
    block = Block(page, "law")
    block.commit()
    assert "Choose one" in block.status
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert block.verdict == "You said Inv, and so it is."
    assert block.has_focus
    assert block.find("label.predict-right").all_inner_texts() == ["Inv"]
    block.again()
    block.find("label").nth(2).click()
    block.commit()
    assert block.verdict == "You said LegS. It is Inv."
    page.reload()
    assert block.verdict == "You said LegS. It is Inv."


def order(page):
    return Block(page, "order").find(".predict-what").all_inner_texts()


def ranking(page):
    """By keys; then dragged with the mouse. The truth is the order of three rows."""
    block = Block(page, "order")
    rows = dict(zip(("Real", "Inv", "LegS"), (row.value for row in ROWS), strict=True))
    right = sorted(rows, key=lambda name: -rows[name])
    block.commit()
    assert "in your order first" in block.status
    assert order(page) == ["Real", "Inv", "LegS"]
    block.find("[data-by='1']").first.focus()
    page.keyboard.press("Enter")
    assert order(page) == ["Inv", "Real", "LegS"]
    assert block.status == "Real is now 2 of 3."
    page.keyboard.press("ArrowDown")
    assert order(page) == ["Inv", "LegS", "Real"]
    assert block.find("[data-choice='0'] [data-by='1']").evaluate("node => node === document.activeElement")
    page.keyboard.press("ArrowDown")  # the last stays the last
    assert order(page) == ["Inv", "LegS", "Real"]
    dragged = block.find(".predict-what").nth(2).bounding_box(), block.find(".predict-what").nth(0).bounding_box()
    (x, y), (u, v) = ((box["x"] + 30, box["y"] + box["height"] / 2) for box in dragged)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(u, v - 5, steps=12)
    page.mouse.up()
    assert order(page) == ["Real", "Inv", "LegS"]
    for place, name in enumerate(right):  # and now the right one
        while order(page).index(name) > place:
            block.find(f"[aria-label='Move {name} up']").click()
    block.commit()
    assert block.verdict == "You have the order."
    assert block.find(".predict-order").inner_text() == f"Largest first: {', '.join(right)}."
    block.again()
    assert order(page) == ["Real", "Inv", "LegS"]
    block.find("[aria-label='Move Real down']").click()
    block.find("[aria-label='Move Real up']").click()
    block.commit()
    kept = sum(a == b for a, b in zip(["Real", "Inv", "LegS"], right, strict=True))
    assert block.verdict == f"You have {kept} of 3 in their place."


def lock(page):
    """The frames that answer are covered until something is committed or passed, and again when asked again."""
    block = Block(page, "echo")
    assert not locked(page)
    show(page, modes="64", law="Real")
    assert locked(page)
    show(page, modes="16", law="Real")
    assert locked(page)
    block.find("input").fill("40")
    block.commit()
    assert not locked(page)
    show(page, modes="32")
    block.find(".predict-see").click()
    assert page.evaluate("document.getElementById('explore-echo').dynlib.state().modes") == "64"
    page.reload()
    show(page, modes="64", law="Real")
    assert not locked(page)
    block.again()
    assert locked(page)
    block.find(".predict-pass").click()
    assert not locked(page)
    assert block.verdict == "Shown without a guess."
    assert block.has_focus


def curve_by_keys(page):
    block = Block(page, "learning")
    block.commit()
    assert "Draw a curve first" in block.status
    assert not drawn(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the fold
    sliders = block.find("input[type=range]")
    assert sliders.count() == 9
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert sliders.nth(2).evaluate("node => node === document.activeElement")
    assert sliders.nth(2).get_attribute("aria-valuetext") == "0"
    assert drawn(page)
    block.commit()
    assert "(epoch), where you drew" in block.verdict
    assert drawn(page)
    assert page.evaluate("document.getElementById('explore-echo').dynlib.state()") == {"modes": "64", "law": "Inv"}
    page.reload()
    assert "(epoch), where you drew" in block.verdict
    assert drawn(page)
    block.again()
    assert not drawn(page)


def curve_by_mouse(page):
    """Drawn on the truth itself, as near as a hand can, it is said to lie almost on it."""
    block, truth = (
        Block(page, "learning"),
        page.evaluate("JSON.parse(document.getElementById('predict-learning').dataset.predict)"),
    )
    show(page, modes="16")
    block.find(".predict-draw button").click()
    assert page.evaluate("document.getElementById('explore-echo').dynlib.state().modes") == "32"
    path = page.evaluate(
        "({ x, y }) => x.map((at, k) => Object.values(document.getElementById('explore-echo').dynlib.toPixel(0, at, y[k])))",
        truth,
    )
    page.mouse.move(*path[0])
    page.mouse.down()
    for point in path[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()
    assert drawn(page)
    block.commit()
    assert "lies almost on it" in block.verdict


def nothing_kept(page):
    """Where the browser keeps nothing, everything works but what needs keeping."""
    page.add_init_script("""for (const name of ["getItem", "setItem", "removeItem"]) {
        const real = Storage.prototype[name];
        Storage.prototype[name] = function (key, ...more) {
            if (key.startsWith("predict:")) throw new Error("nothing is kept here");
            return real.call(this, key, ...more); } }""")
    page.reload()
    block = Block(page, "echo")
    block.find("input").fill("40")
    block.commit()
    assert block.is_open
    page.reload()
    assert not block.is_open


def something_else_kept(page):
    """What an older form of the page has kept is dropped."""
    for name, value in (("law", 7), ("order", [3, 4, 5]), ("learning", "much"), ("echo", None)):
        page.evaluate(
            "([id, value]) => localStorage.setItem(`predict:${location.pathname}#${id}`, JSON.stringify({ value }))",
            [f"predict-{name}", value],
        )
    page.reload()
    assert [Block(page, name).is_open for name in ("law", "order", "learning", "echo")] == [False] * 4
    assert page.locator(".predict fieldset:disabled").count() == 0


STEPS = {
    "number by keyboard": number,
    "distance in words": words,
    "slider": slider,
    "choice by keyboard and mouse": choice,
    "ranking by keyboard and mouse": ranking,
    "widget locked until committed": lock,
    "curve by keyboard": curve_by_keys,
    "curve by mouse": curve_by_mouse,
    "nothing kept": nothing_kept,
    "something else kept": something_else_kept,
}


def answers(page, step):
    STEPS[step](page)
    assert page.errors == []


@pytest.mark.proof(own=[])
@pytest.mark.parametrize("step", STEPS)
def test_it_answers(at, step, drove):
    with at() as page:
        answers(page, step)
    drove(*FILES)


def finger(page, points):
    """Drag a finger over the page."""
    touch = page.context.new_cdp_session(page)
    for k, (x, y) in enumerate(points):
        kind = "touchMove" if k else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(800)  # Chromium takes a tap that follows at once for the end of a fling


@pytest.mark.proof(own=[])
def test_a_finger_can_do_all_of_it(browser, address, drove):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    small = page.evaluate("""() => [...document.querySelectorAll(".predict :is(button, input, summary, label)")].filter((e) => {
        const box = (e.matches("input[type=radio]") ? e.closest("label") : e).getBoundingClientRect();
        return box.width && (box.height < 43.9 || box.width < 43.9); }).map((e) => e.outerHTML.slice(0, 80))""")
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    block = Block(page, "law")
    block.find("label").nth(1).tap()
    block.find("button[type=submit]").tap()
    assert block.verdict == "You said Inv, and so it is."
    block = Block(page, "order")
    block.root.scroll_into_view_if_needed()
    first, last = (block.find(".predict-what").nth(k).bounding_box() for k in (0, 2))
    x, y, end = first["x"] + 20, first["y"] + first["height"] / 2, last["y"] + last["height"]
    finger(page, [(x, y + (end - y) * k / 10) for k in range(11)])
    assert order(page) == ["Inv", "LegS", "Real"]
    block = Block(page, "learning")
    block.find(".predict-draw button").tap()
    place = "at => Object.values(document.getElementById('explore-echo').dynlib.toPixel(0, ...at))"
    before = page.evaluate("scrollY")
    finger(page, [page.evaluate(place, [1 + k, 0.9 - 0.04 * k]) for k in range(20)])
    assert page.evaluate("scrollY") == before
    assert drawn(page)
    block.find("button[type=submit]").tap()
    assert "(epoch), where you drew" in block.verdict
    context.close()
    drove(*FILES)


NAMES = ("echo", "slide", "law", "order", "learning")


@pytest.mark.proof(own=[])
def test_without_a_script_the_answer_is_a_fold(at, drove):
    with at(javascript=False) as page:
        for block in (Block(page, name) for name in NAMES):
            assert block.find(".predict-answer").get_attribute("open") is None
            assert not block.find(".predict-answer > p").last.is_visible()
            assert block.find("button:visible").count() == 0
            block.find(".predict-answer > summary").click()
            assert block.find(".predict-answer > p:not(.predict-verdict)").first.is_visible()
    drove(*FILES)


PRINTED = """name => { const block = document.getElementById(`predict-${name}`);
    const shows = (e) => e.checkVisibility() && e.offsetHeight > 0;
    const top = (what) => block.querySelector(what).getBoundingClientRect().top;
    return { answer: shows(block.querySelector(".predict-answer > p:last-of-type, .predict-answer > p:nth-of-type(2)")),
             order: top(".predict-question") < top(".predict-answer"),
             buttons: [...block.querySelectorAll("button")].filter(shows).length }; }"""


@pytest.mark.proof(own=[])
def test_question_and_answer_are_printed(at, drove):
    with at() as page:
        asked = "() => addEventListener('beforeprint', () => { window.printed = NAMES.map(LOOK); })"
        page.evaluate(asked.replace("NAMES", json.dumps(NAMES)).replace("LOOK", PRINTED))
        page.emulate_media(media="print")
        page.pdf()
        assert page.evaluate("window.printed") == [{"answer": True, "order": True, "buttons": 0}] * len(NAMES)
        page.emulate_media(media="screen")
        assert not any(Block(page, name).is_open for name in NAMES)
    drove(*FILES)


@pytest.mark.proof(own=[])
def test_axe_finds_nothing(at, faults, drove):
    with at(width=390) as page:
        for theme in ("light", "dark"):
            for forced in ("none", "active"):
                page.emulate_media(color_scheme=theme, forced_colors=forced)
                assert faults(page, ".predict") == []
        for name in NAMES:
            Block(page, name).find(".predict-pass").click()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, forced_colors="none")
            assert faults(page, ".predict") == []
    drove(*FILES)


# what is broken in the script, and the step that must see it
BROKEN = {
    "the fold stays shut": ("fold.open = true;", "", "number by keyboard"),
    "focus stays": ("verdict.focus();", "", "number by keyboard"),
    "nothing is kept": ("localStorage.setItem(", "String(", "number by keyboard"),
    "what is withdrawn comes back": ("kept.drop(root);\n      kind.clear", "kind.clear", "number by keyboard"),
    "a decimal comma": ('t.replace(",", ".")', "t", "number by keyboard"),
    "more is less": ("more = truth > said", "more = truth < said", "distance in words"),
    "thousands": (r"(,\d{3})+", r"(;\d{3})+", "distance in words"),
    "an untouched slider counts": ("let moved = !output", "let moved = true", "slider"),
    "the wrong choice": ("k === data.right ?", "k !== data.right ?", "choice by keyboard and mouse"),
    "up is down": ("if (step < 0) other.before(item)", "if (step > 0) other.before(item)", "ranking by keyboard and mouse"),
    "dragging does nothing": ("above.before(item)", "above.before(above)", "ranking by keyboard and mouse"),
    "places are not compared": ("data.places[k] === sorted[place]", "true", "ranking by keyboard and mouse"),
    "nothing is locked": ("widget.lock(root.id, data.locked)", "0", "widget locked until committed"),
    "nothing is unlocked": ("widget.unlock(root.id);", "", "widget locked until committed"),
    "no curve is drawn": ("points.length > 1 ? {", "points.length > 99 ? {", "curve by keyboard"),
    "the curve is kept elsewhere": ("heights = value.slice()", "heights = value.map(() => null)", "curve by keyboard"),
    "the pointer is a place off": ("heights[k] = Number(", "heights[Math.min(k + 3, 24)] = Number(", "curve by mouse"),
    "nothing kept is an error": ("catch { return null; }", "finally { }", "nothing kept"),
    "anything kept is believed": ("kept.drop(root); kind.clear(); ask(); }", "}", "something else kept"),
}


@pytest.mark.proof(own=[])
@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_script_is_found(at, browser, address, fault, proof):
    old, new, step = BROKEN[fault]
    script = (REPO / "book/_static/predict.js").read_text()
    assert script.count(old) == 1
    with at() as page:
        page.set_default_timeout(3000)
        page.route("**/predict.js*", lambda route: route.fulfill(body=script.replace(old, new), content_type="text/javascript"))
        page.reload()
        page.errors.clear()
        with pytest.raises((AssertionError, TimeoutError)) as found:
            answers(page, step)
        proof.saw(str(found.value) or step, [path.relative_to(REPO).as_posix() for path in [*FILES, Path(__file__)]])
