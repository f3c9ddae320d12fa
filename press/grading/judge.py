"""One submission: each exercise's check, the same inputs asked again, inputs that are printed nowhere, and personal numbers.

The checks run here, in the grader; a student's functions are called through a :class:`Session`.
"""

import json
import math
import random
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import numpy as np

from dynlib.teaching.exercises import Refused
from press.grading.fork import ForkServer
from press.grading.patience import Budget
from press.grading.session import Limits, Session, Stopped
from press.grading.submissions import Handed, to_run
from press.grading.transport import printable
from press.personal import Draw, Student
from press.statements import Exercise
from press.tasks import Task

ASKED_AGAIN = 20
LONGEST = 600
NOTED = 20  # faults of one notebook


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

    @property
    def labels(self) -> dict[str, str]:
        return {name: exercise.label for name, exercise in self.graded.items()}


@dataclass
class Verdict:
    """What one exercise got, and why, in one line; ``case`` is the call that failed, where it may be shown."""

    label: str
    title: str
    points: int
    of: int
    line: str
    case: str = ""


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


def judge(
    handed: Handed,
    rooms: list[Room],
    server: ForkServer,
    allowed: Limits,
    salt: str,
    personal: bool,
    until: float = math.inf,
) -> Marked:
    """Mark all rooms of one student.

    Parameters
    ----------
    handed : Handed
        The work.
    rooms : list of Room
        What is marked.
    server : ForkServer
        Runs the student's code.
    allowed : Limits
        What that may use.
    salt : str
        The secret of the release, or of this run.
    personal : bool
        Whether the notebooks were released with personal numbers under this salt.
    until : float, optional
        The end of the pile, on ``time.monotonic()``.

    Returns
    -------
    Marked
        Every exercise of every room has its verdict.

    Raises
    ------
    Unmarked
        Where the work could not be run for no fault of the student's.
    """
    begin, budget, marked = (
        time.monotonic(),
        Budget(allowed.submission_seconds, until),
        Marked(handed.student, handed.sha, notes=list(handed.notes)),
    )
    student = Student(handed.student, salt)
    for room in rooms:
        cells = handed.notebooks.get(room.name)
        if cells is None:
            why = "; ".join(handed.notes) or f"no notebook with the exercises of {room.name} was handed in"
            marked.verdicts += [_verdict(exercise, 0, why) for exercise in room.graded.values()]
        else:
            with Session(server, [room.setup, *to_run(cells)], allowed, budget) as session:
                marked.verdicts += _of_room(room, session, student, personal)
                marked.notes += _faults(room, session)
        marked.texts += _texts(room, cells or [], student if personal else None)
    marked.seconds = round(time.monotonic() - begin, 2)
    return marked


def _verdict(exercise: Exercise, points: int, line: str, case: str = "") -> Verdict:
    return Verdict(exercise.label, exercise.title, points, exercise.points, " ".join(line.split())[:LONGEST], case)


def _of_room(room: Room, session: Session, student: Student, personal: bool) -> list[Verdict]:
    verdicts = []
    for name, exercise in room.graded.items():
        log: list[tuple[tuple, object]] = []
        try:
            session.start()
            if name not in session.names:
                raise Refused(_missing(name, session))
            draw = room.draws.get(name)
            line = accept(room.checks[name], session.function(name), log)
            log.clear()
            if draw:
                draw.check(session.function(name), room.solutions[name], draw.hidden(student))
            verdicts.append(_verdict(exercise, exercise.points, line))
        except (Refused, Stopped) as refused:
            case = _case(log[-1]) if log else ""
            verdicts.append(_verdict(exercise, 0, str(refused), case))
        except Exception as error:  # a check that an answer of unforeseen form brought down
            line = f"the check could not read this answer ({type(error).__name__}: {error})"
            verdicts.append(_verdict(exercise, 0, line, _case(log[-1]) if log else ""))
        if personal and name in room.draws:
            verdicts.append(_personal(room, name, session, student))
    return verdicts


