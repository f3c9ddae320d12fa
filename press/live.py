"""What a stored live picture says of itself: its name, its controls with their values, where they stand at first, its axes."""

import re
from dataclasses import dataclass

from press.chapter import Page
from press.widgets import data_of


@dataclass(frozen=True)
class Live:
    """A live picture with a name.

    ``controls`` maps each label to its values in words, ``start`` has the places of the first ones, ``panels`` what is stored of
    each panel.
    """

    name: str
    controls: dict[str, list[str]]
    start: tuple[int, ...]
    panels: list[dict]

    @property
    def element(self) -> str:
        """Its id on the page."""
        return f"explore-{self.name}"

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

    def axes_of(self, panel: int) -> list[list]:
        """The axes of a panel.

        Parameters
        ----------
        panel : int
            Which, from 0.

        Returns
        -------
        list of list
            Of x and of y: the ends, whether they are exponents of a logarithmic axis (0 or 1), and what stands at the axis.

        Raises
        ------
        ValueError
            For a panel that there is none of, or that has no axes.
        """
        if panel >= len(self.panels) or "axes" not in self.panels[panel]:
            raise ValueError(f"the widget {self.name!r} has no panel {panel} with axes to draw on")
        found = self.panels[panel]
        labels = (found.get("xlabel", ""), found.get("ylabel", ""))
        return [[*axis["ends"], int(axis["log"]), label] for axis, label in zip(found["axes"], labels, strict=True)]


def live_of(page: Page) -> dict[str, Live]:
    """The live pictures of a page that have a name, by their names."""
    found = {}
    for stored in (html for _, html in page.widgets if "application/json" in html):
        data = data_of(stored)
        if name := data.get("name"):
            controls = {control["label"]: control["says"] for control in data["controls"]}
            start = tuple(control["start"] for control in data["controls"])
            found[name] = Live(name, controls, start, data["panels"])
    return found
