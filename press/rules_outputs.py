"""Rules about stored outputs. Each takes a page and yields ``(cell number or 0, message)``."""

import re
from collections.abc import Iterator

from nbformat import NotebookNode

from press.canonical import WIDGET_VIEW, alt_texts
from press.chapter import Page
from press.prose import measure

Found = Iterator[tuple[int, str]]

WIDGETS, OUTPUT_LINES = 2, 40
_WARNING = re.compile(r"\b\w*Warning\b\s*:|\bwarning:", re.IGNORECASE)
# A folder of one machine, with something in it or alone; not the tail of an address, nor a closing tag.
_LOCAL_PATH = re.compile(
    r"(?<![\w.<-])/(?:tmp|root|home|work|content|Users|usr|opt)/[\w.-]+"
    r"|(?<![\w.<-])/(?:tmp|root|home|work)\b(?![\w/<-])|\b[CD]:\\"
)


def texts(out: NotebookNode) -> list[str]:
    """Return everything textual in one output."""
    if out.output_type == "stream":
        return [out.text]
    if out.output_type == "error":
        return ["\n".join(out.traceback)]
    texts = {mime: data for mime, data in out.data.items() if not mime.startswith("image/") and not mime.endswith("+png")}
    return [data if isinstance(data, str) else repr(data) for data in texts.values()]


def widgets(page: Page) -> Found:
    if len(page.widgets) > WIDGETS:
        yield 0, f"has {len(page.widgets)} widgets; a page has at most {WIDGETS}"


def clean_outputs(page: Page) -> Found:
    for number, cell in page.code:
        for out in cell.outputs:
            if out.get("name") == "stderr":
                yield number, f"prints to stderr: {out.text.strip().splitlines()[0][:80] if out.text.strip() else ''}"
            if out.output_type == "error" or any("Traceback (most recent call last)" in text for text in texts(out)):
                yield number, "shows a traceback"
            for text in texts(out):
                if warning := _WARNING.search(text):
                    yield number, f"shows a warning ({warning[0]})"
                if path := _LOCAL_PATH.search(text):
                    yield number, f"shows a path of one machine ({path[0]})"


def output_length(page: Page) -> Found:
    for number, cell in page.code:
        for out in cell.outputs:
            printed = out.text if out.output_type == "stream" else out.get("data", {}).get("text/plain", "")
            lines = len(printed.splitlines())
            if lines > OUTPUT_LINES:
                yield number, f"has an output of {lines} lines; at most {OUTPUT_LINES}"


def alt_text(page: Page) -> Found:
    for number, cell in page.code:
        pictures = sum(mime.startswith("image/") for out in cell.outputs for mime in out.get("data", {}))
        alts = alt_texts(cell)
        if len(alts) < pictures:
            yield number, "shows a picture without alt text; use figures.show(fig, alt=…)"
        elif alts and cell.metadata.get("mystnb", {}).get("image", {}).get("alt") != alts[0]:
            yield number, "has an alt text that the page does not show: run normalise"
    for number, tree in page.texts:
        if measure(tree).bare_pictures:
            yield number, "shows a picture without alt text"


def no_widget_state(page: Page) -> Found:
    if "widgets" in page.nb.metadata:
        yield 0, "stores widget state, which breaks it on GitHub: run normalise"
    for number, cell in page.code:
        if any(WIDGET_VIEW in out.get("data", {}) for out in cell.outputs):
            yield number, "stores a widget view: run normalise"


RULES = [widgets, clean_outputs, output_length, alt_text, no_widget_state]
