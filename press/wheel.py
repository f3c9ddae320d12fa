"""The pure-Python wheel of the project, cut down to the data that one notebook needs; the same bytes each time."""

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from press.strip import strip_tree

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold


def build_wheel(root: Path) -> tuple[str, bytes]:
    """Build the wheel of the repository at ``root`` without network; returns its file name and its bytes.

    It is built from a copy, because setuptools puts whatever lies in a stale build/lib into a wheel, deleted files too, and
    because a reader gets the exercises in another form.
    Raises ValueError with the last lines of the build where it fails, and where the wheel is not pure Python.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree, out = Path(folder, "tree"), Path(folder, "out")
        ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.tmp")
        for name in ("dynlib", "kernels"):
            shutil.copytree(root / name, tree / name, ignore=ignore)
        strip_tree(tree)
        for pattern in ("pyproject.toml", "README*", "LICENSE*"):
            for path in root.glob(pattern):
                shutil.copy(path, tree)
        program = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
        done = subprocess.run([sys.executable, "-c", program, str(out)], capture_output=True, text=True, cwd=tree)
        wheels = list(out.glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-3:])
            raise ValueError(f"the wheel of {root} could not be built (is setuptools in this environment?):\n{tail}")
        if not wheels[0].name.endswith("-none-any.whl"):
            raise ValueError(f"{wheels[0].name} is not pure Python; it would run on one platform only")
        return wheels[0].name, cut(wheels[0].read_bytes(), keep=None)


def cut(wheel: bytes, keep: set[str] | None) -> bytes:
    """Return the wheel without ``dynlib/<room>/data/*`` of rooms outside ``keep`` (None keeps all), with RECORD to match.

    Entries are sorted and dated 1980, so equal sources give equal bytes.
    """
    with zipfile.ZipFile(io.BytesIO(wheel)) as old:
        files = {n: old.read(n) for n in old.namelist() if not n.endswith("/") and (keep is None or not _foreign(n, keep))}
    record = next(name for name in files if name.endswith(".dist-info/RECORD"))
    del files[record]
    rows = [f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in sorted(files.items())]
    files[record] = "".join([*rows, f"{record},,\n"]).encode()
    new = io.BytesIO()
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return new.getvalue()


def _foreign(name: str, keep: set[str]) -> bool:
    """Say whether the file is package data of a room that is not kept."""
    parts = name.split("/")
    return len(parts) > 3 and parts[0] == "dynlib" and parts[2] == "data" and parts[1] not in keep


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
