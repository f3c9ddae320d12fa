"""Stored networks come back as they were, and a file that is not one is refused by name."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from dynlib.pointer import PointerNetwork, checkpoint, describe_network, experiments, load_network, save_network, score

STORED = sorted(path.stem for path in checkpoint.DATA.glob("*.safetensors"))


@pytest.fixture
def stored(tmp_path):
    torch.manual_seed(0)
    network = PointerNetwork(H=4, scale=2.0, end=False)
    save_network(network, tmp_path / "mine.safetensors", command="here", seed=3, score=[{"n": 5, "gap": 0.5}])
    return network, tmp_path / "mine.safetensors"


def test_a_network_comes_back(stored):
    network, path = stored
    loaded = load_network(path)
    assert loaded.settings == network.settings
    assert not loaded.training
    P = torch.rand(3, 5, 2)
    T = torch.tensor([[1, 2, 3]] * 3)
    assert torch.equal(loaded(P, T), network(P, T))
    made = describe_network(path)
    assert made["score"] == [{"n": 5, "gap": 0.5}]
    assert (made["command"], made["seed"], made["places"]) == ("here", "3", "0 = end, 1..n = points")


def test_a_file_cut_short_is_refused_by_name(stored):
    path = stored[1]
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match=r"mine.safetensors is cut short"):
        load_network(path)
    path.write_bytes(b"not at all")
    with pytest.raises(ValueError, match=r"mine.safetensors is cut short or no safetensors file"):
        describe_network(path)


def test_other_shapes_are_refused_by_name(stored):
    network, path = stored
    made = {"settings": '{"d_in": 2, "H": 5}', "command": "python train"}
    save_file(network.state_dict(), path, made)
    with pytest.raises(ValueError, match=r"mine.safetensors holds W1.weight of shape \(4, 4\).*\(5, 5\); train .*: python train"):
        load_network(path)
    tensors = load_file(path)
    del tensors["v"]
    save_file(tensors, path, {"settings": '{"d_in": 2, "H": 4}'})
    with pytest.raises(ValueError, match=r"mine.safetensors holds v of shape None"):
        load_network(path)


@pytest.mark.parametrize("made", [None, {"settings": "{"}, {"settings": '{"width": 3}'}])
def test_files_of_others_are_refused_by_name(stored, made):
    save_file({"weight": torch.zeros(2)}, stored[1], made)
    with pytest.raises(ValueError, match=r"mine.safetensors has no settings of a PointerNetwork"):
        load_network(stored[1])


def test_a_missing_file_is_named_with_what_there_is():
    with pytest.raises(ValueError, match=r"there is no .*nowhere.safetensors; the book's own are: .*hull"):
        load_network("nowhere")


def test_the_books_networks_are_small_and_say_how_they_were_made():
    files = list(checkpoint.DATA.glob("*"))
    assert sum(path.stat().st_size for path in files) <= 3_500_000
    for path in checkpoint.DATA.glob("*.safetensors"):
        assert path.stat().st_size <= 700 * 1024, path
        made = describe_network(path)
        assert made["places"] == checkpoint.PLACES
        assert {"n", "failures"} <= made["score"][0].keys()


@pytest.mark.parametrize("name", STORED)
def test_a_stored_network_gets_what_its_file_says(name):
    """At its shortest length; another machine may decide a near tie of two places otherwise."""
    (task,) = [task for stored, task, _ in experiments.STORED if stored == name]
    first = describe_network(name)["score"][0]
    found = score(load_network(name), task, first["n"], sets=2000 if name == "hull_bytes" else 1000)
    for key, value in first.items():
        if key != "n":
            assert found[key] == pytest.approx(value, abs=0.003), key
