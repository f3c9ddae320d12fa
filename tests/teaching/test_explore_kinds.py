"""Images, bars, histograms and diagrams: what they pack, and how they refuse."""

import io
import json

import numpy as np
import pytest
from PIL import Image as Picture

from dynlib.teaching.explore import Bars, Diagram, Histogram, Image
from dynlib.teaching.explore.levels import unpack, unpack_cells
from dynlib.teaching.explore.stored import painted
from dynlib.teaching.explore.style import LIGHT


def bars(**changes):
    return Bars(**({"names": ["one", "two"], "series": ["loss"], "ylim": (0, 1)} | changes))


def histogram(**changes):
    return Histogram(**({"series": ["s", "law"], "bins": [0, 1, 2, 4], "curves": "law"} | changes))


def diagram(**changes):
    boxes = {"in": (0, 0, "input"), "out": (1, 0, "output")}
    return Diagram(**({"boxes": boxes, "arrows": [("in", "out", "(L,)")]} | changes))


def test_a_picture_keeps_its_values_as_a_table_does():
    panel = Image(pictures=["a", "b"], rows=2, cols=2, limit=2.0)
    first, second = panel.pack({"a": [[2.0, 0.5], [0.0, np.nan]], "b": np.zeros((2, 2))}, "frame")
    assert unpack_cells(first, 2) == pytest.approx(np.array([[1, 0.5], [0, np.nan]]), abs=0.5 / 31, nan_ok=True)
    assert (unpack_cells(second, 2) == 0).all()


def test_bars_are_levels_and_what_is_cut_off_has_its_value():
    panel = bars(series=["loss", "floor"])
    loss, floor, beyond = panel.pack({"loss": [0.25, 17.518], "floor": [np.nan, -0.5]}, "frame")
    assert panel.yaxis.values(unpack(loss))[0] == pytest.approx(0.25, abs=1e-3)
    assert np.isnan(panel.yaxis.values(unpack(floor))[0])
    assert json.loads(beyond) == [[0, 1, 1, "17.5"], [1, 1, -1, "−0.5"]]
    assert bars().pack({"loss": [0.0, 1.0]}, "frame")[-1] == ""


def test_a_histogram_is_the_share_of_all_samples_also_of_those_outside():
    panel = histogram()
    slots = panel.pack({"s": [0.5, 0.6, 1.0, 3.0, 9.0], "law": [0.5, 0.3, 0.2]}, "frame")
    shares = panel.yaxis.values(unpack(slots[1]))
    assert shares == pytest.approx([0.4, 0.2, 0.2, 0.2], abs=1e-3)
    assert panel.xaxis.values(unpack(slots[0])) == pytest.approx([0, 1, 2, 4], abs=2e-3)
    assert panel.xaxis.values(unpack(slots[2])) == pytest.approx([0.5, 1.5, 3], abs=2e-3)
    assert panel.xlim == (0, 4)


def test_a_diagram_is_its_path_and_notes():
    panel = diagram()
    assert json.loads(panel.pack({"path": ["in", "out"], "notes": {"out": "N = 4"}}, "frame")[0]) == [
        ["in", "out"],
        {"out": "N = 4"},
    ]
    assert panel.data()["arrows"] == [("in", "out", "(L,)")]


def has(colour, panel, content):
    """How many pixels of a poster have a colour."""
    slots = panel.pack(content, "frame")
    pixels = np.asarray(Picture.open(io.BytesIO(painted([lambda part: panel.paint(part, slots)]))).convert("RGB")).astype(int)
    want = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    return int((np.abs(pixels - want).max(2) < 24).sum())


def test_posters_are_painted():
    assert has(LIGHT["pos"], Image(pictures=["a"], rows=1, cols=2), {"a": [[1.0, 0.0]]}) > 1000
    assert has("#000000", Image(pictures=["a"], rows=1, cols=2, ink=True), {"a": [[1.0, 0.0]]}) > 1000
    assert has(LIGHT["c0"], bars(), {"loss": [0.5, 1.0]}) > 1000
    assert has(LIGHT["c1"], histogram(), {"s": [0.5], "law": [0.5, 0.3, 0.2]}) > 50
    on, off = (has(LIGHT["c1"], diagram(), {"path": path}) for path in (["in", "out"], []))
    assert on > 50 > 10 > off


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Image(pictures=list("abcde"), rows=1, cols=1), "at most 4"),
        (lambda: Image(pictures=["a", "a"], rows=1, cols=1), "different names"),
        (lambda: Image(pictures=["a"], rows=65, cols=1), "1 to 64"),
        (lambda: Image(pictures=["a"], rows=1, cols=1, limit=0), "limit must be positive"),
        (lambda: bars(names=[]), "names must be at least one"),
        (lambda: bars(names=[str(k) for k in range(25)]), "24 names fit"),
        (lambda: bars(series=list("abcdef")), "at most 5 series"),
        (lambda: bars(ylim=(0, 1), yscale="log"), "positive on a log axis"),
        (lambda: histogram(bins=[0, 0]), "increasing edges"),
        (lambda: histogram(curves="other"), "curves among them"),
        (lambda: histogram(bins=[0, 1], xscale="log"), "bins must be positive"),
        (lambda: diagram(boxes={}), "boxes must be at least one"),
        (lambda: diagram(arrows=[("in", "away")]), "'in' to 'away'"),
    ],
)
def test_panels_refuse(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("panel", "content", "message"),
    [
        (Image(pictures=["a"], rows=2, cols=2), {"b": 0}, r"here: wanted a dict with the pictures \['a'\], got \['b'\]"),
        (Image(pictures=["a"], rows=2, cols=2), {"a": np.zeros((2, 3))}, "has shape"),
        (Image(pictures=["a"], rows=1, cols=1), {"a": [[1.5]]}, r"beyond \[-1, 1\]"),
        (Image(pictures=["a"], rows=1, cols=1, ink=True), {"a": [[-0.5]]}, r"beyond \[0, 1\]"),
        (Image(pictures=["a"], rows=1, cols=1), {"a": np.zeros((1, 1), np.float32)}, "float32"),
        (bars(), {"other": [0, 1]}, "got \\['other'\\]"),
        (bars(), {"loss": [0.0]}, r"shape \(1,\), wanted \(2,\)"),
        (bars(), {"loss": np.zeros(2, np.float32)}, "float32"),
        (histogram(), {"s": [], "law": [0, 0, 0]}, "no samples"),
        (histogram(), {"s": [0.0], "law": [0, 0]}, "2 shares for 3 bins"),
        (diagram(), {"notes": {}}, "wanted a dict with path"),
        (diagram(), {"path": ["away"]}, "'away' is none of the boxes"),
        (diagram(), {"path": [], "notes": {"away": "x"}}, "'away' is none of the boxes"),
    ],
)
def test_a_frame_is_refused(panel, content, message):
    with pytest.raises(ValueError, match=message):
        panel.pack(content, "here")
