"""One submission's functions, called as if they were here, in a child that may be replaced at any time."""

import select
import time
from collections.abc import Callable
from dataclasses import dataclass

from press.grading import progress, transport
from press.grading.faults import Fault, Late, how_it_broke, read_report, too_slow
from press.grading.fork import Child, ForkServer
from press.grading.patience import SLACK, Budget, Patience

MEBIBYTE = 2**20
GRACE = 1.0  # seconds in which a child may end a call itself
START = 60.0  # seconds before the first cell: nothing of a student's runs yet, but what it imports is imported
POLL = 0.05
TRIES = 3  # of what fails for no fault of a student's
HUNG = 5  # statements, after which demonstrations are left out
NAMES = 10_000  # that a child reports


class Stopped(BaseException):
    """The child ended, hangs, or says nothing that can be read. No Exception, so that a check does not take it for an answer."""


class Unmarked(BaseException):
    """Nothing can be said of the answer, for a reason that is not the student's. No Exception, for the same reason."""


class _LostError(Exception):
    """The fork server died, and the child with it."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds of its own for a call or cell, for an exercise, and in all; memory on top of torch's."""

    seconds: float = 2.0
    exercise_seconds: float = 10.0
    memory_bytes: int = 2048 * MEBIBYTE
    submission_seconds: float = 120.0


