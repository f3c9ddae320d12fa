"""A picture that answers when it is moved: :class:`Explore` puts controls, panels and the frames together."""

import functools
import hashlib
import itertools
import math
import re
from collections.abc import Callable, Sequence

from dynlib.teaching.explore.controls import Choice, Slider
from dynlib.teaching.explore.frame import Frame
from dynlib.teaching.explore.kernel import has_kernel, is_finer, live_widget
from dynlib.teaching.explore.kinds.panel import Panel
from dynlib.teaching.explore.levels import CODE
from dynlib.teaching.explore.script import with_script
from dynlib.teaching.explore.stored import as_json, painted, stored
from dynlib.teaching.explore.twin import Twin

MOST_FRAMES = 150
MOST_BYTES = 60 * 1024


class Explore:
    """A widget that is alive in a static page and, with a kernel, computes any frame.

    Parameters
    ----------
    title : str
        One line.
    controls : sequence of Slider and Choice
        One to three.
    panels : sequence of Panel
        One or two. Their axes are the same in all frames.
    frame : callable
        Called as ``frame(lag=100, kind="turn")``, the controls' labels as keywords; returns a
        :class:`Frame`. It is called once for every combination. Its numbers must be float64, from
        closed forms or stored data: they are written into the page, and must be the same on every
        machine. A :class:`Twin` instead is computed in the page, and its points can be dragged.
    name : str, optional
        Small letters, digits and hyphens, unique on the page: the element's id is
        ``explore-<name>``, and a state's address ``#<name>?lag=100``. Without it the id is made
        from the data, and the page's address stays as it is.

    Attributes
    ----------
    html : str
        The stored form: a poster, and at most 60 KB of data with 150 frames.

    Raises
    ------
    ValueError
        For no title, control, panel or words; a name that is no slug; a label used twice; too many
        frames or bytes (the message says how many); data of the wrong shape, or less precise than
        float64 (the message names frame and series).

    Notes
    -----
    In a notebook, ``_repr_mimebundle_`` gives ``html``; in a kernel with the script, which
    ``normalise`` does not store.
    """

    def __init__(
        self,
        *,
        title: str,
        controls: Sequence[Slider | Choice],
        panels: Sequence[Panel],
        frame: Callable[..., Frame],
        name: str | None = None,
    ):
        if not isinstance(title, str) or not title.strip():
            raise ValueError(f"title must be a line of text, got {title!r}")
        if name is not None and not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
            raise ValueError(f"name must be small letters, digits and hyphens, got {name!r}")
        self.title, self.name, self._frame = title, name, frame
        self.controls, self.panels = tuple(controls), tuple(panels)
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
        self.data = as_json(self._data())
        size = len(self.data.encode())
        if size > MOST_BYTES:
            raise ValueError(f"the widget is {size} bytes of data ({count} frames), more than {MOST_BYTES}; draw fewer numbers")

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

    def split(self, slots: list[str]) -> list[tuple[Panel, list[str]]]:
        """The packed data of a frame, panel by panel."""
        rest = iter(slots)
        return [(panel, list(itertools.islice(rest, panel.size))) for panel in self.panels]

    def words(self, sentence: str, slots: list[str]) -> str:
        """A frame in words: the author's sentence, and what its panels say themselves."""
        return " ".join(filter(None, [sentence, *(panel.words(part) for panel, part in self.split(slots))]))

    def picture(self, slots: list[str]) -> bytes:
        """A frame as PNG."""
        return painted([functools.partial(panel.paint, slots=part) for panel, part in self.split(slots)])

    def poster(self) -> str:
        """The widget in words: its title, what can be moved and where it stands, and the start frame's sentence."""
        lines = [self.title]
        for control in self.controls:
            here = control.text(control.values[control.first])
            if isinstance(control, Choice):
                lines.append(f"  {control.label}: {' | '.join(control.values)} (here {here})")
            else:
                ends = f"{control.text(control.values[0])} to {control.text(control.values[-1])}"
                lines.append(f"  {control.label}: {ends}, {len(control.values)} values (here {here})")
        return "\n".join([*lines, self.words(*self._frames[self.start])])

    __repr__ = poster

    @property
    def element(self) -> str:
        """The widget's id on a page."""
        return f"explore-{self.name or hashlib.sha256(self.data.encode()).hexdigest()[:10]}"

    @functools.cached_property
    def html(self) -> str:
        sentence, slots = self._frames[self.start]
        return stored(self.title, self.words(sentence, slots), self.picture(slots), self.data, self.element)

    def _data(self) -> dict:
        twin = self._frame if isinstance(self._frame, Twin) else None
        pool, rows = _pooled([] if twin else self._frames)
        call = getattr(self._frame, "__name__", "frame")
        return {
            "name": self.name,
            "title": self.title,
            "call": call if call.isidentifier() else "frame",
            "code": CODE,
            "controls": [_control_data(control) for control in self.controls],
            "panels": [{"kind": panel.kind, "title": panel.title, "size": panel.size} | panel.data() for panel in self.panels],
            "frames": rows,
            "pool": pool,
            "live": twin and twin.data(),
        }

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        bundle: dict[str, object] = {"text/plain": self.poster(), "text/html": self.html}
        if has_kernel():
            bundle["text/html"] = with_script(self.html)
            if is_finer(self):
                view = {"version_major": 2, "version_minor": 0, "model_id": live_widget(self).model_id}
                bundle["application/vnd.jupyter.widget-view+json"] = view
        return bundle


def _control_data(control: Slider | Choice) -> dict:
    data = {
        "label": control.label,
        "parameter": control.parameter,
        "values": list(control.values),
        "says": [control.text(value) for value in control.values],
        "start": control.first,
    }
    if isinstance(control, Slider):
        data |= {"slider": True, "play": control.play, "marks": control.marks}
    return data


def _pooled(frames: list[tuple[str, list[str]]]) -> tuple[list[str], list[list[int]]]:
    """Every different text once, and each frame as places in that list: its words, then its data."""
    places: dict[str, int] = {}
    rows = [[places.setdefault(text, len(places)) for text in (sentence, *slots)] for sentence, slots in frames]
    return list(places), rows
