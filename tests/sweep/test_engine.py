"""A sweep keeps every cell as it comes, tells failures, refuses what it cannot resume, and gives each cell its own numbers."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dynlib.sweep import Experiment, UnfinishedError, code, engine, read_header, read_runs, sweep
from dynlib.sweep.journal import Journal, journal_of, read_journal

REPO = Path(__file__).parents[2]


def steps(*, width, seed):
    for epoch in (1, 2):
        yield {"epoch": epoch, "score": width + seed / 8 + epoch / 2, "note": f"w{width}"}


def drawn(*, width, seed):
    rng = np.random.default_rng([seed, width])
    yield {"value": rng.standard_normal(), "count": rng.integers(5), "single": np.float32(0.1), "odd": np.bool_(width % 2)}


def made(tmp_path, run=steps, grid=({"width": 3}, {"width": 4}), seeds=(0, 1), name="runs.csv"):
    return Experiment(run, grid, seeds, tmp_path / name, command="python -m somewhere")


def test_rows_come_back_with_their_types_and_the_head_says_what_made_them(tmp_path):
    experiment = made(tmp_path)
    sweep(experiment, jobs=1)
    rows = read_runs(experiment.path)
    assert len(rows) == 8
    assert rows[-1] == {"width": 4, "seed": 1, "epoch": 2, "score": 5.125, "note": "w4"}
    head = read_header(experiment.path)
    assert list(head) == ["made by", "seeds", "with", "code"]
    assert (head["made by"], head["seeds"]) == ("python -m somewhere", "0, 1")
    assert "torch" in head["with"]
    assert head["code"] == code.code_hash(steps)
    assert [path.name for path in tmp_path.iterdir()] == ["runs.csv"]


def test_settings_without_a_row_are_left_out(tmp_path):
    def odd(*, width, seed):
        if width % 2:
            yield {"score": width}

    sweep(made(tmp_path, odd, [{"width": 2}, {"width": 3}, {"width": 4}], [0]), jobs=1)
    assert read_runs(tmp_path / "runs.csv") == [{"width": 3, "seed": 0, "score": 3}]
    with pytest.raises(ValueError, match="sweep: run yielded no row"):
        sweep(made(tmp_path, odd, [{"width": 2}], [0], "none.csv"), jobs=1)
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_a_cell_alone_gives_its_number_whatever_came_before(tmp_path, order):
    grid = [{"width": width} for width in range(1, 5)]
    sweep(made(tmp_path, drawn, grid[order], [0, 1][order]), jobs=1)
    for row in read_runs(tmp_path / "runs.csv"):
        alone = made(tmp_path, drawn, [{"width": row["width"]}], [row["seed"]], f"{row['width']}-{row['seed']}.csv")
        sweep(alone, jobs=1)
        assert read_runs(alone.path) == [row]
        (want,) = drawn(width=row["width"], seed=row["seed"])
        assert row == {"width": row["width"], "seed": row["seed"], **want}


def test_numbers_lose_no_digit_on_their_way_through_the_journal(tmp_path):
    values = [0.1 + 0.2, 1e-300, float("inf"), float("nan"), 2**70, np.float32(1) / 3, -0.0]

    def run(*, place, seed):
        yield {"value": values[place]}

    sweep(made(tmp_path, run, [{"place": place} for place in range(len(values))], [0]), jobs=1)
    texts = [line.split(",")[-1] for line in (tmp_path / "runs.csv").read_text().splitlines()[5:]]
    assert texts == [str(float(value)) if place != 4 else str(value) for place, value in enumerate(values)]


def failing(*, width, seed):
    called.append((width, seed))
    yield {"score": 1.0}
    if (width, seed) == (3, 1) and not mended:
        raise RuntimeError("no more")


mended, called = [], []


def test_a_failing_cell_is_recorded_and_stops_no_other(tmp_path, capsys):
    path = tmp_path / "runs.csv"
    path.write_text("old")
    experiment = made(tmp_path, failing)
    with pytest.raises(
        UnfinishedError, match=r"1 of 4 cells failed, the first for width=3, seed=1:\n(.|\n)*RuntimeError: no more"
    ):
        sweep(experiment, jobs=1)
    assert path.read_text() == "old"
    assert "failed: width=3, seed=1: RuntimeError: no more" in capsys.readouterr().out
    _, outcomes, _ = read_journal(journal_of(path))
    assert sorted("rows" in found for found in outcomes.values()) == [False, True, True, True]
    (failed,) = (found for found in outcomes.values() if "failed" in found)
    assert "in failing\n    raise RuntimeError" in failed["failed"]
    assert called == [(3, 0), (3, 1), (4, 0), (4, 1)]
    called.clear()
    mended.append(True)
    try:
        sweep(experiment, jobs=1, resume=True)
    finally:
        mended.clear()
    assert called == [(3, 1)]
    assert len(read_runs(path)) == 4
    assert not journal_of(path).exists()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"score": None}, "score = None is no text, number or boolean"),
        ({"score": np.ones(2)}, r"score = array\(\[1., 1.\]\) is no text"),
        ({"width": 1}, "yields a column 'width', which is a setting"),
        ({"seed": 1}, "yields a column 'seed', which is a setting"),
    ],
)
def test_a_row_that_no_csv_holds_is_a_failure(tmp_path, row, message):
    def run(*, width, seed):
        yield row

    with pytest.raises(UnfinishedError, match=message):
        sweep(made(tmp_path, run), jobs=1)


def test_rows_with_different_columns_make_no_table_and_lose_nothing(tmp_path):
    def run(*, width, seed):
        yield {"a": 1} if width == 3 else {"b": 1}

    experiment = made(tmp_path, run)
    with pytest.raises(ValueError, match=r"run yields the columns \['width', 'seed', 'a'\] .* and \['width', 'seed', 'b'\]"):
        sweep(experiment, jobs=1)
    assert len(read_journal(journal_of(experiment.path))[1]) == 4


@pytest.mark.parametrize(
    ("grid", "seeds", "message"),
    [
        ([], [0], "0 settings and 1 seeds make no runs"),
        ([{"width": 1}], [], "1 settings and 0 seeds make no runs"),
        ([{"width": 1}, {"depth": 1}], [0], "different keys"),
        ([{"width": 1}, {"width": 1}], [0], r"have \{\"width\": 1, \"seed\": 0\} twice"),
        ([{"width": 1}], [0, 0], "twice"),
        ([{"width": 1, "seed": 2}], [0], "has a setting 'seed'"),
        ([{"width": None}], [0], "width = None is no text, number or boolean"),
        ([{"width": 1}], [0.5], "seeds hold 0.5; give whole numbers"),
        ([{"width": 1}], [True], "seeds hold True; give whole numbers"),
        ([{"width": 1}], [None], "seed = None is no text, number or boolean"),
        ([{"width": (1, 2)}], [0], r"width = \(1, 2\) is no text"),
    ],
)
def test_what_makes_no_grid_is_refused(tmp_path, grid, seeds, message):
    with pytest.raises(ValueError, match=f"^Experiment: .*{message}"):
        made(tmp_path, steps, grid, seeds)


def half(tmp_path, **changed):
    """A sweep of which the second cell is kept."""
    experiment = made(tmp_path)
    cells = experiment.cells()
    identity = engine.identity_of(experiment) | {"cells": cells} | changed
    with Journal(journal_of(experiment.path), identity, resume=False) as journal:
        journal.record({"cell": cells[1], "rows": [{"epoch": 9, "score": 9.5, "note": "kept"}], "seconds": 1.0})
    return experiment


def test_an_unfinished_sweep_is_neither_overwritten_nor_taken_for_finished(tmp_path):
    experiment = half(tmp_path)
    with pytest.raises(ValueError, match=r"runs.journal is left from a run that did not finish; resume it, or delete it"):
        sweep(experiment, jobs=1)
    sweep(experiment, jobs=1, resume=True)
    rows = read_runs(experiment.path)
    assert [(row["width"], row["seed"], row["note"]) for row in rows] == [
        *[(3, 0, "w3")] * 2,
        (3, 1, "kept"),
        *[(4, 0, "w4")] * 2,
        *[(4, 1, "w4")] * 2,
    ]
    with pytest.raises(ValueError, match=r"there is no runs.journal to resume in .*; run the experiment from its beginning"):
        sweep(experiment, jobs=1, resume=True)


def test_a_sweep_killed_between_its_last_cell_and_its_table_makes_nothing_again(tmp_path):
    experiment = made(tmp_path, grid=[{"width": 3}], seeds=[1])
    identity = engine.identity_of(experiment) | {"cells": experiment.cells()}
    with Journal(journal_of(experiment.path), identity, resume=False) as journal:
        journal.record({"cell": {"width": 3, "seed": 1}, "rows": [{"note": "kept"}], "seconds": 1.0})
    sweep(experiment, resume=True)
    assert read_runs(experiment.path) == [{"width": 3, "seed": 1, "note": "kept"}]


@pytest.mark.parametrize("jobs", [0, None, 1.0, True])
def test_jobs_that_are_no_number_of_cells_are_refused(tmp_path, jobs):
    with pytest.raises(ValueError, match=r"sweep: jobs = .* must be a whole number"):
        sweep(made(tmp_path), jobs=jobs)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_no_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"sweep: there is no folder .*nowhere; make it, or name another file"):
        sweep(made(tmp_path / "nowhere"), jobs=1)


def test_where_nothing_can_be_begun_the_reason_is_told_and_the_sweep_can_be_resumed(tmp_path, monkeypatch):
    def no_cluster(*given, **options):
        raise ValueError("no cluster")

    with monkeypatch.context() as patch:
        patch.setattr("joblib.Parallel", no_cluster)
        with pytest.raises(ValueError, match="no cluster"):
            sweep(made(tmp_path), jobs=1)
    sweep(made(tmp_path), jobs=1, resume=True)
    assert len(read_runs(tmp_path / "runs.csv")) == 8


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"code": "0123"}, "its code was '0123' and is "),
        ({"with": "Python 2.7"}, "its with was 'Python 2.7' and is "),
        ({"seeds": "0"}, "its seeds was '0' and is '0, 1'"),
        ({"cells": []}, "its cells are others now"),
    ],
)
def test_one_table_holds_what_one_code_made(tmp_path, changed, message):
    with pytest.raises(ValueError, match=f"runs.journal cannot be resumed: {message}"):
        sweep(half(tmp_path, **changed), jobs=1, resume=True)
    assert not (tmp_path / "runs.csv").exists()


@pytest.mark.parametrize("cut", [1, 5, 40, 10_000])
def test_a_line_that_was_cut_short_is_made_again(tmp_path, cut):
    experiment = half(tmp_path)
    path = journal_of(experiment.path)
    path.write_bytes(path.read_bytes()[:-cut])  # the kept cell's line, or the first line too
    identity = engine.identity_of(experiment) | {"cells": experiment.cells()}
    with Journal(path, identity, resume=True) as journal:  # a second kill, after one more cell
        assert journal.outcomes == {}
        journal.record({"cell": experiment.cells()[2], "rows": [], "seconds": 1.0})
    sweep(experiment, jobs=1, resume=True)
    assert [row["note"] for row in read_runs(experiment.path)] == ["w3"] * 4 + ["w4"] * 2


def test_two_processes_do_not_write_to_one_journal(tmp_path):
    pytest.importorskip("fcntl")
    experiment = half(tmp_path)
    identity = engine.identity_of(experiment) | {"cells": experiment.cells()}
    with (
        Journal(journal_of(experiment.path), identity, resume=True),
        pytest.raises(ValueError, match="another process is at work on"),
    ):
        sweep(experiment, jobs=1, resume=True)


def test_a_cell_is_kept_before_the_next_one_ends(tmp_path):
    seen = []

    def run(*, width, seed):
        path = tmp_path / "runs.journal"
        seen.append(len(path.read_bytes().splitlines()))
        assert not (tmp_path / "runs.csv").exists()
        yield {"score": 1}

    sweep(made(tmp_path, run), jobs=1)
    assert seen == [1, 2, 3, 4]


def test_the_time_left_is_reckoned_from_the_cells_of_now(tmp_path, capsys, monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("dynlib.sweep.progress.time", type("Clock", (), {"perf_counter": lambda: next(clock)}))
    sweep(half(tmp_path), jobs=1, resume=True)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[")]
    assert [line.partition("]")[2] for line in lines] == [
        " 2 of 4  0:00:10 gone, 0:00:20 left  width=3, seed=0",
        " 3 of 4  0:00:20 gone, 0:00:10 left  width=4, seed=0",
        " 4 of 4  0:00:30 gone, 0:00:00 left  width=4, seed=1",
    ]


def test_code_that_no_file_holds_is_refused(tmp_path):
    space = {}
    exec("def run(*, width, seed):\n    yield {'a': 1}", space)
    for run in (space["run"], len):
        with pytest.raises(ValueError, match="is no function in a file; define it in a module"):
            sweep(made(tmp_path, run), jobs=1)


def test_a_worker_with_other_code_or_versions_makes_no_row(tmp_path):
    experiment = made(tmp_path)
    cell, today = experiment.cells()[0], (code.versions(), code.code_hash(steps))
    for made_with, name in ((("Python 2.7", today[1]), "versions"), ((today[0], "0123"), "code")):
        outcome = engine.run_cell(steps, (), cell, made_with)
        assert f"ValueError: sweep: the {name} of this process are" in outcome["failed"]
        assert "rows" not in outcome
    assert len(engine.run_cell(steps, (), cell, today)["rows"]) == 2


def test_the_hash_is_of_the_source_that_is_imported_and_of_what_is_read(tmp_path, monkeypatch):
    from dynlib.locality.descent import searched

    names = code.source_files(searched)
    assert {"dynlib/locality/descent.py", "dynlib/locality/steps.py", "dynlib_kernels/arguments/scalars.py"} <= set(names)
    assert not {name for name in names if name.startswith(("dynlib/teaching", "dynlib/pointer", "dynlib/sweep"))}
    first = code.code_hash(searched)
    copied = tmp_path / "steps.py"
    for text, same in (("", True), ("\n# more\n", False)):
        copied.write_text(names["dynlib/locality/steps.py"].read_text() + text, newline="\r\n")
        monkeypatch.setattr(code, "source_files", lambda run: names | {"dynlib/locality/steps.py": copied})
        code.code_hash.cache_clear()
        assert (code.code_hash(searched) == first) == same
        monkeypatch.undo()
    code.code_hash.cache_clear()
    read = tmp_path / "weights"
    read.write_bytes(b"1")
    one = code.code_hash(searched, (read,))
    read.write_bytes(b"2")
    code.code_hash.cache_clear()
    assert len({first, one, code.code_hash(searched, (read,))}) == 3


def test_an_installed_copy_has_the_same_hash(tmp_path):
    """Packages beside each other, and not as the repository lays them; a module of both is changed to see that both count."""
    from dynlib.locality.descent import searched

    ignored = shutil.ignore_patterns("__pycache__", "teaching", "data")
    for package in ("dynlib", "kernels/dynlib_kernels"):
        shutil.copytree(REPO / package, tmp_path / Path(package).name, ignore=ignored)
    program = "from dynlib.locality.descent import searched; from dynlib.sweep.code import code_hash; print(code_hash(searched))"

    def hashed():
        given = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=given, cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert hashed() == code.code_hash(searched)
    found = {hashed()}
    for name in ("dynlib/locality/steps.py", "dynlib_kernels/arguments/scalars.py"):
        (tmp_path / name).write_text((tmp_path / name).read_text() + "\n# more\n")
        found.add(hashed())
    assert len(found) == 3


def test_cells_run_on_one_thread_and_what_was_set_before_holds_afterwards(tmp_path):
    torch = pytest.importorskip("torch")
    seen, before = [], torch.get_num_threads()

    def run(*, width, seed):
        seen.append(torch.get_num_threads())
        yield {"a": 1}

    torch.set_num_threads(2)
    try:
        sweep(made(tmp_path, run, [{"width": 1}], [0]), jobs=1)
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_the_journal_says_what_each_cell_took(tmp_path):
    def run(*, width, seed):
        time.sleep(0.01)
        yield {"a": 1}
        if width == 4:
            raise RuntimeError

    with pytest.raises(UnfinishedError):
        sweep(made(tmp_path, run), jobs=1)
    lines = [json.loads(line) for line in (tmp_path / "runs.journal").read_text().splitlines()[1:]]
    assert all(line["seconds"] > 0 for line in lines)
