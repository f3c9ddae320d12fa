"""What a stored live picture says of itself: its name, its controls with their values, where they stand at first, its axes."""

import html
import json
import re
from dataclasses import dataclass

from press.chapter import Page

_ELEMENT = re.compile(r'<div class="dynlib-explore"[^>]*?\bid="([\w-]+)"')
_LABEL = re.compile(r'data-control="(\d+)"[^>]*? data-label="([^"]*)"|role="radiogroup" aria-label="([^"]*)"')
_DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.S)


@dataclass(frozen=True)
class Live:
    """A live picture with a name.

    ``element`` is its id on the page, ``controls`` maps each label to its values in words, ``start`` has the places of the first
    ones. ``axes`` has for each panel the ends of x and y and whether it is logarithmic (the ends are exponents then), or None
    for a panel without axes.
    """

    name: str
    element: str
    controls: dict[str, list[str]]
    start: tuple[int, ...]
    axes: list[list | None]

    def frame(self, rule: dict[str, str]) -> dict[str, str]:
        """A rule with its values as the picture words them: ``lag=100`` as ``100 steps``.

        Parameters
        ----------
        rule : dict of str to str
            A value of some of the controls, by label.

        Returns
        -------
        dict of str to str
            The same in the picture's own words.

        Raises
        ------
        ValueError
            For a control or a value that there is none of; the message lists those that there are.
        """
        return {label: self._value(label, said) for label, said in rule.items()}

    def _value(self, label: str, said: str) -> str:
        if label not in self.controls:
            raise ValueError(f"the widget {self.name!r} has no control {label!r}; it has {', '.join(self.controls)}")
        values = self.controls[label]
        found = [value for value in values if value == said]
        if not found and re.fullmatch(r"[−\d.]+", said):  # a number stands for itself with its unit
            found = [value for value in values if value.partition(" ")[0] == said]
        if len(found) != 1:
            raise ValueError(f"{label!r} of the widget {self.name!r} cannot be {said!r}; it can be {' | '.join(values)}")
        return found[0]

    def shows_at_start(self, rule: dict[str, str]) -> bool:
        """Whether the picture, untouched, is one of the frames that a rule means."""
        first = {label: values[k] for (label, values), k in zip(self.controls.items(), self.start, strict=True)}
        return all(first[label] == value for label, value in self.frame(rule).items())

    def axes_of(self, panel: int) -> list:
        """The axes of a panel; ValueError for a panel that there is none of, or that has no axes."""
        if panel >= len(self.axes) or self.axes[panel] is None:
            raise ValueError(f"the widget {self.name!r} has no panel {panel} with axes to draw on")
        return self.axes[panel] or []


def live_of(page: Page) -> dict[str, Live]:
    """The live pictures of a page that have a name, by their names."""
    found = {}
    for _, stored in page.widgets:
        element, data = _ELEMENT.search(stored), _DATA.search(stored)
        if element and data:
            made = _read(element[1], stored, json.loads(data[1]))
            found[made.name] = made
    return found


def _read(element: str, stored: str, data: dict) -> Live:
    axes = [_axes(panel) for panel in data["panels"]]
    if "controls" in data:
        controls = {control["label"]: control["says"] for control in data["controls"]}
        start = tuple(control["start"] for control in data["controls"])
        return Live(data.get("name") or "", element, controls, start, axes)
    labels: list[str] = []
    for number, slider, choice in _LABEL.findall(stored):
        if not number or int(number) == len(labels):
            labels.append(html.unescape(slider or choice))
    return Live(
        element.removeprefix("explore-"), element, dict(zip(labels, data["says"], strict=True)), tuple(data["start"]), axes
    )


def _axes(panel: dict) -> list | None:
    if "axes" not in panel:
        return None
    return [axis if isinstance(axis, list) else [*axis["ends"], int(axis["log"])] for axis in panel["axes"]]
