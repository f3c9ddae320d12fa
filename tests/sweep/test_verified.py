"""A stored number is believed after one run of its file was made again and came out as stored."""

import math

import pytest

from dynlib.sweep import read_header, read_runs, verified
from dynlib.sweep.stored import write_runs
from dynlib.sweep.verify import differing


def steps(width, seed):
    for epoch in (1, 2):
        yield {"epoch": epoch, "score": width + seed / 8 + epoch / 2, "note": f"w{width}"}


def kept(tmp_path, run=steps):
    path = tmp_path / "runs.csv"
    cells = [{"width": width, "seed": seed} for width in (3, 4) for seed in (0, 1)]
    write_runs(path, {"made by": "x: y", "seeds": "0, 1"}, [cell | row for cell in cells for row in run(**cell)])
    assert read_header(path) == {"made by": "x: y", "seeds": "0, 1"}
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


def test_columns_may_have_tolerances_of_their_own():
    made = [{"loss": 0.101, "accuracy": 0.52, "n": 5}]
    stored = [{"loss": 0.100, "accuracy": 0.50, "n": 5}]
    assert differing(made, stored, {}, {"loss": 0.002, "accuracy": 0.03}) == set()
    assert differing(made, stored, {}, {"loss": 0.0005, "accuracy": 0.03}) == {"loss"}
    assert differing(made, stored, {}, {"accuracy": 0.03}) == {"loss"}  # one that is not named has the usual one
    assert differing(made, stored, {}, 0.01) == {"accuracy"}


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


def test_what_is_nan_and_stays_nan_agrees_and_what_becomes_nan_does_not(tmp_path):
    def with_nan(width, seed):
        yield {"score": math.nan if seed == 0 else 1.0}

    rows = kept(tmp_path, with_nan)
    for name in ("score", "seed"):
        assert [row[name] for row in verified(rows, with_nan, width=3, seed=0)][1::2] == [row[name] for row in rows][1::2]
    with pytest.warns(UserWarning, match="is nan"):
        assert all(math.isnan(row["score"]) for row in verified(rows, lambda **cell: [{"score": math.nan}], width=3, seed=1))
    with pytest.warns(UserWarning, match="is nan"):
        assert all(math.isnan(row["score"]) for row in verified(rows, lambda **cell: [{"score": 1.0}], width=3, seed=0))


def test_a_column_that_is_not_stored_is_a_difference(tmp_path):
    rows = kept(tmp_path)

    def more(**cell):
        yield from (row | {"more": 1.0} for row in steps(**cell))

    with pytest.warns(UserWarning, match="is nan"):
        assert all(math.isnan(row["more"]) for row in verified(rows, more, width=3, seed=0))
