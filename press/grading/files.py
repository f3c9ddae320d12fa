"""The files that were handed in, whether they lie in folders or in archives; nothing is unpacked onto the disk.

What cannot be read is no error: it gets a note, for whoever handed it in has to hear of it.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from press.grading.archives import LARGEST, OPENED, Kind, members
from press.roster import spelled

MOST = 20_000  # files of a whole pile
DEEPEST = 40  # folders within folders
ARCHIVES = 3  # archives within archives
LEFTOVERS = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", "Thumbs.db", "desktop.ini"}
OTHER_ARCHIVES = (".gz", ".bz2", ".xz", ".zst", ".rar", ".7z")


@dataclass(frozen=True)
class File:
    """One file: its path below the pile, with ``/`` and in one spelling, when it was last changed, and how to read it."""

    path: str
    when: float
    size: int
    open: Callable[[], bytes]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def read(self) -> bytes:
        """What it holds; raises ValueError with the reason where that cannot be read."""
        if self.size > LARGEST:
            raise ValueError(f"it has {self.size / 2**20:.0f} MiB, and more than {LARGEST // 2**20} are not read")
        try:
            return self.open()
        except (OSError, ValueError) as error:
            raise ValueError(f"it cannot be read ({error})") from None


@dataclass
class Tree:
    """What lies below a folder or in an archive: files, the paths of folders, and ``(path, what is to be said of it)``."""

    files: list[File] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    notes: list[tuple[str, str]] = field(default_factory=list)
    is_folder: bool = True


def tree_of(place: Path) -> Tree:
    """Everything below a folder, or in an archive.

    Parameters
    ----------
    place : Path
        A folder or an archive. Links inside are not followed: they may lead anywhere, also to another student's work.

    Returns
    -------
    Tree
        An archive inside it is a folder with the archive's name.
    """
    found = Tree()
    if place.is_dir():
        _of_folder(place, found)
    else:
        _of_archive(place, place.name, "", found, ARCHIVES)
    return found


def _of_folder(place: Path, found: Tree) -> None:
    waiting = [(str(place), "", 0)]
    while waiting:
        folder, below, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name, reverse=True)
        except OSError as error:
            found.notes.append((below, f"the folder {below} cannot be read ({error.strerror})"))
            continue
        for entry in entries:
            name = spelled(entry.name)
            path = f"{below}/{name}" if below else name
            if _is_leftover(name):
                continue
            if entry.is_symlink():
                found.notes.append((path, f"{path} is a link and was not followed; hand in the files themselves"))
            elif entry.is_dir(follow_symlinks=False):
                found.folders.add(path)
                if depth < DEEPEST:
                    waiting.append((entry.path, path, depth + 1))
                else:
                    found.notes.append((path, f"{DEEPEST} folders within folders were looked into, and no more"))
            elif entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                _add(found, path, about.st_mtime, about.st_size, Path(entry.path).read_bytes, Path(entry.path), ARCHIVES)


def _of_archive(source: Path | bytes, name: str, below: str, found: Tree, left: int) -> None:
    """Add the members of an archive called ``name``, which lie below ``below``."""
    try:
        for member in members(source, name):
            parts = [spelled(part) for part in member.name.split("/") if part not in ("", ".", "..")]
            path = "/".join([*([below] if below else []), *parts])
            if not parts or any(_is_leftover(part) for part in parts):
                continue
            found.folders.update("/".join([*([below] if below else []), *parts[:k]]) for k in range(1, len(parts)))
            if member.kind is Kind.FOLDER:
                found.folders.add(path)
            elif member.kind is Kind.FILE:
                _add(found, path, member.when, member.size, member.open, None, left - 1)
            else:
                found.notes.append((path, f"{path} is {member.kind.value} and was not followed; hand in the files themselves"))
    except ValueError as error:
        found.notes.append((below, f"{below or 'this'} is no archive that can be opened ({error}); hand in a new zip of it"))


def _add(found: Tree, path: str, when: float, size: int, read: Callable[[], bytes], on_disk: Path | None, left: int) -> None:
    """Add a file, or what is in it where it is an archive."""
    lower = path.lower()
    if len(found.files) >= MOST:
        if not found.notes or "more than" not in found.notes[-1][1]:
            found.notes.append((path, f"there are more than {MOST:,} files; those from {path} on were not looked at"))
    elif lower.endswith(OPENED) and left > 0:
        found.folders.add(path)
        try:
            _of_archive(on_disk or File(path, when, size, read).read(), path, path, found, left)
        except ValueError as error:
            found.notes.append((path, f"{path}: {error}"))
    elif lower.endswith((*OPENED, *OTHER_ARCHIVES)):
        found.folders.add(path)
        found.notes.append((path, f"{path} is an archive that is not opened; hand in the notebook itself, or a zip of it"))
    else:
        found.files.append(File(path, when, size, read))


def _is_leftover(name: str) -> bool:
    return name in LEFTOVERS or name.startswith(".")


def tops(tree: Tree) -> Iterator[str]:
    """The first parts of all paths, each once, in the alphabet's order."""
    paths = [file.path for file in tree.files] + [*tree.folders] + [path for path, _ in tree.notes]
    yield from sorted({path.partition("/")[0] for path in paths if path})


def below(tree: Tree, top: str) -> Tree:
    """What lies below one first part, with paths from there on; a file at the top itself keeps its name."""

    def short(path: str) -> str | None:
        head, _, rest = path.partition("/")
        return (rest or head) if head == top else None

    files = [File(path, file.when, file.size, file.open) for file in tree.files if (path := short(file.path))]
    folders = {path for folder in tree.folders if (path := short(folder)) and folder != top}
    notes = [(path, note) for whole, note in tree.notes if (path := short(whole))]
    return Tree(files, folders, notes, top in tree.folders)
