"""A widget as a notebook stores it: a picture with words where no script may run, and alive where one comes."""

import numpy as np
import pytest

from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Slider
from dynlib.teaching.explore.script import script, style_sheet
from press.widgets import on_the_site

pytestmark = [pytest.mark.proof(own=[script(), style_sheet()]), pytest.mark.usefixtures("kept")]


def frame(pace, way):
    y = np.linspace(0, 1, 5) ** pace * (1 if way == "up" else -1)
    return Frame([{"y": y}], words=f"Pace {pace}, {way}.")


WIDGET = Explore(
    title='Paces <&> "words" </script>',
    controls=[Slider("pace", [1, 2, 3]), Choice("way", ["up", "down"])],
    panels=[Lines(series=["y"], x=range(5), xlim=(0, 4), ylim=(-1, 1), xlabel="step", ylabel="y")],
    frame=frame,
)
STORED = WIDGET._repr_mimebundle_()["text/html"]


RUN = "To move it, run this cell, or trust the notebook."


@pytest.fixture
def opened(browser, tmp_path):
    """A body in a page of its own, with scripts or without."""
    contexts = []

    def opened(body, scripts=True):
        path = tmp_path / f"{len(contexts)}.html"
        path.write_text(f'<!doctype html><meta charset="utf-8"><title>t</title>{body}', encoding="utf-8")
        contexts.append(browser.new_context(java_script_enabled=scripts))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def test_as_stored_it_is_a_picture_its_words_and_what_to_do_even_where_scripts_run(opened):
    """A notebook that is not trusted, or is shown by a page that is not the book's."""
    for scripts in (True, False):
        page = opened(STORED, scripts)
        assert page.locator("img").evaluate("e => e.naturalWidth") > 400
        assert page.locator("img").get_attribute("alt") == 'Paces <&> "words" </script>: the picture at its start'
        assert page.locator("p").all_inner_texts() == ['Paces <&> "words" </script>', "", "Pace 1, up.", RUN]


def test_the_script_puts_the_widget_in_the_picture_s_place(opened):
    page = opened(f"{STORED}{STORED}<style>{style_sheet()}</style><script>{script()}</script>")
    assert page.locator("img").count() == 0
    assert page.locator("form").count() == 2
    page.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".words").all_inner_texts() == ["Pace 2, up.", "Pace 1, up."]
    assert page.locator("svg").first.is_visible()


def test_on_the_site_only_a_browser_without_scripts_sees_the_poster(opened):
    shown = on_the_site(STORED)
    assert on_the_site("<p>a table</p>") == "<p>a table</p>"
    without, before = opened(shown, scripts=False), opened(shown)
    assert without.locator("img").is_visible()
    assert RUN not in without.content()
    assert before.locator("img").count() == 0  # before the script comes nothing is there that would be taken away again
