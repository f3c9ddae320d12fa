"""Panels and controls: what they accept, what they say, and how they refuse. What they draw is in the tests of the script."""

import json

import numpy as np
import pytest

from dynlib.teaching import colours
from dynlib.teaching.explore import Choice, Lines, Plane, Points, Slider, Table
from dynlib.teaching.explore.kinds.panel import short
from dynlib.teaching.explore.kinds.table import peak, plural
from dynlib.teaching.explore.levels import unpack
from dynlib.teaching.explore.style import DARK, LIGHT


def lines(**changes):
    return Lines(**({"series": ["a"], "xlim": (0, 3), "ylim": (0, 1), "x": [0, 1, 2, 3]} | changes))


# -- what is packed and said ---------------------------------------------------------------------------------------------


def test_a_line_that_leaves_the_box_keeps_its_slope_and_its_farthest_points_are_named():
    panel = lines(ylim=(0, 1))
    *_, ys, beyond = panel.pack({"a": [-0.5, 0.8, 1.6, 17.518]}, "frame")
    assert panel.yaxis.values(unpack(ys))[2] == pytest.approx(1.6, abs=1e-3)
    assert json.loads(beyond) == [[0, 1.0, 1, "17.5"], [0, 0.0, -1, "−0.5"]]
    assert lines().pack({"a": [0.0, 1.0, np.nan, np.inf]}, "frame")[-1] == ""
    assert lines(xlim=(0, 2)).pack({"a": [0.0, 1.0, 0.5, 9.0]}, "frame")[-1] == ""  # outside the box's sides as well


def test_filled_shapes_and_bars_stand_on_zero_or_the_nearest_edge():
    bases = [lines(ylim=limits).data()["base"] for limits in ((-1, 1), (1, 2), (-2, -1))]
    assert bases == [0.5, 0, 1]
    assert lines(ylim=(1e-3, 1), yscale="log").data()["base"] == 0


def test_ticks_and_lines_through_zero_are_places_on_the_axes():
    data = Plane(series=["z"], xlim=(-1, 3), ylim=(-2, 2), circle=True).data()
    assert data["zero"] == [0.25, 0.5]
    assert data["round"]
    assert [place for place, _ in data["axes"][0]["ticks"]] == [0, 0.25, 0.5, 0.75, 1]
    assert lines(ylim=(0, 1)).data()["zero"] == [None, None]


def test_points_in_the_plane_may_differ_in_number():
    panel = Plane(series=["z"], xlim=(-1, 1), ylim=(-1, 1))
    for count in (0, 1, 5):
        x, _, _ = panel.pack({"z": np.full(count, 0.5 + 0.5j)}, "frame")
        assert len(unpack(x)) == count


def test_points_and_arrows_are_pairs_of_places():
    panel = Points(series=["p", "a"], xlim=(0, 1), ylim=(0, 1), style={"a": "arrows"}, numbered="p")
    slots = panel.pack({"p": np.array([[0, 1.0]]), "a": np.array([[0, 0.25, 0.5, 1.0]])}, "frame")
    assert panel.xaxis.values(unpack(slots[2])) == pytest.approx([0, 0.5], abs=1e-3)
    assert panel.yaxis.values(unpack(slots[3])) == pytest.approx([0.25, 1], abs=1e-3)
    with pytest.raises(ValueError, match=r"series 'a' must have the shape \(n, 4\), got \(1, 2\)"):
        panel.pack({"p": np.zeros((1, 2)), "a": np.zeros((1, 2))}, "frame")
    with pytest.raises(ValueError, match="wanted a series of points"):
        Points(series=["a"], xlim=(0, 1), ylim=(0, 1), style={"a": "arrows"}, drag="a")
    with pytest.raises(ValueError, match=r"xlim and ylim must be \(0, 1\)"):
        Points(series=["a"], xlim=(0, 2), ylim=(0, 1), drag="a")


