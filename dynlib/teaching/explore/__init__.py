"""Explore: a picture with sliders that is alive in a static page, and computes with a kernel.

Explore(
    title="A mode leaks",
    controls=[Slider("half life", [5, 10, 20], unit="steps")],
    panels=[Lines(x=range(50), xlim=(0, 49), ylim=(0, 1), xlabel="time (steps)", ylabel="state", series=["state"])],
    frame=lambda half_life: Frame(
        [{"state": 0.5 ** (np.arange(50) / half_life)}], words=f"Half is gone after {half_life} steps."
    ),
)
"""

from dynlib.teaching.explore.controls import Choice, Slider
from dynlib.teaching.explore.panels import Lines, Plane, Table
from dynlib.teaching.explore.widget import Explore, Frame

__all__ = ["Choice", "Explore", "Frame", "Lines", "Plane", "Slider", "Table"]
