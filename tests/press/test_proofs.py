"""What was seen red is kept while nothing changes that it hangs on; what is forged is found when it is sampled.

A small house stands for the book: a library of two files that import one another and read a csv, a notebook that claims two
numbers, a kernel with a seeded fault. pytest runs in it as it runs here.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from dynlib.sweep.dependencies import closure
from dynlib.teaching.claims.registry import read_all
from press import proofs
from press.breakers import Runner, own, pages

REAL = Path(__file__).parents[2]
MARK = "@pytest.mark." + "proof"

ROW = """
[{id}]
statement = "{id}"
source = "arithmetic"
whose = "ours"
kind = "checked"
status = "tested"
value = {value}
tolerance = 0
reason = "exact"
misses = "others"
breaker = {{ module = "dynlib.room.second", where = "term", old = "1", new = "{new}" }}
"""
TEACHING = """
import tomllib
from pathlib import Path

class ClaimError(AssertionError):
    pass

def claim(id, ours):
    rows = tomllib.loads((Path(__file__).parent / "claims/room.toml").read_text())
    if ours != rows[id]["value"]:
        raise ClaimError(f"ours is {ours}")
"""
FIRST = """
from pathlib import Path

from dynlib.room.second import term

def total():
    return term() + int((Path(__file__).parent / "data/x.csv").read_text())
"""
BREAKERS = """
import pytest

ROOMS = ("room",)

def test_claim_fails_under_its_breaker(problem, claim_id):
    assert problem(claim_id) is None
"""
FAULTS = f"""
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:       # it hangs on the house's kernel, which pytest could not import here
    from dynlib_kernels.product import product

{MARK}
@pytest.mark.parametrize("fault", ["adds"])
def test_fault(fault, red):
    with red():
        assert 2 * 3 == 5, "5 is no product"
"""
FILES = {
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--import-mode=importlib -p no:cacheprovider'\n",
    "conftest.py": "pytest_plugins = ['press.proof_plugin']\n",
    "dynlib/__init__.py": "import dynlib_kernels\n",
    "dynlib/teaching/__init__.py": TEACHING,
    "dynlib/teaching/claims/room.toml": ROW.format(id="sum", value=3, new="2") + ROW.format(id="twice", value=6, new="0"),
    "dynlib/room/__init__.py": "",
    "dynlib/room/first.py": FIRST,
    "dynlib/room/second.py": "def term():\n    return 1\n",
    "dynlib/room/unused.py": "",
    "dynlib/room/data/x.csv": "2\n",
    "dynlib/room/data/unread.csv": "3\n",
    "dynlib/room/data/tensor.safetensors": "opened by native code, which tells nobody",
    "kernels/dynlib_kernels/__init__.py": "",
    "kernels/dynlib_kernels/product.py": "from dynlib_kernels.times import times as product\n",
    "kernels/dynlib_kernels/times.py": "def times(a, b):\n    return a * b\n",
    "tests/notebooks/test_breakers_room.py": BREAKERS,
    "tests/kernels/test_product.py": FAULTS,
}
CELLS = [
    "from dynlib.teaching import claim\nfrom dynlib.room.first import total",
    "claim('sum', total())",
    "claim('twice', 2 * total())",
    "print('no claim')",
]

CLAIMING = ["from dynlib.teaching import claim", "claim('sum', 3)"]


def write_page(root, cells):
    page = root / "book/room/run.ipynb"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(nbformat.v4.writes(new_notebook(cells=[new_code_cell(cell) for cell in cells])))


@pytest.fixture
def house(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    shutil.copy(REAL / "tests/notebooks/conftest.py", tmp_path / "tests/notebooks")
    write_page(tmp_path, CELLS)
    return tmp_path


@pytest.fixture
def runner(house):
    with Runner(house, limit=300) as runner:
        yield runner


def python(root, *arguments):
    """Python with the real press, and the house's library nowhere on its path."""
    return subprocess.run([sys.executable, *arguments], cwd=root, env=environment(), capture_output=True, text=True)


def environment():
    return os.environ | {
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": f"{REAL}{os.pathsep}{REAL / 'kernels'}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "xdist.plugin",
    }


def run_pytest(root, *arguments):
    """(pytest's exit code, its line on proofs, all that it printed)."""
    done = python(root, "-m", "pytest", "-q", "-rA", "tests", *arguments)
    said = [line for line in done.stdout.splitlines() if line.startswith("proofs: ")]
    return done.returncode, (said or [""])[0], done.stdout + done.stderr


def rows_and_page(root):
    return read_all(root / "dynlib/teaching/claims"), pages(root)[0]


