"""The fork server: one process with numpy and torch imported, from which a child for each submission takes milliseconds.

It knows neither checks' expectations in use, nor salts, nor other submissions: a child is a copy of it and could look.
``python -m press.grading.server FD WALLS FOLDER`` serves the socket FD, under those of the namespaces WALLS that the system
allows, with a folder for each child in FOLDER where they have no private one. An order is short, whatever was handed in. It
answers ``start`` with the number of a new child, whose channel and progress came along as file descriptors, ``stop`` with how
the child ended, and ``import`` when it has imported the names. No order ends it.
"""

import builtins
import contextlib
import functools
import importlib
import json
import os
import random
import signal
import socket
import sys
import tempfile
import time
import types
from pathlib import Path

import numpy as np

from press.grading import child, limits, processes, progress, source, transport, walls

PRELOADED = (
    "dynlib_kernels.engine",
    "numpy",
    "scipy.linalg",
    "scipy.special",
    "torch.nn.functional",
    "IPython.display",
    "IPython.core.inputtransformer2",
    "IPython.core.magics.execution",
    "asyncio",
    "matplotlib.pyplot",
    "dynlib.sweep.code",
    "dynlib.teaching",
    "dynlib_kernels.spectral",
    "statistics",
    "fractions",
    "decimal",
    "cmath",
    "random",
    "dataclasses",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.utf_16",
)

ENDING = 3.0  # seconds for a process that has closed its channel to end; it may go on, and others wait


class Server:
    """The children of this process: ``number -> (pid of the outermost process, pid of the student's, its folder, its user)``."""

    def __init__(self, highest: int, folder: Path):
        self.children: dict[int, tuple[int, int, Path | None, int]] = {}
        self.started, self.folder = 0, folder
        self.first_user = random.randrange(limits.USERS)  # another grader may run on this machine
        self.root, self.flags = os.geteuid() == 0, walls.best(highest)
        self.unreadable = self._unreadable()
        walls.adopt_orphans()

    def _unreadable(self) -> str:
        """The first folder of this Python that the user of a child cannot read behind the walls; empty where there is none."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                walls.enter(self.flags)
                limits.drop_user(limits.unused_user(0))
                closed = [str(path) for path in walls.python_folders() if not os.access(path, os.R_OK | os.X_OK)]
                os.write(write, "".join(closed[:1]).encode())
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            found = pipe.read()
        os.waitpid(pid, 0)
        return found

    def start(self, order: dict, channel: int, place: int) -> dict:
        """Fork a child that serves ``channel`` under the limits of ``order``; returns its number and its process's."""
        self.started += 1
        uid = limits.unused_user(self.first_user + self.started)
        folder = None if self.flags & walls.NEW_FILES else Path(tempfile.mkdtemp(dir=self.folder))
        inner_read, inner_write = os.pipe()
        outer = os.fork()
        if outer == 0:
            try:
                self._become(channel, place, order, uid, folder, inner_write)
            finally:
                os._exit(70)
        os.close(inner_write)
        with os.fdopen(inner_read, "rb") as pipe:
            inner = int(pipe.readline() or outer)
        self.children[self.started] = outer, inner, folder, uid
        return {"number": self.started, "pid": inner}

    def _become(self, channel: int, place: int, order: dict, uid: int, folder: Path | None, report: int) -> None:
        """In the child: give up what it must not have, then serve. Never returns."""
        walls.die_with_parent()
        walls.enter(self.flags)
        if self.flags & walls.NEW_PID:
            inner = os.fork()  # the first process of a new world of processes: when it dies, all of them die
            if inner:
                os.write(report, f"{inner}\n".encode())
                processes.keep_only()
                _, status = os.waitpid(inner, 0)
                if os.WIFSIGNALED(status):  # end as it did, for stop to see
                    os.kill(os.getpid(), os.WTERMSIG(status))
                os._exit(os.waitstatus_to_exitcode(status))
            walls.own_processes()
        else:
            os.write(report, f"{os.getpid()}\n".encode())
        os.setsid()
        processes.keep_only(channel, place)
        if folder is None:
            folder = Path("/tmp/answer")
            folder.mkdir(mode=0o700)
        if self.root:
            os.chown(folder, uid, uid)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(HOME=str(folder), TMPDIR=str(folder), PATH="/usr/bin:/bin", OMP_NUM_THREADS="1", MPLBACKEND="agg")
        tempfile.tempdir = None
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._serve(socket.socket(fileno=3), order, uid)
        os._exit(0)

    def _serve(self, channel: socket.socket, order: dict, uid: int) -> None:
        """Read the notebook, import what it names, accept the limits, and run it as the user ``uid``."""
        notebook = transport.receive(channel)
        if not self.unreadable:
            limits.drop_user(uid)
        if notebook.pop("import_first"):
            child.import_first(source.imported(notebook["cells"]))
        limits.limit(order["cpu_seconds"], order["memory_bytes"], self.root)
        limits.drop_user(uid)
        walls.drop_privileges()
        walls.die_with_parent()
        sys.path[:] = [os.getcwd(), *(place for place in sys.path if place not in ("", "."))]
        child.serve(channel, notebook, _new_main(), functools.partial(progress.write, 4))

    def stop(self, number: int, gone: bool = False) -> dict:
        """Kill a child with all that it started; says how it had ended, "running", "exit 3" or "signal SIGSEGV".

        One whose channel is ``gone`` is ending: it is waited for, so that it can be said how. Its folder is left to who asks:
        it may be large, and others wait here.
        """
        if number not in self.children:
            return {"how": "ended", "folder": None}
        outer, inner, folder, uid = self.children.pop(number)
        last = time.monotonic() + (ENDING if gone else processes.HANG)
        while (how := processes.state(outer)) == "running" and (gone or not processes.alive(inner)) and time.monotonic() < last:
            time.sleep(0.005)
        ended = how
        if how == "running":  # otherwise their numbers may be others' by now
            with contextlib.suppress(ProcessLookupError):
                os.kill(inner, signal.SIGKILL)
            last = time.monotonic() + processes.HANG
            while inner != outer and (ended := processes.state(outer)) == "running" and time.monotonic() < last:
                time.sleep(0.002)  # it ends when it has seen the inner one end
        if ended == "running":
            processes.end(outer)
        self._sweep(uid)
        return {"how": how, "folder": str(folder) if folder else None}

    def _sweep(self, uid: int) -> None:
        """Kill what a child left behind: all of a world of processes has ended with its first one."""
        if self.flags & walls.NEW_PID:
            return
        if self.root:
            processes.end_all_of(uid)
        known = {outer for outer, *_ in self.children.values()}
        last = time.monotonic() + processes.HANG
        while time.monotonic() < last and (left := processes.children() - known):
            for pid in left:
                processes.end(pid)


