"""The first cell of a reader's notebook, run as readers run it: without pip, under a foreign Python, beside other copies."""

import inspect
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

import pytest

from press import unpack
from press.payload import setup_cell
from press.unpack import hash_of

BARE = Path(sys._base_executable)  # the Python below .venv: neither the library nor numpy is installed there
FILES = {
    "dynlib/__init__.py": b"VALUE = 'ours'\n",
    "dynlib/teaching/__init__.py": b"def setup():\n    print('ready')\n",
    "dynlib/alpha/__init__.py": b"from pathlib import Path\nROWS = (Path(__file__).parent / 'data/a.csv').read_text()\n",
    "dynlib/alpha/data/a.csv": b"1,2,3\n",
    "dynlib_kernels/__init__.py": b"",
}
CELL = setup_cell(FILES)
NAME = hash_of(FILES)
OLDER = {name: data for name, data in FILES.items() if "alpha" not in name} | {"dynlib/__init__.py": b"VALUE = 'older'\n"}
NEXT = "\nimport dynlib, dynlib.alpha, dynlib_kernels\nprint(dynlib.VALUE, dynlib.alpha.ROWS.strip(), dynlib.__file__)"
FORBIDDEN = """
import sys
def refuse(event, args):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork")):
        raise SystemExit(f"the cell did {event}")
sys.addaudithook(refuse)
"""


