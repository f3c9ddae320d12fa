"""colab: what is written, and that it runs where nothing of ours is installed and no network is in reach."""

import asyncio
import base64
import csv
import functools
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import threading
import zipfile
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from press import colab as verb
from press.__main__ import main
from press.canonical import canonical
from press.colab import colab, colab_form, install_from_git, rooms_of
from press.notebooks import all_notebooks, code_cells, read, tags
from press.wheel import build_wheel, cut

REPOSITORY = Path(__file__).resolve().parents[2]
# One room's first page, derivation and exercises hold its widgets, claims and checks; run and more only take longer.
BOOK = [p for p in all_notebooks(REPOSITORY) if p.stem in ("index", "derive", "exercises") and p.parent.name != "book"]


@pytest.fixture
def with_setup(root, make):
    """A page of room alpha that begins with the setup cell and uses what it imports."""
    page = make(root / "book/alpha/index.ipynb", "PLACEHOLDER", "print(6 * 7)", "import dynlib\n\nassert dynlib.__file__")
    nb = json.loads(page.read_text())
    nb["cells"][0].update(source="from dynlib.teaching import setup\n\nsetup()",
                          metadata={"tags": ["hide-cell", "nbval-ignore-output", "setup"]})
    page.write_text(json.dumps(nb))
    return page


def carried(nb):
    """The wheel in a notebook's first code cell, opened."""
    (payload,) = re.findall(r'WHEEL = """\n(.*?)\n"""', code_cells(nb)[0][1].source, re.DOTALL)
    return zipfile.ZipFile(io.BytesIO(base64.b64decode(payload)))


def some_wheel(**files):
    """A zip of the given files and a RECORD that is wrong, as `name,text` with / written __."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
        archive.writestr("d-1.dist-info/RECORD", "wrong")
    return buffer.getvalue()


def test_cut_drops_other_rooms_data_and_mends_the_record():
    wheel = some_wheel(dynlib__a__data__x="1", dynlib__b__data__y="2", dynlib__b__code="3", dynlib__a__data__deep__z="4",
                       kernels__k="5")
    archive = zipfile.ZipFile(io.BytesIO(cut(wheel, {"a"})))
    assert archive.namelist() == [
        "d-1.dist-info/RECORD", "dynlib/a/data/deep/z", "dynlib/a/data/x", "dynlib/b/code", "kernels/k"]
    rows = {name: (sha, size) for name, sha, size in csv.reader(io.StringIO(archive.read("d-1.dist-info/RECORD").decode()))}
    assert set(rows) == set(archive.namelist())
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"4").digest()).decode().rstrip("=")
    assert rows["dynlib/a/data/deep/z"] == ("sha256=" + digest, "1")


def test_cut_gives_the_same_bytes_for_another_order():
    assert cut(some_wheel(b="1", a="2"), None) == cut(some_wheel(a="2", b="1"), None)


def test_the_wheel_holds_the_tree_and_nothing_stale(root):
    stale = root / "build/lib/dynlib/deleted.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    before = sorted(root.rglob("*"))
    name, wheel = build_wheel(root)
    names = zipfile.ZipFile(io.BytesIO(wheel)).namelist()
    assert name == "dynamics_book-0.1.0-py3-none-any.whl"
    assert {"dynlib/teaching/claims/alpha.toml", "dynlib/alpha/data/a.csv", "kernels/dynlib_kernels/__init__.py"} <= set(names)
    assert not [n for n in names if "deleted" in n or "__pycache__" in n]
    assert sorted(root.rglob("*")) == before  # nothing is built in the tree
    assert build_wheel(root) == (name, wheel)


def test_a_wheel_that_cannot_be_built_says_why(root):
    (root / "pyproject.toml").write_text((root / "pyproject.toml").read_text().replace('"dynlib.beta"', '"dynlib.gone"'))
    with pytest.raises(ValueError, match=r"could not be built(.|\n)*gone"):
        build_wheel(root)


@pytest.fixture
def prebuilt(monkeypatch):
    """A stand-in for the wheel, where only the notebook's form matters."""
    wheel = some_wheel(dynlib__alpha__data__a="1", dynlib__beta__data__b="2", dynlib__beta__code="3")
    monkeypatch.setattr(verb, "build_wheel", lambda _root: ("dynamics_book-0.1.0-py3-none-any.whl", wheel))


