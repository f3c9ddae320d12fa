"""One submission: each exercise's check, the same inputs asked again, inputs that are printed nowhere, and personal numbers.

The checks run here, in the grader; a student's functions are called through a :class:`Session`.
"""

import functools
import math
import time

from dynlib.teaching.exercises import Refused
from press.grading.answers import to_run
from press.grading.asked import Log, accept, shown
from press.grading.cap import EndlessError, capped
from press.grading.credit import earned
from press.grading.fork import ForkServer
from press.grading.own_numbers import own_numbers
from press.grading.patience import SLACK, WHOLE, Budget
from press.grading.room import Room
from press.grading.session import Limits, Session, Stopped, Unmarked
from press.grading.submissions import Handed
from press.grading.texts import texts_of, unjudged
from press.grading.unrun import lines_that_failed, missing
from press.grading.verdicts import Marked, Verdict, verdict_on
from press.personal import Student

CHECK = 60.0  # seconds of the grader's own for one exercise, which takes it one or two: a limit for hangs


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
    by_hand: list[dict] = []
    for room in rooms:
        found: list[Verdict] = []
        for part in handed.notebooks.get(room.name, []):
            if part.names:
                with Session(server, [room.setup, *to_run(part.cells, part.names)], allowed, budget) as session:
                    verdicts = _of_room(room.only(part.names), session, handed, salt, personal)
                    marked.notes += lines_that_failed(room, session)
                found += verdicts
                names = {exercise.label: name for name, exercise in room.graded.items()}
                by_hand += [unjudged(room, part, names[verdict.label]) for verdict in verdicts if verdict.by_hand]
        if room.name not in handed.notebooks:
            why = "; ".join(handed.notes) or f"no notebook with the exercises of {room.name} was handed in"
            found = [verdict_on(exercise, 0, why) for exercise in room.graded.values()]
        marked.verdicts += sorted(found, key=lambda verdict: room.place(verdict.label))
    marked.texts = by_hand + texts_of(handed, rooms, salt, personal)
    for holder in dict.fromkeys(verdict.holder for verdict in marked.verdicts if verdict.holder):
        marked.notes.append(f"numbers in the notebook are those of {holder}, not of {handed.student}; a person has to look")
    marked.seconds = round(time.monotonic() - begin, 2)
    return marked


def _of_room(room: Room, session: Session, handed: Handed, salt: str, personal: bool) -> list[Verdict]:
    verdicts = []
    clock = SLACK * CHECK + WHOLE * session.allowed.submission_seconds  # the check waits while the student's code runs
    for name in room.graded:
        try:
            verdicts += capped(functools.partial(_of_exercise, room, name, session, handed, salt, personal), CHECK, clock)
        except EndlessError as endless:
            session.close()  # its child may have been asked something that nobody waits for any more
            if not endless.ended:
                raise Unmarked(f"the check of {room.graded[name].title} does not come to an end") from None
            line = f"not judged: its check came to no end within {CHECK:g} s; a person judges this answer by hand"
            verdict = verdict_on(room.graded[name], 0, line)
            verdict.of, verdict.by_hand = 0, True
            verdicts.append(verdict)
    return verdicts


def _of_exercise(room: Room, name: str, session: Session, handed: Handed, salt: str, personal: bool) -> list[Verdict]:
    """The verdict on an exercise, and on its personal numbers where there are any."""
    exercise, log = room.graded[name], Log()
    try:
        session.start()
        if name not in session.names:
            raise Refused(missing(name, session))
        draw = room.draws.get(name)
        line = accept(room.checks[name], session.function(name), log)
        log.clear()
        if draw:
            draw.check(session.function(name), room.solutions[name], draw.hidden(Student(handed.names[0], salt)))
        verdict = verdict_on(exercise, exercise.points, line)
    except (Refused, Stopped) as refused:
        case = shown(log)
        verdict = verdict_on(exercise, _part(room, name, session, str(refused), handed, salt), str(refused), case)
    except Exception as error:  # a check that an answer of unforeseen form brought down
        line = f"the check could not read this answer ({type(error).__name__}: {error})"
        verdict = verdict_on(exercise, 0, line, shown(log))
    return [verdict, _personal(room, name, session, handed, salt)] if personal and name in room.draws else [verdict]


def _part(room: Room, name: str, session: Session, refusal: str, handed: Handed, salt: str) -> float:
    """The points for an answer that was refused: a part of them for a slip that is worth one."""
    try:
        student = Student(handed.names[0], salt)
        share = earned(room.slips.get(name, []), refusal, session.function(name), room.draws.get(name), student)
    except Stopped:
        return 0
    return round(share * room.graded[name].points, 2)


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
