"""The stored experiments: one table a room, files that are whole and in order, and a cell of each that comes out today."""

import dataclasses
import itertools
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dynlib.sweep import Experiment, experiments, read_header, read_runs, sweep
from dynlib.sweep.__main__ import main
from dynlib.sweep.engine import identity_of
from dynlib.sweep.journal import Journal, journal_of
from dynlib.sweep.registry import find
from dynlib.sweep.remake import _rows_within, remake, stamp
from dynlib.sweep.stored import write_header
from dynlib.sweep.verify import rows_of

REPO = Path(__file__).parents[2]
ALL = experiments()
ROWS = {  # of each cell, where it is not one; a search has as many as it tried sizes
    "diagonal_ssm.digits": 20,
    "diagonal_ssm.turning": 20,
    "generalization.agreement": 7,
    "generalization.parts": 12,
    "generalization.depth_curves": 41,
    "locality.adam": 2,
    "locality.descent": None,
    "locality.rotation": 33,
    "pointer.plateau": 12,
    "pointer.masks": 2,
    "pointer.lengths": 6,
    "pointer.paper_start": 6,
    "unified_dynamics.mqar": 4,
}
LEFT_OUT = {  # cells without a run
    "head_count.heads": lambda cell: cell["method"] == "svd" and cell["seed"] > 0,
    "unified_dynamics.mqar": lambda cell: cell["seed"] > 2 and (cell["L"] == 128 or cell["n"] >= 32),
}


def test_every_stored_csv_of_a_room_is_an_experiments():
    stored = {f"{path.parent.parent.name}.{path.stem}" for path in REPO.glob("dynlib/*/data/*.csv")}
    assert stored - {"pointer.cities"} == set(ALL)  # the cities are chosen, not swept
    assert re.fullmatch("[0-9a-f]{16}", read_header(REPO / "dynlib/pointer/data/cities.csv")["code"])
    assert len(ALL) == 28
    assert all(experiment.seconds for experiment in ALL.values())


@pytest.mark.parametrize("name", ALL)
def test_every_cell_is_stored_in_order_and_no_other(name):
    experiment = ALL[name]
    runs, keys = read_runs(experiment.path), [*experiment.cells()[0]]
    found = [(cell, len(list(rows))) for cell, rows in itertools.groupby(runs, lambda row: {key: row[key] for key in keys})]
    left_out = LEFT_OUT.get(name, lambda cell: False)
    assert [cell for cell, _ in found] == [cell for cell in experiment.cells() if not left_out(cell)]
    if ROWS.get(name, 1):
        assert {count for _, count in found} == {ROWS.get(name, 1)}


@pytest.mark.parametrize("name", ALL)
def test_the_head_of_a_stored_file_says_how_it_was_made(name):
    experiment, head = ALL[name], read_header(ALL[name].path)
    assert head["made by"] == f"python -m dynlib.sweep run {name}"
    assert head["seeds"] == ", ".join(map(str, experiment.seeds))
    assert re.fullmatch(r"Python \S+, torch \S+, numpy \S+", head["with"])
    assert re.fullmatch("[0-9a-f]{16}", head["code"])
    assert ("made again" in head) == ("other rows" in head)
    if "made again" in head:
        assert re.search(r"seed=\d+: .*, equal.*, on \d{4}-\d\d-\d\d", head["made again"])


CHEAP = ["generalization.digits_samples", "generalization.depth_curves", "locality.adam", "pointer.decoders"]


@pytest.mark.parametrize("name", CHEAP)
def test_a_cell_comes_out_as_it_is_stored(name):
    remade = remake(ALL[name], pick=random.Random(0))
    assert remade.wrong == set()
    assert remade.made == remade.stored


def wrong_table(tmp_path, name, column):
    """A copy of a stored file with one column spoilt."""
    experiment = dataclasses.replace(ALL[name], path=tmp_path / ALL[name].path.name)
    head, rows = [], []
    for line in ALL[name].path.read_text().splitlines():
        (head if line.startswith("#") else rows).append(line)
    place = rows[0].split(",").index(column)
    spoilt = [",".join("7.5" if k == place else part for k, part in enumerate(row.split(","))) for row in rows[1:]]
    experiment.path.write_text("\n".join([*head, rows[0], *spoilt]) + "\n")
    return experiment


def test_a_file_with_other_numbers_is_found_and_gets_no_new_head(tmp_path, monkeypatch, capsys):
    experiment = wrong_table(tmp_path, "locality.adam", "error")
    before = experiment.path.read_bytes()
    monkeypatch.setattr("dynlib.sweep.__main__.find", lambda name: experiment)
    assert main(["check", "locality.adam", "--write", "--pick", "0"]) == 1
    assert re.search(r"signal=.*seed=\d: 2 rows, other error", capsys.readouterr().out)
    assert experiment.path.read_bytes() == before
    with pytest.raises(ValueError, match=r"stamp: remade has other \['error'\]"):
        stamp(experiment, remake(experiment, pick=random.Random(0)))


def lines(*, width, seed):
    yield from ({"step": step, "value": width * step + seed} for step in (1, 2, 3))


def slow(*, width, seed):
    for row in lines(width=width, seed=seed):
        time.sleep(0.3)
        yield row


@pytest.fixture
def small(tmp_path):
    experiment = Experiment(lines, [{"width": 1}, {"width": 2}], [0, 1], tmp_path / "runs.csv", command="a test")
    sweep(experiment, jobs=1)
    return experiment


@pytest.fixture
def here(monkeypatch):
    """Cells are made in this process: a worker could not import this module."""
    monkeypatch.setattr("dynlib.sweep.remake._in_worker", lambda experiment, cell, cap: _rows_within(experiment.run, cell, cap))