def test_form_carries_only_this_rooms_data(root, with_setup, prebuilt, tmp_path):
    normalise_like = read(with_setup)
    (written,) = colab(root, ["alpha"], tmp_path / "out")
    assert written == tmp_path / "out/alpha/index.ipynb"
    nb = read(written)
    first, second = (cell for _, cell in code_cells(nb)[:2])
    assert first.source.startswith('# @title Setup {display-mode: "form"}\n')
    assert first.metadata == {"cellView": "form", "jupyter": {"source_hidden": True}}
    assert second.source == "from dynlib.teaching import setup\n\nsetup()"
    assert tags(second) == ["hide-cell", "nbval-ignore-output", "setup"]
    assert [c.source for c in nb.cells[1:]] == [c.source for c in normalise_like.cells]
    assert all(c.outputs == [] and c.execution_count is None for _, c in code_cells(nb))
    names = carried(nb).namelist()
    assert "dynlib/alpha/data/a" in names
    assert "dynlib/beta/code" in names
    assert "dynlib/beta/data/b" not in names


def test_data_of_a_room_that_the_code_names_is_carried(with_setup):
    nb = read(with_setup)
    assert "alpha" in rooms_of(nb, "alpha")
    assert "beta" not in rooms_of(nb, "alpha")
    for source in ("from dynlib.beta.inits import one", "from dynlib import alpha, beta", "import dynlib.beta as b"):
        nb.cells[1].source = source
        assert "beta" in rooms_of(nb, "alpha")


def test_form_drops_outputs_and_what_was_measured(root, ran, prebuilt, tmp_path):
    nb = json.loads(ran.read_text())
    nb["cells"][1]["metadata"]["tags"] = ["setup"]
    ran.write_text(json.dumps(nb))
    (written,) = colab(root, ["alpha"], tmp_path)
    form = read(written)
    assert all(c.outputs == [] for _, c in code_cells(form))
    assert "dynamics" not in form.metadata
    assert canonical(form) == form


def test_same_sources_give_the_same_file(root, with_setup, prebuilt, tmp_path):
    (one,), (two,) = colab(root, [], tmp_path / "1"), colab(root, [], tmp_path / "2")
    assert one.read_bytes() == two.read_bytes()


def test_a_notebook_without_setup_cell_is_refused(root, page, prebuilt, capsys):
    assert main(["--root", str(root), "colab"]) == 1
    assert "book/alpha/index.ipynb: its first code cell is not tagged `setup`" in capsys.readouterr().err


def test_with_an_address_the_cell_installs_its_tag(root, with_setup, monkeypatch, tmp_path):
    monkeypatch.setattr(verb, "build_wheel", lambda _root: pytest.fail("a wheel was built"))
    project = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(project.replace("[project.urls]", '[project.urls]\nRepository = "https://example.org/a/b/"'))
    (written,) = colab(root, [], tmp_path)
    source = code_cells(read(written))[0][1].source
    assert '"pip", "install", "--no-deps", "--force-reinstall", "dynamics-book @ git+https://example.org/a/b@v0.1.0"]' in source
    assert "WHEEL" not in source


# From here on the notebooks run, in an environment with the scientific packages and without ours.

