"""A cell as IPython reads it, statement by statement, and the stand-in for its magics; all of it without a child."""

import ast

import pytest
from IPython.core import inputtransformer2
from IPython.utils.text import SList

from press.grading import child
from press.grading.source import imported, statements


def run(*cells, skip=(), lean=False):
    """The names after the cells, and what is said of them as (cell, line, text, says)."""
    scope = {}
    order = {"cells": list(cells), "skip": list(skip), "lean": lean}
    report = child.run(order, scope, lambda *place: None)
    return scope, [(entry["cell"], entry["line"], entry["text"], entry["says"]) for entry in report]


# -- what only IPython reads -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "name", "value"),
    [
        ("L = 3\nhalf = (\n    (2 * L + 1)\n    % 2\n)", "half", 1),
        ('name = "b"\ntext = (\n    "a%s"\n    % name\n)\n!ls', "text", "ab"),
        ("values = [\n    7\n    % 4,\n]\n%matplotlib inline", "values", [3]),
        ('text = """\n%matplotlib inline\n!ls\n"""\n%matplotlib inline', "text", "\n%matplotlib inline\n!ls\n"),
        ("import numpy as np\nnp.fft.irfft?\nx = 4", "x", 4),
        ("?len\nlen??\nx = 5", "x", 5),
        ("files = !ls\nx = len(files)", "x", 0),
        ("def area(r):\n    !ls\n    %time 1\n    return 3 * r\nx = area(2)", "x", 6),
        ("%%time\ndef area(r):\n    return 3 * r\nx = area(2)", "x", 6),
        ("%%capture out\nprint(1)\nx = out.stdout + 'a'", "x", "a"),
        ("\n%%capture\n%%time\nx = 8", "x", 8),
        ("%time x = 9", "x", 9),
        ("%pip install seaborn\n%cd /content\n!pip install -q x\nx = 10", "x", 10),
        ("!ls \\\n  -l\nx = 11", "x", 11),
        ("import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 12\nx = await f()", "x", 12),
        ("import asyncio\nasync def f():\n    return 13\ntask = asyncio.create_task(f())\nx = await task", "x", 13),
        ("async def g():\n    yield 14\nasync for x in g():\n    pass", "x", 14),
        ("import asyncio\nasync def f():\n    return 15\nx = asyncio.run(f())", "x", 15),
        (">>> x = 16", "x", 16),
        ("if True:\n    %run nowhere.py\nx = 17", "x", 17),
        ("get_ipython().run_line_magic('matplotlib', 'inline'); x = 18", "x", 18),
        ("from IPython import get_ipython\nx = !ls\nx = x.n", "x", ""),
        ("from __future__ import annotations\ndef f(a: nothing): return 19\nx = f(0)", "x", 19),
    ],
)
def test_a_cell_is_read_as_ipython_reads_it(source, name, value):
    scope, _ = run(source)
    assert scope[name] == value


def test_a_timed_statement_runs_once_and_gives_a_result():
    scope, report = run("calls = []\nt = %timeit -o -n 5 -r3 calls.append(1)\n%timeit x = calls.append(2)")
    assert scope["calls"] == [1, 2]
    assert 0 <= scope["t"].best < 5
    assert "x" not in scope  # as in IPython: its names are its own
    assert [says for *_, says in report] == ["`%timeit` ran its statement once"] * 2


def test_a_file_that_a_cell_writes_can_be_imported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    cells = ["%%writefile helper_of_a_test.py\nq = 3\n", "%%writefile -a helper_of_a_test.py\nr = 4"]
    scope, report = run(*cells, "import helper_of_a_test as h\nx = h.q + h.r", "%run helper_of_a_test\ny = q * r")
    assert (scope["x"], scope["y"], report) == (7, 12, [])


def test_what_does_nothing_here_says_so_in_the_students_line():
    scope, report = run("a = 1\n\n!pip install x\nfiles = !ls -l\n%cd /content", "%%bash\necho 1", "%matplotlib inline\nlen?")
    assert type(scope["files"]) is SList
    assert report == [
        (0, 3, "!pip install x", "`!pip install x` does nothing here"),
        (0, 4, "files = !ls -l", "`!ls -l` gives nothing here"),
        (0, 5, "%cd /content", "`%cd` does nothing here"),
        (1, 1, "%%bash", "`%%bash` does nothing here"),
    ]


