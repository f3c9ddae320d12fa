"""The comparisons run, and the stored ones are whole and say what the chapter says of them."""

import math

import pytest

from dynlib.pointer import experiments, score
from dynlib.sweep import read_runs

TINY = {"steps": 2, "batches": 2, "seed": 0}
HULL, TOUR = {"accuracy", "area", "failures"}, {"gap", "optimal", "length", "failures"}


@pytest.fixture(autouse=True)
def few_sets(monkeypatch):
    monkeypatch.setattr(experiments, "score", lambda *args, **options: score(*args, **(options | {"sets": 10})))


@pytest.mark.parametrize(("name", "settings", "rows", "measures"), [
    ("starts", {"start": "random"}, 1, HULL | {"loss"}),
    ("direction", {"direction": "random"}, 1, TOUR | {"loss"}),
    ("masks", {"start": "lowest index"}, 2, HULL | {"loss", "masked"}),
    ("baselines", {"model": "dictionary", "n": 4}, 1, HULL | {"loss"}),
    ("baselines", {"model": "attention", "n": 4}, 1, HULL | {"loss"}),
    ("baselines", {"model": "pointer", "n": 4}, 1, HULL | {"loss"}),
    ("lengths", {"encoder": "mean", "start": "lowest y"}, 6, HULL | {"loss", "n"}),
])
def test_an_experiment_yields_its_measures(name, settings, rows, measures):
    made = list(experiments.GRIDS[name][0](**settings, **TINY))
    assert len(made) == rows
    assert set(made[0]) == measures
    assert all(0 <= row["failures"] <= 1 for row in made)


def test_the_plateau_is_reported_every_fifty_steps():
    rows = list(experiments.plateau(inputs="raw", gain=1, optimiser="sgd", seed=0, steps=100, batches=2))
    assert [row["step"] for row in rows] == [50, 100]


def test_a_stored_network_and_every_decoder_run():
    (row,) = experiments.networks(network="hull_page", task="hull", n=4, seed=1)
    assert row["gap"] == ""
    assert row["accuracy"] > 0.5
    gaps = {}
    for method in experiments.METHODS:
        (found,) = experiments.decoders(method=method, n=6, seed=0, sets=40)
        assert set(found) == TOUR
        assert found["failures"] == 0
        gaps[method] = found["gap"]
    assert gaps["shortest of 10"] <= gaps["shortest of 3"] <= gaps["greedy"] + 0.01
    assert gaps["2-opt"] < gaps["nearest neighbour"]


@pytest.mark.parametrize("name", experiments.GRIDS)
def test_every_run_of_a_grid_is_stored_whole(name):
    runs, grid = read_runs(experiments.DATA / f"{name}.csv"), experiments.GRIDS[name][1]
    keys = [*grid[0], "seed"]
    found = {tuple(row[key] for key in keys) for row in runs}
    assert found == {(*settings.values(), seed) for settings in grid for seed in range(3)}
    head = (experiments.DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    assert head[0] == f"# made by: python -m dynlib.pointer.experiments {name} --seeds 0 1 2"
    for row in runs:
        for key in ("accuracy", "failures", "optimal", "coverage"):
            assert row.get(key, "") == "" or math.isnan(row[key]) or 0 <= row[key] <= 1


def runs(name, **settings):
    return [row for row in read_runs(experiments.DATA / f"{name}.csv") if all(row[k] == v for k, v in settings.items())]


def test_only_scale_and_gain_together_leave_the_plateau_in_every_seed():
    level = math.log(math.factorial(5)) / 6
    for inputs, gain, optimiser in (("raw", 1, "adam"), ("raw", 1, "sgd")):
        ends = runs("plateau", inputs=inputs, gain=gain, optimiser=optimiser, step=600)
        assert all(row["loss"] == pytest.approx(level, abs=0.002) for row in ends)
    for step, most in ((150, 0.25), (600, 0.15)):
        assert all(row["loss"] < most for row in runs("plateau", inputs="scaled", gain=3, optimiser="adam", step=step))
    for inputs, gain in (("raw", 3), ("scaled", 1)):
        half = runs("plateau", inputs=inputs, gain=gain, optimiser="adam", step=300)
        assert max(row["loss"] for row in half) == pytest.approx(level, abs=0.002)
        assert all(row["loss"] < level - 0.2 for row in runs("plateau", inputs=inputs, gain=gain, optimiser="adam", step=600))
