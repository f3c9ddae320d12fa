"""What is marked in one room."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from press.grading.credit import Slip
from press.personal import Draw, Student
from press.statements import Exercise
from press.tasks import Task


@dataclass(frozen=True)
class Room:
    """What is marked in one room: exercises, their checks, solutions and draws, the setup cell, and the tasks for a student."""

    name: str
    graded: dict[str, Exercise]
    checks: dict[str, Callable]
    solutions: dict[str, Callable]
    draws: dict[str, Draw]
    setup: str
    tasks: Callable[[Student | None], list[Task]]
    slips: dict[str, list[Slip]] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        return {name: exercise.label for name, exercise in self.graded.items()}

    def only(self, names: list[str]) -> "Room":
        """The room with these exercises and no others."""
        return replace(self, graded={name: self.graded[name] for name in self.graded if name in names})

    def place(self, label: str) -> int:
        """Where on the page the exercise stands to which a verdict's label belongs."""
        return list(self.labels.values()).index(label.removesuffix("-mine"))
