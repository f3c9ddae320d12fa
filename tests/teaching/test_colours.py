"""The book's colours can be seen on their page, told apart by everyone, and are the same in the style sheet."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from dynlib.teaching.colours import DARK, LIGHT, SERIES

STATIC = Path(__file__).parents[2] / "book/_static"
THEMES = {"light": LIGHT, "dark": DARK}
# How linear sRGB looks without one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1).
SEEN = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
XYZ = np.array([[0.4124564, 0.3575761, 0.180437], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]])


def linear(colour):
    part = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    low, high = sorted(XYZ[1] @ linear(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    x, y, z = np.cbrt(XYZ @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", THEMES)
def test_a_colour_can_be_seen_on_its_paper(theme):
    colours = THEMES[theme]
    seen = {name: contrast(colour, colours["paper"]) for name, colour in colours.items()}
    assert min(seen[name] for name in SERIES) >= 3
    assert min(seen[name] for name in ("ink", "soft", "blue", "orange")) >= 4.5, "text has these colours"
    assert contrast(colours["soft"], colours["tint"]) >= 4.5


@pytest.mark.parametrize("cones", SEEN)
@pytest.mark.parametrize("theme", THEMES)
def test_no_two_series_look_the_same(theme, cones):
    places = {name: lab(SEEN[cones] @ linear(THEMES[theme][name])) for name in SERIES}
    near = {(a, b): np.linalg.norm(places[a] - places[b]) for a, b in itertools.combinations(SERIES, 2)}
    assert min(near.values()) >= 15, min(near, key=near.get)


def test_both_themes_name_the_same_colours_and_no_colour_twice():
    assert list(LIGHT) == list(DARK)
    for colours in THEMES.values():
        assert len(set(colours.values())) == len(colours)


@pytest.mark.parametrize("theme", THEMES)
def test_the_style_sheet_has_the_same_colours(theme):
    css = "\n".join(path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.css")))
    rules = re.findall(rf'html\[data-theme="?{theme}"?\]\s*\{{([^}}]*)\}}', css)
    stated = {
        name: colour for rule in rules for name, colour in re.findall(r"--([a-z]+):\s*(#[0-9a-fA-F]{6})\s*[;}]", rule + "}")
    }
    assert {name: colour for name, colour in stated.items() if name in THEMES[theme]} == {
        name: colour for name, colour in THEMES[theme].items() if name in stated
    }
