"""The widget as HTML: style, controls, drawings, words, data and script in one element that needs nothing else."""

import functools
import hashlib
import json
from collections.abc import Sequence
from html import escape
from importlib import resources
from typing import Any

from dynlib.teaching.explore import draw_axes, draw_table
from dynlib.teaching.explore.controls import Choice, Slider
from dynlib.teaching.explore.levels import unpack_cells
from dynlib.teaching.explore.panels import Table
from dynlib.teaching.explore.style import CSS

WIDE, NARROW = 5200, 4000  # in tenths of a pixel

Impulses = Sequence[Any]  # of each panel: a table's column as an int, None where the panel is no table


def width_of(panels) -> int:
    """How wide each drawing is: a single one is wide, unless it is square by nature.

    Parameters
    ----------
    panels : sequence of Lines, Plane and Table
        The widget's panels.

    Returns
    -------
    int
        In tenths of a pixel.
    """
    square = isinstance(panels[0], Table) or panels[0].circle
    return WIDE if len(panels) == 1 and not square else NARROW


def split(panels, slots: list[str]) -> list[list[str]]:
    """The packed data of a frame, panel by panel.

    Parameters
    ----------
    panels : sequence of Lines, Plane and Table
        The widget's panels.
    slots : list of str
        The frame's data, one after the other.

    Returns
    -------
    list of list of str
        One list for each panel.
    """
    parts, start = [], 0
    for panel in panels:
        count = 1 if isinstance(panel, Table) else 2 * len(panel.series)
        parts.append(slots[start : start + count])
        start += count
    return parts


def pictures(panels, slots: list[str], impulses: Impulses, name: str) -> str:
    """The drawings of one frame as HTML, legends included.

    Parameters
    ----------
    panels : sequence of Lines, Plane and Table
        The widget's panels.
    slots : list of str
        The frame's packed data.
    impulses : sequence
        Of each panel: a table's column as an int, None where the panel is no table.
    name : str
        The widget's id on the page.

    Returns
    -------
    str
        One ``<div class="panels">``.
    """
    width = width_of(panels)
    drawn = []
    for p, (panel, part) in enumerate(zip(panels, split(panels, slots), strict=True)):
        head = f'<p class="head">{escape(panel.title)}</p>' if panel.title else ""
        if isinstance(panel, Table):
            body = draw_table.svg(panel, unpack_cells(part[0], panel.cols), impulses[p], width, f"{name}-{p}")
        else:
            head += draw_axes.key(panel, draw_axes.looks(panel, draw_axes.box_of(panel, width), part))
            body = draw_axes.svg(panel, part, width, f"{name}-{p}")
        drawn.append(f'<div class="panel" data-panel>{head}{body}</div>')
    look = f"panels of{len(panels)}{' wide' if width == WIDE else ''}"
    return f'<div class="{look}">{"".join(drawn)}</div>'


def words(panels, slots: list[str], impulses: Impulses, sentence: str) -> str:
    """The frame in words: the author's sentence and, for a table, what the impulse does.

    Parameters
    ----------
    panels : sequence of Lines, Plane and Table
        The widget's panels.
    slots : list of str
        The frame's packed data.
    impulses : sequence
        Of each panel: a table's column as an int, None where the panel is no table.
    sentence : str
        The author's.

    Returns
    -------
    str
        Sentences, with a space between them.
    """
    said = [sentence]
    for panel, part, impulse in zip(panels, split(panels, slots), impulses, strict=True):
        if isinstance(panel, Table):
            said.append(draw_table.answer(panel, unpack_cells(part[0], panel.cols), impulse))
    return " ".join(said)


def range_input(label: str, first: int, last: int, at: int, text: str, data: str) -> str:
    """A slider over whole numbers with its label, and its value in words behind it.

    Parameters
    ----------
    label : str
        What it is.
    first, last, at : int
        Its ends, and where it stands.
    text : str
        Its value in words.
    data : str
        Attributes for the script.

    Returns
    -------
    str
        The HTML.
    """
    return (
        f'<div class="setting"><label><span>{escape(label)}</span>'
        f'<input type="range" min="{first}" max="{last}" step="1" value="{at}" {data} '
        f'data-label="{escape(label)}" aria-valuetext="{escape(f"{label} {text}")}" data-lm-suppress-shortcuts="true"></label>'
        f'<output aria-live="off">{escape(text)}</output></div>'
    )


