"""Training learns, goes on after an interruption as if there had been none, and its command says how to repeat it."""

import csv
import shlex

import pytest
import torch

from dynlib.pointer import PointerNetwork, Trainer, describe_network, load_network, pool
from dynlib.pointer import train as command


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


SMALL = ["--task", "hull", "--hidden", "4", "--lengths", "3", "4", "--batches", "2", "--steps", "4", "--test", "3", "5"]


def small(monkeypatch, tmp_path, *more):
    monkeypatch.setattr(command, "EVERY", 2)
    return [*SMALL, "--out", str(tmp_path / "little.safetensors"), *more]


def test_the_command_trains_stores_and_says_how(monkeypatch, tmp_path, capsys):
    assert command.main(small(monkeypatch, tmp_path)) == 0
    assert "step 4/4" in capsys.readouterr().out
    made = describe_network(tmp_path / "little.safetensors")
    assert [row["n"] for row in made["score"]] == [3, 5]
    assert all(0 <= row["failures"] <= 1 for row in made["score"])
    assert made["seed"] == "0"
    again, out, text = command.arguments(shlex.split(made["command"])[3:])
    assert text == made["command"]
    assert out.name == "little.safetensors"
    assert (again["steps"], again["lengths"], again["start"]) == (4, [3, 4], "lowest y")
    with (tmp_path / "little.csv").open(newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2", "4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["little.csv", "little.safetensors"]
    assert load_network(tmp_path / "little.safetensors").H == 4


def test_the_command_goes_on_where_it_was_stopped(monkeypatch, tmp_path, capsys):
    line = small(monkeypatch, tmp_path)
    command.main(line)
    whole, log = load_network(tmp_path / "little.safetensors"), (tmp_path / "little.csv").read_text()
    (tmp_path / "little.safetensors").unlink()
    real, calls = Trainer.step, []

    def stopped(self):
        calls.append(self.done)
        if self.done == 3:
            raise KeyboardInterrupt
        return real(self)

    monkeypatch.setattr(Trainer, "step", stopped)
    with pytest.raises(KeyboardInterrupt):
        command.main(line)
    monkeypatch.setattr(Trainer, "step", real)
    assert (tmp_path / "little.partial").exists()
    assert command.main([*line, "--seed", "1"]) == 1
    assert "was begun by: python -m dynlib.pointer.train --task hull" in capsys.readouterr().err
    assert command.main(line) == 0
    assert "goes on after step 2" in capsys.readouterr().out
    for name, value in load_network(tmp_path / "little.safetensors").state_dict().items():
        assert torch.equal(value, whole.state_dict()[name]), name
    assert (tmp_path / "little.csv").read_text() == log


@pytest.mark.parametrize("task", ["delaunay", "tsp", "sort"])
def test_every_task_runs(monkeypatch, tmp_path, task):
    line = small(monkeypatch, tmp_path, "--encoder", "mean")
    assert command.main(["--task", task, *line[2:]]) == 0
    made = describe_network(tmp_path / "little.safetensors")
    assert made["settings"]["encoder"] == "mean"
    assert made["command"].endswith("--encoder mean --out little.safetensors")
    assert made["settings"]["revisit"] is (task == "delaunay")
    assert made["settings"]["d_in"] == (1 if task == "sort" else 2)


def test_bad_input_is_named(monkeypatch, tmp_path, capsys):
    assert command.main(small(monkeypatch, tmp_path, "--hidden", "0")) == 1
    assert "H = 0 must be" in capsys.readouterr().err
    with pytest.raises(ValueError, match=r"pool = \[\] must be a list of Examples"):
        Trainer(PointerNetwork(H=4), [], 5)
    with pytest.raises(ValueError, match="steps = 0"):
        trainer(steps=0)
    with pytest.raises(ValueError, match="lr = -1"):
        trainer(lr=-1)
    with pytest.raises(ValueError, match="every = 0"):
        list(trainer().run(0))