def test_the_head_says_what_was_made_again_and_where_the_rest_is_from(small, here):
    rows, made_by_it = small.path.read_text().splitlines()[4:], read_header(small.path)["code"]
    remade = remake(small, pick=random.Random(0))
    stamp(small, remade)
    head = read_header(small.path)
    assert re.fullmatch(r"width=\d, seed=\d: 3 rows, equal, on \d{4}-\d\d-\d\d", head["made again"])
    assert head["other rows"] == f"were made by code {made_by_it}"
    write_header(small.path, head | {"code": "0" * 16, "with": "Python 2.7, torch 1, numpy 1"})
    stamp(small, remade)
    again = read_header(small.path)
    assert again["code"] == made_by_it
    assert again["with"] == "Python 2.7, torch 1, numpy 1"
    assert re.search(r", on \S+ with Python 3", again["made again"])
    assert again["other rows"] == head["other rows"]
    write_header(small.path, {key: text for key, text in head.items() if key in ("made by", "seeds", "with")})
    stamp(small, remade)
    assert read_header(small.path)["other rows"] == "stand from before, when no hash was kept"
    assert [line for line in small.path.read_text().splitlines() if not line.startswith("#")] == rows


def test_a_long_run_is_compared_as_far_as_it_came(small, here):
    remade = remake(dataclasses.replace(small, run=slow), pick=random.Random(0), cap=0.4)
    assert (remade.made, remade.stored, remade.wrong, remade.exact) == (2, 3, set(), True)
    assert str(remade).endswith("2 of 3 rows, equal")


def test_a_run_that_yields_nothing_is_given_up(small, monkeypatch):
    def hangs(**cell):
        time.sleep(600)
        yield {}

    monkeypatch.setattr("dynlib.sweep.remake.HANG", 0.5)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    assert remake(dataclasses.replace(small, run=hangs), pick=random.Random(0), cap=0.5) is None
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    _, alive = psutil.wait_procs([child for child in left if "resource_tracker" not in " ".join(child.cmdline())], timeout=60)
    assert alive == []


def test_rounding_is_told_from_equality_and_a_missing_row_is_a_difference(small, here):
    def rounded(**cell):
        yield from (row | {"value": row["value"] + 1e-9} for row in lines(**cell))

    def shorter(**cell):
        yield from list(lines(**cell))[:2]

    near = remake(dataclasses.replace(small, run=rounded), pick=random.Random(0))
    assert (near.exact, near.wrong) == (False, set())
    assert str(near).endswith("equal up to rounding")
    short = remake(dataclasses.replace(small, run=shorter), pick=random.Random(0))
    assert short.wrong == {"step", "value"}


def test_only_cheap_cells_are_made_again_where_a_table_names_them(small, here):
    cheap = dataclasses.replace(small, cheap={"width": 2})
    assert {remake(cheap, pick=random.Random(n)).cell["width"] for n in range(8)} == {2}
    assert {remake(small, pick=random.Random(n)).cell["width"] for n in range(8)} == {1, 2}
    for experiment in ALL.values():
        cells = [cell for cell in experiment.cells() if experiment.cheap.items() <= cell.items()]
        assert cells, experiment.name
        assert rows_of(read_runs(experiment.path), cells[0])


def test_the_command_line_runs_shows_and_resumes(small, monkeypatch, capsys):
    monkeypatch.setattr("dynlib.sweep.__main__.find", lambda name: small)
    assert main(["show", "x"]) == 0
    assert "4 cells" in (out := capsys.readouterr().out)
    assert "stored, by the code of today" in out
    write_header(small.path, read_header(small.path) | {"code": "0" * 16})
    main(["show", "x"])
    assert "by other code than today's" in capsys.readouterr().out
    cell = {"width": 2, "seed": 0}
    with Journal(journal_of(small.path), identity_of(small) | {"cells": small.cells()}, resume=False) as journal:
        journal.record({"cell": cell, "failed": "Traceback of it\n", "seconds": 1.0})
    main(["show", "x"])
    out = capsys.readouterr().out
    assert "unfinished: 0 of 4 cells kept, 1 failed" in out
    assert "width=2, seed=0\nTraceback of it" in out
    write_header(small.path, {key: text for key, text in read_header(small.path).items() if key != "code"})
    main(["show", "x"])
    assert "by code whose hash was not kept" in capsys.readouterr().out
    assert main(["run", "x", "--jobs", "1"]) == 2
    assert "resume it" in capsys.readouterr().err
    assert main(["resume", "x", "--jobs", "1"]) == 0
    main(["show", "x"])
    assert "unfinished" not in capsys.readouterr().out
    other = small.path.with_name("other.csv")
    assert main(["run", "x", "--jobs", "1", "--to", str(other)]) == 0
    assert read_runs(other) == read_runs(small.path)
    assert read_header(other)["made by"] == "a test --to other.csv"


def test_a_name_that_no_table_has_is_refused_with_its_like(capsys):
    assert main(["run", "locality.descend"]) == 2
    assert "name = 'locality.descend' is not known; it is like locality.descent" in capsys.readouterr().err
    with pytest.raises(ValueError, match="show lists all 28"):
        find("nothing.of_the_kind")


def test_one_room_s_experiments_import_no_other_room():
    program = "import sys; from dynlib.sweep import experiments; experiments('generalization'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPO)
    modules = set(done.stdout.split())
    assert "dynlib.generalization.experiments" in modules
    assert not {"torch", "dynlib.locality.experiments", "joblib"} & modules
