"""What every chapter uses: claims, live widgets, figures, checks of exercises with feedback, the setup cell, and the hand-in."""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.teaching import figures, tables
    from dynlib.teaching.answers import feedback
    from dynlib.teaching.claims import ClaimError, claim
    from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Plane, Slider, Table
    from dynlib.teaching.handing_in import hand_in
    from dynlib.teaching.setup_cell import setup
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = [
    "Choice",
    "ClaimError",
    "Explore",
    "Frame",
    "Lines",
    "Plane",
    "Slider",
    "Table",
    "claim",
    "feedback",
    "figures",
    "hand_in",
    "setup",
    "tables",
]
