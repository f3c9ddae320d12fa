"""What a student's process may use: seconds, memory, files, processes, and a user who owns nothing else."""

import os
import pwd
import resource
from pathlib import Path

PROCESSES, FILE_BYTES, OPEN_FILES = 24, 16 * 2**20, 256
FIRST_USER, USERS = 40_000, 20_000


def unused_user(number: int) -> int:
    """A user's number that no account has and that no child of this run has at the same time."""
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    uid = FIRST_USER + number % USERS
    while uid in taken:
        uid += 1
    return uid


def limit(cpu_seconds: float, memory_bytes: int, root: bool) -> None:
    """Set the limits of this process and of all that it starts, on top of what it has used.

    Parameters
    ----------
    cpu_seconds : float
        Of processor time.
    memory_bytes : int
        Of address space.
    root : bool
        Whether it has a user of its own. NPROC counts all processes of a user; one who is not alone
        starts from what runs.
    """
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cpu = int(used + cpu_seconds) + 1
    _set(resource.RLIMIT_CPU, cpu, cpu + 1)
    _set(resource.RLIMIT_AS, _address_space() + memory_bytes)
    _set(resource.RLIMIT_FSIZE, FILE_BYTES)
    _set(resource.RLIMIT_NOFILE, OPEN_FILES)
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_NPROC, PROCESSES if root else _processes() + PROCESSES)


def drop_user(uid: int) -> None:
    """Become the user ``uid``, where this process is root; NPROC does not bind root."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def _set(what: int, soft: int, hard: int | None = None) -> None:
    _, highest = resource.getrlimit(what)
    hard = soft if hard is None else hard
    if highest != resource.RLIM_INFINITY:
        soft, hard = min(soft, highest), min(hard, highest)
    resource.setrlimit(what, (soft, hard))


def _address_space() -> int:
    """Bytes of address space in use; torch alone maps gigabytes that it never touches."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 8 * 2**30


def _processes() -> int:
    """How many processes and threads this user has."""
    count = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            count += len(list((entry / "task").iterdir())) if entry.stat().st_uid == os.getuid() else 0
        except OSError:  # it ended meanwhile
            continue
    return count
