"""Proofs that are kept: what was seen red, with a hash over everything that it hangs on, one file a room, one line a proof.

``tests/proofs/<room>.jsonl`` begins with a table of the files and versions that its lines name by number. A proof is good for
as long as its hash is: over its own texts (the cells and the row of a claim) and the bytes of every file that it used. The
versions of Python and of the packages under it are recorded, not hashed.
"""

import functools
import hashlib
import json
import math
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from press.notebooks import write_atomic

SHARE = 0.03  # of the proofs that are kept, at least so many are proven again


@dataclass(frozen=True)
class Proof:
    """``seen`` is how it failed, in a line; ``files`` are relative to the repository; ``versions`` say where it was seen."""

    key: str
    hash: str
    seen: str
    files: tuple[str, ...]
    versions: str = ""


def digest(root: Path, own: Sequence[str], files: Iterable[str]) -> str:
    """The hash over everything that a proof hangs on.

    Parameters
    ----------
    root : Path
        The repository.
    own : sequence of str
        Texts of its own.
    files : iterable of str
        Relative to ``root``; names and bytes count, and one that is gone counts as such.

    Returns
    -------
    str
        32 hexadecimal digits; the order of the files does not matter.
    """
    total = hashlib.sha256(json.dumps(list(own)).encode())
    for name in sorted(set(files)):
        total.update(f"\n{name} {_bytes(root / name)}".encode())
    return total.hexdigest()[:32]


def _bytes(path: Path) -> str:
    try:
        status = path.stat()
    except FileNotFoundError:
        return "is gone"
    return _bytes_once(path, status.st_mtime_ns, status.st_size)


@functools.cache
def _bytes_once(path: Path, *_version: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def versions() -> str:
    """``Python 3.11.9, numpy 2.3.1, torch …``; a package that is not installed is left out."""
    found = [f"Python {platform.python_version()}"]
    for name in ("numpy", "torch", "triton"):
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def file_of(root: Path, room: str) -> Path:
    return root / "tests" / "proofs" / f"{room}.jsonl"


def read(root: Path, room: str) -> dict[str, Proof]:
    """The proofs that a room keeps, by key.

    Parameters
    ----------
    root : Path
        The repository.
    room : str
        The room.

    Returns
    -------
    dict of str to Proof
        Empty where the room has no file.

    Raises
    ------
    ValueError
        For a file that :func:`write` did not write.
    """
    path = file_of(root, room)
    if not path.is_file():
        return {}
    try:
        table, *lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        found = [
            Proof(
                line["key"],
                line["hash"],
                line["seen"],
                tuple(table["files"][k] for k in _numbers(line["files"])),
                table["versions"][line["with"]],
            )
            for line in lines
        ]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise ValueError(f"{path} is no file of proofs ({error!r}); remove it, and run: python -m press prove {room}") from None
    return {proof.key: proof for proof in found}


def write(root: Path, room: str, proofs: Iterable[Proof]) -> None:
    """Write a room's proofs, sorted by key: equal proofs give equal bytes."""
    proofs = sorted(proofs, key=lambda proof: proof.key)
    files = sorted({name for proof in proofs for name in proof.files})
    made = sorted({proof.versions for proof in proofs})
    lines: list[dict] = [{"versions": made, "files": files}]
    for proof in proofs:
        numbers = _ranges(sorted(files.index(name) for name in proof.files))
        lines.append(
            {"key": proof.key, "hash": proof.hash, "with": made.index(proof.versions), "files": numbers, "seen": proof.seen}
        )
    write_atomic(file_of(root, room), "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def _ranges(numbers: Sequence[int]) -> str:
    """[0, 1, 2, 5] → "0-2 5"."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _numbers(ranges: str) -> list[int]:
    ends = [part.split("-") for part in ranges.split()]
    return [n for end in ends for n in range(int(end[0]), int(end[-1]) + 1)]


def commit(root: Path) -> str:
    """The commit that is checked out; without git, a hash over the records."""
    try:
        done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=300)
        if done.returncode == 0:
            return done.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        pass
    return digest(root, [], [path.relative_to(root).as_posix() for path in (root / "tests" / "proofs").glob("*.jsonl")])


def sample(names: Iterable[str], salt: str) -> set[str]:
    """Those of the kept proofs that are proven again: at least SHARE of them, others for each commit."""
    ranked = sorted(names, key=lambda name: hashlib.sha256(f"{salt} {name}".encode()).digest())
    return set(ranked[: math.ceil(SHARE * len(ranked))])
