"""A stored figure on the site: the picture of the page's theme and width, with its caption; elsewhere one picture."""

import base64

import pytest

from press.pictures import DARK, LIGHT, NARROW, figure, is_caption, is_figure, only_for_the_site

PICTURES = {LIGHT: b"day", DARK: b"night", NARROW[LIGHT]: b"small day", NARROW[DARK]: b"small night"}


def stored(*mimes, caption="What <b> shows is $a<b$."):
    drawn = {"wide": {"size": [8.0, 3.0]}, "narrow": {"size": [4.8, 6.0]}}
    return {
        "data": {mime: base64.b64encode(PICTURES[mime]).decode() for mime in mimes} | {"text/plain": "Figure: a line"},
        "metadata": {
            LIGHT: {"alt": 'a "line"', "width": 928},
            "dynamics": {"drawn": drawn} | ({"caption": caption} if caption else {}),
        },
    }


@pytest.fixture
def kept():
    return {}


def keeper(kept):
    def keep(png, name):
        kept[name] = png
        return f"../_images/{name}"

    return keep


def test_each_theme_has_its_picture_and_a_phone_its_own(kept):
    made = figure(stored(*PICTURES), keeper(kept))
    assert sorted(kept.values()) == sorted(PICTURES.values())
    names = {png: name for name, png in kept.items()}
    for theme, wide, small in (("day", b"day", b"small day"), ("night", b"night", b"small night")):
        part = made.partition(f'<picture class="by-{theme}">')[2].partition("</picture>")[0]
        assert f'src="../_images/{names[wide]}" alt="a &quot;line&quot;" width="928" height="348"' in part
        assert f'srcset="../_images/{names[small]}" width="557" height="696"' in part
    assert r"What &lt;b&gt; shows is " in made
    assert r"\(a&lt;b\)" in made


def test_a_figure_without_axes_side_by_side_has_no_narrow_form(kept):
    made = figure(stored(LIGHT, DARK, caption=None), keeper(kept))
    assert "<source" not in made
    assert "<figcaption" not in made
    assert len(kept) == 2


def test_the_same_picture_lies_under_the_same_name(kept):
    figure(stored(LIGHT, DARK), keeper(kept))
    figure(stored(LIGHT, DARK), keeper(kept))
    assert len(kept) == 2


def test_elsewhere_a_figure_is_one_picture():
    output = stored(*PICTURES)
    assert is_figure(output)
    only_for_the_site([output, {"output_type": "stream"}])
    assert set(output["data"]) == {LIGHT, "text/plain"}
    assert not is_figure(output)


def test_a_caption_that_is_repeated_is_known():
    assert is_caption({"metadata": {"dynamics": {"caption_of": "figure"}}})
    assert not is_caption(stored(LIGHT))
    assert not is_caption({"output_type": "stream"})
