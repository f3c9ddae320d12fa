"""normalise: what runs, what is written, what is refused, and that the file on disk is never half of anything."""

import json
import subprocess
import sys
import textwrap

import nbformat
import pytest
from nbformat.v4 import new_output

from press import normalise as verb
from press.__main__ import main
from press.canonical import canonical, source_sha
from press.execute import execute
from press.normalise import check, normalise
from press.notebooks import RefusedError, all_notebooks, read, select, write_atomic


def load(path):
    return json.loads(path.read_text())


def edit(path, change):
    """Change a notebook on disk by hand."""
    nb = load(path)
    change(nb)
    path.write_text(json.dumps(nb))


@pytest.fixture
def runs(monkeypatch):
    """Count executions, without a kernel."""
    runs = []

    def record(nb, _folder):
        runs.append(nb)
        raise RefusedError("counted")

    monkeypatch.setattr(verb, "execute", record)
    return runs


def test_executes_once_then_changes_nothing(ran, runs):
    first = ran.read_bytes()
    nb = read(ran)
    assert [c.execution_count for c in nb.cells if c.cell_type == "code"] == [1, 2]
    assert nb.cells[3].outputs[0].text == "4\n"
    assert nb.cells[3].outputs[1].data["text/plain"] == "3"
    assert nb.cells[3].outputs[1].execution_count == 2
    assert first.endswith(b"}\n")
    assert b'\n "cells"' in first  # indent 1
    assert check(ran) is None
    assert normalise(ran) == "unchanged"
    assert ran.read_bytes() == first
    assert not runs


def test_dynamics_metadata_says_how_it_ran(ran):
    nb = read(ran)
    dynamics = nb.metadata.dynamics
    assert set(dynamics) == {"source_sha", "seconds", "peak_mib", "versions", "executed"}
    assert dynamics.source_sha == source_sha(nb)
    assert dynamics.versions["python"].startswith("3.")
    assert 20 < dynamics.peak_mib < 2000
    assert dynamics.seconds > 0


def test_seconds_are_the_processors_of_the_kernel_and_its_children(make, root):
    """A busy machine must not make a page look dear, so the clock on the wall plays no part."""
    page = make(root / "book/a.ipynb", "import os\nos.times = lambda: (1.0, 2.0, 4.0, 8.0, 1000.0)")
    assert execute(read(page), root).metadata.dynamics.seconds == 15.0


def test_peak_is_the_kernels_own(make, root):
    """A parent that holds 600 MiB must not be counted, nor 300 MiB in the kernel be missed."""
    ballast = bytearray(600 * 2**20)
    lean = execute(read(make(root / "book/a.ipynb", "x = 1")), root)
    fat = execute(read(make(root / "book/b.ipynb", "x = bytearray(b'x' * (300 * 2**20)); del x")), root)
    assert lean.metadata.dynamics.peak_mib < 300, len(ballast)
    assert fat.metadata.dynamics.peak_mib > lean.metadata.dynamics.peak_mib + 250


