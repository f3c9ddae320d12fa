"""A picture that answers when it is moved: :class:`Explore` puts controls, panels and the frames together."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dynlib.teaching.explore.controls import Choice, Slider
from dynlib.teaching.explore.live import has_kernel, live_widget
from dynlib.teaching.explore.page import page, split, words
from dynlib.teaching.explore.panels import Lines, Plane, Table
from dynlib.teaching.explore.still import painted, panel_painter, still

MOST_FRAMES = 150
MOST_BYTES = 60 * 1024


@dataclass(frozen=True)
class Frame:
    """One state of the picture.

    Parameters
    ----------
    panels : sequence
        The data of each panel in order, as the panel's class says: a dict of series, or a table.
    words : str
        The frame in one sentence, with its numbers. It is read aloud, and stands for the picture
        where none is seen.

    Raises
    ------
    ValueError
        If ``panels`` is no list or tuple.
    """

    panels: Sequence
    words: str

    def __post_init__(self):
        if not isinstance(self.panels, list | tuple):
            raise ValueError(f"Frame's panels must be a list, one entry for each panel, got {type(self.panels).__name__}")


class Explore:
    """A widget that is alive in a static page and, with a kernel, computes any frame.

    Parameters
    ----------
    title : str
        One line.
    controls : sequence of Slider and Choice
        One to three.
    panels : sequence of Lines, Plane and Table
        One or two. Their axes are the same in all frames.
    frame : callable
        Called as ``frame(lag=100, kind="turn")``, the controls' labels as keywords; returns a
        :class:`Frame`. It is called once for every combination. Its numbers must be float64, from
        closed forms or stored data: they are written into the page, and must be the same on every
        machine.

    Attributes
    ----------
    html : str
        The page's form, at most 60 KB and 150 frames: its drawings and words are complete without
        JavaScript, which then moves them.

    Raises
    ------
    ValueError
        For no title, control, panel or words; a label used twice; too many frames or bytes (the
        message says how many); data of the wrong shape, or less precise than float64 (the message
        names frame and series).

    Notes
    -----
    In a notebook, ``_repr_mimebundle_`` gives ``html`` with a picture in its place until a script
    runs and, if ipywidgets and a kernel are there, live controls.
    """

    def __init__(
        self,
        *,
        title: str,
        controls: Sequence[Slider | Choice],
        panels: Sequence[Lines | Plane | Table],
        frame: Callable[..., Frame],
    ):
        if not isinstance(title, str) or not title.strip():
            raise ValueError(f"title must be a line of text, got {title!r}")
        self.title, self.controls, self.panels, self._frame = title, tuple(controls), tuple(panels), frame
        if not 1 <= len(self.controls) <= 3:
            raise ValueError(f"controls must be one to three sliders or choices, got {len(self.controls)}")
        parameters = [control.parameter for control in self.controls]
        if len(set(parameters)) < len(parameters):
            raise ValueError(f"controls need different labels, got {[control.label for control in self.controls]}")
        if not 1 <= len(self.panels) <= 2:
            raise ValueError(f"panels must be one or two, got {len(self.panels)}")
        count = math.prod(len(control.values) for control in self.controls)
        if count > MOST_FRAMES:
            raise ValueError(f"the controls make {count} frames, more than {MOST_FRAMES}; offer fewer values")
        self.start = functools.reduce(lambda k, control: k * len(control.values) + control.first, self.controls, 0)
        self._frames = [self.compute(*values) for values in itertools.product(*(control.values for control in self.controls))]
        self.html = page(self, self._frames)
        size = len(self.html.encode())
        if size > MOST_BYTES:
            raise ValueError(
                f"the widget is {size} bytes of HTML ({count} frames), more than {MOST_BYTES}; draw fewer numbers or frames"
            )

    def compute(self, *values) -> tuple[str, list[str]]:
        """The frame at these control values.

        Parameters
        ----------
        *values
            One of each control in order.

        Returns
        -------
        words : str
            The frame in words.
        slots : list of str
            The packed data, panel by panel.

        Raises
        ------
        ValueError
            If ``frame`` returns no Frame, no words, another number of panels, or data that a panel
            refuses.
        """
        where = "frame(" + ", ".join(f"{c.parameter}={v!r}" for c, v in zip(self.controls, values, strict=True)) + ")"
        frame = self._frame(**{control.parameter: value for control, value in zip(self.controls, values, strict=True)})
        if not isinstance(frame, Frame):
            raise ValueError(f"{where} must return a Frame, got {type(frame).__name__}")
        if not isinstance(frame.words, str) or not frame.words.strip():
            raise ValueError(f"{where} must say what it shows in words, got {frame.words!r}")
        if len(frame.panels) != len(self.panels):
            raise ValueError(f"{where} has data for {len(frame.panels)} panels, wanted {len(self.panels)}")
        slots = []
        for p, (panel, content) in enumerate(zip(self.panels, frame.panels, strict=True)):
            slots += panel.pack(content, f"{where}, panel {p}")
        return frame.words.strip(), slots

    def poster(self) -> str:
        """The widget in words: its title, what can be moved and where it stands, and the start frame's sentence."""
        lines = [self.title]
        for control in self.controls:
            if isinstance(control, Choice):
                here = control.text(control.values[control.first])
                lines.append(f"  {control.label}: {' | '.join(control.values)} (here {here})")
            else:
                here = control.text(control.values[control.first])
                ends = f"{control.text(control.values[0])} to {control.text(control.values[-1])}"
                lines.append(f"  {control.label}: {ends}, {len(control.values)} values (here {here})")
        return "\n".join([*lines, self._words])

    @property
    def _words(self) -> str:
        sentence, slots = self._frames[self.start]
        return words(self.panels, slots, self._impulses, sentence)

    @property
    def _impulses(self) -> list:
        return [getattr(panel, "impulse", None) for panel in self.panels]

    def _picture(self) -> bytes:
        parts = split(self.panels, self._frames[self.start][1])
        return painted([panel_painter(*drawn) for drawn in zip(self.panels, parts, self._impulses, strict=True)])

    __repr__ = poster

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        stored = still(self.title, self._words, self._picture(), self.html)
        bundle: dict[str, object] = {"text/plain": self.poster(), "text/html": stored}
        if has_kernel():
            view = {"version_major": 2, "version_minor": 0, "model_id": live_widget(self).model_id}
            bundle["application/vnd.jupyter.widget-view+json"] = view
        return bundle
