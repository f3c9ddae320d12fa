"""Panels and controls: what they accept, what they draw, and how they refuse."""

import re

import numpy as np
import pytest

from dynlib.teaching.explore import Choice, Lines, Plane, Slider, Table
from dynlib.teaching.explore.draw_axes import baseline, box_of, curve, key, looks, svg
from dynlib.teaching.explore.draw_table import answer, bars, cells
from dynlib.teaching.explore.draw_table import svg as table_svg
from dynlib.teaching.explore.levels import Axis, unpack
from dynlib.teaching.explore.style import DARK, LIGHT

BOX = (1000, 500, 4000, 2000)
AXIS = Axis(0, 1)


def lines(**changes):
    return Lines(**({"series": ["a"], "xlim": (0, 3), "ylim": (0, 1), "x": [0, 1, 2, 3]} | changes))


# -- what is drawn -----------------------------------------------------------------------------------------------------


def drawn(mark, x, y):
    return curve(AXIS.levels(np.array(x)), AXIS.levels(np.array(y)), BOX, mark, 2500)


def test_a_line_runs_between_the_corners_of_its_box():
    assert drawn("line", [0.0, 1.0, 0.5], [0.0, 1.0, 0.5]) == "M1000 2500l4000 -2000l-2000 1000"


def test_a_gap_lifts_the_pen_and_closes_an_area():
    y = [0.5, 0.5, np.nan, 0.5, 0.5]
    x = np.linspace(0, 1, 5)
    assert re.sub(r"-?\d+", "#", drawn("line", x, y)) == "M# #l# #M# #l# #"
    assert re.sub(r"-?\d+", "#", drawn("area", x, y)) == "M# #V#l# #V#" * 2
    assert re.sub(r"-?\d+", "#", drawn("steps", x, y)) == "M# #h#v#M# #h#v#"
    assert drawn("h0", x, y).count("h0") == 4
    assert drawn("line", x, [np.nan] * 5) == ""


def test_a_line_that_leaves_the_box_keeps_its_slope_and_is_clipped():
    panel = lines(ylim=(0, 1))
    slots = panel.pack({"a": [0.0, 0.8, 1.6, 0.0]}, "frame")
    ys = panel.yaxis.values(unpack(slots[1]))
    assert ys[2] == pytest.approx(1.6, abs=1e-3)
    picture = svg(panel, slots, 4000, "n")
    assert 'clip-path="url(#n)"' in picture
    assert '<clipPath id="n">' in picture


def test_filled_shapes_and_bars_stand_on_zero_or_the_nearest_edge():
    assert baseline(lines(ylim=(-1, 1)), BOX) == 1500
    assert baseline(lines(ylim=(1, 2)), BOX) == 2500
    assert baseline(lines(ylim=(-2, -1)), BOX) == 500
    assert baseline(lines(ylim=(0.1, 10), yscale="log"), BOX) == 2500


def test_each_series_has_its_own_colour_and_dash_and_a_filled_one_takes_no_colour():
    panel = lines(series=["target", "a", "b", "c"], fill=["target"], style={"b": "points", "c": "bars"})
    slots = panel.pack({name: [0, 1, 0, 1] for name in panel.series}, "frame")
    rows = looks(panel, BOX, slots)
    assert [row["class"] for row in rows] == ["area", "s0 dash0", "s1 glyph", "s2"]
    assert rows[3]["css"] == "stroke-width:240"  # bars as wide as 0.7 of their distance, 240 at most
    legend = key(panel, rows)
    assert re.findall(r"</svg>([^<]+)</li>", legend) == ["target", "a", "b", "c"]
    assert key(lines(), looks(lines(), BOX, lines().pack({"a": [0, 1, 0, 1]}, "frame"))) == ""


