"""edit, save and text: the round trip keeps what it must, drops what it must, and never loses an edit in silence."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from press import edit as edit_module
from press.__main__ import main
from press.edit import edit
from press.normalise import normalise, stale
from press.notebooks import read
from press.save import save

SCRIPT = Path(edit_module.__file__).with_name("text.py")


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def press(root, *words):
    return main(["--root", str(root), *words])


def test_unchanged_text_changes_no_byte(root, ran):
    before = ran.read_bytes()
    text = edit(root, ran)
    assert text == root / "edit/alpha/index.md"
    assert save(root, ran) is False
    text.write_text(text.read_text() + "\n")  # touched, and still the same cells
    assert save(root, ran) is True
    assert ran.read_bytes() == before


def test_save_keeps_outputs_of_unchanged_cells_only(root, ran):
    text = edit(root, ran)
    replace(text, "Twice that:", "Two times that:")
    save(root, ran)
    nb = read(ran)
    assert nb.cells[2].source == "Two times that:"
    assert nb.cells[3].outputs[0].text == "4\n"
    replace(text, "print(2 * x)", "print(2*x)")  # same program, other text: black would not mind, we do
    save(root, ran)
    nb = read(ran)
    assert nb.cells[1].execution_count == 1
    assert (nb.cells[3].outputs, nb.cells[3].execution_count) == ([], None)
    assert nb.cells[1].metadata.tags == ["hide-cell"]
    assert "dynamics" in nb.metadata
    assert stale(nb)


def test_edit_run_edit_run(root, ran):
    """Executing after a save changes outputs; the same text must still be saveable."""
    text = edit(root, ran)
    replace(text, "print(2 * x)", "print(3 * x)")
    assert save(root, ran)
    normalise(ran)
    assert read(ran).cells[3].outputs[0].text == "6\n"
    replace(text, "print(3 * x)", "print(4 * x)")
    assert save(root, ran)
    assert read(ran).cells[3].source.startswith("print(4 * x)")


def test_save_refuses_when_both_changed(root, ran, capsys):
    text = edit(root, ran)
    replace(text, "A number leaks.", "A number fades.")
    replace(ran, "Twice that:", "Double that:")
    before = ran.read_bytes()
    assert press(root, "save", "alpha") == 2
    assert "book/alpha/index.ipynb changed since edit wrote edit/alpha/index.md" in capsys.readouterr().err
    assert ran.read_bytes() == before


def test_refusal_of_one_page_saves_none(root, ran, make):
    other = make(root / "book/alpha/a_first.ipynb", "y = 1")
    press(root, "edit", "alpha")
    replace(root / "edit/alpha/a_first.md", "y = 1", "y = 2")
    replace(root / "edit/alpha/index.md", "leaks", "fades")
    replace(ran, "Twice that:", "Double that:")
    before = other.read_bytes()
    assert press(root, "save", "alpha") == 2
    assert other.read_bytes() == before


def test_edit_does_not_overwrite_unsaved_edits(root, ran):
    text = edit(root, ran)
    edit(root, ran)  # nothing edited: fine
    replace(text, "leaks", "fades")
    with pytest.raises(ValueError, match="edits that are not saved"):
        edit(root, ran)
    assert "fades" in text.read_text()


def test_a_text_of_unknown_origin_is_neither_saved_nor_overwritten(root, ran):
    text = root / "edit/alpha/index.md"
    text.parent.mkdir(parents=True)
    text.write_text("# From elsewhere\n")
    with pytest.raises(ValueError, match="was not written by edit"):
        save(root, ran)
    with pytest.raises(ValueError, match="not saved"):
        edit(root, ran)


def test_a_text_without_a_notebook_makes_a_page(root, ran):
    text = root / "edit/alpha/derive.md"
    text.parent.mkdir(parents=True)
    text.write_text("# Steps\n\n```{code-cell} ipython3\n:tags: [setup]\n\nx = 1\n```\n")
    assert press(root, "save", "alpha") == 0
    nb = read(root / "book/alpha/derive.ipynb")
    assert [c.cell_type for c in nb.cells] == ["markdown", "code"]
    assert nb.cells[1].metadata.tags == ["setup"]
    replace(text, "x = 1", "x = 2")
    assert press(root, "save", "alpha") == 0
    assert read(root / "book/alpha/derive.ipynb").cells[1].source == "x = 2"


def test_a_top_level_page_is_edited_by_its_name(root, make):
    page = make(root / "book/prologue.ipynb", "x = 1")
    assert press(root, "edit", "prologue") == 0
    replace(root / "edit/prologue/prologue.md", "x = 1", "x = 2")
    assert press(root, "save", "prologue") == 0
    assert read(page).cells[0].source == "x = 2"


def test_nothing_to_save_is_fine_and_an_unknown_room_is_not(root, ran, capsys):
    assert press(root, "save", "alpha") == 0
    assert press(root, "save", "gamma") == 2
    assert "'gamma' is no room" in capsys.readouterr().err


def test_a_cell_that_text_cannot_carry_is_named(root, page):
    nb = json.loads(page.read_text())
    nb["cells"][2]["source"] = "before\n\n+++\n\nafter"
    page.write_text(json.dumps(nb))
    with pytest.raises(ValueError, match=r"cell 3 \(`before`\) does not survive"):
        edit(root, page)
    assert not (root / "edit").exists()


def test_alt_text_is_no_part_of_the_text(root, ran):
    """It is derived from the figure: what normalise puts there must not look like a change by hand."""
    text = edit(root, ran)
    nb = json.loads(ran.read_text())
    nb["cells"][3]["metadata"]["mystnb"] = {"image": {"alt": "derived"}, "figure": {"name": "kept"}}
    ran.write_text(json.dumps(nb))
    out = subprocess.run([sys.executable, "-P", SCRIPT, ran], capture_output=True, text=True, check=True).stdout
    assert "derived" not in out
    assert "name: kept" in out
    assert "kept" not in text.read_text()


def test_text_is_a_script_that_needs_neither_repository_nor_torch(ran, tmp_path):
    copy = tmp_path / "xyz_index.ipynb"  # as git hands it over
    copy.write_bytes(ran.read_bytes())
    program = textwrap.dedent(f"""
        import runpy, sys
        sys.argv = ["text", {str(copy)!r}]
        try:
            runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
        finally:
            assert not {{"torch", "dynlib"}} & set(sys.modules)
    """)
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "# Fading" in done.stdout
    assert ":tags: [hide-cell]" in done.stdout
    assert "execution" not in done.stdout
    assert "\n4\n" not in done.stdout  # no output


def test_text_verb_and_broken_notebook(tmp_path, capsys):
    conflict = tmp_path / "c.ipynb"
    conflict.write_text("<<<<<<< ours\n")
    assert main(["text", str(conflict)]) == 0
    assert capsys.readouterr().out == "<<<<<<< ours\n"
