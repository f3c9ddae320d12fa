"""Training learns, goes on after an interruption as if there had been none, and its command says how to repeat it."""

import csv

import pytest
import torch

from dynlib.pointer import PointerNetwork, Trainer, describe_network, load_network, pool
from dynlib.pointer import train as recipes


def trainer(steps=12, **options):
    torch.manual_seed(0)
    return Trainer(PointerNetwork(1, 8, end=False), pool("sort", 5, (3, 4), batch=8), steps, **options)


def weights(one):
    return torch.cat([p.detach().flatten() for p in one.network.parameters()])


def test_a_run_that_is_cut_goes_on_as_if_it_were_whole(tmp_path):
    whole, first, second = trainer(), trainer(), trainer()
    losses = [whole.step() for _ in range(12)]
    begun = [first.step() for _ in range(7)]
    torch.save(first.state(), tmp_path / "state")
    second.restore(torch.load(tmp_path / "state", weights_only=True))
    assert begun + [second.step() for _ in range(5)] == losses
    assert torch.equal(weights(whole), weights(second))


def test_rates_fall_as_a_cosine_and_norms_are_clipped():
    one, rates = trainer(steps=10), []
    for _ in range(10):
        one.step()
        rates.append(one.optimiser.param_groups[0]["lr"])
    assert rates[0] == pytest.approx(3e-3)
    assert rates[5] == pytest.approx(3e-3 * 0.51)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] > 3e-3 * 0.02
    steady = trainer(decay=False)
    steady.step()
    assert steady.optimiser.param_groups[0]["lr"] == 3e-3
    grads = torch.cat([p.grad.flatten() for p in steady.network.parameters()])
    assert grads.norm() <= 2.0 + 1e-6


def test_every_pass_sees_every_batch_once_in_its_own_order():
    one = trainer()
    orders = [one._order(turn).tolist() for turn in range(4)]
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders)
    assert len({tuple(order) for order in orders}) > 1


def test_run_reports_means_and_the_end():
    losses = [x for one in [trainer(steps=7)] for x in [one.step() for _ in range(7)]]
    rows = list(trainer(steps=7).run(3))
    assert [row["step"] for row in rows] == [3, 6, 7]
    assert rows[0]["loss"] == pytest.approx(sum(losses[:3]) / 3, abs=1e-5)
    assert rows[2]["loss"] == pytest.approx(losses[6], abs=1e-5)


def test_sorting_three_numbers_is_learned():
    torch.manual_seed(0)
    one = Trainer(PointerNetwork(1, 16, end=False), pool("sort", 40, (3, 3), batch=64), 300, lr=1e-2)
    *_, last = one.run(50)
    assert last["loss"] < 0.12 < 0.59  # log(3!)/3 = 0.597 is a guess


SMALL = {"task": "hull", "hidden": 4, "lengths": (3, 4), "batches": 2, "steps": 4, "test": (3, 5)}


@pytest.fixture
def stored(monkeypatch, tmp_path):
    """A function that trains a small network with these settings and stores it, and its file."""
    monkeypatch.setattr(recipes, "EVERY", 2)

    def train(seed=0, **settings):
        recipes.train(**SMALL | settings, seed=seed, out=train.path, made={"command": "a test", "seed": str(seed)})

    train.path = tmp_path / "little.safetensors"
    return train


def test_a_network_is_trained_and_stored_with_its_losses(stored, capsys):
    stored(seed=3)
    assert "step 4/4" in capsys.readouterr().out
    made = describe_network(stored.path)
    assert [row["n"] for row in made["score"]] == [3, 5]
    assert all(0 <= row["failures"] <= 1 for row in made["score"])
    assert (made["command"], made["seed"]) == ("a test", "3")
    with stored.path.with_suffix(".csv").open(newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2", "4"]
    assert sorted(path.name for path in stored.path.parent.iterdir()) == ["little.csv", "little.safetensors"]
    assert load_network(stored.path).H == 4


def test_a_training_goes_on_where_it_was_stopped(stored, monkeypatch, capsys):
    stored()
    whole, log = load_network(stored.path), stored.path.with_suffix(".csv").read_text()
    stored.path.unlink()
    real = Trainer.step

    def stopped(self):
        if self.done == 3:
            raise KeyboardInterrupt
        return real(self)

    monkeypatch.setattr(Trainer, "step", stopped)
    with pytest.raises(KeyboardInterrupt):
        stored()
    monkeypatch.setattr(Trainer, "step", real)
    assert stored.path.with_suffix(".partial").exists()
    with pytest.raises(ValueError, match=r'little.partial was begun with \["hull", 0, .*; give these to end it'):
        stored(seed=1)
    stored()
    assert "goes on after step 2" in capsys.readouterr().out
    for name, value in load_network(stored.path).state_dict().items():
        assert torch.equal(value, whole.state_dict()[name]), name
    assert stored.path.with_suffix(".csv").read_text() == log


@pytest.mark.parametrize("task", ["delaunay", "tsp", "sort"])
def test_every_task_runs(stored, task):
    stored(task=task, encoder="mean")
    made = describe_network(stored.path)
    assert made["settings"]["encoder"] == "mean"
    assert made["settings"]["revisit"] is (task == "delaunay")
    assert made["settings"]["d_in"] == (1 if task == "sort" else 2)


def test_bad_input_is_named(stored):
    with pytest.raises(ValueError, match="H = 0 must be"):
        stored(hidden=0)
    with pytest.raises(ValueError, match="train: batch is no part of a recipe; use hidden, lengths, batches, steps, test"):
        stored(batch=3)
    with pytest.raises(ValueError, match=r"pool = \[\] must be a list of Examples"):
        Trainer(PointerNetwork(H=4), [], 5)
    with pytest.raises(ValueError, match="steps = 0"):
        trainer(steps=0)
    with pytest.raises(ValueError, match="lr = -1"):
        trainer(lr=-1)
    with pytest.raises(ValueError, match="every = 0"):
        list(trainer().run(0))
