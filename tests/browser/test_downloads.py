"""The file behind a page's download button: a notebook that carries its library, and whose prose any front end shows."""

import re
from pathlib import Path

import pytest

from press.myst import parse
from press.notebooks import all_notebooks, code_cells, read
from press.payload import open_payload

REPO = Path(__file__).parents[2]
SITE = REPO / "book/_build/html"
NOTEBOOKS = [path.relative_to(REPO / "book") for path in all_notebooks(REPO)]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_the_button_gives_a_notebook_that_stands_alone(notebook):
    page = SITE / notebook.with_suffix(".html")
    (link,) = set(re.findall(r'href="([^"]*)"[^>]*\n?[^>]*btn-download-source-button', page.read_text(encoding="utf-8")))
    given, source = read((page.parent / link).resolve()), read(REPO / "book" / notebook)
    (_, first), *rest = code_cells(given)
    assert "dynlib/teaching/setup_cell.py" in open_payload(first.source)
    assert [cell.source for _, cell in rest] == [cell.source for _, cell in code_cells(source)]
    for cell in given.cells:
        if cell.cell_type == "markdown":
            nodes = list(parse(cell.source).walk())
            assert not [node for node in nodes if node.is_directive or node.roles or node.kind == "myst_target"], cell.source
