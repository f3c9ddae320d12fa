"""The parent's end: one submission's functions, called as if they were here, in a child that may be replaced at any time."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from press.grading import child, limits, transport
from press.grading.patience import SLACK, processor_seconds

MEBIBYTE = 2**20


class Stopped(BaseException):
    """The child ended, hangs, or says nothing that can be read. No Exception, so that a check does not take it for an answer."""


@dataclass(frozen=True)
class Limits:
    """What a submission may use: seconds of its own for one call or cell, and for one exercise, and memory on top of torch's."""

    seconds: float = 2.0
    exercise_seconds: float = 10.0
    memory_bytes: int = 2048 * MEBIBYTE


class ForkServer:
    """The process that forks children (see :mod:`server`), started when first needed and again should it die."""

    def __init__(self, imports: Iterable[str] = ()):
        """Remember what to import.

        Parameters
        ----------
        imports : iterable of str
            Cells; what they import is imported once, before any child is forked.
        """
        self._imports, self._lock = list(imports), threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.hello: dict = {}

    def __enter__(self):
        with self._lock:
            self._start()
        return self

    def __exit__(self, *exception):
        with self._lock:
            self._close()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "press.grading.server", str(theirs.fileno())]
        with theirs:
            self._control, quiet = ours, subprocess.DEVNULL
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=quiet, start_new_session=True)
        try:
            first = ours.recv(2**16)
            if not first:
                raise ValueError("the process that is to run the answers could not start; see the error above")
            self.hello = json.loads(first)
            ours.sendall(json.dumps({"import": self._imports}).encode())
            ours.recv(2**16)
        except BaseException:
            self._close()
            raise
        return ours

    def _close(self) -> None:
        if self._control:
            self._control.close()
        if self._process:
            try:
                self._process.wait(60)  # it first ends its children; a limit for hangs
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control = self._process = None

    def start(self, order: dict) -> tuple[int, int, socket.socket]:
        """A new child: its number, its process's number, and the channel to it."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                reply = self._ask({"start": order}, [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        return reply["number"], reply["pid"], ours

    def stop(self, number: int) -> str:
        """End a child; returns how it had ended before."""
        return self._ask({"stop": number}, []).get("how", "ended")

    def _ask(self, order: dict, descriptors: list[int]) -> dict:
        with self._lock:
            for _ in range(2):
                control = self._control or self._start()
                try:
                    socket.send_fds(control, [json.dumps(order).encode()], descriptors)
                    if answer := control.recv(2**16):
                        return json.loads(answer)
                except OSError:
                    pass
                self._close()  # a student's code that runs under our own user may have killed it
                self._start()
                if "stop" in order:
                    return {}
        raise ValueError("the process that runs the answers died twice")


class Session:
    """One submission. ``cells`` are its sources in order; after a fault the child is started anew without what caused it."""

    def __init__(self, server: ForkServer, cells: list[str], allowed: Limits):
        self.server, self.cells, self.allowed = server, cells, allowed
        self.how = [child.RUN] * len(cells)
        self.faults: dict[int, str] = {}
        self.names: set[str] = set()
        self._child: tuple[int, int, socket.socket] | None = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self) -> str:
        """End the child, if there is one; returns how it had ended."""
        if self._child is None:
            return "ended"
        number, _, channel = self._child
        channel.close()
        how, self._child = self.server.stop(number), None
        return how

    def start(self) -> tuple[int, socket.socket]:
        """The process id of a child that has run all cells, and the channel to it.

        A cell that hangs or kills it is run for its definitions only, then not at all.
        """
        while self._child is None:
            cpu = 4 * self.allowed.exercise_seconds + self.allowed.seconds * len(self.cells)
            order = {
                "cpu_seconds": cpu,
                "memory_bytes": self.allowed.memory_bytes,
                "imports": [source[:20_000] for source in self.cells][:200],
            }
            _, pid, channel = self._child = self.server.start(order)
            running = None
            try:
                transport.send(channel, {"cells": self.cells, "how": self.how})
                while True:
                    patience = self.allowed.seconds + (0 if running is not None else 10)
                    said = transport.receive(channel, patience, pid)
                    if not isinstance(said, dict) or "ready" in said:
                        break
                    running = int(said["cell"])
                self.names = {str(name) for name in said["ready"]}
                self.faults |= {int(k): str(fault) for k, fault in said["faults"].items() if int(k) not in self.faults}
            except (transport.BrokenChannelError, KeyError, TypeError, ValueError, AttributeError) as error:
                why = self._say(error)
                if running is None or not 0 <= running < len(self.cells) or self.how[running] == child.SKIP:
                    raise Stopped(f"the notebook {why} before its first cell") from None
                self.faults[running] = why
                killed = sum(how != child.RUN for how in self.how)
                following = child.SKIP if self.how[running] == child.DEFINITIONS else child.DEFINITIONS
                self.how[running] = following
                if killed >= 5:  # a notebook full of endless cells: from here on, definitions only
                    self.how = [child.DEFINITIONS if how == child.RUN else how for how in self.how]
        return self._child[1:]

    def _say(self, error: Exception) -> str:
        """What happened to the child, which is gone afterwards."""
        said = str(error)
        how = self.close()
        if said == "late":
            return f"takes more than {self.allowed.seconds:g} s; is there a loop that does not end?"
        if said == "gone":
            name = how.removeprefix("signal ")
            if name in ("SIGXCPU", "SIGKILL"):
                return f"ended its process: it used too much time or memory ({name})"
            return f"ended its process ({how})" if how.startswith(("signal", "exit")) else "ended its process"
        broken = isinstance(error, transport.BrokenChannelError)
        return f"sent what cannot be read: {said}" if broken else "sent what makes no sense"

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
        """
        pid, channel = self.start()
        try:
            transport.send(channel, {"name": name} | ({} if arguments is None else {"arguments": list(arguments)}))
            said = transport.receive(channel, self.allowed.seconds, pid)
            if "result" in said:
                return said["result"]
            kind, message = (str(part) for part in said["error"])
        except (transport.BrokenChannelError, KeyError, TypeError, ValueError) as error:
            raise Stopped(f"it {self._say(error)}") from None
        if kind == "NotImplementedError":
            raise NotImplementedError
        raise type(kind if kind.isidentifier() else "Error", (Exception,), {})(message)

    def function(self, name: str) -> Callable:
        """The student's function ``name``, which takes at most the exercise's seconds over all its calls."""
        own = passed = 0.0

        def answer(*arguments):
            nonlocal own, passed
            pid, _ = self.start()
            begin, used, stopped = time.monotonic(), processor_seconds(pid), False
            try:
                return self.ask(name, arguments)
            except Stopped:
                stopped = True
                raise
            finally:
                by_clock, now = time.monotonic() - begin, processor_seconds(pid)
                passed += by_clock
                own += by_clock if used is None or now is None else now - used
                if not stopped and (own > self.allowed.exercise_seconds or passed > SLACK * self.allowed.exercise_seconds):
                    raise Stopped(f"it takes more than {self.allowed.exercise_seconds:g} s over all calls of the check")

        answer.__name__ = name
        return answer


def isolation(hello: dict) -> str:
    """What the fork server could take from its children, in words."""
    flags = hello["flags"]
    walls = [
        "no network" if flags & limits.NEW_NET else "the network is within reach",
        "processes of their own" if flags & limits.NEW_PID else "processes are shared",
        "an unused user" if hello["root"] else f"your own user ({os.getuid()})",
    ]
    return ", ".join(walls)