def kept(root):
    """The proofs that the house keeps, by (room, key), as if seen; made without running anything."""
    rows, page = rows_and_page(root)
    files = sorted(
        name
        for name in FILES
        if name.startswith(("dynlib/", "kernels/"))
        and not name.endswith((".toml", "unused.py", "unread.csv", "product.py", "times.py"))
    )
    for room, found in {
        "room": [(f"claim {id}", own(page, row), files) for id, row in rows.items()],
        "kernels": [
            (
                "product: adds",
                ["test_fault[adds]"],
                [
                    "conftest.py",
                    "kernels/dynlib_kernels/__init__.py",
                    "kernels/dynlib_kernels/product.py",
                    "kernels/dynlib_kernels/times.py",
                    "tests/kernels/test_product.py",
                ],
            )
        ],
    }.items():
        made = [proofs.Proof(key, proofs.digest(root, texts, names), "fails: so", tuple(names)) for key, texts, names in found]
        proofs.write(root, room, made)


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_everything_is_proven_kept_and_sampled(house, workers):
    code, said, output = run_pytest(house, "--prove", "all", "-n", workers)
    assert (code, said) == (0, "proofs: 3 proven now, 0 kept, 0 sampled"), output
    seen = proofs.read(house, "room") | proofs.read(house, "kernels")
    assert {key: proof.seen for key, proof in seen.items()} == {
        "claim sum": "fails: ours is 4",
        "claim twice": "fails: ours is 4",
        "product: adds": "5 is no product assert (2 * 3) == 5",
    }
    assert seen["claim sum"].versions.startswith("Python 3.")
    before = {path.name: path.read_bytes() for path in (house / "tests/proofs").iterdir()}
    kept(house)
    for proof in (proofs.read(house, "room") | proofs.read(house, "kernels")).values():
        assert proof.files == seen[proof.key].files
        assert proof.hash == seen[proof.key].hash
    code, said, output = run_pytest(house, "-n", workers)
    assert (code, said) == (0, "proofs: 0 proven now, 2 kept, 1 sampled"), output
    run_pytest(house, "--prove", "all", "-n", workers)
    assert before == {path.name: path.read_bytes() for path in (house / "tests/proofs").iterdir()}


def edit(root, name, text):
    (root / name).write_text((root / name).read_text() + text)


EDITS = {
    "nothing": (lambda root: None, 0),
    "a file that only another imports": (lambda root: edit(root, "dynlib/room/second.py", "# so\n"), 2),
    "the package above all": (lambda root: edit(root, "dynlib/__init__.py", "# so\n"), 2),
    "data that is read": (lambda root: edit(root, "dynlib/room/data/x.csv", "\n"), 2),
    "data that native code may read": (lambda root: edit(root, "dynlib/room/data/tensor.safetensors", "\n"), 2),
    "data that is gone": (lambda root: (root / "dynlib/room/data/x.csv").unlink(), 2),
    "data that nobody reads": (lambda root: edit(root, "dynlib/room/data/unread.csv", "\n"), 0),
    "a file that nobody imports": (lambda root: edit(root, "dynlib/room/unused.py", "# so\n"), 0),
    "one row": (lambda root: edit(root, "dynlib/teaching/claims/room.toml", "why = 'so'\n"), 1),
    "another row beside them": (
        lambda root: edit(
            root,
            "dynlib/teaching/claims/room.toml",
            "\n[big]\nstatement='b'\nsource='b'\nwhose='ours'\nkind='reported'\nstatus='not_run'\nneeds='time'\n",
        ),
        0,
    ),
    "the cell of one claim": (lambda root: write_page(root, [*CELLS[:2], "claim('twice', total() * 2)", CELLS[3]]), 1),
    "a cell that both need": (lambda root: write_page(root, [CELLS[0] + "\n", *CELLS[1:]]), 2),
    "a cell without a claim": (lambda root: write_page(root, CELLS[:3]), 0),
    "a kernel that a kernel imports": (lambda root: edit(root, "kernels/dynlib_kernels/times.py", "# so\n"), 1),
    "the test of a kernel": (lambda root: edit(root, "tests/kernels/test_product.py", "# so\n"), 1),
    "the kernels' package": (lambda root: edit(root, "kernels/dynlib_kernels/__init__.py", "# so\n"), 3),
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_makes_stale_what_hangs_on_it(house, what):
    kept(house)
    change, stale = EDITS[what]
    change(house)
    rows, page = rows_and_page(house)
    room, fault = proofs.read(house, "room"), proofs.read(house, "kernels")["product: adds"]
    now = {
        f"claim {id}": proofs.digest(house, own(page, row), room[f"claim {id}"].files)
        for id, row in rows.items()
        if row.status == "tested"
    }
    now[fault.key] = proofs.digest(house, ["test_fault[adds]"], closure(house, house / "tests/kernels/test_product.py"))
    assert sum(now[key] != proof.hash for key, proof in (room | {fault.key: fault}).items()) == stale


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "seen"),
    [
        ("one row", ["fails: so", "fails: ours is 4", "fails: so"]),
        ("a file that only another imports", ["fails: ours is 4", "fails: ours is 4", "fails: so"]),
        ("a kernel that a kernel imports", ["fails: so", "fails: so", "5 is no product assert (2 * 3) == 5"]),
    ],
)
def test_what_changed_is_proven_and_the_rest_is_kept(house, what, seen):
    kept(house)
    change, stale = EDITS[what]
    change(house)
    code, said, output = run_pytest(house, "--prove", "changed")
    assert (code, said) == (0, f"proofs: {stale} proven now, {3 - stale} kept, 0 sampled"), output
    assert [proof.seen for room in ("room", "kernels") for proof in proofs.read(house, room).values()] == seen


