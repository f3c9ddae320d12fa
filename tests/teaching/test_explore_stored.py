"""A widget in a notebook that is not trusted: sanitised as JupyterLab does it, it shows a picture, its words, and what to do."""

import base64
import io
import json
import re
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Plane, Slider, Table
from dynlib.teaching.explore.script import with_script
from dynlib.teaching.explore.stored import RUN, painted
from dynlib.teaching.explore.style import LIGHT
from press.chapter import read_page
from press.notebooks import all_notebooks
from press.widgets import data_of

REPO = Path(__file__).parents[2]
# JupyterLab 4 strips these tags and keeps what stands between them, but for those whose text goes with them. Inputs stay there,
# without what they do; other front ends strip them as well.
STRIPPED = {"svg", "path", "g", "text", "rect", "clippath", "ellipse", "circle", "lineargradient", "stop", "input", "button"}
GONE = {"script", "style", "textarea", "option"}


class Sanitised(HTMLParser):
    """What is left of a piece of HTML: its text, and the pictures in it."""

    def __init__(self, html):
        super().__init__()
        self.text, self.pictures, self.tags, self._within = "", [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag in GONE:
            self._within += 1
        elif tag not in STRIPPED:
            self.tags.append(tag)
            self.pictures += [dict(attributes)] if tag == "img" else []

    def handle_endtag(self, tag):
        self._within -= tag in GONE
        self.text += "\n" if tag == "p" else ""

    def handle_data(self, data):
        self.text += "" if self._within else data


def frame(k, kind):
    y = np.linspace(0, 1, 9) * k
    y[4] = np.nan
    return Frame([{"line": y, "area": y, "steps": -y}, np.eye(3) * (k / 3)], words=f"{kind} at {k}.")


def widget(**changes):
    arguments = {
        "title": "A title",
        "controls": [Slider("k", [1, 2, 3]), Choice("kind", ["a", "b"])],
        "panels": [
            Lines(
                series=["line", "area", "steps"], x=range(9), xlim=(0, 8), ylim=(-3, 3), fill=["area"], style={"steps": "steps"}
            ),
            Table(rows=3, cols=3, impulse=1),
        ],
        "frame": frame,
    }
    return Explore(**arguments | changes)


def png(picture):
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def test_what_is_left_of_a_widget_is_a_picture_its_words_and_what_to_do():
    made = widget()
    left = Sanitised(made._repr_mimebundle_()["text/html"])
    assert left.text.split("\n") == ["A title", "", "a at 1. The largest weight on input 1 is 0.333, at output 1.", RUN, ""]
    assert left.tags == ["div", "div", "p", "strong", "p", "img", "p", "p", "em"]
    (picture,) = left.pictures
    assert base64.b64decode(picture["src"].removeprefix("data:image/png;base64,")) == made.picture(made._frames[made.start][1])
    assert picture["alt"] == "A title: the picture at its start"


def test_a_live_output_is_left_as_clean():
    assert Sanitised(with_script(widget().html)).text == Sanitised(widget().html).text
    assert "dynlibExplore" in with_script(widget().html)


STORED = [
    (page.name, number, out.data["text/html"])
    for page in (read_page(REPO, path) for path in all_notebooks(REPO))
    for number, _ in page.widgets
    for out in page.nb.cells[number - 1].outputs
    if "text/html" in out.get("data", {})
]


@pytest.mark.parametrize(("name", "number", "html"), STORED, ids=[f"{name}-{number}" for name, number, _ in STORED])
def test_every_stored_widget_of_the_book_has_its_picture_and_no_stray_numbers(name, number, html):
    left = Sanitised(html)
    (picture,) = left.pictures
    pixels = png(base64.b64decode(picture["src"].removeprefix("data:image/png;base64,")))
    assert min(pixels.shape[:2]) >= 300
    assert (pixels != 255).any(2).mean() > 0.01  # something is drawn
    title, _, words, run, _ = left.text.split("\n")
    assert run == RUN
    assert len(title) > 3
    assert len(words) > 10
    assert not set(left.tags) & {"form", "fieldset", "output", "label"}


@pytest.mark.parametrize(("name", "number", "html"), STORED, ids=[f"{name}-{number}" for name, number, _ in STORED])
def test_every_stored_widget_holds_data_and_no_script_and_no_style(name, number, html):
    assert re.findall(r"<(script[^>]*|style[^>]*)>", html) == ['script type="application/json"']
    data = data_of(html)
    assert len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()) <= 60 * 1024
    assert data["live"] or len(data["frames"]) == np.prod([len(control["values"]) for control in data["controls"]])


def test_there_are_stored_widgets():
    assert len(STORED) >= 30
    assert sum(len(data_of(html)["panels"]) for _, _, html in STORED) >= 49


# -- the picture ---------------------------------------------------------------------------------------------------------


def close_to(colour, pixels):
    """How many pixels have a colour."""
    want = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    return int((np.abs(pixels - want).max(2) < 24).sum())


def test_the_picture_is_the_same_whatever_a_page_has_set(monkeypatch):
    import matplotlib.pyplot as plt

    before = widget().picture(widget()._frames[0][1])
    with plt.rc_context({"axes.facecolor": "black", "font.size": 30}):
        assert widget().picture(widget()._frames[0][1]) == before
    assert plt.rcParams["axes.facecolor"] == "white"


def test_lines_points_and_tables_are_drawn_where_they_lie():
    """A line along the top is blue there and nowhere else; the table's strongest entry is orange, on its side."""
    lines = Lines(series=["a"], x=[0, 1], xlim=(0, 1), ylim=(0, 1))
    high = png(painted([partial(lines.paint, slots=lines.pack({"a": [0.9, 0.9]}, ""))]))
    assert close_to(LIGHT["c0"], high[: len(high) // 3]) > 300
    assert close_to(LIGHT["c0"], high[len(high) // 3 :]) == 0
    table = Table(rows=4, cols=4, impulse=0)
    drawn = png(painted([partial(table.paint, slots=table.pack(np.diag([0.0, 0, 0, 1]), ""))]))
    upper, lower = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
    assert close_to(LIGHT["pos"], lower) > 1000
    assert close_to(LIGHT["pos"], upper) == 0
    plane = Plane(series=["z"], xlim=(-1, 1), ylim=(-1, 1), circle=True)
    right = png(painted([partial(plane.paint, slots=plane.pack({"z": [0.9 + 0j]}, ""))]))
    half = right.shape[1] // 2
    assert close_to(LIGHT["c0"], right[:, half:]) > 10
    assert close_to(LIGHT["c0"], right[:, :half]) == 0


def test_log_axes_bars_and_gaps_are_drawn():
    panel = Lines(series=["bars", "fill"], x=[1, 10, 100], xlim=(1, 100), ylim=(1e-3, 1), xscale="log", yscale="log",
                  style={"bars": "bars"}, fill=["fill"])  # fmt: skip
    slots = panel.pack({"bars": [1.0, np.nan, 0.1], "fill": [0.5, 0.0, 0.2]}, "")
    assert close_to(LIGHT["c0"], png(painted([partial(panel.paint, slots=slots)]))) > 50
