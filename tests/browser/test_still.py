"""A widget as a notebook stores it: alive where scripts run, and a picture with words where they are stripped."""

import numpy as np
import pytest

from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Slider
from press.chapter import alive


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


@pytest.fixture
def opened(browser, tmp_path):
    """The stored form in a page, with scripts or without, twice in it if asked."""
    contexts = []

    def opened(scripts, copies=1):
        path = tmp_path / f"{len(contexts)}.html"
        path.write_text(f'<!doctype html><meta charset="utf-8"><title>t</title>{STORED * copies}', encoding="utf-8")
        contexts.append(browser.new_context(java_script_enabled=scripts))
        page = contexts[-1].new_page()
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def test_scripts_put_the_widget_in_the_pictures_place(opened):
    page = opened(scripts=True)
    assert page.locator("img").count() == 0
    assert page.locator("[id$=-still]").count() == 0
    page.locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("[role=status]").inner_text() == "Pace 2, up."
    assert page.locator("svg").first.is_visible()


def test_two_copies_both_come_to_life(opened):
    page = opened(scripts=True, copies=2)
    assert page.locator("fieldset:enabled").count() == 2


def test_without_scripts_a_picture_its_words_and_what_to_do_are_shown(opened):
    page = opened(scripts=False)
    assert page.locator("img").evaluate("e => e.naturalWidth") > 400
    assert page.locator("img").get_attribute("alt") == 'Paces <&> "words" </script>: the picture at its start'
    assert page.locator("p").all_inner_texts() == [
        'Paces <&> "words" </script>',
        "",  # the picture
        "Pace 1, up.",
        "To move it, run this cell, or trust the notebook.",
    ]


def test_the_site_shows_the_widget_itself():
    assert alive(STORED) == WIDGET.html
    assert alive("<p>a table</p>") == "<p>a table</p>"
