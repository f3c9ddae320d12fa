"""colab: the reader's form of a notebook, and that it runs where nothing of ours is installed and no network is in reach."""

import asyncio
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from dynlib.teaching.explore.script import with_script
from press.__main__ import main
from press.canonical import canonical
from press.chapter import read_page
from press.colab import colab, colab_form
from press.notebooks import all_notebooks, code_cells, read, rooms, tags
from press.payload import open_payload, setup_cells
from press.unpack import hash_of
from press.widgets import without_script

REPOSITORY = Path(__file__).resolve().parents[2]
# The Python that runs the notebooks: another one where `make as-colab` says so.
PYTHON = os.environ.get("DYNAMICS_PYTHON", sys.executable)
# One room's first page, derivation and exercises hold its widgets, claims and checks; run and more only take longer.
STEMS = ("index", "derive", "exercises", *(("run", "more") if "DYNAMICS_PYTHON" in os.environ else ()))
BOOK = [p for p in all_notebooks(REPOSITORY) if p.stem in STEMS and p.parent.name != "book"]
# Pages that run one after the other: a chapter's, and for another Python the prologue and the kernels, each alone.
CHAPTERS = {room: [p for p in BOOK if p.parent.name == room] for room in rooms(REPOSITORY)}
ALONE = {p.stem: [p] for p in all_notebooks(REPOSITORY) if p.parent.name == "book" and "DYNAMICS_PYTHON" in os.environ}


@pytest.fixture
def with_setup(root, make):
    """A page of room alpha that begins with the setup cell and uses what it imports."""
    page = make(root / "book/alpha/index.ipynb", "PLACEHOLDER", "print(6 * 7)", "import dynlib.alpha\n\nassert dynlib.__file__")
    nb = json.loads(page.read_text())
    nb["cells"][0].update(
        source="from dynlib.teaching import setup\n\nsetup()", metadata={"tags": ["hide-cell", "nbval-ignore-output", "setup"]}
    )
    page.write_text(json.dumps(nb))
    return page


def first(path):
    """The source of a notebook's first code cell."""
    return code_cells(read(path))[0][1].source


def test_form_begins_with_a_folded_cell_that_carries_only_this_room(root, with_setup, tmp_path):
    normalise_like = read(with_setup)
    (written,) = colab(root, ["alpha"], tmp_path / "out")
    assert written == tmp_path / "out/alpha/index.ipynb"
    nb = read(written)
    cells = [cell for _, cell in code_cells(nb)[:2]]
    assert cells[0].source.startswith('# @title Setup {display-mode: "form"}\n')
    assert cells[0].metadata == {"cellView": "form", "jupyter": {"source_hidden": True}}
    comment = cells[0].source[: cells[0].source.index("\ndef ")]
    assert all(line.startswith("#") for line in comment.splitlines() if line)
    assert "zlib" in comment  # what it is,
    assert "Look\n# into that folder" in comment  # and how to look inside
    assert cells[1].source == "from dynlib.teaching import setup\n\nsetup()"
    assert tags(cells[1]) == ["hide-cell", "nbval-ignore-output", "setup"]
    assert [c.source for c in nb.cells[1:]] == [c.source for c in normalise_like.cells]
    assert all(c.outputs == [] and c.execution_count is None for _, c in code_cells(nb))
    assert set(open_payload(cells[0].source)) == {
        "dynlib/__init__.py",
        "dynlib/alpha/__init__.py",
        "dynlib/alpha/data/a.csv",
        "dynlib/teaching/__init__.py",
        "dynlib_kernels/__init__.py",
    }


def test_all_pages_of_a_chapter_carry_the_same_bytes(root, with_setup, tmp_path):
    nb = json.loads(with_setup.read_text())
    nb["cells"][-1]["source"] = "import dynlib.beta"
    (root / "book/alpha/run.ipynb").write_text(json.dumps(nb))
    two = colab(root, ["alpha"], tmp_path)
    assert len(two) == 2
    assert first(two[0]) == first(two[1])
    assert "dynlib/beta/data/b.csv" in open_payload(first(two[0]))
    (alone,) = colab(root, [str(with_setup)], tmp_path / "alone")
    assert first(alone) == first(two[0])


