"""What stands around a student's process on Linux: namespaces of its own, and files of which it can change none but its own.

In a mount namespace everything is read-only, and the folders into which everybody may write are new ones, in memory, with a
limit on their size; they vanish with the process. A home folder that only its owner may enter is empty there, but for the
Python that runs the answers.
"""

import ctypes
import os
import stat
import sys
from pathlib import Path

NEW_FILES, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = 0x20000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
SCRATCH = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")  # where everybody may write
SCRATCH_BYTES, SCRATCH_FILES = 64 * 2**20, 20_000
SUBREAPER, DEATH_SIGNAL, NO_NEW_PRIVILEGES = 36, 1, 38
_NOSUID, _NODEV, _NOEXEC, _BIND, _RECURSIVE, _PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _READ_ONLY = 442, -100, 0x8000, 1
_CAPABILITIES = 0x20080522

_libc: ctypes.CDLL | None
try:
    _libc = ctypes.CDLL(None, use_errno=True)
except OSError:  # no C library to load, as on a system without dlopen
    _libc = None


def enter(flags: int) -> None:
    """Leave the named namespaces of the system for new ones, and wall off the files where one of them is that of mounts.

    Parameters
    ----------
    flags : int
        A sum of the ``NEW_`` constants.

    Raises
    ------
    OSError
        Where the system does not let it.
    """
    if not flags:
        return
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", flags)
    if flags & NEW_USER:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    if flags & NEW_FILES:
        _wall_off()


def own_processes() -> None:
    """Show in /proc only the processes of this namespace, where that is allowed; a container may forbid it."""
    if _libc is not None and hasattr(_libc, "mount"):
        _libc.mount(b"proc", b"/proc", b"proc", _NOSUID | _NODEV | _NOEXEC, None)


def drop_privileges() -> None:
    """Give up every capability, for good: a process keeps those of a user namespace that it made."""
    if _libc is None or not hasattr(_libc, "capset"):
        return
    _call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def die_with_parent() -> None:
    """End this process when its parent ends. A change of user would undo it."""
    if _libc is not None and hasattr(_libc, "prctl"):
        _libc.prctl(DEATH_SIGNAL, 9, 0, 0, 0)


def adopt_orphans() -> None:
    """Make this process the parent of all descendants whose own parent dies."""
    if _libc is not None and hasattr(_libc, "prctl"):
        _libc.prctl(SUBREAPER, 1, 0, 0, 0)


def best(highest: int = -1) -> int:
    """The most namespaces that a child of this process may leave, out of those in ``highest``."""
    user = 0 if os.geteuid() == 0 else NEW_USER
    for flags in (NEW_NET | NEW_PID | NEW_IPC | NEW_FILES, NEW_NET | NEW_PID | NEW_IPC, NEW_NET):
        if (flags := flags & highest) and _allowed(user | flags):
            return user | flags
    return 0


def shared(flags: int, root: bool) -> list[str]:
    """What students' code shares with the grader under these namespaces, in words; nothing where all of them stand.

    Parameters
    ----------
    flags : int
        A sum of the ``NEW_`` constants.
    root : bool
        Whether the grader is root, so that students' code runs as another user.

    Returns
    -------
    list of str
        A line each.
    """
    found = []
    if not flags & NEW_NET:
        found.append("the network: it can send and fetch anything")
    if not flags & NEW_PID:
        ends = "it can see them and their arguments" if root else "it can end every process of yours, the grader's too"
        found.append(f"the list of processes: {ends}")
    if not flags & NEW_FILES:
        stays = f"what it writes into {', '.join(SCRATCH)} stays there, without a limit on its size"
        yours = "it can read, change and delete everything of yours: your home folder, the submissions, the marks"
        found.append(f"the files: {stays if root else yours}")
    return found


def python_folders() -> list[Path]:
    """Where the Python that runs the answers, and what it has imported, lies; no folder within another."""
    top = [module for name, module in list(sys.modules.items()) if "." not in name and not name.startswith("__")]
    files = {getattr(module, "__file__", None) for module in top}
    modules = {Path(file) for file in files if file and Path(file).is_absolute()}
    found = {path.parent if path.name.startswith("__init__.") else path for path in modules}
    # The press is at home here: no answer needs it, and its neighbours are the solutions.
    found = {path for path in found if path.name != "press"} | {Path(sys.prefix), Path(sys.base_prefix)}
    found |= {path.resolve() for path in found}
    return sorted(path for path in found if path.exists() and not found & set(path.parents))


def closed_folder(path: Path) -> Path | None:
    """The outermost folder on the way to ``path`` that only its owner may enter."""
    return next((up for up in reversed(path.parents) if not up.stat().st_mode & stat.S_IXOTH), None)


def _allowed(flags: int) -> bool:
    """Try it, in a child."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            enter(flags)
            inner = os.fork() if flags & NEW_PID else -1
            if inner == 0:
                os._exit(0)
            status = os.waitpid(inner, 0)[1] if flags & NEW_PID else 0
        finally:
            os._exit(1 if status else 0)
    return os.waitpid(pid, 0)[1] == 0


def _wall_off() -> None:
    needed = python_folders()
    homes = {folder for path in needed if (folder := closed_folder(path))} if os.geteuid() == 0 else set()
    scratch = {Path(name).resolve() for name in SCRATCH if Path(name).is_dir()}
    covered = {folder for folder in scratch | homes if not (scratch | homes) & set(folder.parents)}
    kept = {path: os.open(path, os.O_PATH) for path in needed if covered & set(path.parents)}
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _seal("/")
    for folder in covered:
        mode = 1777 if folder in scratch else 755
        size = f"size={SCRATCH_BYTES},nr_inodes={SCRATCH_FILES},mode={mode}"
        _mount("answers", str(folder), "tmpfs", _NOSUID | _NODEV, size)
    for path, descriptor in kept.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch() if stat.S_ISREG(os.fstat(descriptor).st_mode) else path.mkdir()
        _mount(f"/proc/self/fd/{descriptor}", str(path), None, _BIND | _RECURSIVE)
        os.close(descriptor)


def _seal(path: str) -> None:
    """Make everything under ``path`` read-only; Linux 5.12 and later can."""
    attributes = (ctypes.c_uint64 * 4)(_READ_ONLY, 0, 0, 0)
    arguments = (_AT_FDCWD, ctypes.c_char_p(path.encode()), _AT_RECURSIVE, attributes, ctypes.c_size_t(32))
    _call("syscall", ctypes.c_long(_MOUNT_SETATTR), *arguments)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    names = (None if text is None else os.fsencode(text) for text in (source, target, kind))
    _call("mount", *names, ctypes.c_ulong(flags), None if data is None else data.encode())


def _call(name: str, *arguments: object) -> None:
    function = getattr(_libc, name, None)
    if function is None:
        raise OSError(f"this system has no {name}")
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
