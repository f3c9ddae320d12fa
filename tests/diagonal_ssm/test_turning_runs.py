"""The runs on turning start from what they say, and come out as stored."""

import pytest
import torch

from dynlib.diagonal_ssm import initial_modes, turning_runs
from dynlib.sweep import read_runs


def test_the_three_starts_keep_as_many_real_numbers():
    real, still, lin = (turning_runs.starting_modes(start) for start in turning_runs.STARTS)
    torch.testing.assert_close(real, initial_modes("real", 32))
    torch.testing.assert_close(lin, initial_modes("lin", 32))
    torch.testing.assert_close(still.real, real[:16])
    assert (still.imag == 0).all()
    with pytest.raises(ValueError, match="start = 'inv'"):
        turning_runs.starting_modes("inv")


def test_a_run_begins_as_it_is_stored_and_real_modes_never_turn():
    stored = read_runs(turning_runs.STORE)
    assert {row["turned"] for row in stored if row["start"] == "real"} == {0.0}
    cell = {"start": "complex", "mode_lr": 0.1, "seed": 0}
    expected = next(row for row in stored if all(row[k] == v for k, v in cell.items()))
    made = next(iter(turning_runs.train(**cell)))
    assert made["turned"] == pytest.approx(expected["turned"], rel=0.01)
    assert made["loss"] == pytest.approx(expected["loss"], rel=1e-3)
