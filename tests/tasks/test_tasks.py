"""Every property that the recall task promises of its examples."""

import pytest
import torch

from dynlib.tasks import IGNORE, multi_query_recall


def draw(examples=300, seed=0, **settings):
    settings = {"L": 40, "pairs": 6, "vocab": 32} | settings
    return multi_query_recall(examples, generator=torch.Generator().manual_seed(seed), **settings)


def test_facts_come_first_and_are_told_once():
    tokens, targets = draw()
    assert tokens.shape == targets.shape == (300, 40)
    assert tokens.dtype == targets.dtype == torch.int64
    keys, values = tokens[:, 0:12:2], tokens[:, 1:12:2]
    assert keys.min() == 1
    assert keys.max() == 15
    assert values.min() == 16
    assert values.max() == 31
    for part in (keys, values):
        assert all(len(row.unique()) == 6 for row in part)
    assert (targets[:, :12] == IGNORE).all()


def test_each_key_is_asked_for_once_and_answered_by_its_own_value():
    tokens, targets = draw()
    for example, target in zip(tokens.tolist(), targets.tolist(), strict=True):
        facts = dict(zip(example[0:12:2], example[1:12:2], strict=True))
        places = [i for i, answer in enumerate(target) if answer != IGNORE]
        assert all(i >= 12 and i % 2 == 0 for i in places)
        assert sorted(example[i] for i in places) == sorted(facts)
        assert all(target[i] == facts[example[i]] for i in places)
        assert all(example[i] == 0 for i in range(12, 40) if i not in places)


def test_silence_may_be_filled_and_nothing_else_changes():
    """With the same generator: the same facts, the same questions at the same places, and random tokens in between."""
    silent, targets = draw()
    filled, same = draw(random_non_queries=True)
    assert torch.equal(targets, same)
    told = (silent != 0) | (targets != IGNORE)
    assert torch.equal(filled[told], silent[told])
    share = torch.bincount(filled[~told], minlength=32) / (~told).sum()
    assert len(share) == 32
    assert ((share - 1 / 32).abs() < 4 * (1 / 32 / (~told).sum()) ** 0.5).all()


def test_filled_silence_is_drawn_anew_in_each_example_and_place():
    filled, targets = draw(2000, pairs=1, L=6, random_non_queries=True)
    rest = filled[targets[:, 2] != IGNORE][:, [3, 4, 5]].double()
    assert len(rest) > 500
    assert (torch.corrcoef(rest.T) - torch.eye(3)).abs().max() < 4 / len(rest) ** 0.5


def test_a_question_among_random_tokens_is_told_by_its_target_alone():
    """A key may stand in the filled places without being asked for: then its place has no target."""
    filled, targets = draw(random_non_queries=True)
    stray = [
        (row[12:, None] == row[None, 0:12:2]).any(1) & (target[12:] == IGNORE)
        for row, target in zip(filled, targets, strict=True)
    ]
    assert torch.stack(stray).any(1).double().mean() > 0.9
    assert ((targets != IGNORE).sum(1) == 6).all()


def test_with_no_room_to_spare_every_gap_is_taken():
    tokens, targets = draw(L=24)
    assert (targets[:, 12::2] != IGNORE).all()
    assert (tokens[:, 13::2] == 0).all()
    asked_first = [example[:12:2].index(example[12]) for example in tokens.tolist()]
    assert set(asked_first) == set(range(6))


def test_an_odd_length_ends_in_silence():
    tokens, targets = draw(L=25)
    assert (tokens[:, -1] == 0).all()
    assert (targets[:, -1] == IGNORE).all()


@pytest.mark.parametrize("power", [0.01, 1.0])
def test_gaps_follow_the_power_law(power):
    """With one fact the gap is one draw: 20,000 of them, each share within four standard deviations."""
    _, targets = draw(20_000, pairs=1, L=22, power=power)
    gap = (targets != IGNORE).int().argmax(1).sub(2) // 2
    weights = torch.arange(1, 11, dtype=torch.float64) ** (power - 1)
    expected = weights / weights.sum()
    share = torch.bincount(gap, minlength=10) / 20_000
    assert ((share - expected).abs() < 4 * (expected * (1 - expected) / 20_000).sqrt()).all()


def test_gaps_are_drawn_one_after_the_other_without_replacement():
    """The key told first draws first; the one told second draws from what is left, in proportion to the weights."""
    tokens, targets = draw(20_000, pairs=2, L=14, power=0.01)
    gaps = [((tokens == tokens[:, [place]]) & (targets != IGNORE)).int().argmax(1).sub(4) // 2 for place in (0, 2)]
    weights = torch.arange(1, 6, dtype=torch.float64) ** -0.99
    for first in range(5):
        for second in set(range(5)) - {first}:
            expected = weights[first] / weights.sum() * weights[second] / (weights.sum() - weights[first])
            share = ((gaps[0] == first) & (gaps[1] == second)).double().mean()
            assert abs(share - expected) < 4 * (expected / 20_000) ** 0.5


def test_keys_and_values_are_uniform_and_paired_at_random():
    tokens, _ = draw(20_000, pairs=1, L=4, vocab=8)
    pairs = torch.bincount((tokens[:, 0] - 1) * 4 + tokens[:, 1] - 4, minlength=12) / 20_000
    assert ((pairs - 1 / 12).abs() < 4 * (1 / 12 / 20_000) ** 0.5).all()


def test_the_generator_decides_everything():
    for one, two, other in zip(draw(), draw(), draw(seed=1), strict=True):
        assert torch.equal(one, two)
        assert not torch.equal(one, other)
    before = torch.get_rng_state()
    draw()
    assert torch.equal(before, torch.get_rng_state())


def test_the_smallest_task():
    tokens, targets = draw(5, L=4, pairs=1, vocab=4)
    assert (tokens[:, 0] == 1).all()
    assert torch.equal(tokens[:, 2], tokens[:, 0])
    assert torch.equal(targets[:, 2], tokens[:, 1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"examples": 0}, "examples = 0 must be a whole number of at least 1"),
        ({"L": 23}, "L = 23 has no room for 6 facts and as many questions; it must be at least 24"),
        ({"vocab": 12}, "vocab = 12 must be even and hold 6 keys; at least 14"),
        ({"vocab": 33}, "vocab = 33 must be even"),
        ({"pairs": 1.5}, "pairs = 1.5 must be a whole number"),
        ({"random_non_queries": None}, "random_non_queries = None; give True or False"),
        ({"power": 0}, "power = 0 must be above 0"),
        ({"power": float("nan")}, "power = nan must be a finite number"),
    ],
)
def test_bad_input_is_named(settings, message):
    with pytest.raises(ValueError, match=f"^multi_query_recall: {message}"):
        draw(**settings)
