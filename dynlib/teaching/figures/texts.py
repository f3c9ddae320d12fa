"""Where a figure's texts stand and how large they are, noted while it is drawn, for a lint to judge."""

from typing import Any

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox

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
            its size in points; ``crossed``, the texts and legends that a curve or its points run
            through.
        """
        boxes = {text: text.get_window_extent(self) for text in self.drawn.values()}
        texts = [
            [text.get_text(), *(round(float(edge) / self.dpi, 2) for edge in box.extents), round(float(text.get_fontsize()), 1)]
            for text, box in boxes.items()
        ]
        width, height = (round(float(inches), 2) for inches in fig.get_size_inches())
        return {"size": [width, height], "texts": texts, "crossed": self._crossed(fig, boxes)}

    def _crossed(self, fig, boxes: dict[Text, Bbox]) -> list[str]:
        """What a curve runs through: legends, and texts without a ground of their own."""
        legends = [axes.get_legend() for axes in fig.axes if axes.get_legend() is not None]
        inside = {text for legend in legends for text in legend.findobj(Text)}
        free = [
            (text.get_text(), box)
            for text, box in boxes.items()
            if text not in inside and text.get_bbox_patch() is None and not text.get_path_effects()
        ]
        for legend in legends:
            margin = legend.borderpad * self.points_to_pixels(legend.prop.get_size_in_points())
            free.append(("the legend", legend.get_window_extent(self).padded(-margin)))
        found = []
        for axes in fig.axes:
            for name, box in free:
                inner = Bbox.intersection(axes.bbox, box.padded(-SLACK * self.dpi))
                if inner is not None and any(_runs_through(artist, inner) for artist in (*axes.lines, *axes.collections)):
                    found.append(name)
        return list(dict.fromkeys(found))


def _runs_through(artist, box: Bbox) -> bool:
    """Whether a curve, or a point where only points are shown, lies in a box."""
    if not artist.get_visible():
        return False
    if isinstance(artist, PathCollection):
        return box.count_contains(artist.get_offset_transform().transform(artist.get_offsets())) > 0
    if not isinstance(artist, Line2D):
        return False
    path = artist.get_transform().transform_path(artist.get_path()).cleaned(remove_nans=True)
    if artist.get_linestyle() in ("None", "none", "", " "):
        return box.count_contains(path.vertices) > 0
    return path.intersects_bbox(box, filled=False)
