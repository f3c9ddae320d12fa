"""A sweep stores every run with what made it, and leaves nothing half written."""

import math

import pytest

from dynlib.sweep import read_runs, sweep, verified


def steps(width, seed):
    for epoch in (1, 2):
        yield {"epoch": epoch, "score": width + seed / 8 + epoch / 2, "note": f"w{width}"}


def test_rows_come_back_with_their_types(tmp_path):
    path = tmp_path / "runs.csv"
    sweep(steps, [{"width": 3}, {"width": 4}], [0, 1], path, "python -m somewhere")
    rows = read_runs(path)
    assert len(rows) == 8
    assert rows[-1] == {"width": 4, "seed": 1, "epoch": 2, "score": 5.125, "note": "w4"}
    head = path.read_text().splitlines()[:3]
    assert head[0] == "# made by: python -m somewhere"
    assert head[1] == "# seeds: 0, 1"
    assert "torch" in head[2]


def test_settings_without_a_run_are_left_out_and_said_so(tmp_path, capsys):
    path = tmp_path / "runs.csv"

    def odd(width, seed):
        if width % 2:
            yield {"score": width}

    sweep(odd, [{"width": 2}, {"width": 3}, {"width": 4}], [0], path, "x")
    assert read_runs(path) == [{"width": 3, "seed": 0, "score": 3}]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" s  ")[1] for line in lines] == [
        "{'width': 2} seed 0: no run",
        "{'width': 3} seed 0: {'width': 3, 'seed': 0, 'score': 3}",
        "{'width': 4} seed 0: no run",
    ]
    with pytest.raises(ValueError, match="sweep: run yielded no row"):
        sweep(odd, [{"width": 2}], [0], tmp_path / "none.csv", "x")
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_that_stops_leaves_the_old_file(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("old")

    def stops(width, seed):
        yield from steps(width, seed)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        sweep(stops, [{"width": 3}], [0], path, "x")
    assert path.read_text() == "old"


@pytest.mark.parametrize(("grid", "seeds"), [([], [0]), ([{"width": 1}], []), ([{"width": 1}, {"depth": 1}], [0])])
def test_what_makes_no_grid_is_refused(tmp_path, grid, seeds):
    with pytest.raises(ValueError, match="sweep"):
        sweep(steps, grid, seeds, tmp_path / "runs.csv", "x")


def kept(tmp_path):
    path = tmp_path / "runs.csv"
    sweep(steps, [{"width": 3}, {"width": 4}], [0, 1], path, "x")
    return read_runs(path)


def test_a_run_that_comes_out_as_stored_leaves_the_rows_alone(tmp_path, recwarn):
    rows = kept(tmp_path)
    assert verified(rows, steps, width=4, seed=1) == rows
    assert verified(rows, steps, width=4, seed=1, first=1) == rows
    assert not recwarn


def test_a_run_that_comes_out_otherwise_takes_its_column_from_every_row(tmp_path):
    rows = kept(tmp_path)

    def other(**settings):
        yield from (row | {"score": row["score"] + 0.01} for row in steps(**settings))

    with pytest.warns(UserWarning, match="width=4, seed=1 now yields .*4.635.*4.625.* is stored"):
        found = verified(rows, other, width=4, seed=1, first=None)
    assert all(math.isnan(row["score"]) for row in found)
    assert [row | {"score": 0} for row in found] == [row | {"score": 0} for row in rows]
    assert verified(rows, other, width=4, seed=1, tolerance=0.01) == rows


def test_only_the_rows_that_were_made_are_compared(tmp_path):
    rows = kept(tmp_path)
    made = []

    def lazy(**settings):
        for row in steps(**settings):
            made.append(row)
            yield row | {"note": row["note"] if row["epoch"] == 1 else "late"}

    assert verified(rows, lazy, width=3, seed=0, first=1) == rows
    assert len(made) == 1
    with pytest.warns(UserWarning, match="is nan"):
        assert math.isnan(verified(rows, lazy, width=3, seed=0)[-1]["note"])


def test_another_number_of_rows_takes_all_but_the_settings(tmp_path):
    rows = kept(tmp_path)

    def shorter(**settings):
        yield next(steps(**settings))

    with pytest.warns(UserWarning, match="is nan"):
        found = verified(rows, shorter, width=3, seed=1)
    assert all(row["width"] == old["width"] and row["seed"] == old["seed"] for row, old in zip(found, rows, strict=True))
    assert all(math.isnan(row[name]) for row in found for name in ("epoch", "score", "note"))


def test_a_row_that_is_not_stored_cannot_be_verified(tmp_path):
    with pytest.raises(ValueError, match="verified: no row is stored for width=5, seed=0; give"):
        verified(kept(tmp_path), steps, width=5, seed=0)
