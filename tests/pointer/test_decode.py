"""Greedy answers and beams, on networks as they are made: decoding needs no training to be right."""

import itertools

import numpy as np
import pytest
import torch

from dynlib.pointer import DictionaryNetwork, PointerNetwork, beam, greedy, shortest, tour_length


def network(seed=0, **settings):
    torch.manual_seed(seed)
    return PointerNetwork(**{"H": 8} | settings).double()


def points(B=6, n=5, seed=0):
    return torch.rand(B, n, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def total(model, P, row):
    """log p of one answer, by teacher forcing."""
    T = torch.tensor([row])
    return torch.log_softmax(model(P, T), -1)[0].gather(1, T[0][:, None]).sum().item()


@pytest.mark.parametrize("settings", [{"end": False}, {}, {"encoder": "attention"}, {"revisit": True}])
def test_a_beam_of_one_is_greedy(settings):
    model = network(**settings)
    found = beam(model, points(), 1)
    assert torch.equal(found.places[:, 0], greedy(model, points()))


@pytest.mark.parametrize("end", [True, False])
def test_a_beam_as_wide_as_all_answers_finds_the_likeliest(end):
    model, P = network(end=end, gain=8.0), points(B=3, n=4)
    lengths = range(5) if end else [4]
    answers = [[*way, *([0] if end else [])] for k in lengths for way in itertools.permutations(range(1, 5), k)]
    found = beam(model, P, len(answers))
    for b in range(3):
        values = {tuple(row): total(model, P[b : b + 1], row) for row in answers}
        best = max(values, key=values.get)
        assert [place for place in found.places[b, 0].tolist() if place] == [place for place in best if place]
        assert found.log_p[b, 0].item() == pytest.approx(values[best], abs=1e-12)
        assert found.log_p[b].exp().sum().item() == pytest.approx(1, abs=1e-12)
        assert (found.log_p[b].diff() <= 0).all()


def test_a_beams_probabilities_are_those_of_its_answers():
    model, P = network(gain=8.0), points()
    found = beam(model, P, 4)
    for b, k in ((0, 0), (3, 2), (5, 3)):
        row = found.places[b, k].tolist()
        row = row[: row.index(0) + 1]
        assert found.log_p[b, k].item() == pytest.approx(total(model, P[b : b + 1], row), abs=1e-12)


def test_answers_do_not_depend_on_the_chunks(monkeypatch):
    model, P = network(), points(B=7)
    whole = beam(model, P, 3)
    monkeypatch.setattr("dynlib.pointer.decode.CHUNK", 1)
    parts = beam(model, P, 3)
    assert torch.equal(whole.places, parts.places)
    torch.testing.assert_close(whole.log_p, parts.log_p)


def test_where_fewer_answers_exist_the_rest_has_probability_zero():
    found = beam(network(end=False), points(n=2), 4)
    assert (torch.isfinite(found.log_p).sum(1) == 2).all()


def test_tours_are_valid_and_the_shortest_is_chosen():
    model, P = network(end=False), points(n=6)
    found = beam(model, P, 8)
    assert (found.places.sort(-1).values == torch.arange(1, 7)).all()
    best = tour_length(P, shortest(P, found) - 1)
    assert (best <= tour_length(P, found.places[:, 0] - 1)).all()
    np.testing.assert_allclose(best, np.min([tour_length(P, found.places[:, k] - 1) for k in range(8)], 0))
    few = points(n=2)
    assert shortest(few, beam(model, few, 4)).shape == (6, 2)


def test_an_ended_answer_stays_ended():
    out = greedy(network(), points(B=40))
    after = (out == 0).cumsum(1) > 0
    assert (out[after] == 0).all()
    assert out.shape[1] <= 6


def test_without_the_mask_places_come_back():
    model = network(end=False, gain=1.0, scale=0.0)
    assert (greedy(model, points(), mask=True).sort(1).values == torch.arange(1, 6)).all()
    assert any(len(set(row)) < 5 for row in greedy(model, points(), mask=False).tolist())


@pytest.mark.parametrize("content", [False, True])
def test_the_baselines_are_decoded_alike(content):
    out = greedy(DictionaryNetwork(5, H=8, content=content).double(), points())
    assert out.max() <= 5
    assert all(len(set(row) - {0}) == len([place for place in row if place]) for row in out.tolist())


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="beam: k = 0 must be"):
        beam(network(), points(), 0)
    with pytest.raises(ValueError, match="holds nan"):
        greedy(network(), points() / 0 * 0)
    with pytest.raises(ValueError, match="PointerNetwork: P has shape"):
        beam(network(), points()[0], 2)