def test_form_drops_outputs_and_what_was_measured(root, ran, tmp_path):
    nb = json.loads(ran.read_text())
    nb["cells"][1]["metadata"]["tags"] = ["setup"]
    ran.write_text(json.dumps(nb))
    (written,) = colab(root, ["alpha"], tmp_path)
    form = read(written)
    assert all(c.outputs == [] for _, c in code_cells(form))
    assert "dynamics" not in form.metadata
    assert canonical(form) == form


def test_colab_is_asked_for_a_gpu_where_a_cell_can_use_one_and_nowhere_else():
    """Each chapter has its GPU cell among its experiments; beside them it is the page about the kernels."""
    asked = set()
    for path in all_notebooks(REPOSITORY):
        metadata = colab_form(read(path), "pass").metadata
        if "accelerator" in metadata or "colab" in metadata:
            assert (metadata.accelerator, metadata.colab) == ("GPU", {"gpuType": "T4"})
            asked.add(path.relative_to(REPOSITORY).as_posix())
    where = {"diagonal_ssm": "limits"}
    assert asked == {"book/kernels.ipynb", *(f"book/{room}/{where.get(room, 'run')}.ipynb" for room in rooms(REPOSITORY))}


def test_same_sources_give_the_same_file(root, with_setup, tmp_path):
    (one,), (two,) = colab(root, [], tmp_path / "1"), colab(root, [], tmp_path / "2")
    assert one.read_bytes() == two.read_bytes()


def test_a_notebook_without_setup_cell_is_refused(root, page, capsys):
    assert main(["--root", str(root), "colab"]) == 1
    assert "book/alpha/index.ipynb: its first code cell is not tagged `setup`" in capsys.readouterr().err


def test_a_notebook_outside_the_book_is_refused(root, with_setup, make, tmp_path, capsys):
    other = make(tmp_path / "mine.ipynb", "1")
    assert main(["--root", str(root), "colab", str(other)]) == 2
    assert "only the book's notebooks have a reader's form" in capsys.readouterr().err


def test_an_address_changes_nothing_in_the_form(root, with_setup, tmp_path):
    (before,) = colab(root, [], tmp_path / "1")
    project = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(
        project.replace("[project.urls]", '[project.urls]\nRepository = "https://example.org/a/b/"')
    )
    (after,) = colab(root, [], tmp_path / "2")
    assert before.read_bytes() == after.read_bytes()
    assert not re.search(r"\bpip\b|\bgit\b|subprocess", first(after))


# From here on the notebooks run, in a Python with the scientific packages and without ours: it reads no .pth file.


def packages_of(python):
    """Where a Python's packages lie."""
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


BARE = """
import socket, sys

class NoNetwork(socket.socket):
    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not address[0].startswith(("127.", "::1", "localhost")):
            raise OSError(f"no network here: {address}")
        return super().connect(address)

    def connect_ex(self, address):
        return self.connect(address)

socket.socket = NoNetwork
sys.path.append(PACKAGES)
""".replace("PACKAGES", repr(packages_of(PYTHON)))
KERNEL = BARE + "from ipykernel.kernelapp import launch_new_instance\nlaunch_new_instance()"


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """An empty folder, a fresh home, and the Python as new. Returns a function that runs a program there."""
    folder = tmp_path / "empty folder"
    folder.mkdir()
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "TRITON_INTERPRET", "DYNAMICS_SEED", "XDG_CACHE_HOME")}
    env |= {"HOME": str(tmp_path), "TRITON_CACHE_DIR": str(tmp_path / "triton")}

    def run(program, *more):
        command = [PYTHON, "-S", "-c", BARE + program, *more]
        return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env)

    run.folder, run.env = folder, env
    return run