# -- what fails takes nothing along ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value", "lines"),
    [
        ("import no_such_seaborn\nimport math\nx = round(math.pi)", 3, [1]),
        ("import no_such_seaborn, math\nx = round(math.pi)", 3, [1]),
        ("from math import no_such_name, pi\nx = round(pi)", 3, [1]),
        ("from google.colab import no_drive; drive.mount('/x')\nx = 3", 3, [1, 1]),
        ("table = open('no such file').read()\nprint(table)\nx = 3", 3, [1, 2]),
        ("x = 3\nassert x == 4, 'no'\n@print\ndef f(:\n    return 1\nx = x", 3, [2, 3, 4]),
        ("x = 3\nraise SystemExit", 3, [2]),
        ("\n\n\nx = 3\nclass Broken:\n    y = 1 / 0", 3, [5]),
        ("My answer is this:\n\nx = 3", 3, [1]),
        ("x = 3\ny = (1,\nz = 4", 3, [2]),
        ("if True:\n    x = 3\nelse:\n    x = 4\nw = = 3", 3, [5]),
        ("x = 3\nreturn x", 3, [2]),
        ("%matplotlib inline\n\nx = 3\n\n1 / 0", 3, [5]),
        ("x = 3\ny = '\\ud800'\nprint(y.encode())", 3, [3]),
    ],
)
def test_a_line_that_fails_takes_no_other_along(source, value, lines):
    scope, report = run(source)
    assert scope["x"] == value
    assert [line for _, line, _, _ in report] == lines
    assert all(text == source.splitlines()[line - 1].strip() for _, line, text, _ in report)


def test_python_that_is_newer_than_the_markers_takes_no_other_line_along():
    """Colab's Python may be newer; here, what no Python reads stands for it."""
    scope, report = run("from math import pi\nprint(f'{d['a']!}')\ntype = whatever X = int\n\ndef f():\n    return round(pi)")
    assert scope["f"]() == 3
    assert [(line, says.partition(":")[0]) for _, line, _, says in report] == [(2, "SyntaxError"), (3, "SyntaxError")]


UNREADABLE = {
    "brackets": "(" * 100_000,
    "minus signs": "x = " + "-" * 100_000 + "1",
    "a null": "a\0b",
    "shell": "!" * 2000,
    "ifs": "if 1:\n" * 300,
}


@pytest.mark.parametrize("source", UNREADABLE.values(), ids=UNREADABLE)
def test_what_no_reader_can_read_is_one_fault_and_no_more(source):
    scope, report = run(source, "x = 3")
    assert scope["x"] == 3
    assert {cell for cell, *_ in report} == {0}


def test_more_magics_than_ipython_reads_cost_their_lines_only(monkeypatch):
    monkeypatch.setattr(inputtransformer2, "TRANSFORM_LOOP_LIMIT", 3)
    scope, report = run("%matplotlib inline\n" * 5 + "x = 3")
    assert (scope["x"], len(report)) == (3, 5)


def test_lines_are_counted_as_the_student_sees_them():
    source = "\n\n  %matplotlib inline\n  a = 1\n  !ls \\\n    -l\n  b = 2\n  1 / 0"
    scope, report = run(source)
    assert (scope["a"], scope["b"]) == (1, 2)
    assert report[-1] == (0, 8, "1 / 0", "ZeroDivisionError: division by zero")


def test_left_out_and_lean():
    cells = ["x = [1]\nx.append(2)\nimport math\ndef f(): return len(x)\nfor k in x: x = 7", "y = 1"]
    scope, report = run(*cells, skip=[(0, 2, "takes long"), (1, 0, "hangs")])
    assert (scope["x"], "y" in scope) == (7, False)
    assert report == [(0, 2, "x.append(2)", "takes long"), (1, 1, "y = 1", "hangs")]
    scope, report = run(*cells, lean=True)
    assert (scope["f"](), scope["y"], report) == (1, 1, [])


def test_plain_python_stands_for_itself():
    source = "import a, b\n@decorated\ndef f():\n    pass\nx = 1; y = 2"
    found = statements(source)
    assert [(statement.line, type(statement.node)) for statement in found] == [
        (1, ast.Import),
        (1, ast.Import),
        (2, ast.FunctionDef),
        (5, ast.Assign),
        (5, ast.Assign),
    ]
    assert [statement.binds for statement in statements("x = 1\nprint(x)\nx += 1")] == [True, False, True]
    assert imported(["%%time\nimport a.b\ndef f():\n    from c import d\n1 +"]) == ["a.b", "c", "c.d"]
