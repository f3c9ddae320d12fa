"""The comparisons run, and the stored ones are whole and say what the chapter says of them."""

import math

import pytest

from dynlib.pointer import comparisons, experiments, score, scored
from dynlib.sweep import read_runs

TABLE = {experiment.path.stem: experiment for experiment in experiments.EXPERIMENTS}
TINY = {"steps": 2, "batches": 2, "seed": 0}
HULL, TOUR = {"accuracy", "area", "failures"}, {"gap", "optimal", "length", "failures"}


@pytest.fixture(autouse=True)
def few_sets(monkeypatch):
    for module in (comparisons, scored):
        monkeypatch.setattr(module, "score", lambda *args, **options: score(*args, **(options | {"sets": 10})))


@pytest.mark.parametrize(
    ("name", "settings", "rows", "measures"),
    [
        ("starts", {"start": "random"}, 1, HULL | {"loss"}),
        ("direction", {"direction": "random"}, 1, TOUR | {"loss"}),
        ("masks", {"start": "lowest index"}, 2, HULL | {"loss", "masked"}),
        ("baselines", {"model": "dictionary", "n": 4}, 1, HULL | {"loss"}),
        ("baselines", {"model": "attention", "n": 4}, 1, HULL | {"loss"}),
        ("baselines", {"model": "pointer", "n": 4}, 1, HULL | {"loss"}),
        ("lengths", {"encoder": "mean", "start": "lowest y"}, 6, HULL | {"loss", "n"}),
    ],
)
def test_an_experiment_yields_its_measures(name, settings, rows, measures):
    made = list(TABLE[name].run(**settings, **TINY))
    assert len(made) == rows
    assert set(made[0]) == measures
    assert all(0 <= row["failures"] <= 1 for row in made)


def test_the_plateau_is_reported_every_fifty_steps():
    rows = list(comparisons.plateau(inputs="raw", gain=1, optimiser="sgd", seed=0, steps=100, batches=2))
    assert [row["step"] for row in rows] == [50, 100]


def test_a_stored_network_and_every_decoder_run():
    (row,) = scored.networks(network="hull_page", task="hull", n=4, seed=1)
    assert row["gap"] == ""
    assert row["accuracy"] > 0.5
    gaps = {}
    for method in scored.METHODS:
        (found,) = scored.decoders(method=method, n=6, seed=0, sets=40)
        assert set(found) == TOUR
        assert found["failures"] == 0
        gaps[method] = found["gap"]
    assert gaps["shortest of 10"] <= gaps["shortest of 3"] <= gaps["greedy"] + 0.01
    assert gaps["2-opt"] < gaps["nearest neighbour"]


@pytest.mark.parametrize("name", TABLE)
def test_shares_are_shares(name):
    for row in read_runs(TABLE[name].path):
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


def test_a_geometric_start_beats_the_lowest_index_and_so_does_chance():
    for seed in range(3):
        index, chance, low = (runs("starts", start=start, seed=seed)[0] for start in experiments.STARTS)
        assert low["accuracy"] > chance["accuracy"] + 0.02 > index["accuracy"] + 0.05
        assert chance["loss"] > 2 * index["loss"] > 2 * low["loss"]


def accuracies(name, n, **settings):
    return [row["accuracy"] for row in runs(name, n=n, **settings)]


def test_maxima_carry_over_to_fifty_points_and_attention_does_not():
    for n in (5, 8, 10):
        lstm, maxima, attention = (accuracies("lengths", n, encoder=encoder) for encoder in ("lstm", "max", "attention"))
        assert max(lstm) < min(maxima) <= max(maxima) < min(attention)
    lstm, maxima, attention = (accuracies("lengths", 50, encoder=encoder) for encoder in ("lstm", "max", "attention"))
    assert max(attention) < min(lstm) <= max(lstm) < min(maxima) / 2
    assert all(row["failures"] > 0.2 for row in runs("lengths", n=50, encoder="attention"))


def test_a_dictionary_falls_behind_a_pointer_as_the_sets_grow():
    for n in (5, 10):
        dictionary, pointer = (accuracies("baselines", n, model=model) for model in ("dictionary", "pointer"))
        assert max(dictionary) < min(pointer)


def test_the_mask_repairs_validity_and_not_accuracy():
    for seed in range(3):
        bare, masked = (runs("masks", seed=seed, masked=flag)[0] for flag in (False, True))
        assert masked["failures"] < bare["failures"]
        assert abs(masked["accuracy"] - bare["accuracy"]) < 0.03


def test_an_open_direction_costs_nats_and_no_length():
    for seed in range(3):
        one, either = (runs("direction", direction=way, seed=seed)[0] for way in ("counter-clockwise", "random"))
        assert either["loss"] - one["loss"] > math.log(2) / 6 - 0.005
        assert abs(either["gap"] - one["gap"]) < 0.005


def test_reranking_by_length_is_what_pays():
    for seed in range(3):
        gap = {method: runs("decoders", method=method, n=10, seed=seed)[0]["gap"] for method in scored.METHODS}
        assert gap["shortest of 10"] < gap["shortest of 3"] < gap["likeliest of 3"]
        assert abs(gap["likeliest of 10"] - gap["likeliest of 3"]) < 0.002
        assert gap["shortest of 10"] < gap["2-opt"] < gap["greedy"] < gap["nearest neighbour"]