def write(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


class Machine:
    """A fresh home and an empty working folder, whose path has a space and an accent."""

    def __init__(self, place):
        self.home, self.work = place / "ho me/José", place / "empty"
        self.home.mkdir(parents=True)
        self.work.mkdir()
        self.cache = self.home / ".cache/dynamics-book"

    def run(self, *programs, python=(BARE, "-S"), path=(), **env):
        """What the programs print, run one after the other in one Python; an error is the last line of its traceback."""
        env = {"HOME": str(self.home), "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1", **env}
        done = subprocess.run([*python, "-c", "\n".join(programs)], capture_output=True, text=True, cwd=self.work, env=env)
        return done.stdout if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def whole(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == FILES


def test_the_cell_says_what_it_did_and_leaves_only_its_folder(machine):
    before = sorted(machine.home.rglob("*"))
    shown = machine.run(FORBIDDEN, CELL, NEXT)
    folder = machine.cache / NAME
    assert shown.splitlines() == [
        f"The book's library was unpacked in {folder}; nothing was installed or changed.",
        f"ours 1,2,3 {folder / 'dynlib/__init__.py'}",
    ]
    assert whole(folder)
    assert list(machine.cache.iterdir()) == [folder]
    assert [p for p in machine.home.rglob("*") if p not in before and not p.is_relative_to(folder)] == [
        machine.home / ".cache",
        machine.cache,
    ]
    assert list(machine.work.iterdir()) == []
    assert "was there already" in machine.run(FORBIDDEN, CELL, NEXT)


def test_the_folder_that_is_named_by_the_environment_is_used(machine):
    elsewhere = machine.work / "cache"
    assert f"unpacked in {elsewhere}/dynamics-book/{NAME}" in machine.run(CELL, XDG_CACHE_HOME=str(elsewhere))


def test_the_cell_leaves_no_name_behind_and_can_be_run_again(machine):
    again = "import dynlib\nkept = dynlib\n" + CELL + "\nimport dynlib\nassert dynlib is kept, 'the same copy was forgotten'"
    names = "before = set(globals()) | {'before'}\n" + CELL + "\nassert set(globals()) == before, set(globals()) - before"
    shown = machine.run(names, again, "import sys\nprint([p for p in sys.path if 'dynamics-book' in p])")
    assert shown.splitlines()[1:] == [
        f"The book's library was there already in {machine.cache / NAME}; nothing was installed or changed.",
        f"['{machine.cache / NAME}']",
    ]


# CASES of readers' machines


def test_without_pip(machine, tmp_path):
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    python = tmp_path / "env/bin/python"
    assert "No module named pip" in machine.run("import pip", python=[python]).replace("'", "")
    assert machine.run(CELL, NEXT, python=[python]).splitlines()[1].startswith("ours")


@pytest.fixture
def distribution(tmp_path):
    """A distribution's Python: its standard library says that it is externally managed (PEP 668), and pip obeys."""
    standard = Path(sysconfig.get_path("stdlib"))
    lib = tmp_path / "usr/lib" / standard.name
    lib.mkdir(parents=True)
    for path in standard.iterdir():
        if path.name not in ("site-packages", "dist-packages", "EXTERNALLY-MANAGED", "sitecustomize.py", "__pycache__"):
            (lib / path.name).symlink_to(path)
    (lib / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=use the system's packages\n")
    (lib / "site-packages").mkdir()
    (lib / "site-packages/pip").symlink_to(Path(sysconfig.get_path("purelib")) / "pip")
    return lib


def test_under_an_externally_managed_python(machine, distribution):
    home = {"PYTHONHOME": str(distribution.parents[1])}
    pip = "import runpy, sys\nsys.argv = ['pip', 'install', '--no-index', 'x']\nrunpy.run_module('pip', run_name='__main__')"
    done = subprocess.run([BARE, "-c", pip], capture_output=True, text=True, env=home | {"HOME": str(machine.home)})
    assert "externally-managed-environment" in done.stderr
    before = sorted(distribution.rglob("*"))
    assert machine.run(CELL, NEXT, python=[BARE], **home).splitlines()[1].startswith("ours")
    assert sorted(distribution.rglob("*")) == before


def test_as_another_user_with_a_fresh_home():
    """Nobody's account where the tests run as root, and this account elsewhere: neither may write to Python's own folders."""
    user = 65534 if os.geteuid() == 0 else os.geteuid()
    modules = {
        name
        for function in (unpack.unpack, unpack.hash_of, unpack.open_library)
        for name in re.findall(r"^ +(?:import|from) (\S+)", inspect.getsource(function), re.M)
    }
    become = f"import {', '.join(sorted(modules))}"
    if os.geteuid() == 0:
        become += f"\nos.setgroups([]); os.setgid({user}); os.setuid({user})"
        become += f"\nassert not os.access({sysconfig.get_path('stdlib')!r}, os.W_OK)"
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        machine = Machine(Path(place))
        if os.geteuid() == 0:
            os.chown(machine.home, user, user)
        shown = machine.run(become, CELL, NEXT)
        assert shown.splitlines()[1:] == [f"ours 1,2,3 {machine.cache / NAME}/dynlib/__init__.py"]
        assert whole(machine.cache / NAME)


@pytest.mark.parametrize("home", ["/dev/null", "no/absolute/path", "~"])
def test_without_a_home_that_can_be_written(machine, home, tmp_path):
    (tmp_path / "tmp").mkdir()
    end = "\nimport sys, os\nassert os.stat(os.path.dirname(sys.path[0])).st_mode & 0o77 == 0, 'others may write there'"
    shown = machine.run(CELL, NEXT, end, CELL, HOME=home, TMPDIR=str(tmp_path / "tmp")).splitlines()
    assert f"was unpacked in {tmp_path / 'tmp'}/dynamics-book-" in shown[0]
    assert shown[1].startswith("ours")
    assert "was there already" in shown[2]
    assert list((tmp_path / "tmp").iterdir()) == []
    assert list(machine.work.iterdir()) == []


@pytest.mark.parametrize("made", ["a file", "a link to nowhere", "a folder that cannot be written"])
def test_a_cache_that_cannot_be_used(machine, made):
    place = machine.home / ".cache"
    if made == "a file":
        place.write_text("")
    elif made == "a link to nowhere":
        place.symlink_to(machine.home / "nowhere/at all")
    else:
        (machine.cache / NAME).parent.mkdir(parents=True)
        machine.cache.chmod(0o500)
    shown = machine.run(CELL, NEXT).splitlines()
    assert shown[1].startswith("ours")
    if made != "a folder that cannot be written" or os.geteuid():  # root writes there
        assert "dynamics-book-" in shown[0]


def test_in_a_python_built_without_its_optional_parts(machine):
    lacking = "import sys\nfor name in ('_lzma', '_bz2', '_ssl', '_sqlite3', '_ctypes', 'readline', 'pip', 'setuptools'):\n"
    assert machine.run(lacking + "    sys.modules[name] = None", CELL, NEXT).splitlines()[1].startswith("ours")


def test_an_old_python_is_told_so(machine):
    shown = machine.run("import sys\nsys.version_info = (3, 10, 1, 'final', 0)", CELL)
    assert shown == "RuntimeError: the book needs Python 3.11 or newer, and this is Python 3.10"


# Other copies, other packages, and damage


def test_an_older_copy_that_is_installed_steps_aside(machine, tmp_path):
    older = write(tmp_path / "site", OLDER)
    assert machine.run("import dynlib\nprint(dynlib.VALUE)", path=[older]) == "older\n"
    assert machine.run(CELL, NEXT, path=[older]).splitlines()[1].startswith("ours")
    imported = machine.run("import dynlib.teaching, dynlib_kernels", CELL, NEXT, path=[older])
    assert imported.splitlines()[1] == f"ours 1,2,3 {machine.cache / NAME}/dynlib/__init__.py"
    assert {p.relative_to(older).as_posix(): p.read_bytes() for p in older.rglob("*.py")} == OLDER


@pytest.mark.parametrize(
    "foreign",
    [
        {"dynlib/__init__.py": b"foreign = True\n"},
        {"dynlib.py": b"foreign = True\n"},
        {"dynlib/notes.txt": b"no package"},
        {"dynlib_kernels/__init__.py": b"foreign = True\n"},
    ],
)
def test_a_foreign_package_of_the_same_name_steps_aside(machine, tmp_path, foreign):
    there = write(tmp_path / "site", foreign)
    name = next(iter(foreign)).split("/")[0].removesuffix(".py")
    for before in ("", f"import {name}\n"):
        shown = machine.run(before + CELL, NEXT, f"import {name}\nprint(hasattr({name}, 'foreign'))", path=[there])
        assert shown.splitlines()[1:] == [f"ours 1,2,3 {machine.cache / NAME}/dynlib/__init__.py", "False"]


def test_the_payload_wins_in_a_checkout_too(machine):
    write(machine.work, OLDER)
    assert machine.run(CELL, NEXT).splitlines()[1].startswith("ours")


def test_a_foreign_package_called_kernels_stays_whole(machine, tmp_path):
    foreign = {
        "kernels/__init__.py": b"from kernels.layer import x\n",
        "kernels/layer.py": b"x = 'foreign'\n",
        "kernels-1.dist-info/METADATA": b"Name: kernels\n",
    }
    there = write(tmp_path / "site", foreign)
    shown = machine.run(
        "import kernels.layer as before", CELL, NEXT, "import kernels\nprint(kernels.x, kernels.layer is before)", path=[there]
    )
    assert shown.splitlines()[2] == "foreign True"
    assert {p.relative_to(there).as_posix(): p.read_bytes() for p in there.rglob("*") if p.is_file()} == foreign


def test_pages_of_several_chapters_in_one_python(machine):
    files = {name.replace("alpha", "beta"): data for name, data in FILES.items()}
    other = setup_cell(files | {"dynlib/__init__.py": b"VALUE = 'beta'\n"})
    state = "import dynlib, sys\nprint(dynlib.VALUE, [p for p in sys.path if 'dynamics-book' in p] == [dynlib.__file__[:-19]])"
    alpha, beta = "import dynlib.alpha", "import dynlib.beta"
    shown = machine.run(CELL, state, alpha, other, state, beta, CELL, state, alpha)
    assert shown.splitlines()[1::2] == ["ours True", "beta True", "ours True"]
    assert "ModuleNotFoundError" in machine.run(CELL, "import dynlib.alpha", other, "import dynlib.alpha")


def test_a_finder_that_would_bring_another_copy_is_named(machine, tmp_path):
    older = write(tmp_path / "site", OLDER)
    finder = f"""
import importlib.util, sys
class Finder:
    def find_spec(name, path=None, target=None):
        if name == "dynlib":
            return importlib.util.spec_from_file_location(name, {str(older / "dynlib/__init__.py")!r})
sys.meta_path.insert(0, Finder)
"""
    assert machine.run(finder, CELL) == (
        f"ImportError: dynlib would come from {older}/dynlib/__init__.py and not from "
        f"{machine.cache / NAME}; start a fresh kernel"
    )


@pytest.mark.parametrize("damage", ["deleted", "changed", "added", "emptied", "a file"])
def test_a_damaged_folder_is_made_again(machine, damage):
    machine.run(CELL)
    folder = machine.cache / NAME
    if damage == "deleted":
        (folder / "dynlib/alpha/data/a.csv").unlink()
    elif damage == "changed":
        (folder / "dynlib/__init__.py").write_text("VALUE = 'else'\n")
    elif damage == "added":
        (folder / "dynlib/alpha.py").write_text("ROWS = 'else'\n")
    else:
        shutil.rmtree(folder)
        folder.mkdir() if damage == "emptied" else folder.write_text("")
    shown = machine.run(CELL, NEXT).splitlines()
    assert shown[0].startswith("The book's library was unpacked")
    assert shown[1].startswith("ours 1,2,3")
    assert whole(folder)
    assert list(machine.cache.iterdir()) == [folder]


def test_what_python_and_file_browsers_add_is_no_damage(machine):
    machine.run(CELL, NEXT, PYTHONDONTWRITEBYTECODE="")
    folder = machine.cache / NAME
    (folder / ".DS_Store").write_bytes(b"x")
    assert list(folder.rglob("*.pyc"))
    assert "was there already" in machine.run(CELL)


def test_modules_of_a_damaged_folder_are_still_the_ones_in_use(machine):
    """Somebody tidies the cache while a kernel runs: the cell brings the folder back, and the next import works."""
    shown = machine.run(CELL, "import dynlib, shutil\nshutil.rmtree(dynlib.__file__[:-19])", CELL, NEXT)
    assert shown.splitlines()[2].startswith("ours 1,2,3")


@pytest.mark.parametrize("damage", ["another payload", "cut", "no base85", "empty"])
def test_a_damaged_cell_stops_and_says_so(machine, damage):
    top, middle, bottom = re.split(r'(?<=, """\n)|(?=\n"""\))', CELL)
    if damage == "another payload":
        broken = setup_cell(OLDER).replace(hash_of(OLDER), NAME)
    else:
        broken = top + {"cut": middle[:-50], "no base85": middle[:-50] + "é" * 50, "empty": ""}[damage] + bottom
    assert machine.run(broken) == "RuntimeError: the library that this cell carries is damaged: download the notebook again"
    assert not machine.cache.exists()


def test_a_notebook_that_was_faster_is_welcome(machine):
    faster = """
import pathlib, shutil
rename = pathlib.Path.rename
def late(self, target):
    shutil.copytree(self, target)
    return rename(self, target)
pathlib.Path.rename = late
"""
    assert machine.run(faster, CELL, NEXT).splitlines()[1] == f"ours 1,2,3 {machine.cache / NAME}/dynlib/__init__.py"
    assert list(machine.cache.iterdir()) == [machine.cache / NAME]


@pytest.mark.parametrize("there", [{}, OLDER])
def test_many_notebooks_unpack_at_once(machine, there):
    write(machine.cache / NAME, there)  # nothing, or a damaged folder on top of it
    wait = "import os, time\nopen(f'{os.getpid()}.ready', 'w')\nwhile not os.path.exists('go'): time.sleep(.001)\n"
    env = {"HOME": str(machine.home), "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryFile("w+") as said:
        racers = [
            subprocess.Popen([BARE, "-S", "-c", wait + CELL + NEXT], cwd=machine.work, env=env, stdout=said, stderr=said)
            for _ in range(6)
        ]
        try:
            while len(list(machine.work.glob("*.ready"))) < len(racers) and all(racer.poll() is None for racer in racers):
                pass
            (machine.work / "go").touch()
            assert [racer.wait(100) for racer in racers] == [0] * len(racers)
        finally:
            for racer in racers:
                racer.kill()
                racer.wait()
        said.seek(0)
        assert (shown := said.read()).count("ours 1,2,3") == len(racers), shown
    assert whole(machine.cache / NAME)
    assert list(machine.cache.iterdir()) == [machine.cache / NAME]
