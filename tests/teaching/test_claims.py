"""A claim holds its number, refuses what it does not know, and never types its verdict."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from IPython.testing.globalipapp import start_ipython

from dynlib.teaching import claims
from dynlib.teaching.claims import ClaimError, claim, registry

ROW = """
[{id}]
statement = "one and one"
source = "arithmetic"
whose = "ours"
kind = "checked"
status = "tested"
value = {value}
tolerance = {tolerance}
reason = "exact"
misses = "three"
breaker = {{ module = "dynlib.a", where = "f", old = "1", new = "2" }}
{more}
"""


def write(path: Path, *rows: str) -> Path:
    path.write_text("".join(rows))
    return path


def row(id="two", value=2.0, tolerance=0.1, more=""):
    return ROW.format(id=id, value=value, tolerance=tolerance, more=more)


@pytest.fixture
def rows(tmp_path, monkeypatch):
    """Claims of our own instead of the book's, and none claimed yet."""

    def use(*texts):
        found = registry.read(write(tmp_path / "room.toml", *texts))
        monkeypatch.setattr(claims, "rows", lambda: found)
        monkeypatch.setattr(claims, "_claimed_at", {})
        return found

    return use


def test_inside_its_tolerance_prints_one_line(rows, capsys):
    rows(row())
    claim("two", 2.05)
    assert capsys.readouterr().out == "✓ two: within 0.1 of 2\n"


@pytest.mark.parametrize("ours", [2, 2.0, np.float32(2), np.array([2.0]), torch.tensor(2.0, dtype=torch.float64), True + True])
def test_takes_any_single_real_number(rows, ours):
    rows(row())
    claim("two", ours)


@pytest.mark.parametrize("ours", [2.2, 1.8, float("nan"), float("inf")])
def test_outside_its_tolerance_names_all_three_numbers(rows, ours):
    rows(row())
    with pytest.raises(ClaimError) as error:
        claim("two", ours)
    for number in (f"{ours:.6g}", "expected 2", "tolerance 0.1"):
        assert number in str(error.value)


@pytest.mark.parametrize("ours", ["two", [2.0], np.zeros(2), 2j, None, torch.zeros(3)])
def test_refuses_what_is_not_one_real_number(rows, ours):
    rows(row())
    with pytest.raises(ValueError, match="one real number"):
        claim("two", ours)


def test_unknown_id_names_the_nearest(rows):
    rows(row())
    with pytest.raises(ValueError, match="'tow' is unknown; did you mean 'two'"):
        claim("tow", 2)


def test_second_claim_of_an_id_is_refused(rows):
    rows(row())
    claim("two", 2)
    with pytest.raises(ValueError, match="claimed already"):
        claim("two", 2)


def test_claim_in_a_loop_is_refused(rows):
    rows(row())

    def loop():
        for _ in range(2):
            claim("two", 2)

    with pytest.raises(ValueError, match="claimed already"):
        loop()


def test_running_a_cell_again_is_allowed(rows):
    rows(row())
    shell = start_ipython()
    shell.user_ns["claim"] = claim
    for _ in range(2):
        result = shell.run_cell("claim('two', 2)", store_history=True)
        assert result.success, result.error_in_exec


def test_a_row_that_is_not_run_cannot_be_claimed(rows):
    rows('[big]\nstatement = "s"\nsource = "s"\nwhose = "ours"\nkind = "reported"\nstatus = "not_run"\nneeds = "a cluster"\n')
    with pytest.raises(ValueError, match="not_run"):
        claim("big", 1)


PAPER = "paper_value = {paper}\npaper_tolerance = 0.05\npaper_baseline = 1.0\nwhy = 'smaller nets'"


@pytest.mark.parametrize(("paper", "verdict"), [(2.0, "reproduced"), (3.0, "direction only"), (0.5, "not reproduced")])
def test_verdict_is_computed(rows, capsys, paper, verdict):
    found = rows(row(tolerance=0.01, more=PAPER.format(paper=paper)))
    assert found["two"].verdict(2.0) == verdict
    claim("two", 2.0)
    assert capsys.readouterr().out.rstrip().endswith(f": {verdict}")


def test_record_for_the_ledger(rows, monkeypatch):
    rows(row(tolerance=0.01, more=PAPER.format(paper=2.0)))
    shown = []
    monkeypatch.setattr(claims, "_shell", lambda: type("Shell", (), {"execution_count": 1}))
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    claim("two", 2.0)
    expected = {"id": "two", "value": 2.0, "tolerance": 0.01, "verdict": "reproduced"}
    assert json.loads(json.dumps(shown[0][claims.MIME])) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[a]\nvalue = \n", r"room.toml.*line 2"),
        ("\n\n[a]\nstatement = 's'\n", r"room.toml, line 3: claim 'a' lacks 'source'"),
        (row(more="tolerancy = 1"), r"line 2: .*'tolerancy'; did you mean 'tolerance'"),
        (row(tolerance=-1), "at least 0"),
        (row(more="paper_value = 1"), "both, or neither"),
        (row(tolerance=0.2, more=PAPER.format(paper=2.1)), "reaches over two verdicts"),
        (row(tolerance=0.01, more="paper_value = 9\npaper_tolerance = 1"), "does not say why"),
        (row().replace("checked", "sure"), "it must be one of"),
        (row().replace("tested", "not_run"), "does not say what it needs"),
        (row().replace('misses = "three"', ""), "lacks 'misses'"),
        (row().replace('old = "1", ', ""), "a breaker without 'old'"),
        (row().replace("module =", "file ="), "a breaker with an unknown field 'file'; it has module, old and new"),
        (row().replace('new = "2"', 'new = "2", occurrence = 0'), "occurrence = 0; it must be 1, 2"),
        (row(more='evidence = "hearsay"'), "evidence = 'hearsay'; it must be one of"),
        (row(more='evidence = "stored"\ncommand = "make it"'), "is stored and has seconds = None; say what one row costs"),
        (row(more='evidence = "stored"\nseconds = 20\ncommand = "make it"'), "make one again on the page"),
        (row(more='evidence = "stored"\nseconds = 21'), "lacks 'command'"),
        (row(more='evidence = "recomputed"\nseconds = 21'), "is not stored; leave them out"),
    ],
)
def test_broken_toml_names_file_and_line(tmp_path, text, problem):
    with pytest.raises(ValueError, match=problem):
        registry.read(write(tmp_path / "room.toml", text))


def test_an_id_stands_once_in_the_book(tmp_path):
    write(tmp_path / "a.toml", row())
    write(tmp_path / "b.toml", row())
    with pytest.raises(ValueError, match=r"stands already in a\.toml"):
        registry.read_all(tmp_path)
