"""The grader's end of the fork server (see :mod:`server`), which is started when first needed and again should it die."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from press.grading import processes, progress, source, walls

ANSWER = 120.0  # seconds for an order that takes milliseconds


@dataclass
class Child:
    """A child of the fork server that was started as its ``server``-th: a child of one that is gone is nobody's any more."""

    server: int
    number: int
    pid: int
    channel: socket.socket
    place: int

    def close(self) -> None:
        self.channel.close()
        os.close(self.place)


class ForkServer:
    """The process that forks children; several threads may use it.

    Parameters
    ----------
    imports : iterable of str
        Cells; what they import is imported once, before any child is forked.
    highest : int, optional
        Which namespaces it may use, if the system allows them; all of them unless given.
    """

    def __init__(self, imports: Iterable[str] = (), highest: int = -1):
        self._imports, self._highest, self._lock = source.imported(imports), highest, threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._started = 0
        self.hello: dict = {}

    def __enter__(self):
        with self._lock:
            self._folder = Path(tempfile.mkdtemp(prefix="answers-"))
            self._folder.chmod(0o711)  # each child's own folder in it has its user for an owner
            try:
                self._start()
            except BaseException:
                self._remove_folder()
                raise
        return self

    def __exit__(self, *exception):
        with self._lock:
            self._close()
            self._remove_folder()

    def _remove_folder(self) -> None:
        if self._folder:
            processes.remove(self._folder)
        self._folder = None

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "press.grading.server", str(theirs.fileno()), str(self._highest), str(self._folder)]
        with theirs:
            self._control, quiet = ours, subprocess.DEVNULL
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=quiet, start_new_session=True)
        self._started += 1
        try:
            ours.settimeout(ANSWER)
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

    def start(self, order: dict) -> Child:
        """A new child under the limits of ``order``; raises OSError where there is none to be had now."""
        ours, theirs = socket.socketpair()
        place = progress.new_file()
        try:
            with theirs, self._lock:
                reply = self._ask({"start": order}, [theirs.fileno(), place])
                return Child(self._started, reply["number"], reply["pid"], ours, place)
        except BaseException:
            ours.close()
            os.close(place)
            raise

    def stop(self, child: Child, gone: bool = False) -> str | None:
        """End a child; returns how it had ended before, or None where the server had died, and the child with it.

        Parameters
        ----------
        child : Child
            Of this server.
        gone : bool, optional
            Whether its channel was found closed.

        Returns
        -------
        str or None
            As :meth:`press.grading.server.Server.stop` says it.
        """
        child.close()
        reply: dict = {"how": None, "folder": None}
        with self._lock, contextlib.suppress(OSError, ValueError):
            if child.server == self._started:
                reply = self._ask({"stop": child.number, "gone": gone}, [])
        if reply["folder"]:
            processes.remove(Path(reply["folder"]))
        return reply["how"]

    def _ask(self, order: dict, descriptors: list[int]) -> dict:
        """The answer to an order; where the server is gone, another one is started, and OSError raised."""
        control, answer = self._control or self._start(), b""
        with contextlib.suppress(OSError):
            socket.send_fds(control, [json.dumps(order).encode()], descriptors)
            answer = control.recv(2**16)
        if not answer:
            self._close()  # a student's code that runs under our own user may have killed it
            self._start()
            raise OSError("the process that runs the answers died")
        reply = json.loads(answer)
        if "error" in reply:
            raise OSError(reply["error"])
        return reply


def isolation(hello: dict) -> str:
    """What the fork server could take from its children, in words."""
    flags = hello["flags"]
    return ", ".join(
        [
            "no network" if flags & walls.NEW_NET else "the network is within reach",
            "processes of their own" if flags & walls.NEW_PID else "processes are shared",
            "files of their own" if flags & walls.NEW_FILES else "files are shared",
            "an unused user" if hello["root"] else f"your own user ({os.getuid()})",
        ]
    )
