"""What came of marking: a verdict an exercise, and all of one student's."""

import json
from dataclasses import asdict, dataclass, field

from press.grading.transport import printable
from press.statements import Exercise

LONGEST = 600  # characters of a line


@dataclass
class Verdict:
    """What one exercise got, and why, in one line; ``case`` is the call that failed, where it may be shown."""

    label: str
    title: str
    points: float
    of: int
    line: str
    case: str = ""
    holder: str = ""  # whose personal numbers these are, if not the student's
    by_hand: bool = False  # whether a person has to judge, for nothing here could


def verdict_on(exercise: Exercise, points: float, line: str, case: str = "") -> Verdict:
    """The verdict on an exercise, its line cut to what a page can hold."""
    return Verdict(exercise.label, exercise.title, points, exercise.points, " ".join(line.split())[:LONGEST], case)


@dataclass
class Marked:
    """One student's result. ``texts`` are what a person still marks: title, prompt, what was written, rubric."""

    student: str
    sha: str
    verdicts: list[Verdict] = field(default_factory=list)
    texts: list[dict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def record(self) -> dict:
        """As plain values, of which every text can be written to a file, whatever a student's code made of it."""
        return json.loads(printable(json.dumps(asdict(self), ensure_ascii=False)))
