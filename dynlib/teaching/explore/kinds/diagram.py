"""A diagram of boxes and arrows; a frame highlights a path through it and writes into its boxes."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from dynlib.teaching.explore.kinds.panel import Panel
from dynlib.teaching.explore.style import LIGHT


@dataclass(eq=False, kw_only=True)
class Diagram(Panel):
    """Boxes and arrows, the data flow of a model say, with the shapes on the arrows.

    A frame gives a dict: ``path``, the names of the boxes that are highlighted, with every arrow
    between two that follow each other in it; and, if wanted, ``notes``, a line under a box's label
    by the box's name.

    Parameters
    ----------
    boxes : mapping of str to (column, row, label)
        By name. Columns and rows count from 0; a half stands between two.
    arrows : sequence of (from, to) or (from, to, label)
        Names of boxes; the label says what flows, its shape say.
    title : str
        One line above the panel.

    Raises
    ------
    ValueError
        For no box, an arrow to a box that there is none of; in a frame for an unknown name.
    """

    boxes: Mapping[str, tuple[float, float, str]]
    arrows: Sequence[tuple] = field(default_factory=list)
    title: str = ""

    kind: ClassVar[str] = "diagram"
    size: ClassVar[int] = 1

    def __post_init__(self):
        if not self.boxes:
            raise ValueError(f"boxes must be at least one, got {self.boxes!r}")
        self.arrows = [(*arrow, "")[:3] for arrow in self.arrows]
        for start, end, _ in self.arrows:
            if not {start, end} <= set(self.boxes):
                raise ValueError(f"arrow {start!r} to {end!r}: both must be boxes among {list(self.boxes)}")

    def data(self) -> dict:
        return {"boxes": [[name, *box] for name, box in self.boxes.items()], "arrows": self.arrows}

    def pack(self, content, where: str) -> list[str]:
        if not isinstance(content, Mapping) or not {"path"} <= set(content) <= {"path", "notes"}:
            raise ValueError(f"{where}: wanted a dict with path and, if wanted, notes, got {content!r}")
        notes = content.get("notes", {})
        for name in (*content["path"], *notes):
            if name not in self.boxes:
                raise ValueError(f"{where}: {name!r} is none of the boxes {list(self.boxes)}")
        return [json.dumps([list(content["path"]), dict(notes)], ensure_ascii=False, separators=(",", ":"))]

    def paint(self, part, slots: list[str]) -> None:
        path, notes = json.loads(slots[0])
        axes = part.subplots()
        on = set(itertools.pairwise(path))
        for start, end, label in self.arrows:
            (x, y, _), (u, v, _) = self.boxes[start], self.boxes[end]
            colour = LIGHT["c1"] if (start, end) in on else "0.5"
            axes.annotate("", (u, -v), (x, -y), arrowprops={"arrowstyle": "->", "color": colour, "shrinkA": 22, "shrinkB": 22})
            axes.text((x + u) / 2, -(y + v) / 2 + 0.12, label, ha="center", fontsize=7)
        for name, (x, y, label) in self.boxes.items():
            look = {"boxstyle": "round", "facecolor": "white", "edgecolor": LIGHT["c1"] if name in path else "0.5"}
            axes.text(x, -y, "\n".join(filter(None, [label, notes.get(name)])), ha="center", va="center", fontsize=8, bbox=look)
        xs, ys = [box[0] for box in self.boxes.values()], [-box[1] for box in self.boxes.values()]
        axes.set(xlim=(min(xs) - 0.6, max(xs) + 0.6), ylim=(min(ys) - 0.6, max(ys) + 0.6), title=self.title)
        axes.set_axis_off()