def test_seed_is_unset_and_folder_is_the_notebooks(make, root, monkeypatch):
    monkeypatch.setenv("DYNAMICS_SEED", "7")
    path = make(root / "book/beta/index.ipynb", "import os\nprint(os.getenv('DYNAMICS_SEED'), os.path.basename(os.getcwd()))")
    normalise(path)
    assert read(path).cells[0].outputs[0].text == "None beta\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda nb: nb["cells"][3].update(source="print(5 * x)"),
        lambda nb: nb["cells"][0].update(source="# Other words"),
        lambda nb: nb["cells"][1]["metadata"].update(tags=[]),
        lambda nb: nb["cells"][3].update(execution_count=7),
        lambda nb: nb["cells"][3].update(execution_count=None),
        lambda nb: nb["metadata"].pop("dynamics"),
        lambda nb: nb["cells"][3].update(outputs=[{"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}]),
    ],
)
def test_what_was_touched_runs_again(ran, runs, change):
    edit(ran, change)
    before = ran.read_bytes()
    assert check(ran)
    with pytest.raises(RefusedError, match="counted"):
        normalise(ran)
    assert len(runs) == 1
    assert ran.read_bytes() == before


def jupyter_saved(nb):
    """Change what Jupyter changes when a person opens, looks and saves."""
    nb["metadata"]["widgets"] = {"state": {}}
    nb["metadata"]["language_info"]["version"] = "3.99"
    nb["metadata"]["kernelspec"]["display_name"] = "my venv"
    for k, cell in enumerate(nb["cells"]):
        cell["id"] = f"random{k}"
        cell["metadata"]["execution"] = {"iopub.execute_input": "now"}
    nb["cells"].append({"cell_type": "code", "id": "empty", "source": "", "metadata": {}, "outputs": [], "execution_count": None})
    nb["cells"][3]["source"] = nb["cells"][3]["source"] + ["\n\n"]


def test_what_jupyter_leaves_goes_without_a_run(ran, runs):
    first = ran.read_bytes()
    edit(ran, jupyter_saved)
    assert check(ran) == "is not in canonical form"
    assert normalise(ran) == "rewritten"
    assert ran.read_bytes() == first
    assert not runs


def test_force_runs_again(ran):
    edit(ran, lambda nb: nb["cells"][3]["outputs"][0].update(text="wrong\n"))
    assert normalise(ran) == "rewritten"  # an altered output is nbval's to find
    assert normalise(ran, force=True) == "executed"
    assert read(ran).cells[3].outputs[0].text == "4\n"


def test_a_failing_notebook_is_refused_and_untouched(root, make, capfd):
    bad = make(root / "book/alpha/index.ipynb", "x = 1", "print('before')\n1 / 0")
    good = make(root / "book/beta/index.ipynb", "print('fine')")
    before = bad.read_bytes()
    assert main(["--root", str(root), "normalise"]) == 1
    said = capfd.readouterr().err
    assert "book/alpha/index.ipynb: cell 2 (`print('before')`) failed: ZeroDivisionError: division by zero" in said
    assert bad.read_bytes() == before
    assert check(good) is None  # the others got their turn
    assert [p.name for p in bad.parent.iterdir()] == ["index.ipynb"]


def test_a_dead_kernel_is_refused(page):
    nb = read(page)
    nb.cells[3].source = "import os\nos.kill(os.getpid(), 9)"
    with pytest.raises(RefusedError, match=r"cell 4 \(`import os`\) killed the kernel"):
        execute(nb, page.parent)


@pytest.mark.parametrize("tag", ["raises-exception", "skip-execution"])
def test_tags_do_not_hide_a_failure(root, page, tag):
    edit(page, lambda nb: nb["cells"][3].update(source="1 / 0", metadata={"tags": [tag]}))
    before = page.read_bytes()
    with pytest.raises(RefusedError, match="cell 4"):
        normalise(page)
    assert page.read_bytes() == before


def test_too_slow_is_refused(page):
    nb = read(page)
    nb.cells[3].source = "import time; time.sleep(60)"
    with pytest.raises(RefusedError, match=r"cell 4 .* took more than 3 s"):
        execute(nb, page.parent, timeout=3)


@pytest.mark.parametrize("moment", ["os.fsync", "os.replace"])
def test_killed_while_writing_leaves_the_old_file(page, moment):
    before = page.read_bytes()
    program = textwrap.dedent(f"""
        import os, signal, sys, pathlib
        {moment} = lambda *a: os.kill(os.getpid(), signal.SIGKILL)
        from press.notebooks import write_atomic
        write_atomic(pathlib.Path(sys.argv[1]), "half a notebook")
    """)
    done = subprocess.run([sys.executable, "-c", program, str(page)])
    assert done.returncode == -9
    assert page.read_bytes() == before
    assert select(page.parents[2], ["alpha"]) == [page]  # what the kill left behind is no notebook


def test_error_while_writing_leaves_no_litter(page, monkeypatch):
    before = page.read_bytes()

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_atomic(page, "new")
    assert page.read_bytes() == before
    assert [p.name for p in page.parent.iterdir()] == ["index.ipynb"]


def test_writing_keeps_the_files_mode(page):
    page.chmod(0o640)
    write_atomic(page, "new")
    assert page.stat().st_mode & 0o777 == 0o640


FIGURE = """
from IPython.display import display
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
display({"image/png": PNG, "text/plain": "a figure"}, metadata={"image/png": {"alt": %r}}, raw=True)
"""


def test_alt_text_follows_the_figure(root, make):
    path = make(root / "book/alpha/index.ipynb", FIGURE % "a falling line")
    normalise(path)
    first = path.read_bytes()
    assert read(path).cells[0].metadata.mystnb.image.alt == "a falling line"
    edit(path, lambda nb: nb["cells"][0]["metadata"].pop("mystnb"))
    assert check(path) == "is not in canonical form"
    assert normalise(path) == "rewritten"
    assert path.read_bytes() == first
    edit(path, lambda nb: nb["cells"][0].update(outputs=[]))
    normalise(path)
    assert "mystnb" not in read(path).cells[0].metadata  # gone with its figure


def test_two_alt_texts_in_one_cell_are_refused(root, make):
    path = make(root / "book/alpha/index.ipynb", FIGURE % "one" + FIGURE % "two")
    before = path.read_bytes()
    with pytest.raises(RefusedError, match=r"cell 1 .* 2 figures"):
        normalise(path)
    assert path.read_bytes() == before


def notebook(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])


