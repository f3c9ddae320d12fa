"""What a zip or tar archive holds, one member after the other. Nothing is unpacked onto the disk, and nothing is believed:

an archive may say any size, hold gigabytes of nothing in a few bytes, or lead in circles.
"""

import bz2
import contextlib
import enum
import gzip
import io
import lzma
import stat
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LARGEST = 256 * 2**20  # bytes of one file, whose pictures are dropped only after it was read, and of a tar archive as a whole
TARS: dict[str, Callable] = {".tar": contextlib.nullcontext, ".tar.gz": gzip.open, ".tgz": gzip.open}
TARS |= {".tar.bz2": bz2.open, ".tbz2": bz2.open, ".tar.xz": lzma.open, ".txz": lzma.open}
OPENED = (".zip", *TARS)
# What the libraries make of bytes that are no archive
BROKEN: tuple[type[Exception], ...] = (OSError, EOFError, RuntimeError, OverflowError, ValueError, struct.error, zlib.error)
BROKEN += (lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)


class Kind(enum.Enum):
    """What a member is, as it goes on after "is"."""

    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a link"
    OTHER = "neither a file nor a folder"


@dataclass(frozen=True)
class Member:
    """One entry: its path as it is written there, what it is, when it was last changed, its size, and how to read it."""

    name: str
    kind: Kind
    when: float
    size: int
    open: Callable[[], bytes]


def members(source: Path | bytes, name: str) -> Iterator[Member]:
    """The members of an archive, in its order.

    Parameters
    ----------
    source : Path or bytes
        The archive.
    name : str
        What it is called; its end says what it is.

    Yields
    ------
    Member
        One an entry.

    Raises
    ------
    ValueError
        With the reason, where it cannot be opened or read on.
    """
    with _in_words():
        yield from (_of_tar if name.lower().endswith(tuple(TARS)) else _of_zip)(source, name)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise ValueError(str(error) or type(error).__name__) from None


def _of_zip(source: Path | bytes, name: str) -> Iterator[Member]:
    with _zip(source) as archive:
        entries = archive.infolist()
    for entry in entries:
        link = stat.S_ISLNK(entry.external_attr >> 16)
        kind = Kind.LINK if link else Kind.FOLDER if entry.is_dir() else Kind.FILE
        yield Member(_zip_name(entry), kind, _zip_time(entry), entry.file_size, _zip_reader(source, entry))


def _zip(source: Path | bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source))


def _zip_reader(source: Path | bytes, entry: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        with _in_words(), _zip(source) as archive, archive.open(entry) as file:
            return file.read(LARGEST)

    return read


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """The entry's path; a name that is not said to be UTF-8 often is."""
    name = entry.filename.replace("\\", "/")
    if not entry.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name


def _zip_time(entry: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):  # an archive may say the 31st of February
        return 0.0


class _Short(io.RawIOBase):
    """A file that is read no further than ``LARGEST``, however far somebody is led."""

    def __init__(self, file: IO[bytes]):
        self.file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.file.tell()

    def seek(self, place: int, whence: int = 0) -> int:
        return self.file.seek(self._allowed(place))

    def read(self, count: int = -1) -> bytes:
        return self.file.read(self._allowed(self.tell() + count) - self.tell() if count >= 0 else LARGEST - self.tell())

    def _allowed(self, place: int) -> int:
        if not 0 <= place <= LARGEST:
            raise ValueError(f"more than {LARGEST // 2**20} MiB of it are not read")
        return place


@contextlib.contextmanager
def _tar(source: Path | bytes, name: str) -> Iterator[tarfile.TarFile]:
    unpacked = next(unpacked for end, unpacked in reversed(TARS.items()) if name.lower().endswith(end))
    with (
        source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as packed,
        unpacked(packed) as file,
        tarfile.TarFile(fileobj=_Short(file)) as archive,
    ):
        yield archive


def _of_tar(source: Path | bytes, name: str) -> Iterator[Member]:
    with _tar(source, name) as archive:
        reached = -1
        while entry := archive.next():
            if entry.offset <= reached:
                raise ValueError("it leads in circles")
            reached = entry.offset
            link = entry.issym() or entry.islnk()
            kind = Kind.LINK if link else Kind.FOLDER if entry.isdir() else Kind.FILE if entry.isreg() else Kind.OTHER
            yield Member(entry.name, kind, float(entry.mtime), entry.size, _tar_reader(source, name, entry))
            archive.members = []  # type: ignore[attr-defined]  # it would keep them all


def _tar_reader(source: Path | bytes, name: str, entry: tarfile.TarInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        with _in_words(), _tar(source, name) as archive:
            file = archive.extractfile(entry)
            return file.read(LARGEST) if file else b""

    return read
