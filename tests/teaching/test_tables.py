"""A table names its rows and columns, says in a sentence what to see, and escapes what it is given."""

import re

import pytest

from dynlib.teaching import tables

CAPTION = "Accuracy of two starts."


@pytest.fixture
def shown(monkeypatch):
    calls = []
    monkeypatch.setattr(tables, "display", lambda data, raw: calls.append(data))
    return calls


def test_a_table_has_scopes_and_sides(shown):
    tables.show(["start", "accuracy", "remark"], [["Lin", 97.7, "2-layer"], ["Real", "80.3 ± 0.4", "a < b"]], caption=CAPTION)
    page = shown[0]["text/html"]
    assert page.count('<th scope="col"') == 3
    assert page.count('<th scope="row"') == 2
    assert re.findall(r'<td class="(\w+)">([^<]*)</td>', page) == [
        ("number", "97.7"), ("words", "2-layer"), ("number", "80.3 ± 0.4"), ("words", "a &lt; b"),
    ]  # fmt: skip
    assert f"<caption>{CAPTION}</caption>" in page
    assert shown[0]["text/plain"].splitlines()[2:] == ["Lin    97.7        2-layer", "Real   80.3 ± 0.4  a < b"]


@pytest.mark.parametrize(
    ("head", "rows", "caption", "names"),
    [
        (["a", "b"], [], CAPTION, "rows is empty"),
        (["a", "b"], [[1, 2], [1]], CAPTION, "row 1 has 1 cells"),
        (["a"], [[1]], "Accuracy", "caption = 'Accuracy'"),
        (["a"], [[1]], "Accuracy of all four starts", "end with a full stop"),
        (["a"], [[1]], None, "caption = None"),
    ],
)
def test_show_refuses(shown, head, rows, caption, names):
    with pytest.raises(ValueError, match=re.escape(names)):
        tables.show(head, rows, caption=caption)
    assert not shown
