"""Explore: a picture with sliders that is alive in a static page, and computes with a kernel.

Explore(
    name="leak",
    title="A mode decays",
    controls=[Slider("half life", [5, 10, 20], unit="steps")],
    panels=[Lines(x=range(50), xlim=(0, 49), ylim=(0, 1), xlabel="time (steps)", ylabel="state", series=["state"])],
    frame=lambda half_life: Frame(
        [{"state": 0.5 ** (np.arange(50) / half_life)}], words=f"Half is gone after {half_life} steps."
    ),
)

What it can draw is in ``kinds``, a Python and a JavaScript file each; the script of the page is in ``engine``.
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.teaching.explore.controls import Choice, Slider
    from dynlib.teaching.explore.frame import Frame
    from dynlib.teaching.explore.kinds.bars import Bars
    from dynlib.teaching.explore.kinds.diagram import Diagram
    from dynlib.teaching.explore.kinds.histogram import Histogram
    from dynlib.teaching.explore.kinds.image import Image
    from dynlib.teaching.explore.kinds.lines import Lines
    from dynlib.teaching.explore.kinds.plane import Plane
    from dynlib.teaching.explore.kinds.points import Points
    from dynlib.teaching.explore.kinds.table import Table
    from dynlib.teaching.explore.twin import Twin
    from dynlib.teaching.explore.widget import Explore
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = [
    "Bars",
    "Choice",
    "Diagram",
    "Explore",
    "Frame",
    "Histogram",
    "Image",
    "Lines",
    "Plane",
    "Points",
    "Slider",
    "Table",
    "Twin",
]
