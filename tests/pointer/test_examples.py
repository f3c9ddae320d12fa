"""Labelled examples: right, reproducible, and never the same for training and testing."""

import numpy as np
import pytest
import torch

from dynlib.pointer import convex_hull_order, delaunay_order, fresh, held_karp, orient_tour, pool, sample_examples


def rng():
    return np.random.default_rng(4)


@pytest.mark.parametrize("start", ["lowest index", "lowest y", "random"])
def test_hulls(start):
    examples = sample_examples("hull", 20, 8, rng(), start=start)
    assert examples.points.dtype == torch.float32
    for P, T in zip(examples.points.double().numpy(), examples.targets.tolist(), strict=True):
        order = convex_hull_order(P)
        found = [t - 1 for t in T[: T.index(0)]]
        assert set(T[T.index(0) + 1 :]) <= {-100}
        turn = found.index(order[0])
        assert found[turn:] + found[:turn] == order.tolist()
        if start != "random":
            assert found[0] == (min(found) if start == "lowest index" else P[:, 1].argmin())
    if start == "random":
        firsts = sample_examples("hull", 300, 3, rng(), start=start).targets[:, 0]
        assert (torch.bincount(firsts, minlength=4)[1:] > 70).all()


def test_triangles():
    examples = sample_examples("delaunay", 10, 6, rng())
    for P, T in zip(examples.points.double().numpy(), examples.targets.tolist(), strict=True):
        assert (np.array(T[: T.index(0)]).reshape(-1, 3) - 1).tolist() == delaunay_order(P).tolist()


def test_tours():
    examples = sample_examples("tsp", 50, 6, rng())
    P = examples.points.double().numpy()
    tours, lengths = held_karp(P)
    np.testing.assert_array_equal(examples.targets.numpy() - 1, orient_tour(P, tours))
    np.testing.assert_array_equal(examples.lengths, lengths)
    either = sample_examples("tsp", 50, 6, rng(), direction="random").targets.numpy() - 1
    same = (either == orient_tour(P, either)).all(1)
    assert 10 < same.sum() < 40
    np.testing.assert_array_equal(orient_tour(P, either), examples.targets.numpy() - 1)


def test_sorting():
    examples = sample_examples("sort", 5, 9, rng())
    assert examples.points.shape == (5, 9, 1)
    assert (examples.points[..., 0].gather(1, examples.targets - 1).diff(dim=1) >= 0).all()
    assert sample_examples("sort", 2, 1, rng()).targets.tolist() == [[1], [1]]


def test_a_pool_has_one_length_a_batch_and_is_reproducible():
    made = pool("hull", 6, (3, 5), seed=1, batch=4)
    assert [len(one.points) for one in made] == [4] * 6
    assert {one.points.shape[1] for one in made} <= {3, 4, 5}
    assert all(one.targets.shape[1] <= one.points.shape[1] + 1 for one in made)
    again, other = pool("hull", 6, (3, 5), seed=1, batch=4), pool("hull", 6, (3, 5), seed=2, batch=4)
    assert all(torch.equal(a.points, b.points) and torch.equal(a.targets, b.targets) for a, b in zip(made, again, strict=True))
    assert not torch.equal(made[0].points[0, 0], other[0].points[0, 0])
    assert pool("tsp", 2, (5, 5), batch=4)[1].lengths.shape == (4,)


def test_fresh_sets_are_those_of_no_pool():
    test = fresh("hull", 30, 5).points
    assert torch.equal(test, fresh("hull", 30, 5).points)
    seen = {
        tuple(x)
        for seed in range(12)
        for one in pool("hull", 4, (5, 5), seed=seed, batch=8)
        for x in one.points.flatten(1).tolist()
    }
    assert not seen & {tuple(x) for x in test.flatten(1).tolist()}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sample_examples("knapsack", 1, 5, rng()), "task = 'knapsack' is not known"),
        (lambda: sample_examples("hull", 1, 2, rng()), "n = 2 is too small for 'hull'; give at least 3"),
        (lambda: sample_examples("tsp", 1, 17, rng()), "17 cities"),
        (lambda: sample_examples("tsp", 1, 5, rng(), direction="left"), "direction = 'left'"),
        (lambda: sample_examples("hull", 1, 5, rng(), start="top"), "start = 'top'"),
        (lambda: sample_examples("sort", 0, 5, rng()), "count = 0"),
        (lambda: pool("sort", 1, (5, 3)), r"lengths = \(5, 3\)"),
        (lambda: pool("sort", 0, (3, 5)), "batches = 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