def _control(control: Slider | Choice, c: int) -> str:
    if isinstance(control, Slider):
        at = control.first
        return range_input(control.label, 0, len(control.values) - 1, at, control.text(control.values[at]), f'data-control="{c}"')
    radios = "".join(
        f'<label><input type="radio" name="c{c}" value="{k}"{" checked" if k == control.first else ""} '
        f'data-control="{c}" data-lm-suppress-shortcuts="true">{escape(text)}</label>'
        for k, text in enumerate(control.values)
    )
    label = escape(control.label)
    return (
        f'<div class="setting" role="radiogroup" aria-label="{label}"><span aria-hidden="true">{label}</span>'
        f'<div class="radios">{radios}</div></div>'
    )


def _controls(controls, panels, impulses: Impulses) -> str:
    rows = [_control(control, c) for c, control in enumerate(controls)]
    for p, panel in enumerate(panels):
        if isinstance(panel, Table):
            at = impulses[p]
            rows.append(range_input(impulse_label(panel), 0, panel.cols - 1, at, str(at), f'data-impulse="{p}"'))
    # a form keeps this widget's radio buttons apart from another's; disabled until the script is there
    return f'<form autocomplete="off"><fieldset disabled>{"".join(rows)}</fieldset></form>'


def impulse_label(panel: Table) -> str:
    return f"impulse at {draw_table.nouns(panel)[0]}"


def _panel_data(panel, part: list[str], width: int) -> dict:
    if isinstance(panel, Table):
        return {
            "cols": panel.cols,
            "impulse": panel.impulse,
            "limit": panel.limit,
            "nouns": draw_table.nouns(panel),
            "sizes": draw_table.sizes(panel),
        }
    box = draw_axes.box_of(panel, width)
    return {
        "box": box,
        "axes": [[*axis.ends, int(axis.log)] for axis in (panel.xaxis, panel.yaxis)],
        "series": [[look["name"], look["mark"], look["base"]] for look in draw_axes.looks(panel, box, part)],
    }


def _pooled(frames: list[tuple[str, list[str]]]) -> tuple[list[str], list[list[int]]]:
    """Every different text once, and each frame as places in that list: its words, then its data."""
    places: dict[str, int] = {}
    rows = [[places.setdefault(text, len(places)) for text in (sentence, *slots)] for sentence, slots in frames]
    return list(places), rows


@functools.cache
def script(name: str) -> str:
    """A script without its comments and indentation; ``// INCLUDE file`` stands for that file.

    Parameters
    ----------
    name : str
        The file below ``dynlib/teaching``; what it includes lies in ``explore``.

    Returns
    -------
    str
        One line a statement.
    """
    lines = []
    for line in resources.files("dynlib.teaching").joinpath(name).read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("// INCLUDE "):
            lines.append(script(f"explore/{line.removeprefix('// INCLUDE ')}"))
        elif line and not line.startswith("//"):
            lines.append(line)
    return "\n".join(lines)


def page(explore, frames: list[tuple[str, list[str]]]) -> str:
    """The widget as HTML, alive without a kernel.

    Parameters
    ----------
    explore : Explore
        For its title, controls, panels and start.
    frames : list of (str, list of str)
        For each combination of control values (the last control fastest) the words and the packed
        data.

    Returns
    -------
    str
        One ``<div class="dynlib-explore">``, the same text for the same data on every machine.
    """
    panels = explore.panels
    sentence, slots = frames[explore.start]
    impulses = [getattr(panel, "impulse", None) for panel in panels]
    width = width_of(panels)
    pool, rows = _pooled(frames)
    data = {
        "start": [control.first for control in explore.controls],
        "says": [[control.text(value) for value in control.values] for control in explore.controls],
        "panels": [_panel_data(panel, part, width) for panel, part in zip(panels, split(panels, slots), strict=True)],
        "pool": pool,
        "frames": rows,
    }
    # no "<" may stand in a script element: "</script>" or "<!--" in somebody's words would end or comment it
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")

    def body(name: str) -> str:
        return (
            f'<p class="title">{escape(explore.title)}</p>{_controls(explore.controls, panels, impulses)}'
            f"{pictures(panels, slots, impulses, name)}"
            f'<p class="words" role="status">{escape(words(panels, slots, impulses, sentence))}</p>'
            f'<script type="application/json">{text}</script>'
        )

    name = "explore-" + hashlib.sha256(body("").encode()).hexdigest()[:10]
    return (
        f'<div class="dynlib-explore" id="{name}" role="group" aria-label="{escape(explore.title)}"><style>{CSS}</style>'
        f"{body(name)}<script>{script('explore/explore.mjs').replace('#ID', f'#{name}')}</script></div>"
    )
