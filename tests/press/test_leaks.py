"""The second line behind a release: a solution that was planted is found, in whatever form and in whatever it travels."""

import tomllib
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from press.leaks import MARKS, find_leaks, solution_lines
from press.payload import setup_cell
from press.release import chosen, exercises_for, for_students
from press.solutions import BEGIN, END

FORMS = tomllib.loads(Path(__file__).with_name("solution_forms.toml").read_text())["forms"]
ANSWER = "The answer is the sum over every pair of modes, by {doc}`the derivation <derive>`."
SHOWN = "The answer is the sum over every pair of modes, by the derivation."
CODE = "return modes @ weights + 17"


def page(form):
    """A page of exercises whose solution stands in one of the forms."""
    return new_notebook(
        cells=[
            new_markdown_cell("# Exercises"),
            new_code_cell("x = 1", metadata={"tags": ["setup"]}),
            new_markdown_cell(
                "```{exercise} Sum\n:label: alpha-total\n:difficulty: 1\n:minutes: 5\n\nWrite `total(modes)`.\n```"
            ),
            new_code_cell("def total(modes):\n    raise NotImplementedError", metadata={"tags": ["exercise"]}),
            new_markdown_cell(f"A word before.\n\n{form}"),
            new_code_cell(f"def total(modes):\n    {BEGIN}\n    {CODE}\n    {END}", metadata={"tags": ["solution"]}),
        ]
    )


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A repository with one chapter, whose exercises have no modules; a function writes its page of exercises."""
    monkeypatch.setattr("press.release.modules", lambda room: {})
    (tmp_path / "book/alpha").mkdir(parents=True)
    cells = [new_markdown_cell("# Alpha"), new_code_cell("x = 1", metadata={"tags": ["setup"]})]
    nbformat.write(new_notebook(cells=cells), tmp_path / "book/alpha/index.ipynb")

    def write(form=f"```{{solution}} alpha-total\n{ANSWER}\n```"):
        nbformat.write(page(form), tmp_path / "book/alpha/exercises.ipynb")
        return tmp_path

    return write


@pytest.mark.parametrize("form", FORMS)
def test_a_release_holds_no_solution_in_any_form_and_the_search_knows_it(root, form):
    text = FORMS[form].replace("secret", ANSWER)
    root = root(text)
    for_students(root, root / "out", chosen(root, None), lambda nb, folder: "pass")
    leaks = find_leaks(root, root / "out")
    assert (leaks.found, leaks.lessons) == ([], [])
    released = (root / "out/alpha/exercises.ipynb").read_text()
    assert "sum over every pair" not in released
    assert CODE not in released
    assert {SHOWN, ANSWER, CODE} <= solution_lines(root)["alpha"]


def planted(root, *cells, **files):
    """What the search finds in a folder with one notebook and some files."""
    out = root / "out"
    out.mkdir()
    nbformat.write(new_notebook(cells=list(cells)), out / "page.ipynb")
    for name, text in files.items():
        (out / name).write_text(text)
    leaks = find_leaks(root, out)
    assert leaks.lessons == []
    return leaks.found


@pytest.mark.parametrize(
    "cell",
    [
        new_markdown_cell(f"> {ANSWER}"),
        new_markdown_cell(f"<details>\n\n- {SHOWN}\n</details>"),
        new_code_cell(f"def total(modes):\n        {CODE.replace(' ', '  ')}"),
        new_code_cell("x", metadata={"hint": CODE}),
        new_code_cell("x", outputs=[nbformat.v4.new_output("display_data", {"text/html": f"<p>{SHOWN}</p>"})]),
    ],
    ids=["as in the book", "as a page shows it", "code", "metadata", "output"],
)
def test_a_planted_line_is_found(root, cell):
    found = planted(root(), cell)
    assert [(file, line) for file, line in found] in ([("page.ipynb", ANSWER)], [("page.ipynb", SHOWN)], [("page.ipynb", CODE)])


@pytest.mark.parametrize("mark", MARKS)
def test_the_mark_of_a_solution_is_found_whatever_a_parser_makes_of_it(root, mark):
    assert planted(root(), new_markdown_cell(f"<div>\n{mark}")) == [("page.ipynb", mark)]


def carried(files):
    """The source of a setup cell that carries these files."""
    return setup_cell({name: text.encode() for name, text in files.items()})


def test_a_line_in_what_a_notebook_carries_is_found(root):
    root = root()
    answers = "dynlib/teaching/exercises/alpha/total.py"
    cell = carried({answers: f"MISTAKES = {{'one': ('{CODE}', 'return 0')}}\n", "dynlib/alpha/sums.py": "x = 1\n"})
    assert CODE not in cell  # only an opened payload shows it
    assert planted(root, new_code_cell(cell)) == [(f"page.ipynb: {answers}", CODE)]


def test_a_line_that_the_library_itself_has_is_no_leak(root):
    root = root()
    (root / "out").mkdir()
    nb = new_notebook(cells=[new_code_cell(carried({"dynlib/alpha/sums.py": f"def total(modes, weights):\n    {CODE}\n"}))])
    nbformat.write(nb, root / "out/page.ipynb")
    leaks = find_leaks(root, root / "out")
    assert (leaks.found, leaks.lessons) == ([], [("page.ipynb: dynlib/alpha/sums.py", CODE)])


def test_other_pages_lose_their_solutions_too(root):
    root = root()
    nb = new_notebook(
        cells=[
            new_code_cell("x = 1", metadata={"tags": ["setup"]}),
            new_markdown_cell(f"# Alpha\n\n:::{{solution}} alpha-total\n{ANSWER}\n:::"),
            new_code_cell(CODE, metadata={"tags": ["solution"]}),
        ]
    )
    nbformat.write(nb, root / "book/alpha/derive.ipynb")
    (root / "book/alpha/index.ipynb").write_text((root / "book/alpha/derive.ipynb").read_text())
    for_students(root, root / "out", chosen(root, None), lambda nb, folder: "pass")
    text = (root / "out/alpha/derive.ipynb").read_text()
    assert "Alpha" in text
    assert SHOWN not in text + CODE * (CODE in text)
    assert find_leaks(root, root / "out").found == []


def test_the_page_of_exercises_is_not_changed_by_a_release(root):
    root = root()
    chapter = chosen(root, None)["alpha"]
    before = nbformat.writes(chapter.pages["exercises"].nb)
    exercises_for(chapter.pages["exercises"].nb, "alpha", {}, [], None)
    for_students(root, root / "out", {"alpha": chapter}, lambda nb, folder: "pass")
    assert nbformat.writes(chapter.pages["exercises"].nb) == before
