"""Points to drag, and a pointer network that answers in the page: :class:`DragPoints`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from dynlib.pointer.page_weights import packed, rounded
from dynlib.pointer.plain import plain_answer
from dynlib.teaching.drag import draw_field
from dynlib.teaching.explore import draw_table
from dynlib.teaching.explore.levels import CELL_TOP
from dynlib.teaching.explore.page import NARROW, range_input, script
from dynlib.teaching.explore.panels import Table
from dynlib.teaching.explore.still import paint_table, painted, still
from dynlib.teaching.explore.style import CSS, rules

MOST_POINTS, MOST_BYTES = 10, 200 * 1024
ROWS = MOST_POINTS + 1  # the end and every point: as many columns as steps at most

_OWN_CSS = rules("""
& .dots circle{fill:currentColor;stroke:none}
& .dots .chosen{fill:var(--c0)}
& .dots text{font-size:130px}
& [data-field]{touch-action:pan-y}
& [data-square]{touch-action:none}
&:has(fieldset:enabled) [data-square]{cursor:move}
& button{grid-column:2/-1;justify-self:start;min-height:28px;font:inherit;padding:0 .8em;color:inherit;
background:none;border:1px solid currentColor;border-radius:4px}
@container (max-width:520px){& button{min-height:44px}}
""")


class DragPoints:
    """Points that the reader drags, the hull that a small pointer network draws, and its table.

    Row i of the table is what step i points at; column 0 is the end. The network runs in the page,
    on matrices of bytes, and needs no kernel. In a notebook the object shows the same page.

    Parameters
    ----------
    title : str
        One line.
    weights : mapping of str to ndarray
        As :func:`dynlib.pointer.plain.plain_weights` returns them.
    points : sequence of (n, 2) arrays
        One in [0, 1]² for each size n on offer, 3 ≤ n ≤ 10, in the order of the slider.
    says : sequence of str
        For each size one sentence that stands behind the answer, the network's score on fresh sets
        say.
    start : int
        The size shown first.
    chosen : int
        The point that is chosen, and gets the impulse, first; from 1.

    Attributes
    ----------
    weights : dict of str to ndarray
        Those the page computes with, on their int8 grid.
    html : str
        The page's form.

    Raises
    ------
    ValueError
        For no title, points of another shape, outside the square or on one line, a size twice,
        sentences that do not fit, a start that is not on offer, more than 200 KB.
    """

    def __init__(
        self,
        *,
        title: str,
        weights: Mapping[str, np.ndarray],
        points: Sequence[np.ndarray],
        says: Sequence[str],
        start: int,
        chosen: int = 1,
    ):
        if not isinstance(title, str) or not title.strip():
            raise ValueError(f"title must be a line of text, got {title!r}")
        self.title, self.chosen, self.says = title, chosen, list(says)
        self.points = [_checked(np.asarray(p, dtype=float)) for p in points]
        sizes = [len(p) for p in self.points]
        if len(set(sizes)) < len(sizes) or start not in sizes or len(self.says) != len(sizes):
            raise ValueError(
                f"points of sizes {sizes}, start={start} and {len(self.says)} sentences do not fit: give different "
                "sizes, start at one of them, and a sentence for each"
            )
        self.start = sizes.index(start)
        if not 1 <= chosen <= start:
            raise ValueError(f"chosen={chosen} is none of the points 1..{start}")
        self.weights = rounded(weights)
        self.table = Table(rows=ROWS, cols=ROWS, limit=1.0, xlabel="point j", ylabel="step i", impulse=chosen)
        rows, self.answer = plain_answer(self.weights, self.points[self.start])
        self.levels = _levels(rows)
        self.words = " ".join(
            [
                draw_field.judge(self.points[self.start], self.answer),
                self.says[self.start],
                draw_table.answer(self.table, self.levels, chosen),
            ]
        )
        self.html = self._page(packed(weights))
        size = len(self.html.encode())
        if size > MOST_BYTES:
            raise ValueError(f"the widget is {size} bytes of HTML, more than {MOST_BYTES}; take a smaller network")

    def _page(self, weights: dict) -> str:
        here = self.points[self.start]
        inputs = "".join(
            [
                range_input("size", 0, len(self.points) - 1, self.start, f"{len(here)} points", 'data-control="size"'),
                range_input("point", 1, len(here), self.chosen, f"{self.chosen}", 'data-control="point"'),
            ]
        )
        data = {
            "weights": weights,
            "points": [p.tolist() for p in self.points],
            "says": self.says,
            "start": self.start,
            "chosen": self.chosen,
            "table": {"nouns": draw_table.nouns(self.table), "sizes": draw_table.sizes(self.table)},
        }
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")

        def body(name: str) -> str:
            return (
                f'<p class="title">{escape(self.title)}</p><form autocomplete="off"><fieldset disabled>{inputs}'
                '<button type="button" data-new>New points</button></fieldset></form><div class="panels of2">'
                f'<div class="panel">{draw_field.svg(here, self.answer, self.chosen)}</div>'
                f'<div class="panel">{draw_table.svg(self.table, self.levels, self.chosen, NARROW, f"{name}-table")}</div></div>'
                f'<p class="words" role="status">{escape(self.words)}</p><script type="application/json">{text}</script>'
            )

        name = "drag-" + hashlib.sha256(body("").encode()).hexdigest()[:10]
        code = script("drag/drag.mjs").replace("#ID", f"#{name}").replace("#ROWS", str(ROWS))
        return (
            f'<div class="dynlib-explore" id="{name}" role="group" aria-label="{escape(self.title)}">'
            f"<style>{CSS}{_OWN_CSS}</style>{body(name)}<script>{code}</script></div>"
        )

    def poster(self) -> str:
        """The widget in words."""
        sizes = ", ".join(str(len(p)) for p in self.points)
        return f"{self.title}\n  size: {sizes} (here {len(self.points[self.start])}), each point can be dragged\n{self.words}"

    __repr__ = poster

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {"text/plain": self.poster(), "text/html": still(self.title, self.words, self._picture(), self.html)}

    def _picture(self) -> bytes:
        here = self.points[self.start]
        return painted(
            [
                lambda part: draw_field.paint(part, here, self.answer, self.chosen),
                lambda part: paint_table(part, self.table, self.levels, self.chosen),
            ]
        )


def _checked(points: np.ndarray) -> np.ndarray:
    if points.ndim != 2 or points.shape[1] != 2 or not 3 <= len(points) <= MOST_POINTS:
        raise ValueError(f"points must have the shape (n, 2) with n from 3 to {MOST_POINTS}, got {points.shape}")
    if not ((points >= 0) & (points <= 1)).all():
        raise ValueError("points must lie in the unit square; scale them by one common factor first")
    if np.linalg.matrix_rank(points - points[0]) < 2:
        raise ValueError("points lie on one line and have no hull; move one of them")
    return points


def _levels(rows: np.ndarray) -> list[list[int | None]]:
    """The table as levels; missing where there is no step or no point."""
    levels = np.full((ROWS, ROWS), None)
    levels[: rows.shape[0], : rows.shape[1]] = np.floor(rows * CELL_TOP + 0.5).astype(int)
    return levels.tolist()
