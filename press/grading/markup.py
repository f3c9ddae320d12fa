"""Markdown, as students write it, as HTML that runs nothing and loads nothing: formulas as MathML, code as code."""

import html
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

LONGEST = 4_000  # characters of one formula
# MathML Core without what links, loads or carries a style.
ELEMENTS = {
    *("math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded", "mphantom"),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "none"),
}
ATTRIBUTES = {
    *("display", "displaystyle", "scriptlevel", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace"),
    *(
        "accent",
        "accentunder",
        "linethickness",
        "columnalign",
        "rowspacing",
        "columnspacing",
        "minsize",
        "maxsize",
        "movablelimits",
    ),
}


def as_html(markdown: str) -> str:
    """Whole paragraphs, lists and code.

    Parameters
    ----------
    markdown : str
        With ``$`` formulas; HTML in it is shown as it stands, and pictures as their addresses.

    Returns
    -------
    str
        HTML.
    """
    return _MARKDOWN.render(markdown)


def line_as_html(text: str) -> str:
    """One line, in which only formulas and code between backticks are marked up: an error's ``__len__`` is not to become bold."""
    return _LINE.renderInline(" ".join(text.split()))


def formula(tex: str, display: bool = False) -> str:
    """A formula as MathML; as it was typed, where it is none."""
    try:
        if len(tex) > LONGEST:
            raise ValueError("a formula of that length is none")
        tree = convert_to_element(tex, display="block" if display else "inline")
        _clean(tree)
        return tostring(tree, encoding="unicode")
    except Exception:  # whatever the converter makes of what a student typed
        return f"<code>{html.escape(tex)}</code>"


def _clean(node: Element) -> None:
    """Keep what only shows something; the converter passes links, styles and whole elements on."""
    if node.tag not in ELEMENTS:
        raise ValueError(f"{node.tag} is no element of a formula")
    node.attrib = {name: value for name, value in node.attrib.items() if name in ATTRIBUTES}
    node.text, node.tail = (html.unescape(text) if text else text for text in (node.text, node.tail))
    for part in node:
        _clean(part)


def _renderer(tex: str, options: dict) -> str:
    return formula(tex, bool(options.get("display_mode")))


_LINE = MarkdownIt("zero").enable("backticks").use(dollarmath_plugin, renderer=_renderer)
_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False})
    .enable("table")
    .disable("image")
    .use(dollarmath_plugin, renderer=_renderer, double_inline=True)
    .use(amsmath_plugin, renderer=lambda tex: formula(tex, True))
)