@pytest.fixture
def kernel(bare, tmp_path, monkeypatch):
    """A function that runs a notebook in such a Python."""
    spec = tmp_path / "jupyter/kernels/fresh/kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(
        json.dumps(
            {
                "argv": [PYTHON, "-S", "-c", KERNEL, "-f", "{connection_file}"],
                "display_name": "fresh",
                "language": "python",
            }
        )
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))

    def execute(nb):
        client = NotebookClient(
            nb,
            timeout=1200,
            kernel_name="fresh",
            store_widget_state=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(bare.folder)}},
        )
        asyncio.run(client.async_execute(env=bare.env))
        return canonical(nb)

    return execute


@pytest.mark.slow
def test_the_bare_python_has_the_packages_and_neither_ours_nor_a_network(bare):
    for name in ("dynlib", "dynlib_kernels", "press"):
        assert f"No module named '{name}'" in bare(f"import {name}").stderr
    assert "no network here" in bare("import socket; socket.create_connection(('192.0.2.1', 80), 2)").stderr
    assert bare("import torch, nbformat, setuptools").returncode == 0


def results(nb):
    """What each cell shows, addresses and pictures aside, of the cells whose output must be the same everywhere."""
    shown = []
    for _, cell in code_cells(canonical(nb)):
        if "nbval-ignore-output" not in tags(cell) and not cell.source.startswith("# @title"):
            data = [
                out.get("text") or {mime: value for mime, value in out.data.items() if not mime.startswith("image/")}
                for out in cell.outputs
            ]
            shown.append(re.sub(r"\b0x[0-9a-f]{6,16}\b", "ADDRESS", json.dumps(data, sort_keys=True)))
    return shown


@pytest.mark.slow
def test_the_carried_library_runs_from_an_empty_folder(root, with_setup, kernel, tmp_path):
    (written,) = colab(root, ["alpha"], tmp_path / "out")
    nb = read(written)
    nb.cells[-1].source = textwrap.dedent("""
        import dynlib.alpha
        from importlib.resources import files
        own, other = files("dynlib.alpha") / "data/a.csv", files("dynlib") / "be" "ta/data/b.csv"
        print(len(own.read_text()), other.is_file())
        print(dynlib.__file__)
    """)
    cells = [cell for _, cell in code_cells(kernel(nb))]
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4]
    folder = tmp_path / ".cache/dynamics-book" / hash_of(open_payload(cells[0].source))
    said, ready, answer, last = (cell.outputs[0].text for cell in cells)
    assert said == f"The book's library was unpacked in {folder}; nothing was installed or changed.\n"
    assert (ready, answer) == ("ready\n", "42\n")
    assert last == f"3000 False\n{folder}/dynlib/__init__.py\n"


@pytest.mark.slow
def test_a_damaged_payload_stops_the_notebook_at_its_first_cell(root, with_setup, kernel, tmp_path):
    (written,) = colab(root, ["alpha"], tmp_path / "out")
    nb = read(written)
    nb.cells[0].source = nb.cells[0].source.replace('\n""")', '0\n""")')
    with pytest.raises(CellExecutionError) as failure:
        kernel(nb)
    assert failure.value.ename == "RuntimeError"
    assert "download the notebook again" in failure.value.evalue


ONE_PYTHON = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell

