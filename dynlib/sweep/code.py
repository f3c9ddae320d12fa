"""Which code makes an experiment's numbers: a hash over its source, and the versions that it runs with."""

import functools
import hashlib
import inspect
import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from dynlib.sweep.dependencies import homes, reached

ROOT = Path(__file__).resolve().parents[2]  # where the package dynlib lies
PACKAGES = ("torch", "numpy")


def versions() -> str:
    """Python, torch and NumPy, as a stored file names them."""
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in PACKAGES)])


def source_files(run: Callable) -> dict[str, Path]:
    """The files whose source decides what a run yields.

    Parameters
    ----------
    run : callable
        A function of a module.

    Returns
    -------
    dict of str to Path
        The module's file and every module of the book that it imports, however indirectly, by names
        that a repository and an installed copy have in common.

    Raises
    ------
    ValueError
        For what is no function in a file.
    """
    try:
        own = Path(inspect.getfile(inspect.unwrap(run))).resolve(strict=True)
    except (TypeError, OSError):
        raise ValueError(
            f"sweep: run = {run!r} is no function in a file; define it in a module, so that its source can be hashed"
        ) from None
    tops = homes(ROOT)
    named = {}
    for path in reached(ROOT, [own]):
        home = next((home for home in tops.values() if path.is_relative_to(home)), path.parent)
        named[path.relative_to(home.parent if home in tops.values() else home).as_posix()] = path
    return dict(sorted(named.items()))


@functools.cache
def code_hash(run: Callable, reads: tuple[Path, ...] = ()) -> str:
    """The hash of what makes a run's numbers, taken once in each process.

    Parameters
    ----------
    run : callable
        A function of a module.
    reads : tuple of Path
        Files that it reads.

    Returns
    -------
    str
        The first 16 hexadecimal digits of a sha256 over names and contents: of ``source_files``,
        whose ends of lines do not count, and of what is read.

    Raises
    ------
    ValueError
        As ``source_files``.
    """
    digest = hashlib.sha256()
    for name, path in source_files(run).items():
        digest.update(b"%s\0%s\0" % (name.encode(), path.read_bytes().replace(b"\r\n", b"\n")))
    for path in reads:
        digest.update(b"%s\0%s\0" % (path.name.encode(), path.read_bytes()))
    return digest.hexdigest()[:16]