def _new_main() -> dict:
    """The names of a fresh ``__main__``, with builtins of its own: who changes one of them changes nothing of ours."""
    main, own = types.ModuleType("__main__"), types.ModuleType("builtins")
    vars(own).update(vars(builtins))
    sys.modules["__main__"], sys.modules["builtins"] = main, own
    vars(main)["__builtins__"] = own
    return vars(main)


def main(descriptor: int, highest: int, folder: Path) -> None:
    """Serve the socket until the other end closes."""
    os.environ.setdefault("MPLBACKEND", "agg")
    for name in PRELOADED:
        importlib.import_module(name)
    from dynlib_kernels.engine import torch

    torch.set_num_threads(1)
    # A child may not be able to read the files of codecs and the like, so each is used once before there is one.
    transport.decode(transport.encode({"a": [1, 2j, "text", None, np.ones(2), torch.ones(2)]}))
    source.statements("%time x = 1")
    server = Server(highest, folder)
    with socket.socket(fileno=descriptor) as control:
        hello: dict[str, int | str] = {"flags": server.flags, "root": server.root, "pid": os.getpid()}
        hello |= {"unreadable": server.unreadable, "first_user": server.first_user}
        control.sendall(json.dumps(hello).encode())
        while True:
            data, descriptors, _, _ = socket.recv_fds(control, 2**18, 2)
            if not data:
                break
            try:
                reply = _obey(server, json.loads(data), descriptors)
            except Exception as error:  # the machine has no process or memory left, say: the next order may do better
                reply = {"error": f"{type(error).__name__}: {error}"}
            for opened in descriptors:
                os.close(opened)
            control.sendall(json.dumps(reply).encode())
    for number in list(server.children):
        server.stop(number)


def _obey(server: Server, order: dict, descriptors: list[int]) -> dict:
    if "start" in order:
        return server.start(order["start"], *descriptors)
    if "import" in order:
        child.import_first(order["import"])
        return {}
    return server.stop(order["stop"], order["gone"])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
