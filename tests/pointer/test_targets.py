"""Targets obey the network's grammar: places, then one end, then padding of any kind, which is no step."""

import numpy as np
import pytest
import torch

from dynlib.pointer import DictionaryNetwork, PointerNetwork, greedy, visited_mask
from dynlib.tasks import IGNORE

NETWORKS = {
    "pointer": lambda **settings: PointerNetwork(H=8, **settings),
    "dictionary": lambda **settings: DictionaryNetwork(3, H=8, **settings),
    "dictionary with content": lambda **settings: DictionaryNetwork(3, H=8, content=True, **settings),
}


def made(name, **settings):
    torch.manual_seed(0)
    return NETWORKS[name](**settings).double()


P = torch.from_numpy(np.random.default_rng(0).random((1, 3, 2)))


def by_hand(network, target, mask=True):
    """−log p of the target's places, one step after the other, each told those before it."""
    total = torch.zeros((), dtype=torch.float64)
    for i, place in enumerate(target):
        u = network(P, torch.tensor([target[: i + 1]]), mask)[0, i]
        total = total - torch.log_softmax(u, -1)[place]
    return (total / len(target)).item()


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("padding", [[], [-1, -1], [0, 0, 0], [IGNORE], [-7, 0, -2]])
@pytest.mark.parametrize("answer", [[1, 3, 0], [2, 0], [0], [3, 1, 2, 0]])
def test_padding_of_any_kind_is_no_step(name, padding, answer):
    network = made(name)
    loss = network.loss(P, torch.tensor([answer + padding]))
    assert loss.item() == pytest.approx(by_hand(network, answer), rel=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_of_different_lengths_is_the_mean_over_its_steps(name):
    network = made(name)
    answers = [[1, 3, 0], [2, 0], [3, 1, 2, 0]]
    table = torch.tensor([row + [-1] * (4 - len(row)) for row in answers])
    steps = [len(row) for row in answers]
    wanted = sum(by_hand(network, row) * n for row, n in zip(answers, steps, strict=True)) / sum(steps)
    assert network.loss(P.expand(3, -1, -1), table).item() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_greedy_answers_is_a_target(name):
    network = made(name)
    sets = torch.from_numpy(np.random.default_rng(1).random((6, 3, 2)))
    places = greedy(network, sets)
    likely = torch.stack([network.loss(p[None], row[None]) for p, row in zip(sets, places, strict=True)])
    ends = [(row == 0).nonzero()[0].item() + 1 for row in places]
    assert len(set(ends)) > 0
    each = torch.tensor(ends, dtype=torch.float64)
    assert network.loss(sets, places).item() == pytest.approx(((likely * each).sum() / each.sum()).item(), rel=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_without_an_end_all_places_are_steps_and_padding_is_none(name):
    network = made(name, end=False)
    wanted = by_hand(network, [2, 3, 1])
    assert np.isfinite(wanted)
    for target in ([2, 3, 1], [2, 3, 1, -1], [2, 3, 1, IGNORE, -1]):
        assert network.loss(P, torch.tensor([target])).item() == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("end", "target", "message"),
    [
        (True, [1, 0, 3, 0], r"T\[0, 2\] names point 3 behind T\[0, 1\] = 0; behind the end, 0, only padding may stand"),
        (True, [1, -1, 3, 0], r"T\[0, 2\] names point 3 behind T\[0, 1\] = -1"),
        (True, [-1, 1, 3, 0], r"T\[0, 1\] names point 1 behind T\[0, 0\] = -1"),
        (True, [1, 3, 2], r"T\[0\] has no 0; every target of a network with an end must contain it"),
        (True, [1, 3, -1], r"T\[0\] has no 0"),
        (True, [1, 3, -1, 0], r"T\[0\] has no 0"),
        (False, [0, 1, 2, 3], r"T\[0, 1\] names point 1 behind T\[0, 0\] = 0"),
        (False, [1, 2, 3, 0], r"T\[0\] holds 0, the end, which this network has not"),
        (True, [1, 4, 0], "T names place 4, but with n = 3 points"),
        (True, [1, 1, 0], "a second time"),
    ],
)
def test_what_is_no_sentence_of_the_grammar_is_refused(name, end, target, message):
    with pytest.raises(ValueError, match=message):
        made(name, end=end).loss(P, torch.tensor([target]))


def test_a_mask_knows_the_grammar_too():
    mask = visited_mask(torch.tensor([[1, 3, 0, 0, -1]]), 3)
    assert mask[0].tolist() == [[False, *row] for row in ([0, 0, 0], [1, 0, 0], [1, 0, 1], [1, 0, 1], [1, 0, 1])]
    with pytest.raises(ValueError, match="behind"):
        visited_mask(torch.tensor([[1, 0, 3]]), 3)