@pytest.mark.slow
def test_a_forged_record_is_found_when_it_is_sampled(house):
    claims = house / "dynlib/teaching/claims/room.toml"
    claims.write_text(ROW.format(id="sum", value=3, new="2 - 1"))  # breaks nothing
    write_page(house, CELLS[:2])
    (house / "tests/kernels/test_product.py").unlink()
    kept(house)  # and says that it was seen to fail
    assert proofs.sample(["room claim sum"], proofs.commit(house)) == {"room claim sum"}
    code, _, output = run_pytest(house)
    assert code == 1
    assert "sum: under its breaker it holds" in output
    assert run_pytest(house, "--prove", "all")[0] == 1
    assert proofs.read(house, "room") == {}, "what was not seen to fail has no record"


@pytest.mark.slow
def test_a_proof_that_says_nothing_is_refused(house):
    test = house / "tests/kernels/test_product.py"
    test.write_text(
        f"import pytest\n\n{MARK}\ndef test_quiet():\n    pass\n\n{MARK}(key='quiet')\ndef test_other(proof):\n"
        "    proof.saw('red')\n"
    )
    code, said, output = run_pytest(house, "--prove", "all", "--prove-rooms", "kernels")
    assert (code, said) == (1, "proofs: 1 proven now, 0 kept, 0 sampled"), output
    assert "does not say what it saw" in output
    assert list(proofs.read(house, "kernels")) == ["quiet"]
    test.write_text(test.read_text().replace("proof\ndef test_quiet", "proof(key='quiet')\ndef test_quiet"))
    code, _, output = run_pytest(house)
    assert code == 4
    assert "two proofs are called 'kernels quiet'" in output


