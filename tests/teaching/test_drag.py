"""What the drag widget refuses."""

import numpy as np
import pytest

from dynlib.teaching.drag import DragPoints

RNG = np.random.default_rng(0)
H = 5
WEIGHTS = {"scale": 4.0, "start": RNG.normal(size=2), "end": RNG.normal(size=H), "v": RNG.normal(size=H)}
WEIGHTS |= {name: RNG.normal(size=(H, H)) for name in ("W1", "W2")}
for part in ("encoder", "decoder"):
    shapes = {"x": (4 * H, 2), "h": (4 * H, H), "b": 4 * H}
    WEIGHTS |= {f"{part}_{name}": RNG.normal(size=shape) for name, shape in shapes.items()}
POINTS = RNG.random((5, 2))


@pytest.mark.parametrize(
    ("change", "words"),
    [
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
    ],
)
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
