"""A figure carries its description and caption, is the page's in both themes, and can be read on a phone."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font
from PIL import Image

from dynlib.teaching import colours, figures
from dynlib.teaching.figures import texts, themes
from press import pictures
from press.rules_figures import faults

BOOK = Path(__file__).parents[2] / "book"
FONTS = Path(figures.__file__).with_name("fonts")
ALT = "A straight line from the origin to the point one, one."


@pytest.fixture(autouse=True)
def style():
    with rc_context():
        yield
    figures.plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    calls = []
    monkeypatch.setattr(figures, "display", lambda data, raw, metadata: calls.append((data, metadata)))
    return calls


def draw(**options):
    fig, ax = figures.subplots(**options)
    for one in np.ravel(ax):
        one.plot([0, 1], [0, 1], label="one")
    return fig


def pixels(data, mime="image/png"):
    return np.array(Image.open(io.BytesIO(base64.b64decode(data[mime]))).convert("RGB"))


def rgb(colour):
    return [int(colour[k : k + 2], 16) for k in (1, 3, 5)]


def how_many(picture, colour):
    return int((picture == rgb(colour)).all(-1).sum())


def test_show_stores_a_picture_with_its_description(shown):
    figures.show(draw(), alt=ALT)
    ((data, metadata),) = shown
    assert metadata["image/png"]["alt"] in data["text/plain"]
    assert set(data) == {"text/plain", "image/png", "application/vnd.dynamics.dark+png"}
    assert not figures.plt.get_fignums()


def test_a_caption_stands_with_the_figure_and_as_text(shown):
    figures.show(draw(), alt=ALT, caption="The line rises by $1$ a step.")
    (_, about), (text, repeated) = shown
    assert about["dynamics"]["caption"] in text["text/markdown"]
    assert pictures.is_caption({"metadata": repeated})


def test_the_same_figure_gives_the_same_bytes(shown):
    for _ in range(2):
        figures.show(draw(), alt=ALT)
    assert shown[0] == shown[1]


@pytest.mark.parametrize("alt", ["", "a plot", None, "   short   "])
def test_show_refuses_a_missing_description(shown, alt):
    with pytest.raises(ValueError, match="alt"):
        figures.show(draw(), alt=alt)


@pytest.mark.parametrize("caption", ["", "a plot.", "No full stop stands at the end", 3])
def test_show_refuses_a_caption_that_is_no_sentence(shown, caption):
    with pytest.raises(ValueError, match="caption"):
        figures.show(draw(), alt=ALT, caption=caption)


# -- colours -------------------------------------------------------------------------------------------------------------


def busy():
    """A figure with one of everything that the book draws."""
    fig, ((a, b), (c, d)) = figures.subplots(2, 2, height=4)
    a.plot([0, 1], [0, 1], "o-", label="line", alpha=0.5)
    a.legend()
    a.annotate("here", (0.5, 0.5), (0.2, 0.9), arrowprops={"arrowstyle": "->", "color": figures.INK}, bbox={"fc": figures.TINT})
    b.fill_between([0, 1], [0, 0], [1, 2], color=figures.HAIR)
    b.bar([0, 1], [1, 2], color=figures.COLOURS[1])
    b.scatter([0, 1], [0, 1], color=figures.shades(2))
    mesh = c.pcolormesh(np.arange(9.0).reshape(3, 3))
    fig.colorbar(mesh)
    d.imshow(np.arange(9.0).reshape(3, 3) - 4, cmap="book-signed", vmin=-4, vmax=4)
    d.axhline(1, color=figures.SOFT)
    d.set_title("signs")
    return fig


def test_the_dark_picture_has_the_dark_pages_colours_and_none_of_the_light_ones(shown):
    figures.show(busy(), alt=ALT)
    ((data, _),) = shown
    day, night = pixels(data), pixels(data, "application/vnd.dynamics.dark+png")
    for name in ("paper", "ink", "soft", "hair", "tint", "blue", "orange"):
        assert how_many(day, colours.LIGHT[name]) > 20, name
        assert how_many(night, colours.DARK[name]) > 20, name
        assert how_many(night, colours.LIGHT[name]) == 0, name
    assert day[0, 0].tolist() == rgb(colours.LIGHT["paper"])
    assert night[0, 0].tolist() == rgb(colours.DARK["paper"])


def test_a_figure_is_light_again_after_it_was_dark():
    fig = busy()
    before = [(name, rows.tolist()) for _, name, _, rows in themes._coloured(fig)]
    with themes.dark(fig):
        assert [(name, rows.tolist()) for _, name, _, rows in themes._coloured(fig)] != before
    assert [(name, rows.tolist()) for _, name, _, rows in themes._coloured(fig)] == before


@pytest.mark.parametrize(
    "paint",
    [
        lambda ax: ax.axhline(0, color="#777777"),
        lambda ax: ax.plot([0], [0], "o", markeredgecolor="black"),
        lambda ax: ax.bar([0], [1], color="red"),
        lambda ax: ax.scatter([0, 1], [0, 1], color=["red", "green"]),
        lambda ax: ax.text(0, 0, "x", color="0.4"),
        lambda ax: ax.text(0, 0, "x", bbox={"fc": "white"}),
        lambda ax: ax.annotate("x", (0, 0), (1, 1), arrowprops={"color": "black"}),
        lambda ax: ax.imshow([[0, 1]], cmap="viridis"),
        lambda ax: ax.pcolormesh([[0, 1]], cmap="RdBu_r"),
    ],
)
def test_a_colour_that_is_not_the_books_is_refused(shown, paint):
    fig, ax = figures.subplots()
    paint(ax)
    with pytest.raises(ValueError, match=r"figures.show: fig has .*take figures.COLOURS"):
        figures.show(fig, alt=ALT)


def test_shades_are_the_books_colours(shown):
    fig, ax = figures.subplots()
    for k, shade in enumerate(figures.shades(5)):
        ax.axhline(k, color=shade)
    figures.show(fig, alt=ALT)
    assert len(set(figures.shades(9))) == 9
    for count in (0, 10, 2.5):
        with pytest.raises(ValueError, match="count"):
            figures.shades(count)


# -- on a phone ----------------------------------------------------------------------------------------------------------


def test_axes_side_by_side_stand_below_each_other_on_a_phone(shown):
    fig, (left, _) = figures.subplots(1, 2, height=2, sharey=True)
    left.set_ylabel("share")
    figures.show(fig, alt=ALT)
    ((data, metadata),) = shown
    drawn = metadata["dynamics"]["drawn"]
    assert drawn["wide"]["size"] == [8, 2]
    assert drawn["narrow"]["size"] == [4.8, 4]
    assert [text for text, *_ in drawn["wide"]["texts"]].count("share") == 1
    assert [text for text, *_ in drawn["narrow"]["texts"]].count("share") == 2
    high, wide, _ = pixels(data, "application/vnd.dynamics.narrow+png").shape
    assert wide / high == pytest.approx(4.8 / 4, abs=0.01)
    assert set(data) - {"text/plain"} == set(figures.MIMES.values())


def test_small_pictures_may_stand_in_pairs(shown):
    figures.show(draw(rows=2, columns=4, height=4), alt=ALT, narrow=2)
    assert shown[0][1]["dynamics"]["drawn"]["narrow"]["size"] == [4.8, pytest.approx(4 * 2 * 2.4 / 2)]
    for narrow in (0, 1.5, None):
        with pytest.raises(ValueError, match="narrow"):
            figures.show(draw(), alt=ALT, narrow=narrow)


@pytest.mark.parametrize("columns", [1, 2])
def test_the_usual_size_can_be_read_on_a_phone(shown, columns):
    figures.show(draw(columns=columns), alt=ALT)
    drawn = shown[0][1]["dynamics"]["drawn"]
    assert faults(drawn["narrow" if columns > 1 else "wide"], 358 / 96) == []
    assert faults(drawn["wide"], 3.5) != [], "a narrower screen is too narrow"


def test_the_site_knows_the_pictures_by_the_same_names():
    stored = {pictures.LIGHT, pictures.DARK, *pictures.NARROW.values()}
    assert stored == set(figures.MIMES.values())
    assert pictures.NARROW[pictures.DARK] == figures.MIMES[True, True]


# -- texts ---------------------------------------------------------------------------------------------------------------


def report(fig):
    recorder = texts.Recorder(480, 280, 100)
    fig.set_dpi(100)
    fig.draw(recorder)
    return recorder.report(fig)


def test_every_text_that_is_drawn_is_noted_and_no_other():
    fig, ax = figures.subplots()
    ax.set(xlim=(0, 1), xlabel="time", title="fading", yticks=[0.5], xticks=[0, 1])
    ax.text(0.5, 0.5, "inside", fontsize=5)
    ax.text(0.5, 0.5, "hidden", visible=False)
    noted = report(fig)
    assert sorted(text for text, *_ in noted["texts"]) == ["0", "0.5", "1", "fading", "inside", "time"]
    (inside,) = (row for row in noted["texts"] if row[0] == "inside")
    assert inside[5] == 5
    assert 0 < inside[1] < inside[3] < 4.8
    assert 0 < inside[2] < inside[4] < 2.8


def test_a_text_that_a_curve_runs_through_is_found():
    fig, ax = figures.subplots()
    ax.plot([0, 1], [0, 1])
    ax.plot([0.9], [0.1], "o")
    ax.text(0.5, 0.5, "on the line", ha="center", va="center")
    ax.text(0.5, 0.5, "on a ground", ha="center", va="center", bbox={"fc": figures.PAPER})
    ax.text(0.9, 0.1, "on a point", ha="center", va="center")
    ax.text(0.02, 0.8, "beside it")
    assert report(fig)["crossed"] == ["on the line", "on a point"]


@pytest.mark.parametrize("kind", ["plot", "scatter"])
def test_a_legend_that_covers_points_is_found(kind):
    for place, covered in (("upper right", ["the legend"]), ("lower right", [])):
        fig, ax = figures.subplots()
        ax.set(xlim=(0, 1), ylim=(0, 1))
        if kind == "plot":
            ax.plot([0, 0.93], [0, 0.93], "o", label="points")
        else:
            ax.scatter([0.93], [0.93], label="points")
        ax.legend(loc=place)
        assert report(fig)["crossed"] == covered


def test_overlaps_small_texts_and_cut_ones_are_faults():
    fig, ax = figures.subplots()
    for at, text in ((0.2, "one"), (0.22, "two")):
        ax.text(at, 0.2, text)
    ax.text(0.2, 0.8, "tiny", fontsize=5)
    fig.text(0.97, 0.5, "far to the right")
    found = "\n".join(faults(report(fig), 358 / 96))
    assert "'one' and 'two' run into each other" in found
    assert "'tiny' is 3.9 points" in found
    assert "'far to the right' runs out of the picture" in found
    assert len(found.splitlines()) == 3


# -- the face ------------------------------------------------------------------------------------------------------------


def characters():
    """Every character that stands in the source of a cell that draws, and in what the book's stored figures say they show."""
    found = set("0123456789−.")
    for path in sorted(BOOK.glob("*.ipynb")) + sorted(BOOK.glob("*/*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                for drawn in output.get("metadata", {}).get("dynamics", {}).get("drawn", {}).values():
                    for text, *_ in drawn["texts"]:
                        found |= set(re.sub(r"\$[^$]*\$", "", text)) - {"\n"}
    return found


def test_the_face_has_every_character_that_a_figure_prints():
    known = FT2Font(str(FONTS / "Inter-Regular.ttf")).get_charmap()
    assert [character for character in characters() if ord(character) not in known] == []
    assert set(map(ord, "αβγλμσωΔΣΩ×±≤≥≈→∞√")) <= set(known)


def test_the_face_is_the_books_own_and_small():
    figures.subplots()
    assert Path(findfont(FontProperties())).parent == FONTS
    assert Path(findfont(FontProperties(style="italic"))).name == "Inter-Italic.ttf"
    assert Path(findfont(FontProperties(weight=600))).name == "Inter-SemiBold.ttf"
    assert sum(path.stat().st_size for path in FONTS.glob("*.ttf")) <= 80_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text(encoding="utf-8")
