"""Rules about stored figures, for pages of the second edition: a caption, and texts that a phone's reader can read."""

import itertools
from collections.abc import Iterator
from typing import Any

from press.chapter import Page
from press.pictures import LIGHT, is_figure

Found = Iterator[tuple[int, str]]

SMALLEST = 7.0  # points of a text when its picture is shown on a phone
PHONE = 358 / 96  # inches of a page that a picture has there
SLACK = 0.02  # inches by which a box may stand above another: it is as high as the face's tallest letter
SPACE = 0.03  # inches between two texts of one line, the width of a blank


def _figures(page: Page) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """``(cell number, metadata, what was noted when it was drawn)`` of each figure."""
    for number, cell in page.code:
        for out in cell.outputs:
            if is_figure(out):
                yield number, out.metadata, out.metadata.get("dynamics", {})


def figure_caption(page: Page) -> Found:
    for number, cell in page.code:
        for out in cell.outputs:
            if LIGHT in out.get("data", {}) and not is_figure(out):
                yield number, "shows a picture that is not drawn for a dark page; use figures.show"
    for number, _, about in _figures(page):
        if "caption" not in about:
            yield number, "shows a figure without a caption; figures.show(…, caption=…) says what to see in it"


def figure_texts(page: Page) -> Found:
    for number, metadata, about in _figures(page):
        for form, drawn in about["drawn"].items():
            phone = form == "narrow" or "narrow" not in about["drawn"]
            width = metadata[LIGHT]["width"] / 96 / about["drawn"]["wide"]["size"][0] * drawn["size"][0]
            for said in faults(drawn, min(width, PHONE) if phone else width):
                yield number, f"shows a figure ({form}) in which {said}"


def faults(drawn: dict[str, Any], width: float) -> list[str]:
    """What is wrong with a figure's texts.

    Parameters
    ----------
    drawn : dict
        ``size``, ``texts`` and ``crossed``, as ``dynlib.teaching.figures`` notes them.
    width : float
        How many inches wide the figure is shown.

    Returns
    -------
    list of str
        A sentence each.
    """
    found = []
    wide, high = drawn["size"]
    for text, *box, points in drawn["texts"]:
        if (shown := points * width / wide) < SMALLEST:
            found.append(f"{text!r} is {shown:.1f} points high where it is shown; at least {SMALLEST:g}")
        if min(box[:2]) < -SLACK or box[2] > wide + SLACK or box[3] > high + SLACK:
            found.append(f"{text!r} runs out of the picture")
    for (one, *first, _), (other, *second, _) in itertools.combinations(drawn["texts"], 2):
        across, up = (min(first[k + 2], second[k + 2]) - max(first[k], second[k]) for k in (0, 1))
        if up > SLACK and across > -SPACE:
            found.append(f"{one!r} and {other!r} run into each other")
    return found + [f"a curve runs through {text!r}" for text in drawn["crossed"]]


RULES = [figure_caption, figure_texts]