def test_an_inserted_cell_renames_no_other():
    before = [c.id for c in canonical(notebook("a", "b", "a")).cells]
    after = [c.id for c in canonical(notebook("a", "new", "b", "a")).cells]
    assert len(set(before)) == 3
    assert [after[0], *after[2:]] == before


def test_consecutive_streams_are_merged_and_widget_views_dropped():
    nb = notebook("x")
    printed = [("stdout", "a"), ("stdout", "b\n"), ("stderr", "c"), ("stdout", "d")]
    stream = [new_output("stream", name=name, text=text) for name, text in printed]
    view = new_output("display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "poster"})
    lone = new_output("display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": "2"}})
    nb.cells[0].outputs = [*stream, view, lone]
    outputs = canonical(nb).cells[0].outputs
    assert [o.text for o in outputs[:3]] == ["ab\n", "c", "d"]
    assert [dict(o.data) for o in outputs[3:]] == [{"text/plain": "poster"}]


def test_canonical_twice_is_canonical_once():
    nb = notebook("a", "", "b\n\n", "a")
    assert canonical(canonical(nb)) == canonical(nb)


def test_select(root, make):
    index, room = make(root / "book/prologue.ipynb", "1"), make(root / "book/alpha/index.ipynb", "1")
    assert all_notebooks(root) == [room, index]  # and not _build/stale.ipynb
    assert select(root, ["prologue"]) == [index]
    assert select(root, ["alpha"]) == [room]
    assert select(root, [str(room), "alpha"]) == [room]
    assert select(root, [str(root / "book")]) == [room, index]
    with pytest.raises(ValueError, match=r"'gamma' is no room, page or notebook; rooms: alpha; pages: prologue"):
        select(root, ["gamma"])


@pytest.mark.parametrize("text", ["", "{", '{"nbformat": 3, "worksheets": []}', "[]", "<<<<<<< ours"])
def test_not_a_notebook(root, text, capsys):
    path = root / "book" / "index.ipynb"
    path.write_text(text)
    assert main(["--root", str(root), "normalise"]) == 1
    assert "index.ipynb is not a notebook" in capsys.readouterr().err
    assert path.read_text() == text


def test_check_exit_code(root, page, executed_text, capsys):
    assert main(["--root", str(root), "normalise", "--check"]) == 1
    assert "book/alpha/index.ipynb: was never executed" in capsys.readouterr().out
    page.write_text(executed_text)
    assert main(["--root", str(root), "normalise", "--check"]) == 0