def test_a_column_is_said_in_a_sentence_with_the_numbers_of_the_array():
    """The levels that a cell is drawn with are coarser: 0.5 would come back as 0.498, 0.2 as 0.203."""

    def said(column, **labels):
        panel = Table(rows=len(column), cols=1, limit=2.0, **labels)
        return panel.words(panel.pack(np.array(column)[:, None], "frame"))

    assert said([0.0, 0.5, 0.1]) == "The largest weight on input 0 is 0.5, at output 1."
    assert said([0.2, 0.2, -0.1]) == "The largest weight on input 0 is 0.2, at 2 outputs."
    assert said([0.2, -0.2, 0.0]) == "The largest weight on input 0 is ±0.2, at 2 outputs."
    assert said([np.nan, -0.123456, 0.1]) == "The largest weight on input 0 is −0.123, at output 1."
    assert said([0.0, 0.0]) == "No output has a weight on input 0."
    assert said([0.1, 0.1], ylabel="query i", xlabel="key j") == "The largest weight on key 0 is 0.1, at 2 queries."


def test_the_last_bits_of_a_number_change_no_word():
    for value in (0.5, 0.1235, 1 / 3, 2.005):
        around = [np.nextafter(value, 0), value, np.nextafter(value, 9)]
        assert len({short(v) for v in around}) == 1
        assert len({peak(np.array([v, value])) for v in around}) == 1
    assert [plural(noun) for noun in ("output", "query", "key", "box", "class")] == [
        "outputs",
        "queries",
        "keys",
        "boxes",
        "classes",
    ]


def _contrast(one, other):
    def luminance(colour):
        parts = [part / 255 for part in colour]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _rgb(colour):
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])


@pytest.mark.parametrize("side", ["neg", "pos"])
@pytest.mark.parametrize(("own", "page"), [(LIGHT, colours.LIGHT), (DARK, colours.DARK)], ids=["light", "dark"])
def test_a_tenth_of_the_limit_can_be_seen(own, page, side):
    paper = _rgb(page["paper"])
    cell = paper + np.sqrt(0.1) * (_rgb(own[side]) - paper)
    assert _contrast(cell, paper) >= 1.5


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"series": []}, "series must be at least one name"),
        ({"series": ["a", "a"]}, "different names"),
        ({"series": list("abcdef")}, "at most 5 series"),
        ({"xlim": (3, 0)}, "xlim must be finite and increase"),
        ({"ylim": (0, float("inf"))}, "ylim must be finite"),
        ({"ylim": (0,)}, r"ylim must be two numbers"),
        ({"ylim": (0, 1), "yscale": "log"}, "ylim must be positive on a log axis"),
        ({"xlim": (-1, 1), "xscale": "log"}, "xlim must be positive"),
        ({"yscale": "sqrt"}, "yscale must be 'linear' or 'log'"),
        ({"style": {"b": "points"}}, "style names 'b'"),
        ({"style": {"a": "dotted"}}, "style of 'a' must be one of"),
        ({"fill": ["b"]}, "fill names 'b'"),
        ({"fill": ["a"], "style": {"a": "bars"}}, "fill names 'a'"),
        ({"x": np.zeros((2, 2))}, r"x must have one dimension, got shape \(2, 2\)"),
        ({"x": np.zeros(4, dtype=np.float32)}, "x is float32"),
    ],
)
def test_lines_refuse(changes, message):
    with pytest.raises(ValueError, match=message):
        lines(**changes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"b": [0, 1, 2, 3]}, r"here: wanted a dict with the series \['a'\], got \['b'\]"),
        ([0, 1, 2, 3], "got list"),
        ({"a": [0, 1]}, "here: series 'a' has 2 numbers over 4 of x"),
        ({"a": np.zeros(4, dtype=np.float32)}, "here: series 'a' is float32"),
        ({"a": ([0, 1], [0, 1, 2])}, "series 'a' has 3 numbers over 2"),
        ({"a": ([0], [1], [2])}, r"a pair \(x, y\), got a tuple of 3"),
        ({"a": np.zeros((4, 1))}, "one dimension"),
        ({"a": [1j, 0, 0, 0]}, "complex128"),
    ],
)
def test_a_frame_of_lines_is_refused_by_series(content, message):
    with pytest.raises(ValueError, match=message):
        lines().pack(content, "here")