NO_NETWORK = """
import socket

class NoNetwork(socket.socket):
    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not address[0].startswith(("127.", "::1", "localhost")):
            raise OSError(f"no network here: {address}")
        return super().connect(address)

    def connect_ex(self, address):
        return self.connect(address)

socket.socket = NoNetwork
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A virtual environment with pip that sees .venv's packages but not the editable dynlib: a .pth inside a .pth'd
    folder is not read. Returns its Python and its site-packages."""
    env = tmp_path_factory.mktemp("fresh") / "an env"
    subprocess.run([sys.executable, "-m", "venv", env], check=True)
    (site,) = env.glob("lib/python3*/site-packages")
    for old in site.glob("setuptools*"):
        shutil.rmtree(old)  # the one that comes with Python 3.11 is too old for the project, and would hide .venv's
    (site / "packages.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    (site / "no_network.py").write_text(NO_NETWORK)
    (site / "no_network.pth").write_text("import no_network\n")
    return env / "bin/python", site


@pytest.fixture
def empty(fresh, tmp_path, monkeypatch):
    """The environment as new, and an empty folder; returns a function that runs a notebook there."""
    python, site = fresh
    for ours in (*site.glob("dynlib*"), *site.glob("kernels*"), *site.glob("dynamics_book*")):
        shutil.rmtree(ours)
    folder = tmp_path / "empty folder"
    folder.mkdir()
    spec = tmp_path / "jupyter/kernels/fresh/kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                                "display_name": "fresh", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "TRITON_INTERPRET", "DYNAMICS_SEED")}
    env |= {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_BUILD_ISOLATION": "0"}

    def probe(program):
        return subprocess.run([python, "-c", program], capture_output=True, text=True, cwd=folder, env=env)

    assert "No module named 'dynlib'" in probe("import dynlib").stderr
    assert "No module named 'kernels'" in probe("import dynlib_kernels").stderr
    assert "no network here" in probe("import socket; socket.create_connection(('192.0.2.1', 80), 2)").stderr
    assert probe("import torch, nbformat, setuptools").returncode == 0

    def execute(nb):
        client = NotebookClient(nb, timeout=120, kernel_name="fresh", store_widget_state=False,
                                resources={"metadata": {"path": str(folder)}})
        asyncio.run(client.async_execute(env=env))
        return canonical(nb)

    return execute


def results(nb):
    """What each cell shows, addresses and pictures aside, of the cells whose output must be the same everywhere."""
    shown = []
    for _, cell in code_cells(canonical(nb)):
        if "nbval-ignore-output" not in tags(cell) and not cell.source.startswith("# @title"):
            data = [out.get("text") or {mime: value for mime, value in out.data.items() if not mime.startswith("image/")}
                    for out in cell.outputs]
            shown.append(re.sub(r"\b0x[0-9a-f]{6,16}\b", "ADDRESS", json.dumps(data, sort_keys=True)))
    return shown


@pytest.mark.slow
def test_the_carried_wheel_runs_from_an_empty_folder(root, with_setup, empty, tmp_path):
    (written,) = colab(root, ["alpha"], tmp_path / "out")
    nb = read(written)
    nb.cells[-1].source = textwrap.dedent("""
        import dynlib, sys
        from importlib.resources import files
        assert dynlib.__file__.startswith(sys.prefix), dynlib.__file__
        own, other = files("dynlib.alpha") / "data/a.csv", files("dynlib") / "be" "ta/data/b.csv"
        print(len(own.read_text()), other.is_file())
    """)
    cells = [cell for _, cell in code_cells(empty(nb))]
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4]
    assert cells[0].outputs == []
    assert [cell.outputs[0].text for cell in cells[1:]] == ["ready\n", "42\n", "3000 False\n"]


@pytest.fixture
def foreign(fresh, tmp_path):
    """A package of the same name elsewhere on the path, and a note by pip that ours is installed, which is no longer true."""
    _, site = fresh
    elsewhere, note = tmp_path / "elsewhere", site / "dynamics_book-0.1.0.dist-info"
    (elsewhere / "dynlib").mkdir(parents=True)
    (elsewhere / "dynlib/__init__.py").write_text("foreign = True\n")
    note.mkdir()
    (note / "METADATA").write_text("Metadata-Version: 2.1\nName: dynamics-book\nVersion: 0.1.0\n")
    (note / "RECORD").write_text("dynamics_book-0.1.0.dist-info/METADATA,,\ndynamics_book-0.1.0.dist-info/RECORD,,\n")
    (site / "zz_elsewhere.pth").write_text(f"{elsewhere}\n")
    yield
    (site / "zz_elsewhere.pth").unlink()


@pytest.mark.slow
def test_a_foreign_dynlib_in_the_way_steps_aside(root, with_setup, empty, foreign, tmp_path):
    (written,) = colab(root, ["alpha"], tmp_path / "out")
    nb = read(written)
    nb.cells[-1].source = "import dynlib\n\nprint(hasattr(dynlib, 'foreign'))"
    cells = [cell for _, cell in code_cells(empty(nb))]
    assert [cell.outputs[0].text for cell in cells[1:]] == ["ready\n", "42\n", "False\n"]


@pytest.mark.slow
def test_a_broken_wheel_stops_at_the_cell_and_says_so(root, with_setup, prebuilt, empty, tmp_path):
    (written,) = colab(root, ["alpha"], tmp_path / "out")  # `prebuilt` is no real wheel
    with pytest.raises(CellExecutionError) as failure:
        empty(read(written))
    assert failure.value.ename == "RuntimeError"
    assert "dynamics" in failure.value.evalue  # pip's own words


@pytest.fixture
def served(root):
    """The repository, tagged v0.1.0 and then broken, at an address on this machine."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(root)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"], ["tag", "v0.1.0"]):
        subprocess.run([*git, *command], check=True)
    (root / "dynlib/teaching/__init__.py").write_text("raise SystemExit('not the tagged version')\n")
    subprocess.run([*git, "commit", "-qam", "second"], check=True)
    subprocess.run([*git, "update-server-info"], check=True)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=root)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/.git"
        server.shutdown()


@pytest.mark.slow
def test_the_git_form_runs_too(with_setup, served, empty):
    form = colab_form(read(with_setup), install_from_git(served, "0.1.0"))
    cells = [cell for _, cell in code_cells(empty(form))]
    assert cells[1].outputs[0].text == "ready\n", cells[0].outputs


def test_there_is_a_book_to_run():
    assert {p.stem for p in BOOK} >= {"index", "derive", "exercises"}


@pytest.mark.slow
@pytest.mark.parametrize("page", BOOK, ids=[f"{p.parent.name}-{p.stem}" for p in BOOK])
def test_the_books_own_pages_run_from_an_empty_folder(page, empty, tmp_path):
    (written,) = colab(REPOSITORY, [str(page)], tmp_path / "out")
    assert results(empty(read(written))) == results(read(page))
