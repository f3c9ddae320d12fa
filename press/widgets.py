"""What the stored form of a live picture says of it: its name, its controls, their values, and where they stand at first."""

import html
import json
import re
from dataclasses import dataclass

from press.chapter import Page

_NAME = re.compile(r'<div class="dynlib-explore"[^>]*?\bid="explore-([\w-]+)"')
_LABEL = re.compile(r'data-control="(\d+)"[^>]*? data-label="([^"]*)"|role="radiogroup" aria-label="([^"]*)"')
_DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.S)


@dataclass(frozen=True)
class Widget:
    """A live picture. ``controls`` maps each label to its values in words; ``start`` has the place of each control's first one."""

    name: str
    controls: dict[str, list[str]]
    start: tuple[int, ...]
    panels: int

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


def widgets_of(page: Page) -> dict[str, Widget]:
    """The live pictures of a page that have a name, by their names."""
    found = {}
    for _, live in page.widgets:
        name, data = _NAME.search(live), _DATA.search(live)
        if name and data:
            found[name[1]] = _read(name[1], live, json.loads(data[1]))
    return found


def _read(name: str, live: str, data: dict) -> Widget:
    labels: list[str] = []
    for number, slider, choice in _LABEL.findall(live):
        if not number or int(number) == len(labels):
            labels.append(html.unescape(slider or choice))
    return Widget(name, dict(zip(labels, data["says"], strict=True)), tuple(data["start"]), len(data["panels"]))