def test_the_unit_circle_is_round():
    panel = Plane(series=["z"], xlim=(-2, 1), ylim=(-1, 1), circle=True)
    left, _, width, height = box_of(panel, 4000)
    assert width / 3 == pytest.approx(height / 2, rel=1e-3)
    rx, ry = map(int, re.search(r'rx="(\d+)" ry="(\d+)"', svg(panel, panel.pack({"z": [1j]}, "frame"), 4000, "n")).groups())
    assert abs(rx - ry) <= 1
    assert left + width <= 4000


def test_points_in_the_plane_may_differ_in_number():
    panel = Plane(series=["z"], xlim=(-1, 1), ylim=(-1, 1))
    for count in (0, 1, 5):
        x, _ = panel.pack({"z": np.full(count, 0.5 + 0.5j)}, "frame")
        assert len(unpack(x)) == count
    both = panel.pack({"z": np.array([complex(np.inf, 0), complex(0, np.nan)])}, "frame")
    assert svg(panel, both, 4000, "n").count('d=""') == 1


def test_names_from_the_author_are_escaped():
    panel = lines(series=["<b>", "x & y"], xlabel="<i>", ylabel='"', title="<u>")
    slots = panel.pack({name: [0, 1, 0, 1] for name in panel.series}, "frame")
    picture = svg(panel, slots, 4000, "n") + key(panel, looks(panel, BOX, slots))
    assert not re.search(r"<[biu]>", picture)
    assert "x &amp; y" in picture


ROWS = [[31, 0, -31], [31, None, -15], [0, 15, 15]]


def test_cells_are_grouped_by_level_and_zero_is_left_blank():
    picture = cells(ROWS)
    assert '<path class="pos" stroke-opacity="1.00" d="M0 0h1M0 1h1"/>' in picture
    assert '<path class="neg" stroke-opacity="1.00" d="M2 0h1"/>' in picture
    assert '<path class="pos" stroke-opacity="0.48" d="M1 2h2"/>' in picture
    assert '<path class="gap" d="M1 1h1"/>' in picture


def test_bars_are_the_column_of_the_impulse():
    assert bars(ROWS, 0) == '<path class="neg" d=""/><path class="pos" d="M0 0h31M0 1h31"/>'
    assert bars(ROWS, 2) == '<path class="neg" d="M0 0h-31M0 1h-15"/><path class="pos" d="M0 2h15"/>'


def test_the_answer_to_an_impulse_is_said_in_words():
    panel = Table(rows=3, cols=3, limit=2.0)
    assert answer(panel, ROWS, 0) == "Impulse at input 0: 2 outputs answer most, about 2.00 each."
    assert answer(panel, ROWS, 1) == "Impulse at input 1: output 2 answers most, about 0.97."
    assert answer(panel, ROWS, 2) == "Impulse at input 2: output 0 answers most, about −2.00."
    assert answer(panel, [[0, 1, -1], [0, -1, 0], [None, 0, 0]], 0) == "Impulse at input 0: no output answers."
    assert "about ±0.06 each" in answer(panel, [[0, 1, -1], [0, -1, 0], [None, 0, 0]], 1)
    named = Table(rows=3, cols=3, xlabel="training label j", ylabel="step")
    assert answer(named, ROWS, 2) == "Impulse at training label 2: step 0 answers most, about −1.00."


def test_the_table_draws_column_j_to_the_right_and_row_i_down():
    panel = Table(rows=4, cols=8)
    picture = table_svg(panel, [[0] * 8] * 4, 3, 4000, "n")
    assert 'data-column x="3"' in picture
    assert "input j" in picture
    assert "output i" in picture
    assert panel.impulse == 4


def _contrast(one, other):
    def luminance(colour):
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", LIGHT)
def test_every_colour_can_be_seen_on_its_page_and_the_light_ones_on_both(name):
    assert _contrast(LIGHT[name], "#ffffff") >= 3
    assert _contrast(DARK[name], "#121212") >= 3
    if name.startswith("c"):
        assert _contrast(LIGHT[name], "#121212") >= 3


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
    with pytest.raises(ValueError, match="points or line"):
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
