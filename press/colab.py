"""Write notebooks that carry the library with them: for Colab, any Jupyter, or a lab with no network."""

import argparse
import base64
import io
import re
import textwrap
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from press.canonical import canonical
from press.notebooks import code_cells, dumps, label, read, select, tags, write_atomic
from press.plain import plain_cells, read_citations
from press.wheel import build_wheel, cut

TITLE = '# @title Setup {display-mode: "form"}\n'
# The library is called dynlib, and so is a foreign package on PyPI: only `dynlib.teaching` tells ours.
PROBE = """\
# Installs the book's library, unless it is here already.
try:
    from dynlib.teaching import setup
except ImportError:
"""
CARRIED = '''\
    import base64, importlib, pathlib, subprocess, sys, tempfile
    WHEEL = """
{payload}
"""
    with tempfile.TemporaryDirectory() as folder:
        wheel = pathlib.Path(folder, "{name}")
        wheel.write_bytes(base64.b64decode(WHEEL))
        pip = subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--force-reinstall", str(wheel)],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
'''
FROM_GIT = '''\
    import importlib, subprocess, sys
    pip = subprocess.run([sys.executable, "-m", "pip", "install", "--no-deps", "--force-reinstall", "{requirement}"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
'''
# What the failed probe imported must go, or Python would answer from it.
FORGET = """\
    if pip.returncode:
        raise RuntimeError("the book's library could not be installed:\\n" + pip.stdout) from None
    for name in [n for n in sys.modules if n.partition(".")[0] in ("dynlib", "dynlib_kernels")]:
        del sys.modules[name]
    importlib.invalidate_caches()
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="ROOM|PATH", help="rooms, pages or notebooks (default: the whole book)")
    parser.add_argument("--out", type=Path, help="folder to write to (default: build/colab)")


def run(args: argparse.Namespace) -> int:
    for path in colab(args.root, args.names, args.out or args.root / "build" / "colab"):
        print(f"{label(args.root, path)}: {path.stat().st_size / 1024:.0f} KiB")
    return 0


def colab(root: Path, names: list[str], out: Path) -> list[Path]:
    """Write the Colab form of the notebooks that ``names`` mean into ``out``, laid out as in book/; returns the files.

    While ``[project.urls] Repository`` is unset each carries the wheel; once it is set, each installs that repository's tag
    ``v<version>``. Raises ValueError where a notebook's first code cell is not tagged ``setup``.
    """
    notebooks = select(root, names)
    for path in notebooks:
        if not path.is_relative_to(root / "book"):
            raise ValueError(f"{path} lies outside {root / 'book'}; only the book's notebooks have a Colab form")
    install, citations = installer(root), read_citations(root / "book/references.bib")
    written = []
    for path in notebooks:
        nb = read(path)
        try:
            form = colab_form(nb, install(nb, path.parent.name), citations)
        except ValueError as error:
            raise ValueError(f"{label(root, path)}: {error}") from None
        target = out / path.relative_to(root / "book")
        write_atomic(target, dumps(form))
        written.append(target)
    return written


def installer(root: Path) -> Callable[[NotebookNode, str], str]:
    """Return what gives a notebook of a folder the source of its install cell; the wheel is built once for all of them."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    address = project.get("urls", {}).get("Repository")
    if address:
        return lambda nb, folder: install_from_git(address, project["version"])
    name, wheel = build_wheel(root)
    return lambda nb, folder: install_carried(name, cut(wheel, rooms_of(nb, folder)))


def rooms_of(nb: NotebookNode, folder: str) -> set[str]:
    """Return the names whose data is carried: the notebook's own room, and every word of its code, so each room it imports."""
    return {folder}.union(*(re.findall(r"\w+", cell.source) for _, cell in code_cells(nb)))


def install_carried(name: str, wheel: bytes) -> str:
    """Return the source of a cell that installs the wheel it carries; it needs pip and no network."""
    payload = "\n".join(textwrap.wrap(base64.b64encode(wheel).decode(), 120))
    return TITLE + PROBE + CARRIED.format(payload=payload, name=name) + FORGET


def open_payload(source: str) -> dict[str, bytes]:
    """What an install cell carries, by name; nothing where ``source`` is no such cell."""
    carried = re.search(r'WHEEL = """\n(.*?)\n"""', source, re.DOTALL)
    if not carried:
        return {}
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(carried[1]))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def install_from_git(address: str, version: str) -> str:
    """Return the source of a cell that installs the tag ``v<version>`` of the repository at ``address``."""
    requirement = f"dynamics-book @ git+{address.removesuffix('/')}@v{version}"
    return TITLE + PROBE + FROM_GIT.format(requirement=requirement) + FORGET


def colab_form(nb: NotebookNode, install: str, citations: dict[str, str] | None = None, outputs: bool = False) -> NotebookNode:
    """Return a copy whose first code cell, before the setup cell, is the folded ``install``, and whose prose has no directive.

    ``citations`` says how the keys of references read. Outputs are dropped unless ``outputs``.
    """
    code = code_cells(nb)
    if not code or "setup" not in tags(code[0][1]):
        raise ValueError("its first code cell is not tagged `setup`; every notebook begins with the setup cell")
    form = canonical(nb)
    form.metadata.pop("dynamics", None)
    plain_cells(form.cells, citations or {})
    for _, cell in code_cells(form):
        if not outputs:
            cell.outputs, cell.execution_count = [], None
    cell = nbformat.v4.new_code_cell(install.rstrip("\n"), metadata={"cellView": "form", "jupyter": {"source_hidden": True}})
    at = next(k for k, c in enumerate(form.cells) if c.cell_type == "code")
    form.cells.insert(at, cell)
    return canonical(form)
