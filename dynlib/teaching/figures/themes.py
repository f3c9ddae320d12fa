"""A figure that was drawn in the light page's colours, in the dark page's: each colour becomes the one of the same name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import Collection
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex, to_rgba_array
from matplotlib.text import Text

from dynlib.teaching import colours
from dynlib.teaching.colours import DARK, LIGHT

SEQUENTIAL, DIVERGING, AS_IT_IS = "book", "book-signed", "gray"  # the last for pixels that were grey when they were taken
PROPERTIES = "color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor", "markerfacecoloralt"


def _maps(theme: dict[str, str], suffix: str) -> dict[str, Colormap]:
    """From paper to full; from what is negative over paper to what is positive. Where there is nothing, a hair's grey."""
    negative, positive = theme[colours.NEGATIVE], theme[colours.POSITIVE]
    stops = {SEQUENTIAL: [theme["paper"], negative], DIVERGING: [negative, theme["paper"], positive]}
    return {
        name: LinearSegmentedColormap.from_list(name + suffix, between).with_extremes(bad=theme["hair"])
        for name, between in stops.items()
    }


LIGHT_MAPS, DARK_MAPS = _maps(LIGHT, ""), _maps(DARK, "-dark")
for _map in LIGHT_MAPS.values():
    mpl.colormaps.register(_map, force=True)

TWIN = {to_hex(LIGHT_MAPS[SEQUENTIAL](level)): to_hex(DARK_MAPS[SEQUENTIAL](level)) for level in range(256)}
TWIN |= {LIGHT[name]: DARK[name] for name in LIGHT}


def _coloured(fig) -> Iterator[tuple[object, str, Callable, np.ndarray]]:
    """Each artist with each of its colours: the property's name, what sets it, and RGBA rows."""
    artists = fig.findobj()
    for text in fig.findobj(Text):  # a figure does not count these among its artists
        artists += [part for part in (text.get_bbox_patch(), getattr(text, "arrow_patch", None)) if part is not None]
    for artist in artists:
        if not getattr(artist, "get_visible", lambda: True)():
            continue
        for name in PROPERTIES:
            get, put = getattr(artist, f"get_{name}", None), getattr(artist, f"set_{name}", None)
            if get is None or put is None or _comes_from_a_map(artist, name):
                continue
            if (value := get()) is None or (isinstance(value, str) and value == "face"):
                continue
            rows = to_rgba_array(value)
            if len(rows) and rows[:, 3].any():
                yield artist, name, put, rows


def _comes_from_a_map(artist, name: str) -> bool:
    """Whether a colour is made when the artist is drawn, or is another name for its edge and face."""
    return isinstance(artist, Collection) and (name == "color" or (artist.get_array() is not None and name == "facecolor"))


def _mapped(fig) -> list[Any]:
    """What takes its colours from a colour map."""
    given = [(artist, artist.get_array()) for artist in fig.findobj(lambda one: isinstance(one, ScalarMappable))]
    return [artist for artist, values in given if values is not None and values.ndim < 3]


def foreign(fig) -> list[str]:
    """What in a figure has a colour that is not the book's.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure.

    Returns
    -------
    list of str
        A colour and the kind of artist that has it, or a colour map, each once.
    """
    found = [
        f"{to_hex(row)} ({type(artist).__name__}, {name})"
        for artist, name, _, rows in _coloured(fig)
        for row in rows
        if row[3] and to_hex(row) not in TWIN
    ]
    for artist in _mapped(fig):
        if artist.get_cmap().name not in (*LIGHT_MAPS, AS_IT_IS):
            found.append(f"the colour map {artist.get_cmap().name}")
    return list(dict.fromkeys(found))


@contextmanager
def dark(fig) -> Iterator[None]:
    """Give a figure the dark page's colours for a while.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        A figure in which nothing is ``foreign``.

    Yields
    ------
    None
        While the colours are the dark page's.
    """
    before: list[tuple[Callable, Any]] = []
    for _, _, put, rows in list(_coloured(fig)):
        before.append((put, _as_given(rows)))
        put(_as_given([[*to_rgba_array(TWIN.get(to_hex(row), to_hex(row)))[0, :3], row[3]] for row in rows]))
    for artist in _mapped(fig):
        if (name := artist.get_cmap().name) in DARK_MAPS:
            before.append((artist.set_cmap, artist.get_cmap()))
            artist.set_cmap(DARK_MAPS[name])
    yield
    for put, value in reversed(before):
        put(value)


def _as_given(rows) -> list | tuple:
    """One colour as a tuple, which everything takes; several as they are, which collections take."""
    return tuple(rows[0]) if len(rows) == 1 else [tuple(row) for row in rows]
