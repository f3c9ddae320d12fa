"""Frames that the page computes itself: each JavaScript function is small, and the same as its twin in Python."""

from importlib import resources

import numpy as np
import pytest
from shapely.geometry import MultiPoint, Polygon

from dynlib.pointer.page_weights import packed, rounded
from dynlib.teaching.explore import Explore, Slider
from dynlib.teaching.explore.twins.hull import hull, hull_frame, judge, pointer_panels, pointer_twin

HERE = resources.files("dynlib.teaching.explore")
SCRIPTS = sorted(file.name for file in (HERE / "twins").iterdir() if file.name.endswith(".js"))
MOST_BYTES, STATES = 4096, 200
RNG = np.random.default_rng(0)


def network(H=5):
    """A network that has learnt nothing: its answers are of all kinds."""
    shapes = {"start": 2, "end": H, "v": H, "W1": (H, H), "W2": (H, H)}
    for name in ("encoder", "decoder"):
        shapes |= {f"{name}_x": (4 * H, 2), f"{name}_h": (4 * H, H), f"{name}_b": 4 * H}
    return {"scale": 4.0} | {name: RNG.normal(size=shape) for name, shape in shapes.items()}


WEIGHTS = network()
POINTS = RNG.random((5, 2))


# -- the functions -------------------------------------------------------------------------------------------------------


def hull_states():
    """Random networks with random points, and what Python makes of them."""
    says = {str(n): f"Of {n}." for n in range(3, 11)}
    for _ in range(STATES // 20):
        weights = network()
        for _ in range(20):
            points = RNG.random((int(RNG.integers(3, 11)), 2))
            constants = {"weights": packed(weights), "says": says}
            asked = {"constants": constants, "controls": {"size": len(points)}, "points": points.tolist()}
            yield asked, hull_frame(rounded(weights), says, points, len(points))


STATES_OF = {"hull.js": hull_states}

RUN = """
const [twin] = Object.values(dynlib.twins);
for (const state of input) if (state.constants.weights) state.constants.weights = dynlib.unpackArrays(state.constants.weights);
return input.map((state) => twin(state));
"""


def flat(panel):
    """A panel's content as Python gives it, in the page's form: pairs of lists, or rows without what is missing."""
    if isinstance(panel, dict):
        return {name: np.asarray(value).reshape(-1, 2).T for name, value in panel.items()}
    rows = [[value for value in row if not np.isnan(value)] for row in panel]
    return [row for row in rows if row]


@pytest.mark.parametrize("file", SCRIPTS)
def test_a_script_and_its_twin_agree_on_random_states(file, in_node):
    asked, wanted = zip(*STATES_OF[file](), strict=True)
    assert len(asked) == STATES
    for got, frame in zip(in_node(["engine/numbers.js", f"twins/{file}"], RUN, asked), wanted, strict=True):
        assert got["words"] == frame.words
        for mine, theirs in zip(got["panels"], map(flat, frame.panels), strict=True):
            if isinstance(theirs, dict):
                assert set(mine) == set(theirs)
                for name, both in theirs.items():
                    np.testing.assert_allclose(np.array(mine[name], dtype=float).reshape(both.shape), both, atol=1e-9, rtol=0)
            else:
                assert [len(row) for row in mine] == [len(row) for row in theirs]
                np.testing.assert_allclose(np.concatenate(mine), np.concatenate(theirs), atol=1e-9, rtol=0)
    assert len({frame.words.split(":")[-1][:5] for frame in wanted}) > 2  # answers of several kinds


@pytest.mark.parametrize("file", SCRIPTS)
def test_a_script_is_small_and_pure(file):
    lines = (HERE / "twins" / file).read_text(encoding="utf-8").splitlines()
    code = "\n".join(line.strip() for line in lines if line.strip() and not line.strip().startswith("//"))
    assert len(code.encode()) <= MOST_BYTES
    for impure in ("document", "window", "Math.random", "Date", "fetch", "localStorage", "performance"):
        assert impure not in code


def test_an_answer_is_judged_as_shapely_does():
    seen = set()
    for _ in range(120):
        n = int(RNG.integers(4, 8))
        asked, size = RNG.random((n, 2)), int(RNG.integers(3, n + 1))
        answer = [1 + int(k) for k in RNG.permutation(n)[:size]]
        if RNG.random() < 0.3:
            answer = [k + 1 for k in hull(asked)]
        words = judge(asked, answer)
        drawn, whole = Polygon(asked[np.array(answer) - 1]), MultiPoint(asked).convex_hull
        kind = "cross" if not drawn.is_valid else "exactly" if drawn.equals(whole) else f"{100 * drawn.area / whole.area:.0f}"
        shown = words.split("but ")[-1].split(" %")[0]
        assert kind in words or abs(float(shown) - float(kind)) <= 1
        seen.add(kind if not kind[0].isdigit() else "share")
    assert seen == {"cross", "exactly", "share"}


# -- what is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": [np.column_stack([POINTS, POINTS])]}, "shape"),
        ({"points": [RNG.random((11, 2))]}, "shape"),
        ({"points": [POINTS + 1]}, "unit square"),
        ({"points": [POINTS * np.nan]}, "unit square"),
        ({"points": [np.linspace(0, 1, 5)[:, None] * [0.5, 1]]}, "one line"),
        ({"points": [POINTS, POINTS], "says": ["", ""]}, "different sizes"),
        ({"says": []}, "0 sentences"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        pointer_twin(**({"weights": WEIGHTS, "points": [POINTS], "says": ["s"]} | change))


def test_a_size_without_points_is_refused():
    twin = pointer_twin(WEIGHTS, [POINTS, POINTS[:4]], ["s", "t"])
    with pytest.raises(ValueError, match="no points for 6"):
        Explore(title="t", controls=[Slider("size", [4, 6])], panels=pointer_panels(), frame=twin)


def test_a_network_too_large_for_a_page_is_refused():
    twin = pointer_twin(network(H=70), [POINTS, POINTS[:4]], ["s", "t"])
    with pytest.raises(ValueError, match="more than 61440"):
        Explore(title="t", controls=[Slider("size", [4, 5])], panels=pointer_panels(), frame=twin)
