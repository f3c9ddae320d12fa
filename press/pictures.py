"""A stored figure as the site shows it: the picture that fits the page's theme and width, and its caption."""

import base64
import hashlib
import html
from collections.abc import Callable
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

PRIVATE = "application/vnd.dynamics."  # what only the site reads: the figure's other pictures
LIGHT, DARK = "image/png", f"{PRIVATE}dark+png"
NARROW = {LIGHT: f"{PRIVATE}narrow+png", DARK: f"{PRIVATE}narrow.dark+png"}
PHONE = 600  # pixels of the window up to which a figure's narrow form is shown
_SENTENCE = MarkdownIt("commonmark", {"html": False}).use(dollarmath_plugin, renderer=lambda text, _: rf"\({html.escape(text)}\)")


def is_figure(output: dict[str, Any]) -> bool:
    """Whether an output is what ``figures.show`` stores."""
    return DARK in output.get("data", {})


def is_caption(output: dict[str, Any]) -> bool:
    """Whether an output only repeats a figure's caption, for where a notebook is read."""
    return "caption_of" in output.get("metadata", {}).get("dynamics", {})


def only_for_the_site(outputs: list[Any]) -> None:
    """Take out of outputs the pictures that nothing but the site shows."""
    for output in outputs:
        for mime in [mime for mime in output.get("data", {}) if mime.startswith(PRIVATE) and mime.endswith("+png")]:
            del output["data"][mime]


def figure(output: dict[str, Any], keep: Callable[[bytes, str], str]) -> str:
    """The figure as HTML.

    Parameters
    ----------
    output : dict
        What ``figures.show`` stores.
    keep : callable
        Takes a picture's bytes and a name for it, and returns the address under which it then lies.

    Returns
    -------
    str
        A ``<figure>``: a ``<picture>`` for the light page and one for the dark page, and the caption.
    """
    data, about = output["data"], output["metadata"].get("dynamics", {})
    alt = html.escape(output["metadata"][LIGHT]["alt"], quote=True)
    drawn = about["drawn"]

    def address(mime: str) -> str:
        png = base64.b64decode("".join(data[mime]))
        return keep(png, f"figure-{hashlib.sha256(png).hexdigest()[:16]}.png")

    def size(of: str) -> str:
        width, height = drawn[of]["size"]
        scale = output["metadata"][LIGHT]["width"] / drawn["wide"]["size"][0]
        return f'width="{round(width * scale)}" height="{round(height * scale)}"'

    made = []
    for theme, mime in (("day", LIGHT), ("night", DARK)):
        narrow = NARROW[mime]
        small = f'<source media="(max-width: {PHONE}px)" srcset="{address(narrow)}" {size("narrow")}>' if narrow in data else ""
        # The class keeps the page's theme from dimming the picture.
        large = f'<img class="dark-light" src="{address(mime)}" alt="{alt}" {size("wide")}>'
        made.append(f'<picture class="by-{theme}">{small}{large}</picture>')
    caption = f"<figcaption>{_SENTENCE.renderInline(about['caption'])}</figcaption>" if "caption" in about else ""
    return f'<figure class="drawn">{"".join(made)}{caption}</figure>'
