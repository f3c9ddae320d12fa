"""The stored networks: one table a room, and files that say what made them."""

import dataclasses
import re
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from dynlib.diagonal_ssm import digits
from dynlib.sweep.__main__ import main
from dynlib.sweep.code import code_hash, versions
from dynlib.sweep.network import metadata
from dynlib.sweep.registry import networks

REPO = Path(__file__).parents[2]
ALL = networks()
RECORDINGS = {"diagonal_ssm.eye_writing"}  # tensors that nobody trained
# Trained before hashes were kept; whoever trains one anew takes its line out.
UNRECORDED = {f"pointer.{name}" for name in ("delaunay", "hull", "hull_bytes", "hull_page", "sort", "tsp")}
UNRECORDED |= {"diagonal_ssm.digits_lin"}


def test_every_stored_network_is_in_a_table():
    stored = {f"{path.parent.parent.name}.{path.stem}" for path in REPO.glob("dynlib/*/data/*.safetensors")}
    assert stored - RECORDINGS == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_a_file_says_what_made_it(name):
    made = metadata(ALL[name].path)
    assert made["command"] == f"python -m dynlib.sweep train {name}"
    assert made["seed"] == str(ALL[name].seed)
    if name in UNRECORDED:
        assert made["code"].startswith("not recorded, made with python -m dynlib.")
        assert re.fullmatch(r"torch [\d.]+\S*", made["with"])
    else:
        assert re.fullmatch("[0-9a-f]{16}", made["code"])
        assert re.fullmatch(r"Python \S+, torch \S+, numpy \S+", made["with"])


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The digits' network after one pass, as a row of its own."""
    monkeypatch.setattr(digits.train, "__kwdefaults__", digits.train.__kwdefaults__ | {"epochs": 1})
    real = digits.sequences()
    monkeypatch.setattr(digits, "sequences", lambda: tuple(part[:100] for part in real))
    network = dataclasses.replace(ALL["diagonal_ssm.digits_lin"], path=tmp_path / "room/data/little.safetensors", seed=2)
    network.path.parent.mkdir(parents=True)
    monkeypatch.setattr("dynlib.sweep.__main__.find_network", lambda name: network)
    monkeypatch.setattr("dynlib.sweep.__main__.networks", lambda: {network.name: network})
    return network


def test_a_network_that_is_trained_today_says_by_which_code(small, tmp_path, capsys):
    assert main(["show", "room.little"]) == 0
    assert "no file" in capsys.readouterr().out
    assert main(["train", "room.little"]) == 0
    made = metadata(small.path)
    command = "python -m dynlib.sweep train room.little"
    assert {key: made[key] for key in ("command", "seed", "with", "code")} == {
        "command": command,
        "seed": "2",
        "with": versions(),
        "code": code_hash(digits.store),
    }
    assert load_file(small.path).keys() == load_file(ALL["diagonal_ssm.digits_lin"].path).keys()
    main(["show", "room.little"])
    assert "by the code of today" in capsys.readouterr().out
    assert main(["train", "room.little", "--to", str(tmp_path / "other.safetensors")]) == 0
    assert metadata(tmp_path / "other.safetensors") == made


def test_what_a_training_reads_is_in_its_hash():
    on_grid = ALL["pointer.hull_bytes"]
    assert on_grid.made()["code"] != dataclasses.replace(on_grid, reads=()).made()["code"]


def test_a_network_by_other_code_is_told_and_an_unknown_name_refused(capsys):
    assert main(["show", "pointer.hull"]) == 0
    assert "by other code than today's (not recorded, made with" in capsys.readouterr().out
    assert main(["train", "pointer.hill"]) == 2
    assert "name = 'pointer.hill' is not known; it is like pointer.hull" in capsys.readouterr().err