def accept(check: Callable, answer: Callable, log: list[tuple[tuple, object]]) -> str:
    """Return a check's line, or raise Refused.

    Parameters
    ----------
    check : callable
        A ``check_NAME``.
    answer : callable
        The student's function.
    log : list
        Collects (arguments, result) of each call; its last entry belongs to the case that failed.

    Returns
    -------
    str
        The check's line.

    Raises
    ------
    Refused
        What the check refuses, and also where the answer depends on how often it was called.
    """

    def watched(*arguments):
        kept = tuple(np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments)
        log.append((kept, "…"))
        result = answer(*arguments)
        log[-1] = kept, result
        return result

    line = check(watched)
    again = list(log)
    random.Random(len(again)).shuffle(again)
    if any(not _same(answer(*arguments), result) for arguments, result in again[:ASKED_AGAIN]):
        try:  # it may draw random numbers and still be right each time
            for _ in range(2):
                check(answer)
        except Refused:
            raise Refused(
                "asked again with the same inputs it answers differently; an answer depends on its inputs alone"
            ) from None
    return line


def _same(a: object, b: object) -> bool:
    try:
        a, b = np.asarray(a), np.asarray(b)
        return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True))
    except (TypeError, ValueError, RuntimeError):
        return type(a) is type(b)


def _faults(room: Room, session: Session) -> list[str]:
    """What to say of the lines that did not run: the exercise, the line in its cell, and what was wrong."""
    found = [
        f"{_where(room, session, fault.cell)}, line {fault.line}, `{fault.text[:80]}`: {fault.says}"
        for fault in session.faults
        if not fault.says.startswith("NotImplementedError")  # an exercise that is not answered; its verdict says so
    ]
    return found[:NOTED] + ([f"and {len(found) - NOTED} more lines like these"] if len(found) > NOTED else [])


def _where(room: Room, session: Session, cell: int) -> str:
    """A cell in the student's words."""
    if cell == 0:
        return "in the first cell"
    titles = [exercise.title for name, exercise in room.graded.items() if _defines(session.cells[cell], name)]
    first = next((line.strip() for line in session.cells[cell].splitlines() if line.strip()), "")
    return f"in {' and '.join(titles)}" if titles else f"in the cell that begins `{first[:60]}`"


def _defines(source: str, name: str) -> bool:
    return bool(re.search(rf"^[ \t]*(def\s+{re.escape(name)}\b|{re.escape(name)}\s*=(?!=))", source, re.M))


def _missing(name: str, session: Session) -> str:
    """Why there is no function of that name."""
    faults = [fault for fault in session.faults if _defines(session.cells[fault.cell], name)]
    if faults:
        fault = next((fault for fault in faults if _defines(fault.text, name)), faults[0])
        return f"there is no `{name}`: its cell stops: {fault.says} (line {fault.line})"
    return f"there is no function `{name}`; was its cell deleted, or the function renamed?"


def _personal(room: Room, name: str, session: Session, student: Student) -> Verdict:
    """Whether the student's answer to their own numbers is right: one point."""
    exercise, draw = room.graded[name], room.draws[name]
    verdict = Verdict(f"{exercise.label}-mine", f"{exercise.title}: own numbers", 0, 1, "")
    try:
        value = session.ask(f"{name}_mine")
        if value is None:
            verdict.line = "not answered"
        elif draw.same(value, room.solutions[name], draw.personal(student)):
            verdict.points, verdict.line = 1, "right"
        else:
            verdict.line = "not the answer to this student's numbers"
    except Stopped as stopped:
        verdict.line = str(stopped)
    except Exception as error:
        missing = type(error).__name__ == "KeyError"
        verdict.line = "the notebook has no personal numbers" if missing else f"cannot be read: {error}"
    return verdict


def _texts(room: Room, cells: list[dict], student: Student | None) -> list[dict]:
    written = {cell["id"]: cell["source"] for cell in cells if cell["kind"] == "markdown"}
    return [
        {
            "label": task.grade_id,
            "title": task.title,
            "prompt": task.prompt,
            "points": task.points,
            "rubric": [list(line) for line in task.rubric],
            "written": written.get(task.grade_id, "")[:20_000],
        }
        for task in room.tasks(student)
    ]


def _case(entry: tuple[tuple, object]) -> str:
    """The call that failed and what came back, short enough to read."""
    arguments, result = entry
    with np.printoptions(precision=5, threshold=24, edgeitems=3, linewidth=100):
        shown = ", ".join(_short(value) for value in arguments)
        return f"called with ({shown})\nit returned {_short(result)}"


def _short(value: object) -> str:
    text = re.sub(r"\s+", " ", str(value) if isinstance(value, np.ndarray) else repr(value))
    return text if len(text) <= 300 else text[:297] + "…"