@pytest.mark.slow
def test_the_verb_proves_a_room(house):
    kept(house)
    done = python(house, "-m", "press", "prove", "kernels", "--jobs", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proofs: 1 proven now, 0 kept, 0 sampled" in done.stdout
    assert {proof.seen for proof in proofs.read(house, "room").values()} == {"fails: so"}
    assert proofs.read(house, "kernels")["product: adds"].seen == "5 is no product assert (2 * 3) == 5"
    done = python(house, "-m", "press", "prove", "--changed", "--jobs", "0")
    assert (done.returncode, "3 deselected" in done.stdout) == (0, True), done.stdout + done.stderr
    done = python(house, "-m", "press", "prove", "cellar", "--jobs", "0")
    assert done.returncode == 2
    assert "nothing is proven in cellar" in done.stderr


HANGS = f"""
import subprocess, sys, time
from pathlib import Path

import pytest

{MARK}
def test_hangs(red):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path("begun").write_text("so")
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass
"""


@pytest.mark.slow
@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGTERM, "2"), (signal.SIGINT, "0")])
def test_a_verb_that_is_told_to_end_takes_its_tests_along(house, number, jobs):
    (house / "tests/kernels/test_product.py").write_text(HANGS)
    command = [sys.executable, "-m", "press", "prove", "kernels", "--jobs", jobs]
    with subprocess.Popen(command, cwd=house, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as verb:
        while not (house / "begun").exists():
            assert verb.poll() is None, verb.stdout.read().decode()
            time.sleep(0.05)
        started = psutil.Process(verb.pid).children(recursive=True)
        assert len(started) >= 2 + int(jobs)
        verb.send_signal(number)
        code = verb.wait(300)
    _, left = psutil.wait_procs(started, timeout=30)
    for process in left:
        process.kill()
    assert (code, left) == (128 + number, [])
    assert proofs.read(house, "kernels") == {}


def test_a_job_whose_caller_is_gone_is_ended(house):
    with Runner(house, limit=300) as runner:
        child = psutil.Process(runner.process.pid)
        job = {"sources": ["while True:\n    pass"], "ids": []}
        print(json.dumps(job), file=runner.jobs, flush=True)
        while not (working := child.children()):
            time.sleep(0.02)
        runner.jobs.close()
        assert psutil.wait_procs([child, *working], timeout=30)[1] == []


def test_a_broken_file_of_proofs_is_refused_with_its_name(house):
    kept(house)
    path = proofs.file_of(house, "room")
    for text in ("[]\n[]", "[1", '{"versions": [], "files": []}\n{"key": "a"}'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"room\.jsonl is no file of proofs .* python -m press prove room"):
            proofs.read(house, "room")


def test_files_and_versions_stand_once(house):
    one = proofs.Proof("one", "a", "fails", ("a", "b", "c", "e"), "Python 3.11")
    two = proofs.Proof("two", "b", "fails ½", ("b", "d"), "Python 3.12")
    proofs.write(house, "room", [two, one])
    table, *lines = map(json.loads, proofs.file_of(house, "room").read_text().splitlines())
    assert table == {"versions": ["Python 3.11", "Python 3.12"], "files": ["a", "b", "c", "d", "e"]}
    assert [line["files"] for line in lines] == ["0-2 4", "1 3"]
    assert proofs.read(house, "room") == {"one": one, "two": two}


def test_the_sample_is_a_share_and_another_one_for_each_commit():
    names = [f"claim {n}" for n in range(1000)]
    samples = [proofs.sample(names, f"commit {n}") for n in range(200)]
    assert all(len(sample) == 30 for sample in samples)
    assert samples[0] == proofs.sample(reversed(names), "commit 0")
    assert len(set().union(*samples)) > 990
    assert len(proofs.sample(names[:1], "")) == 1
    assert proofs.sample([], "") == set()


def test_without_git_the_salt_hangs_on_the_records(house):
    kept(house)
    before = proofs.commit(house)
    proofs.write(house, "room", [])
    assert len(before) == 32
    assert before != proofs.commit(house)


def test_a_harmless_or_vanished_breaker_is_found(house, runner):
    rows, page = rows_and_page(house)
    row = rows["sum"]
    problem, outcome = runner.prove(page, row)
    assert (problem, outcome.seen) == (None, "fails: ours is 4")
    for change, says in [
        ({"new": "2 - 1"}, "under its breaker it holds"),
        ({"new": "nothing"}, "under its breaker it stops: NameError"),
        ({"old": "7"}, "stops: old = '7' occurs 0 times in term"),
        ({"where": "erm"}, "defined 0 times"),
        ({"module": "dynlib.cellar"}, "no module 'dynlib.cellar'"),
        ({"module": "os"}, "no module 'os'"),
    ]:
        assert says in runner.prove(page, replace(row, breaker=replace(row.breaker, **change)))[0]
    assert runner.prove(page, row)[0] is None  # and the copy is as it was
    once = [page[0], "claim('twice', total())"]
    assert "without any change it fails: ours is 3" in runner.prove(once, rows["twice"])[0]


def test_what_is_imported_lies_in_the_copy(house, runner, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "dynlib_kernels"
    other.mkdir()
    (other / "__init__.py").write_text("")
    astray = f"import sys\nsys.path.insert(0, {str(other.parent)!r})\ndel sys.modules['dynlib_kernels']\nimport dynlib_kernels"
    assert f"stops: it imported dynlib_kernels from {other}" in runner.outcome([astray, *CLAIMING], "sum").seen
    outcome = runner.outcome(CLAIMING, "sum")
    assert outcome.seen == "holds"
    assert outcome.files == {"dynlib/__init__.py", "dynlib/teaching/__init__.py", "kernels/dynlib_kernels/__init__.py"}


def test_a_job_that_hangs_or_dies_is_ended_and_the_next_one_answered(house):
    with Runner(house, limit=1) as short:
        seen = short.outcome(["while True:\n    pass", *CLAIMING], "sum").seen
    assert seen == "stops: the process died, or took more than 1 seconds"
    assert short.process.returncode is not None
    assert short.process.stdin.closed
    assert short.process.stdout.closed
    with Runner(house, limit=300) as runner:
        assert "died" in runner.outcome(["import os\nos._exit(3)", *CLAIMING], "sum").seen
        assert runner.outcome(CLAIMING, "sum").seen == "holds"
