"""The fork server: one process with numpy and torch imported, from which a child for each submission takes milliseconds.

It knows neither checks' expectations in use, nor salts, nor other submissions: a child is a copy of it and could look.
``python -m press.grading.server FD`` serves the socket FD. It answers ``start`` with the number of a new child, whose
channel came along as a file descriptor, ``stop`` with how the child ended, and ``import`` when it has imported what the cells
will import.
"""

import contextlib
import importlib
import json
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from press.grading import child, limits, transport

PRELOADED = (
    "dynlib_kernels.engine",
    "numpy",
    "scipy.linalg",
    "scipy.special",
    "torch.nn.functional",
    "IPython.display",
    "matplotlib.pyplot",
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

HANG = 30.0  # seconds for processes to end that are dead already


class Server:
    """The children of this process: ``number -> (pid of the outermost process, pid of the student's, its folder, its user)``."""

    def __init__(self) -> None:
        self.children: dict[int, tuple[int, int, Path, int]] = {}
        self.started = 0
        self.flags = limits.best_namespaces()
        limits.adopt_orphans()

    def start(self, channel: socket.socket, order: dict) -> dict:
        """Fork a child that serves ``channel`` under the limits of ``order``; returns its number and its process's."""
        self.started += 1
        uid = limits.unused_user(self.started)
        folder = Path(tempfile.mkdtemp(prefix="answer-"))
        if os.geteuid() == 0:
            os.chown(folder, uid, uid)
        inner_read, inner_write = os.pipe()
        outer = os.fork()
        if outer == 0:
            try:
                self._become(channel, order, uid, folder, inner_write)
            finally:
                os._exit(70)
        os.close(inner_write)
        with os.fdopen(inner_read, "rb") as pipe:
            inner = int(pipe.readline() or outer)
        self.children[self.started] = outer, inner, folder, uid
        return {"number": self.started, "pid": inner}

    def _become(self, channel: socket.socket, order: dict, uid: int, folder: Path, report: int) -> None:
        """In the child: give up what it must not have, then serve. Never returns."""
        unshared = limits.unshare(self.flags)
        if unshared and self.flags & limits.NEW_PID:
            inner = os.fork()  # the first process of a new world of processes: when it dies, all of them die
            if inner:
                os.write(report, f"{inner}\n".encode())
                _keep_only(-1)
                _, status = os.waitpid(inner, 0)
                if os.WIFSIGNALED(status):  # end as it did, for stop to see
                    os.kill(os.getpid(), os.WTERMSIG(status))
                os._exit(os.waitstatus_to_exitcode(status))
        else:
            os.write(report, f"{os.getpid()}\n".encode())
        os.setsid()
        sink = os.open(os.devnull, os.O_RDWR)
        for target in (0, 1, 2):
            os.dup2(sink, target)
        kept = _keep_only(channel.fileno())
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(HOME=str(folder), TMPDIR=str(folder), PATH="/usr/bin:/bin", OMP_NUM_THREADS="1", MPLBACKEND="agg")
        tempfile.tempdir = None
        sys.path[:] = [place for place in sys.path if place not in ("", ".")]
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        child.import_first(order["imports"])
        limits.limit(order["cpu_seconds"], order["memory_bytes"])
        limits.drop_user(uid)
        child.serve(socket.socket(fileno=kept))
        os._exit(0)

    def stop(self, number: int) -> str:
        """Kill a child with all that it started; returns how it had ended: "running", "exit 3" or "signal SIGSEGV"."""
        outer, inner, folder, uid = self.children.pop(number)
        end = time.monotonic() + HANG
        while (how := _state(outer)) == "running" and not _alive(inner) and time.monotonic() < end:
            time.sleep(0.005)
        for pid in (inner, outer):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(outer, 0)
        self._sweep(uid)
        shutil.rmtree(folder, ignore_errors=True)
        return how

    def _sweep(self, uid: int) -> None:
        """Kill what a child left behind: processes of its user, and orphans, which are ours now."""
        if os.geteuid() == 0:
            killer = os.fork()
            if killer == 0:
                with contextlib.suppress(OSError):
                    os.setresuid(uid, uid, uid)
                    os.kill(-1, signal.SIGKILL)
                os._exit(0)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(killer, 0)
        known = {outer for outer, *_ in self.children.values()}
        end = time.monotonic() + HANG
        while time.monotonic() < end and (left := _children() - known):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, 0)


def _keep_only(descriptor: int) -> int:
    """Close every descriptor above 2 but one, which becomes 3; returns 3."""
    if descriptor >= 0:
        descriptor = os.dup2(descriptor, 3) if descriptor != 3 else 3
    os.closerange(4 if descriptor >= 0 else 0, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return descriptor


def _state(pid: int) -> str:
    """How a child that may have ended did so."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return "ended"
    if not ended:
        return "running"
    if os.WIFSIGNALED(status):
        return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit {os.WEXITSTATUS(status)}"


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _children() -> set[int]:
    """The processes whose parent is this one."""
    try:
        return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}
    except OSError:  # not Linux
        return set()


def main(descriptor: int) -> None:
    """Serve the socket until the other end closes."""
    os.environ.setdefault("MPLBACKEND", "agg")
    for name in PRELOADED:
        importlib.import_module(name)
    from dynlib_kernels.engine import torch

    torch.set_num_threads(1)
    # A child may not be able to read the files of codecs and the like, so each is used once before there is one.
    transport.decode(transport.encode({"a": [1, 2j, "text", None, np.ones(2), torch.ones(2)]}))
    server = Server()
    with socket.socket(fileno=descriptor) as control:
        hello = {"flags": server.flags, "root": os.geteuid() == 0, "pid": os.getpid()}
        control.sendall(json.dumps(hello).encode())
        while True:
            data, descriptors, _, _ = socket.recv_fds(control, 2**22, 1)
            if not data:
                break
            order = json.loads(data)
            reply: dict[str, int | str] = {}
            if "start" in order:
                with socket.socket(fileno=descriptors[0]) as channel:
                    reply = server.start(channel, order["start"])
            elif "import" in order:
                child.import_first(order["import"])
            else:
                reply = {"how": server.stop(order["stop"])}
            control.sendall(json.dumps(reply).encode())
    for number in list(server.children):
        server.stop(number)


if __name__ == "__main__":
    main(int(sys.argv[1]))
