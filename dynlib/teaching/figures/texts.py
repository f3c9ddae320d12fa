"""Where a figure's texts stand and how large they are, noted while it is drawn, for a lint to judge."""

from typing import Any

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text

SLACK = 0.02  # inches that two boxes may share: a box is as high as the tallest letter of the face


class Recorder(RendererAgg):
    """What draws a figure into pixels, and remembers each text that it was given.

    Parameters
    ----------
    width, height : int
        Pixels.
    dpi : float
        Pixels an inch.
    """

    def __init__(self, width: int, height: int, dpi: float):
        super().__init__(width, height, dpi)
        self.drawn: dict[int, Text] = {}

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if mtext is not None and mtext.get_text().strip():
            self.drawn[id(mtext)] = mtext
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)

    def report(self, fig) -> dict[str, Any]:
        """What a lint needs to know.

        Parameters
        ----------
        fig : matplotlib.figure.Figure
            The figure that was drawn.

        Returns
        -------
        dict
            ``size``, inches; ``texts``, each with its left, lower, right and upper edge in inches and
            its size in points; ``crossed``, the texts that a curve runs through.
        """
        boxes = {text: text.get_window_extent(self) for text in self.drawn.values()}
        texts = [
            [text.get_text(), *(round(float(edge) / self.dpi, 2) for edge in box.extents), round(float(text.get_fontsize()), 1)]
            for text, box in boxes.items()
        ]
        width, height = (round(float(inches), 2) for inches in fig.get_size_inches())
        return {"size": [width, height], "texts": texts, "crossed": self._crossed(fig, boxes)}

    def _crossed(self, fig, boxes: dict[Text, Any]) -> list[str]:
        """The texts, without a ground of their own, that a curve or its points run through."""
        found = []
        for axes in fig.axes:
            for line in axes.lines:
                path = line.get_transform().transform_path(line.get_path()).cleaned(remove_nans=True)
                for text, box in boxes.items():
                    if text.get_bbox_patch() is not None or text.get_path_effects():
                        continue
                    inner = box.padded(-SLACK * self.dpi)
                    if inner.width <= 0 or inner.height <= 0 or not axes.bbox.overlaps(inner):
                        continue
                    if _runs_through(line, path, axes.bbox.intersection(axes.bbox, inner)):
                        found.append(text.get_text())
        return list(dict.fromkeys(found))


def _runs_through(line, path, box) -> bool:
    """Whether a line, or a point of one that shows points only, lies in a box."""
    if not line.get_visible() or box is None:
        return False
    if line.get_linestyle() in ("None", "none", "", " "):
        return box.count_contains(path.vertices) > 0
    return path.intersects_bbox(box, filled=False)
