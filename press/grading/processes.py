"""Processes and folders that others have left in an unknown state: how they are, how they end, and how they are removed."""

import contextlib
import os
import resource
import signal
import subprocess
from pathlib import Path

HANG = 30.0  # seconds for what takes none, unless something is badly wrong


def state(pid: int) -> str:
    """How a child that may have ended did so: "running", "exit 3", "signal SIGSEGV", or "ended" where nobody knows."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return "ended"
    if not ended:
        return "running"
    if os.WIFSIGNALED(status):
        return f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit {os.WEXITSTATUS(status)}"


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children() -> set[int]:
    """The processes whose parent is this one."""
    try:
        return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}
    except OSError:  # not Linux
        return set()


def end(pid: int) -> None:
    """Kill a child, unless it has ended, and forget it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def end_all_of(uid: int) -> None:
    """Kill every process of a user, as that user: this process's own are safe."""
    killer = os.fork()
    if killer == 0:
        with contextlib.suppress(OSError):
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(killer, 0)


def remove(folder: Path) -> None:
    """Remove a folder that a student's code filled, however deep it is. What cannot be removed stays, without an error."""
    for command in (["rm", "-rf"], ["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        if folder.exists():
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                subprocess.run([*command, "--", str(folder)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=HANG)


def keep_only(*descriptors: int) -> None:
    """Close every descriptor but these, which become 3, 4 and so on; 0, 1 and 2 lead nowhere."""
    moved = [os.dup(descriptor) for descriptor in descriptors]
    while moved and min(moved) < 3 + len(moved):  # none of them may be in the way of another
        moved = [os.dup(descriptor) for descriptor in moved]
    for target, descriptor in enumerate(moved, 3):
        os.dup2(descriptor, target)
    os.closerange(3 + len(moved), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    sink = os.open(os.devnull, os.O_RDWR)
    for target in (0, 1, 2):
        os.dup2(sink, target)
    if sink > 2:
        os.close(sink)