def test_y_alone_needs_an_x():
    with pytest.raises(ValueError, match=r"give Lines\(x=…\) or a pair"):
        lines(x=None).pack({"a": [0, 1]}, "here")
    assert lines(x=None).pack({"a": ([0, 1], [0, 1])}, "here")


def test_plane_refuses_other_styles_and_precision():
    with pytest.raises(ValueError, match="must be one of"):
        Plane(series=["z"], xlim=(-1, 1), ylim=(-1, 1), style={"z": "bars"})
    with pytest.raises(ValueError, match="series 'z' is complex64"):
        Plane(series=["z"], xlim=(-1, 1), ylim=(-1, 1)).pack({"z": np.zeros(2, dtype=np.complex64)}, "here")
    with pytest.raises(ValueError, match="at most 5"):
        Plane(series=list("abcdef"), xlim=(-1, 1), ylim=(-1, 1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": 0}, "1 to 64 rows"),
        ({"cols": 65}, "1 to 64 rows"),
        ({"limit": 0.0}, "limit must be positive"),
        ({"limit": float("nan")}, "limit must be positive"),
        ({"impulse": 3}, r"impulse=3 is not one of the columns 0\.\.2"),
        ({"xlabel": ""}, "xlabel and ylabel"),
    ],
)
def test_table_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        Table(**({"rows": 2, "cols": 3} | changes))


def test_a_frame_of_a_table_is_refused_by_shape_limit_and_precision():
    table = Table(rows=2, cols=3, limit=1.0)
    with pytest.raises(ValueError, match=r"here: the table has shape \(3, 2\), wanted \(2, 3\)"):
        table.pack(np.zeros((3, 2)), "here")
    with pytest.raises(ValueError, match=r"reaches 1\.5, beyond limit=1; raise limit"):
        table.pack(np.full((2, 3), -1.5), "here")
    with pytest.raises(ValueError, match="reaches inf"):
        table.pack(np.full((2, 3), np.inf), "here")
    with pytest.raises(ValueError, match="float32"):
        table.pack(np.zeros((2, 3), dtype=np.float32), "here")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lag", [1]), "at least two increasing"),
        (("lag", [2, 1]), "at least two increasing"),
        (("lag", ["a", "b"]), "use Choice for words"),
        (("lag", [0, float("nan")]), "finite"),
        (("", [1, 2]), "label must be a word"),
        (("a-b", [1, 2]), "letters, digits and spaces"),
        (("lag", [1, 2], "", 3), "start=3 is not one of its values"),
        (("lag", [1, 2], "", 1, (2, 1, 1)), r"live=\(2, 1, 1\)"),
        (("lag", [0, 2], "", None, None, True), "above 0"),
    ],
)
def test_slider_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        Slider(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("kind", ["a"]), "two different"),
        (("kind", "ab"), "two different"),
        (("kind", ["a", "a"]), "two different"),
        (("kind", ["a", "b"], "c"), "start='c'"),
    ],
)
def test_choice_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        Choice(*arguments)


def test_controls_say_their_values_with_units():
    slider = Slider("half life µ", np.array([0.5, 1e-10][::-1]), unit="steps", start=0.5)
    assert (slider.parameter, slider.first, slider.text(0.5), slider.text(-1)) == ("half_life_μ", 1, "0.5 steps", "−1 steps")
    assert Slider("n", [1, 2]).text(1) == "1"


def test_a_log_slider_is_short_and_marks_its_powers_of_ten():
    slider = Slider("time", np.geomspace(0.1, 100, 7), log=True, unit="s")
    assert [slider.text(v) for v in slider.values[:4]] == ["0.1 s", "0.32 s", "1 s", "3.2 s"]
    assert slider.marks == [[0, "0.1"], [2, "1"], [4, "10"], [6, "100"]]
    assert Slider("t", [0.0398, 2.51], log=True).text(0.0398) == "0.04"
