"""One submission: each exercise's check, the same inputs asked again, inputs that are printed nowhere, and personal numbers.

The checks run here, in the grader; a student's functions are called through a :class:`Session`.
"""

import json
import math
import random
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from dynlib.teaching.exercises import Refused
from press.grading.answers import to_run
from press.grading.credit import Slip, earned
from press.grading.explanations import explanations
from press.grading.fork import ForkServer
from press.grading.own_numbers import own_numbers
from press.grading.patience import Budget
from press.grading.session import Limits, Session, Stopped
from press.grading.submissions import Handed
from press.grading.transport import printable
from press.personal import Draw, Student
from press.statements import Exercise
from press.tasks import Task

ASKED_AGAIN = 20
LONGEST = 600
NOTHING = object()  # stands where a call has not come back
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
    begin, budget = time.monotonic(), Budget(allowed.submission_seconds, until)
    marked = Marked(handed.student, handed.sha, notes=list(handed.notes))
    if personal and handed.claimed:
        marked.notes.append(f"the notebook was released to {handed.claimed}, and came as {handed.student}")
    for room in rooms:
        found: list[Verdict] = []
        for part in handed.notebooks.get(room.name, []):
            if part.names:
                with Session(server, [room.setup, *to_run(part.cells, part.names)], allowed, budget) as session:
                    found += _of_room(room.only(part.names), session, handed, salt, personal)
                    marked.notes += _faults(room, session)
        if room.name not in handed.notebooks:
            why = "; ".join(handed.notes) or f"no notebook with the exercises of {room.name} was handed in"
            found = [_verdict(exercise, 0, why) for exercise in room.graded.values()]
        marked.verdicts += sorted(found, key=lambda verdict: room.place(verdict.label))
    marked.texts = texts_of(handed, rooms, salt, personal)
    for holder in dict.fromkeys(verdict.holder for verdict in marked.verdicts if verdict.holder):
        marked.notes.append(f"numbers in the notebook are those of {holder}, not of {handed.student}; a person has to look")
    marked.seconds = round(time.monotonic() - begin, 2)
    return marked


def _verdict(exercise: Exercise, points: float, line: str, case: str = "") -> Verdict:
    return Verdict(exercise.label, exercise.title, points, exercise.points, " ".join(line.split())[:LONGEST], case)


def _of_room(room: Room, session: Session, handed: Handed, salt: str, personal: bool) -> list[Verdict]:
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
                draw.check(session.function(name), room.solutions[name], draw.hidden(Student(handed.names[0], salt)))
            verdicts.append(_verdict(exercise, exercise.points, line))
        except (Refused, Stopped) as refused:
            case = _case(log[-1]) if log else ""
            verdicts.append(_verdict(exercise, _part(room, name, session, str(refused), handed, salt), str(refused), case))
        except Exception as error:  # a check that an answer of unforeseen form brought down
            line = f"the check could not read this answer ({type(error).__name__}: {error})"
            verdicts.append(_verdict(exercise, 0, line, _case(log[-1]) if log else ""))
        if personal and name in room.draws:
            verdicts.append(_personal(room, name, session, handed, salt))
    return verdicts


def _part(room: Room, name: str, session: Session, refusal: str, handed: Handed, salt: str) -> float:
    """The points for an answer that was refused: a part of them for a slip that is worth one."""
    try:
        student = Student(handed.names[0], salt)
        share = earned(room.slips.get(name, []), refusal, session.function(name), room.draws.get(name), student)
    except Stopped:
        return 0
    return round(share * room.graded[name].points, 2)


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
        log.append((kept, NOTHING))
        try:
            result = answer(*arguments)
        except NotImplementedError:  # a stub: no call of it says anything
            log.clear()
            raise
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


def _personal(room: Room, name: str, session: Session, handed: Handed, salt: str) -> Verdict:
    """Whether the answer to personal numbers is right: one point."""
    exercise = room.graded[name]
    verdict = Verdict(f"{exercise.label}-mine", f"{exercise.title}: own numbers", 0, 1, "")
    own, others = ([Student(each, salt) for each in names] for names in (handed.names, handed.strangers))
    try:
        found = own_numbers(room.draws[name], room.solutions[name], session.ask, own, others)
        verdict.points, verdict.of, verdict.line, verdict.holder = found.points, found.of, found.line, found.holder
    except Stopped as stopped:
        verdict.line = str(stopped)
    except Exception as error:
        missing = type(error).__name__ == "KeyError"
        verdict.line = "the notebook has no personal numbers" if missing else f"cannot be read: {error}"
    return verdict


def texts_of(handed: Handed, rooms: list[Room], salt: str, personal: bool) -> list[dict]:
    """What a person marks of one student, whose code need not run for it."""
    student = Student(handed.claimed or handed.names[0], salt) if personal else None
    return [text for room in rooms for text in _texts(room, handed, student)]


def _texts(room: Room, handed: Handed, student: Student | None) -> list[dict]:
    """The tasks with what was written to each, in whichever notebook; where several hold something else, all of it."""
    tasks = room.tasks(student)
    written: dict[str, dict[str, str]] = {task.grade_id: {} for task in tasks}
    for name, cells in [*((part.file, part.cells) for part in handed.notebooks.get(room.name, [])), *handed.others]:
        for id, text in explanations(cells, tasks).items():
            written[id].setdefault(text, name)
    return [
        {
            "label": task.grade_id,
            "title": task.title,
            "prompt": task.prompt,
            "points": task.points,
            "rubric": [list(line) for line in task.rubric],
            "written": _joined(written[task.grade_id]),
        }
        for task in tasks
    ]


def _joined(texts: dict[str, str]) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return "\n\n".join(f"*From {name}:*\n\n{text}" for text, name in texts.items())


def _case(entry: tuple[tuple, object]) -> str:
    """The call that failed and what came back, if anything did, short enough to read."""
    arguments, result = entry
    with np.printoptions(precision=5, threshold=24, edgeitems=3, linewidth=100):
        shown = ", ".join(_short(value) for value in arguments)
        return f"called with ({shown})" + ("" if result is NOTHING else f"\nit returned {_short(result)}")


def _short(value: object) -> str:
    text = re.sub(r"\s+", " ", str(value) if isinstance(value, np.ndarray) else repr(value))
    return text if len(text) <= 300 else text[:297] + "…"