class Session:
    """One submission. A statement that hangs or ends its process is left out, and the cells run again without it.

    Parameters
    ----------
    server : ForkServer
        What forks the children.
    cells : list of str
        The sources of the cells, in order.
    allowed : Limits
        What they may use.
    budget : Budget, optional
        What is left of it for the submission as a whole, where other sessions share it.
    """

    def __init__(self, server: ForkServer, cells: list[str], allowed: Limits, budget: Budget | None = None):
        self.server, self.cells, self.allowed = server, cells, allowed
        self.budget = budget or Budget(allowed.submission_seconds)
        self.faults: list[Fault] = []
        self.names: set[str] = set()
        self._left_out: dict[tuple[int, int], str] = {}
        self._lean = False
        self._child: Child | None = None
        self._whole = Patience(allowed.submission_seconds)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self, gone: bool = False) -> str | None:
        """End the child, if there is one; returns how it had ended, or None where the server took it along."""
        if self._child is None:
            return "ended"
        self.budget.charge(self._whole)
        child, self._child = self._child, None
        return self.server.stop(child, gone)

    def start(self) -> Child:
        """A child that has run all cells.

        Raises
        ------
        Stopped
            Where the submission has used what it may use.
        Unmarked
            Where no child gets as far as its first cell, or the pile's time is over.
        """
        failed = 0
        while self._child is None:
            self._check()
            try:
                self._child = self.server.start(
                    {"cpu_seconds": self.budget.left() + START, "memory_bytes": self.allowed.memory_bytes}
                )
            except OSError as error:
                failed = self._again(failed, str(error))
                continue
            self._whole = Patience(self.allowed.submission_seconds, self._child.pid)
            try:
                self._run(self._child, import_first=failed == 0)
            except transport.BrokenChannelError as error:
                failed = self._without_what_broke(self._child, str(error), failed)
            except BaseException:
                self.close()
                raise
        return self._child

    def _without_what_broke(self, child: Child, said: str, failed: int) -> int:
        """Leave out the statement that a child was at when it ended or was late; how often it failed before the first one."""
        reached = self._reached(child)
        try:
            why = self._say(said)
        except _LostError:
            return self._again(failed, "the process that runs the answers died")
        if reached.step < 0:
            return self._again(failed, f"the notebook {why} before its first cell")
        if not self._leave_out(reached.step % len(self.cells), reached.statement, why):
            raise Stopped(f"the notebook {why}, and nobody can say where")
        return failed

    def _check(self) -> None:
        """Raise where there is no time left to go on."""
        if self.budget.pile_is_over():
            raise Unmarked("the pile's time was over")
        if self.budget.left(self._whole if self._child else None) <= 0:
            raise Stopped(f"the notebook as a whole takes more than {self.budget.seconds:g} s")

    def _again(self, failed: int, why: str) -> int:
        if failed + 1 >= TRIES:
            raise Unmarked(why)
        time.sleep(failed)  # a machine without memory or processes may have some in a moment
        return failed + 1

    def _run(self, child: Child, import_first: bool) -> None:
        """Send the cells, and wait until they have run."""
        skip = [(cell, statement, why) for (cell, statement), why in self._left_out.items()]
        order = {"cells": self.cells, "skip": skip, "lean": self._lean, "seconds": self.allowed.seconds}
        transport.send(child.channel, order | {"import_first": import_first})
        patience, step = Patience(START, child.pid), -1
        while not select.select([child.channel], [], [], POLL)[0]:
            if self._reached(child).step > step:  # never back: nobody gets a cell's seconds twice
                patience, step = Patience(self.allowed.seconds, child.pid), self._reached(child).step
            if patience.left() <= 0:
                raise transport.BrokenChannelError("late")
            self._check()
        said = transport.receive(child.channel, Patience(self.allowed.seconds + GRACE, child.pid), transport.TEXT)
        try:
            self.names = {str(name) for name in said["ready"][:NAMES]}
            self.faults = read_report(said["report"], len(self.cells))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise transport.BrokenChannelError("what makes no sense") from error

    def _reached(self, child: Child) -> progress.Place:
        """Where the child says that it is. Raises Stopped where it cannot be there: then a student's code wrote it."""
        place = progress.read(child.place)
        if place != progress.Place() and not (0 <= place.step < 2 * len(self.cells) and place.statement >= 0):
            raise Stopped("the notebook writes to the grader what makes no sense")
        return place

    def _leave_out(self, cell: int, statement: int, why: str) -> bool:
        """Let a statement be left out, or its whole cell if that was tried; says whether that is something new."""
        where = (cell, 0) if (cell, statement) in self._left_out else (cell, statement)
        if where in self._left_out:
            return False
        self._left_out[where] = why
        self._lean |= len(self._left_out) >= HUNG or self.budget.spent > self.budget.seconds / 2
        return True

    def _say(self, said: str) -> str:
        """What happened to the child, which is gone afterwards."""
        how = self.close(gone=said == "gone")
        if how is None:
            raise _LostError
        return how_it_broke(said, how, self.allowed.seconds)

    def ask(self, name: str, arguments: tuple | None = None) -> object:
        """Call a function of the student's, or read a name.

        Parameters
        ----------
        name : str
            What the student's cells define.
        arguments : tuple, optional
            What it is called with; without them the name is read.

        Returns
        -------
        object
            The result, as :func:`press.grading.transport.decode` reads it.

        Raises
        ------
        Exception
            What the function raised, as an error with the same name.
        Stopped
            Where there was no answer.
        Unmarked
            Where nobody could have given one.
        """
        for _ in range(TRIES):
            child = self.start()
            try:
                asked = {"name": name} | ({} if arguments is None else {"arguments": list(arguments)})
                transport.send(child.channel, asked)
                patience = Patience(min(self.allowed.seconds + GRACE, self.budget.left(self._whole)), child.pid)
                said = transport.receive(child.channel, patience, transport.TEXT)
                if "result" in said:
                    return said["result"]
                kind, message = (str(part) for part in said["error"])
                break
            except (transport.BrokenChannelError, KeyError, TypeError, ValueError) as error:
                broken = str(error) if isinstance(error, transport.BrokenChannelError) else "what makes no sense"
                try:
                    raise Stopped(f"it {self._say(broken)}") from None
                except _LostError:  # the next child runs the cells and is asked the same
                    continue
        else:
            raise Unmarked("the process that runs the answers died")
        if kind == Late.__name__:
            raise Stopped(f"it {too_slow(self.allowed.seconds)}")
        if kind == "NotImplementedError":
            raise NotImplementedError
        raise type(kind if kind.isidentifier() else "Error", (Exception,), {})(message)

    def function(self, name: str) -> Callable:
        """The student's function ``name``, which takes at most the exercise's seconds over all its calls."""
        own = passed = 0.0

        def answer(*arguments):
            nonlocal own, passed
            self._check()
            child = self.start()
            used, stopped = Patience(self.allowed.exercise_seconds, child.pid), False
            begin = time.monotonic()
            try:
                return self.ask(name, arguments)
            except Stopped:
                stopped = True
                raise
            finally:
                passed += time.monotonic() - begin
                own += used.spent()
                if not stopped and (own > self.allowed.exercise_seconds or passed > SLACK * self.allowed.exercise_seconds):
                    raise Stopped(f"it takes more than {self.allowed.exercise_seconds:g} s over all calls of the check")

        answer.__name__ = name
        return answer
