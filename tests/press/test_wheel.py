"""The wheel: as readers get the library, usable from an empty folder, and a good neighbour of a foreign package `kernels`."""

import base64
import csv
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from press.payload import reader_files

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = sysconfig.get_path("purelib")
# The foreign package, with what its import needs beyond our own pins.
FOREIGN = (
    "kernels==0.12.0",
    "huggingface_hub==1.33.0",
    "anyio==4.16.0",
    "certifi==2026.10.19.post1",
    "h11==0.16.0",
    "httpcore==1.0.9",
    "httpx==0.28.1",
    "idna==3.20",
    "tqdm==4.70.1",
)


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def build(tree, what):
    """The file that the project's build backend makes, as pip calls it."""
    program = f"import sys; from setuptools import build_meta; print(build_meta.build_{what}(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", program, str(tree.parent)], capture_output=True, text=True, cwd=tree)
    assert done.returncode == 0, done.stderr[-2000:]
    return tree.parent / done.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel that is made from a source distribution, which is made from the repository as a clone holds it.

    A module that was deleted long ago lies in an old build.
    """
    tree = tmp_path_factory.mktemp("wheel") / "the book"
    for name in ("dynlib", "kernels", "press"):
        shutil.copytree(REPOSITORY / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for pattern in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE*"):
        for path in REPOSITORY.glob(pattern):
            shutil.copy(path, tree)
    with tarfile.open(build(tree, "sdist")) as archive:
        archive.extractall(tree.parent, filter="data")
    (source,) = tree.parent.glob("dynamics_book-*/")
    stale = source / "build/lib/dynlib/deleted.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    return build(source, "wheel")


@pytest.fixture(scope="session")
def site(wheel, tmp_path_factory):
    """A folder into which pip installed the wheel."""
    site = tmp_path_factory.mktemp("site")
    done = pip("install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--target", site, wheel)
    assert done.returncode == 0, done.stderr
    return site


def run(program, cwd, *path):
    """What a Python prints that reads no .pth file, so that it does not find the repository."""
    env = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"} | {"PYTHONPATH": os.pathsep.join(map(str, path))}
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, cwd=cwd, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


@pytest.mark.slow
def test_a_wheel_holds_what_a_notebook_may_carry_and_nothing_else(wheel):
    assert wheel.name == "dynamics_book-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        held = {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}
    assert held == reader_files(REPOSITORY)
    assert {name.split("/")[0] for name in held} == {"dynlib", "dynlib_kernels"}


@pytest.mark.slow
def test_a_wheel_asks_for_the_librarys_packages_and_offers_the_extras(wheel):
    with zipfile.ZipFile(wheel) as archive:
        metadata = message_from_bytes(archive.read("dynamics_book-0.1.0.dist-info/METADATA"))
    needed = {line.split(">")[0] for line in metadata.get_all("Requires-Dist") if "extra" not in line}
    assert {"numpy", "torch", "ipywidgets"} <= needed
    assert not needed & {"nbformat", "jupytext", "pytest", "triton"}
    assert set(metadata.get_all("Provides-Extra")) == {"press", "teach", "fonts", "sweep", "dev"}


USED = """
import dynlib, dynlib_kernels
from dynlib.pointer import load_network
from dynlib.teaching import Explore, Frame, Lines, Slider, claim, setup
from dynlib.teaching.exercises.diagonal_ssm import check_kernel
from dynlib.teaching.explore.script import with_script

print(dynlib.__file__, dynlib_kernels.__file__)
setup()
widget = Explore(title="A line", controls=[Slider("height", [0, 1])],
                 panels=[Lines(x=range(3), xlabel="steps", xlim=(0, 2), ylim=(0, 1), series=["line"])],
                 frame=lambda height: Frame([{"line": [float(height)] * 3}], f"a line at {height}"))
alive = with_script(widget.html)
print("a line at 1" in widget.html, "data:image/png" in widget.html, "dynlibExplore" in alive, ".dynlib-explore" in alive)
claim("rank-of-a-leak", 1)
try:
    check_kernel(lambda A, C, dt, L: None)
except AssertionError as refused:
    print(type(refused).__name__)
print(type(load_network("hull_bytes")).__name__)
"""


@pytest.mark.slow
def test_the_wheel_is_whole(site, tmp_path):
    """Setup, a widget, a claim, a check and a checkpoint, from an empty folder."""
    where, ready, *shown = run(USED, tmp_path, site, PACKAGES)
    assert where == f"{site}/dynlib/__init__.py {site}/dynlib_kernels/__init__.py"
    assert "seed 0" in ready
    assert shown == ["True True True True", "✓ rank-of-a-leak: exactly 1", "Refused", "PointerNetwork"]


def intact(site, name):
    """Whether every file that a package's record lists is as it was installed."""
    (record,) = site.glob(f"{name}-*.dist-info/RECORD")
    rows = [row for row in csv.reader(record.read_text().splitlines()) if row[1] and not row[0].startswith("..")]
    digest = {row[0]: base64.urlsafe_b64encode(hashlib.sha256((site / row[0]).read_bytes()).digest()).decode() for row in rows}
    return len(rows) > 10 and all(row[1] == "sha256=" + digest[row[0]].rstrip("=") for row in rows)


WHERE = """
import kernels, dynlib_kernels, dynlib
print(kernels.__version__, kernels.get_kernel.__module__)
print(kernels.__file__)
print(dynlib_kernels.__file__)
print(dynlib_kernels.MODE)
"""


@pytest.mark.slow
def test_beside_the_foreign_package_kernels_both_stay_whole(wheel, tmp_path):
    """The real package from the registry, then our wheel, in one folder; imported from an empty folder and from our root."""
    site = tmp_path / "site"
    done = pip("install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", site, *FOREIGN)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"the registry cannot be reached: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    done = pip("install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel)
    assert done.returncode == 0, done.stderr
    assert intact(site, "kernels")
    assert intact(site, "dynamics_book")
    for folder in (tmp_path, REPOSITORY):
        version, where, ours, mode = run(WHERE, folder, site, PACKAGES)[-4:]
        assert version == "0.12.0 kernels.utils"
        assert where == f"{site}/kernels/__init__.py"
        assert ours == f"{site}/dynlib_kernels/__init__.py"
        assert mode in ("gpu", "interpret", "torch")


@pytest.mark.parametrize("name", ["kernels", "kernels.layer"])
def test_a_foreign_package_kernels_is_imported_from_the_repositorys_root(tmp_path, name):
    """Our folder kernels/ is no package, so it hides nothing, although the working folder stands first on the path."""
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels/__init__.py").write_text("")
    (tmp_path / "kernels/layer.py").write_text("")
    assert (REPOSITORY / "kernels").is_dir()
    (where,) = run(f"import sys, {name}\nassert '' in sys.path[:1]\nprint(sys.modules[{name!r}].__file__)", REPOSITORY, tmp_path)
    assert where.startswith(str(tmp_path))