sys.path.append(sys.argv[2])
import dynlib.teaching  # an older copy of the library, which somebody installed
assert dynlib.older
shell = InteractiveShell.instance()
for path in sys.argv[3:]:
    for cell in json.load(open(path, encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            result = shell.run_cell("".join(cell["source"]), store_history=True)
            error = type(result.error_before_exec or result.error_in_exec).__name__
            assert error == "NoneType", (path, cell["source"])
import dynlib, dynlib_kernels
print("ran in", dynlib.__file__, dynlib_kernels.__file__)
"""


@pytest.mark.slow
def test_pages_of_two_chapters_run_in_one_python_beside_an_older_copy(bare, tmp_path):
    """What students get of one chapter's exercises, then pages of another chapter that need data of their own."""
    older = tmp_path / "site/dynlib"
    (older / "teaching").mkdir(parents=True)
    (older / "__init__.py").write_text("older = True\n")
    (older / "teaching/__init__.py").write_text("from dynlib import older\n")
    out = tmp_path / "students"
    assert main(["--root", str(REPOSITORY), "release", "--for", "students", "--out", str(out), "--chapter", "diagonal_ssm"]) == 0
    there = [str(REPOSITORY / f"book/pointer/{page}.ipynb") for page in ("index", "derive")]
    pages = [out / "diagonal_ssm/exercises.ipynb", *colab(REPOSITORY, there, tmp_path / "colab")]
    done = bare(ONE_PYTHON, "", str(older.parent), *map(str, pages))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    folder = tmp_path / ".cache/dynamics-book" / hash_of(open_payload(first(pages[-1])))
    assert done.stdout.splitlines()[-1] == f"ran in {folder}/dynlib/__init__.py {folder}/dynlib_kernels/__init__.py"


EVERY_IMPORT = """
import ast, importlib, json, pkgutil, sys
count = 0
for chapter, (cell, sources) in json.load(open(sys.argv[2])).items():
    exec(cell, {})
    folder = sys.path[0]
    for source in sources:
        lines = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]
        for node in lines:
            exec(ast.unparse(node), {})
            count += 1
    for module in pkgutil.walk_packages([folder]):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name, module in sys.modules.items():
        if name.partition(".")[0] in ("dynlib", "dynlib_kernels"):
            assert module.__file__.startswith(folder), (chapter, name, module.__file__)
print(count)
"""


@pytest.mark.slow
def test_every_import_of_every_page_and_of_every_carried_module_is_carried(bare, tmp_path):
    """All chapters one after the other in one Python: each finds its own copy."""
    make, found = setup_cells(REPOSITORY), {}
    for page in all_notebooks(REPOSITORY):
        chapter = page.stem if page.parent.name == "book" else page.parent.name
        nb = read(page)
        cell, sources = found.setdefault(chapter, (make(nb, chapter), []))
        assert make(nb, chapter) == cell
        sources += [c.source for _, c in code_cells(nb)]
    (tmp_path / "chapters.json").write_text(json.dumps(found))
    done = bare(EVERY_IMPORT, "", str(tmp_path / "chapters.json"))
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.splitlines()[-1]) > 100


def test_there_is_a_book_to_run():
    assert {p.parent.name for p in BOOK} == set(rooms(REPOSITORY))
    assert all({p.stem for p in BOOK if p.parent.name == room} == set(STEMS) for room in rooms(REPOSITORY))


@pytest.mark.slow
@pytest.mark.parametrize("pages", (CHAPTERS | ALONE).values(), ids=CHAPTERS | ALONE)
def test_the_books_own_pages_run_from_an_empty_folder(pages, kernel, tmp_path):
    """A chapter's pages one after the other in one kernel, each with its names forgotten before: torch is imported once."""
    forms = [read(path).cells for path in colab(REPOSITORY, [str(page) for page in pages], tmp_path)]
    cells = [cell for form in forms for cell in (*form, new_code_cell("%reset -sf"))]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    ran = kernel(new_notebook(cells=cells)).cells
    for page, form in zip(pages, forms, strict=True):
        shown, ran = ran[: len(form)], ran[len(form) + 1 :]
        assert [cell.source for cell in shown] == [cell.source for cell in form]
        assert results(new_notebook(cells=shown)) == results(read(page)), page.name


def test_where_outputs_are_kept_a_widget_brings_its_script():
    path = next(path for path in all_notebooks(REPOSITORY) if path.match("pointer/index.ipynb"))
    stored = [html for _, html in read_page(REPOSITORY, path).widgets]
    form = colab_form(read(path), "setup()", outputs=True)
    shown = [
        out.data["text/html"] for cell in form.cells for out in cell.get("outputs", []) if "text/html" in out.get("data", {})
    ]
    assert with_script(stored[0]) in shown
    assert without_script(with_script(stored[0])) == stored[0]
