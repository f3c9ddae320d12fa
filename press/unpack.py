"""What the first cell of a reader's notebook does. The functions below are written into that cell, above what they unpack.

They run wherever a notebook does: with the standard library alone, without pip, git or a network, in a Python that was built
without lzma or bz2, with a home folder that cannot be written, and beside another notebook that unpacks at the same moment.
"""


def unpack(payload):
    """Return the files that a payload holds, as {"dynlib/__init__.py": b"…"}."""
    import base64
    import io
    import json
    import zlib

    stream = io.BytesIO(zlib.decompress(base64.b85decode("".join(payload.split()))))
    return {file: stream.read(size) for file, size in json.loads(stream.readline()).items()}


def hash_of(files):
    """Return 16 hexadecimal digits of a hash over the names and the bytes of files."""
    import hashlib

    digest = hashlib.sha256()
    for file, data in sorted(files.items()):
        digest.update(b"%s %d\n%s" % (file.encode(), len(data), data))
    return digest.hexdigest()[:16]


def open_library(name, payload):
    """Put the payload's files first on sys.path, in a cache folder that their hash names. Nothing is installed or changed.

    A folder that is there is used if it is whole and made again if not; where the cache cannot be written, a temporary folder
    serves. Modules that come from another copy of the library are forgotten, so that the next import finds this one.
    """
    import atexit
    import contextlib
    import importlib.util
    import os
    import re
    import shutil
    import sys
    import tempfile
    import zlib
    from pathlib import Path

    if sys.version_info < (3, 11):
        raise RuntimeError(f"the book needs Python 3.11 or newer, and this is Python {sys.version_info[0]}.{sys.version_info[1]}")

    def is_whole(folder):
        found = {}
        with contextlib.suppress(OSError):
            for path in folder.rglob("*"):
                if path.suffix != ".pyc" and not path.name.startswith(".") and path.is_file():
                    found[path.relative_to(folder).as_posix()] = path.read_bytes()
        return hash_of(found) == name

    def write(home):
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home, prefix="new-", ignore_cleanup_errors=True) as work:
            new, old, folder = Path(work, "new"), Path(work, "old"), home / name
            for file, data in files.items():
                (new / file).parent.mkdir(parents=True, exist_ok=True)
                (new / file).write_bytes(data)
            try:
                new.rename(folder)
            except OSError:
                if not is_whole(folder):  # else another notebook was faster
                    folder.rename(old)
                    new.rename(folder)
        return folder

    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "dynamics-book")
    places = [Path(p) for p in sys.path if os.path.basename(p) == name] + [cache / name]
    folder = next((place for place in places if is_whole(place)), None)
    said = "was there already"
    if folder is None:
        try:
            files = unpack(payload)
        except (ValueError, zlib.error):
            files = {}
        if hash_of(files) != name:
            raise RuntimeError("the library that this cell carries is damaged: download the notebook again")
        said = "was unpacked"
        try:
            folder = write(cache if cache.is_absolute() else Path(os.devnull))
        except OSError:
            home = Path(tempfile.mkdtemp(prefix="dynamics-book-"))
            atexit.register(shutil.rmtree, home, ignore_errors=True)
            folder = write(home)

    other = re.compile(r"dynamics-book[^/\\]*[/\\][0-9a-f]{16}$")
    sys.path[:] = [str(folder), *(p for p in sys.path if not other.search(p))]
    ours = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in ("dynlib", "dynlib_kernels")}
    if not all(str(getattr(module, "__file__", None)).startswith(str(folder)) for module in ours.values()):
        for module in ours:
            del sys.modules[module]
    importlib.invalidate_caches()
    for package in ("dynlib", "dynlib_kernels"):
        origin = getattr(importlib.util.find_spec(package), "origin", None)
        if not str(origin).startswith(str(folder)):
            raise ImportError(f"{package} would come from {origin} and not from {folder}; start a fresh kernel")
    print(f"The book's library {said} in {folder}; nothing was installed or changed.")
