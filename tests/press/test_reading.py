"""The bar under a title: minutes are estimated from what is read, and Colab is offered where the repository has an address."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from press.chapter import Page
from press.plain import plain
from press.reading import address, colab, minutes

MADE_UP = "https://github.com/somebody/dynamics"


def page(*cells):
    return Page("page", None, None, new_notebook(cells=list(cells)))


def test_minutes_grow_with_what_is_read():
    text = new_markdown_cell(" ".join(["word"] * 1000))
    code = new_code_cell("x = 1\n" * 30)
    hidden = new_code_cell("x = 1\n" * 300, metadata={"tags": ["hide-input"]})
    formula = new_markdown_cell("$$ a = b $$\n\n$$ a = b $$\n\n$$ a = b $$\n\n$$ a = b $$\n\n$$ a = b $$")
    assert [minutes(page(*cells)) for cells in ([], [text], [text, code], [text, code, hidden], [text, formula])] == [
        1,
        5,
        7,
        7,
        7,
    ]


def test_long_pages_are_given_in_steps_of_five():
    assert minutes(page(new_markdown_cell(" ".join(["word"] * 200 * 27)))) == 25


@pytest.mark.parametrize("url", [MADE_UP, f"{MADE_UP}/", f"{MADE_UP}.git"])
def test_colab_opens_the_notebook_of_the_site(url):
    opened = "https://colab.research.google.com/github/somebody/dynamics/blob/gh-pages/_sources/diagonal_ssm/run.ipynb"
    assert colab(url, "diagonal_ssm/run") == opened


@pytest.mark.parametrize("url", ["", "https://example.org/somebody/dynamics"])
def test_no_address_no_colab(url):
    assert colab(url, "diagonal_ssm/run") is None


def test_the_address_is_read_from_the_project(tmp_path):
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "x"\n[project.urls]\nRepository = "{MADE_UP}"\n')
    assert address(tmp_path) == MADE_UP
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert address(tmp_path) == ""


def test_a_notebook_says_the_bar_in_a_line():
    bar = (
        "# Title\n\n```{ways}\n:minutes: 10\n:needs: the exponential of a complex number, {doc}`the prologue </prologue>`\n```\n"
    )
    assert plain(bar, {}, {}) == "# Title\n\n*10 minutes. You need: the exponential of a complex number, the prologue.*"
    assert plain("```{ways}\n```", {}, {}) == ""
