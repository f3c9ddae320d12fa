"""The page's network: on its grid, and the same in plain numpy as in torch."""

import base64

import numpy as np
import pytest
import torch

from dynlib.pointer import PointerNetwork, describe_network, greedy, grid, load_network
from dynlib.pointer.examples import pool
from dynlib.pointer.grid import put_on_grid, train_on_grid
from dynlib.pointer.page_weights import packed, rounded
from dynlib.pointer.plain import plain_answer, plain_weights
from dynlib.pointer.training import Trainer

RNG = np.random.default_rng(0)


def test_a_row_is_rounded_to_half_a_step():
    matrix = RNG.normal(size=(7, 9)) * np.logspace(-3, 3, 7)[:, None]
    step = np.abs(matrix).max(1) / 127
    near = rounded({"m": matrix})["m"]
    assert (np.abs(near - matrix) <= 0.501 * step[:, None]).all()
    assert (np.abs(near - matrix).max(1) > 0.1 * step).all()
    assert (rounded({"m": np.zeros((2, 3))})["m"] == 0).all()


def test_the_text_holds_what_the_page_computes_with():
    weights = {"scale": np.array(4.0), "v": RNG.normal(size=5), "m": RNG.normal(size=(4, 3))}
    text, want = packed(weights), rounded(weights)
    cols, steps, scale = text["m"]
    steps = np.frombuffer(base64.b64decode(steps), np.int8).reshape(-1, cols)
    assert (steps * np.frombuffer(base64.b64decode(scale), "<f4").astype(float)[:, None] == want["m"]).all()
    assert (np.frombuffer(base64.b64decode(text["v"][0]), "<f4") == want["v"]).all()
    assert text["scale"] == 4.0


@pytest.mark.parametrize("n", [3, 6, 9])
def test_plain_numpy_answers_as_torch_does(n):
    torch.manual_seed(n)
    network = PointerNetwork(2, 7).double()
    P = torch.rand(20, n, 2, dtype=torch.float64)
    out, weights = greedy(network, P), plain_weights(network)
    for points, places in zip(P.numpy(), out.tolist(), strict=True):
        rows, answer = plain_answer(weights, points)
        assert answer == [place for place in places if place]
        target = torch.tensor([[*answer, 0][: len(rows)]])
        logits = network(torch.from_numpy(points)[None], target)[0]
        assert np.abs(rows - logits.softmax(-1).detach().numpy()).max() < 1e-12


@pytest.mark.parametrize("settings", [{"encoder": "mean"}, {"end": False}, {"revisit": True}])
def test_plain_weights_refuses_other_networks(settings):
    with pytest.raises(ValueError, match="LSTM encoder and an end"):
        plain_weights(PointerNetwork(2, 4, **settings))


def test_training_on_the_grid_learns_and_ends_on_it():
    torch.manual_seed(0)
    network = PointerNetwork(2, 8)
    trainer = Trainer(network, pool("hull", 8, (5, 5)), 200)
    first = trainer.network.loss(trainer.pool[0].points, trainer.pool[0].targets).item()
    train_on_grid(trainer)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert network.loss(trainer.pool[0].points, trainer.pool[0].targets).item() < 0.8 * first
    put_on_grid(network)
    assert all(torch.allclose(value, before[name], rtol=1e-6, atol=0) for name, value in network.state_dict().items())


def test_the_grids_network_is_stored_with_what_made_it(monkeypatch, tmp_path):
    monkeypatch.setattr(grid, "STEPS", 2)
    monkeypatch.setattr(grid, "BATCHES", 1)
    scores = grid.train(seed=1, out=tmp_path / "x.safetensors", made={"command": "a test", "seed": "1", "code": "c0de"})
    made = describe_network(tmp_path / "x.safetensors")
    assert (made["command"], made["seed"], made["code"], made["score"]) == ("a test", "1", "c0de", scores)
    weights = plain_weights(load_network(tmp_path / "x.safetensors"))
    near = rounded(weights)
    assert all(np.allclose(near[name], weights[name], rtol=1e-6, atol=0) for name in weights if weights[name].ndim == 2)


def test_the_page_s_network_lies_on_the_grid():
    weights = plain_weights(load_network("hull_bytes"))
    near = rounded(weights)
    matrices = [name for name, value in weights.items() if value.ndim == 2]
    assert all(np.allclose(near[name], weights[name], rtol=1e-6, atol=0) for name in matrices)
    for points in RNG.random((50, 7, 2)):
        (rows, answer), (page_rows, page_answer) = plain_answer(weights, points), plain_answer(near, points)
        assert answer == page_answer
        assert np.abs(rows - page_rows).max() < 1e-4
