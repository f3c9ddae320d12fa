"""What a child gives up before it runs a line of a student: its user, the network, processes, memory, files and time.

Everything here works on Linux as root and, with fewer walls, as another user; on other systems only the limits are set.
"""

import ctypes
import os
import pwd
import resource
from pathlib import Path

NEW_IPC, NEW_USER, NEW_PID, NEW_NET = 0x08000000, 0x10000000, 0x20000000, 0x40000000
SUBREAPER = 36
PROCESSES, FILE_BYTES, OPEN_FILES = 24, 16 * 2**20, 256
FIRST_USER, USERS = 40_000, 20_000

_libc: ctypes.CDLL | None
try:
    _libc = ctypes.CDLL(None, use_errno=True)
except OSError:  # no C library to load, as on a system without dlopen
    _libc = None


def unshare(flags: int) -> bool:
    """Leave the named namespaces of the system for new ones; says whether the system let it."""
    return bool(flags) and _libc is not None and hasattr(_libc, "unshare") and _libc.unshare(flags) == 0


def adopt_orphans() -> None:
    """Make this process the parent of all descendants whose own parent dies."""
    if _libc is not None and hasattr(_libc, "prctl"):
        _libc.prctl(SUBREAPER, 1, 0, 0, 0)


def best_namespaces() -> int:
    """The most namespaces that a child of this process may leave: network, processes and shared memory, if possible."""
    user = 0 if os.geteuid() == 0 else NEW_USER
    for flags in (user | NEW_NET | NEW_PID | NEW_IPC, user | NEW_NET):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                if unshare(flags):
                    inner = os.fork() if flags & NEW_PID else os.getpid()
                    if inner == 0:
                        os._exit(0)
                    status = os.waitpid(inner, 0)[1] if flags & NEW_PID else 0
            finally:
                os._exit(1 if status else 0)
        if os.waitpid(pid, 0)[1] == 0:
            return flags
    return 0


def unused_user(number: int) -> int:
    """A user's number that no account has and that no child of this run has at the same time."""
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    uid = FIRST_USER + number % USERS
    while uid in taken:
        uid += 1
    return uid


def limit(cpu_seconds: float, memory_bytes: int) -> None:
    """Set the limits of this process and of all that it starts; ``memory_bytes`` come on top of what it has now."""
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    cpu = int(used + cpu_seconds) + 1
    _set(resource.RLIMIT_CPU, cpu, cpu + 1)
    _set(resource.RLIMIT_AS, _address_space() + memory_bytes)
    _set(resource.RLIMIT_FSIZE, FILE_BYTES)
    _set(resource.RLIMIT_NOFILE, OPEN_FILES)
    _set(resource.RLIMIT_CORE, 0)
    # NPROC counts all processes of the user; one who is not root starts from what he has running.
    _set(resource.RLIMIT_NPROC, PROCESSES if os.geteuid() == 0 else _processes() + PROCESSES)


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
