"""Widgets in stored outputs: where they stand, how the site shows them, and what a notebook must not keep of them."""

import json
import re

from nbformat import NotebookNode

from dynlib.teaching.explore.script import with_script

_WIDGET = re.compile(r"""class=["'](?:[^"']*\s)?dynlib-explore(?:\s[^"']*)?["']""")
_POSTER = re.compile(r'<div class="poster">(.*?)</div>', re.S)
_RUN = re.compile(r"<p><em>[^<]*</em></p>$")
_DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.S)
_BROUGHT = re.compile(r"<(style|script) data-dynlib>.*?</\1>", re.S)


def is_widget(markup: str) -> bool:
    """Whether an output is, or holds, a widget."""
    return bool(_WIDGET.search(markup))


def data_of(markup: str) -> dict:
    """What a stored widget's script would read: its name, controls, panels and frames."""
    found = _DATA.search(markup)
    if not found:
        raise ValueError(f"a stored widget must hold its data, got {markup[:80]!r}; execute the page again")
    return json.loads(found[1])


def on_the_site(markup: str) -> str:
    """A stored output as the built page holds it: the page brings the script, so the poster is for browsers without one."""
    if not is_widget(markup):
        return markup
    return _POSTER.sub(lambda found: f"<noscript>{_RUN.sub('', found[1])}</noscript>", without_script(markup))


def without_script(markup: str) -> str:
    """An output without the style and script that a live kernel adds."""
    return _BROUGHT.sub("", markup)


def bring_scripts(nb: NotebookNode) -> None:
    """Give each widget in a notebook's outputs the style and script that no page around it brings."""
    for cell in nb.cells:
        for out in cell.get("outputs", []):
            data = out.get("data", {})
            if is_widget(data.get("text/html", "")):
                data["text/html"] = with_script(data["text/html"])
