"""The drag widget's weights in bytes, and what it refuses."""

import base64

import numpy as np
import pytest

from dynlib.teaching.drag import DragPoints
from dynlib.teaching.drag.weights import packed, rounded

RNG = np.random.default_rng(0)
H = 5
WEIGHTS = {"scale": 4.0, "start": RNG.normal(size=2), "end": RNG.normal(size=H), "v": RNG.normal(size=H)}
WEIGHTS |= {name: RNG.normal(size=(H, H)) for name in ("W1", "W2")}
for part in ("encoder", "decoder"):
    shapes = {"x": (4 * H, 2), "h": (4 * H, H), "b": 4 * H}
    WEIGHTS |= {f"{part}_{name}": RNG.normal(size=shape) for name, shape in shapes.items()}
POINTS = RNG.random((5, 2))


def test_a_row_is_rounded_to_half_a_step():
    matrix = RNG.normal(size=(7, 9)) * np.logspace(-3, 3, 7)[:, None]
    step = np.abs(matrix).max(1) / 127
    near = rounded({"m": matrix})["m"]
    assert (np.abs(near - matrix) <= 0.501 * step[:, None]).all()
    assert (np.abs(near - matrix).max(1) > 0.1 * step).all()


def test_rounding_twice_changes_nothing():
    once = rounded(WEIGHTS)
    twice = rounded(once)
    assert all(np.allclose(once[name], twice[name], rtol=1e-6, atol=0) for name in once)


def test_the_text_holds_what_the_page_computes_with():
    cols, steps, scale = packed(WEIGHTS)["decoder_x"]
    steps = np.frombuffer(base64.b64decode(steps), np.int8).reshape(-1, cols)
    scale = np.frombuffer(base64.b64decode(scale), "<f4").astype(float)
    assert (steps * scale[:, None] == rounded(WEIGHTS)["decoder_x"]).all()


def test_a_row_of_zeros_stays():
    assert (rounded({"m": np.zeros((2, 3))})["m"] == 0).all()


@pytest.mark.parametrize(("change", "words"), [
    ({"title": " "}, "title"),
    ({"points": [POINTS[:2]], "start": 2}, "shape"),
    ({"points": [np.column_stack([POINTS, POINTS])]}, "shape"),
    ({"points": [RNG.random((11, 2))], "start": 11}, "shape"),
    ({"points": [POINTS + 1]}, "unit square"),
    ({"points": [POINTS * np.nan]}, "unit square"),
    ({"points": [np.linspace(0, 1, 5)[:, None] * [0.5, 1]]}, "one line"),
    ({"points": [POINTS, POINTS], "says": ["", ""]}, "different sizes"),
    ({"start": 6}, "start=6"),
    ({"says": []}, "0 sentences"),
    ({"chosen": 0}, "chosen=0"),
    ({"chosen": 6}, "chosen=6"),
])
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        DragPoints(**({"title": "t", "weights": WEIGHTS, "points": [POINTS], "says": ["s"], "start": 5} | change))


def test_a_network_too_large_for_a_page_is_refused():
    H = 200
    big = {"scale": 4.0, "start": np.zeros(2), "end": np.zeros(H), "v": np.zeros(H), "W1": np.ones((H, H)), "W2": np.ones((H, H))}
    for part in ("encoder", "decoder"):
        big |= {f"{part}_x": np.zeros((4 * H, 2)), f"{part}_h": np.zeros((4 * H, H)), f"{part}_b": np.zeros(4 * H)}
    with pytest.raises(ValueError, match="smaller network"):
        DragPoints(title="t", weights=big, points=[POINTS], says=["s"], start=5)
