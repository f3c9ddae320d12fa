"""The paper's measures on answers that were made by hand."""

import math

import numpy as np
import pytest
import torch

from dynlib.pointer import (
    convex_hull_order,
    delaunay_metrics,
    delaunay_order,
    hull_metrics,
    sample_examples,
    simple_area,
    tour_metrics,
    triangle_coverage,
)

SQUARE = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.4]])


def score(*rows):
    width = max(map(len, rows))
    return hull_metrics(np.stack([SQUARE] * len(rows)), np.array([[*row, *[0] * (width - len(row))] for row in rows]))


def test_hulls():
    assert score([1, 2, 3, 4, 0]) == (1, 1, 0)
    assert score([3, 2, 1, 4, 0]) == (1, 1, 0)  # clockwise, from elsewhere
    assert score([1, 2, 3, 0]) == (0, 0.5, 0)  # a corner dropped
    assert score([1, 2, 3, 5, 4, 0]) == (0, pytest.approx(0.7), 0)  # the centre taken in: simple, not the hull
    found = score([1, 3, 2, 4, 0], [1, 2, 3, 4, 0])  # a bow tie does not count as area 0
    assert found == (0.5, 1, 0.5)
    assert found.fails
    assert not score([1, 2, 3, 4, 0]).fails


@pytest.mark.parametrize("row", [[1, 2, 0], [0], [1, 2, 2, 3, 0], [1, 3, 2, 4, 0]])
def test_no_polygon_at_all(row):
    found = score(row)
    assert found[::2] == (0, 1)
    assert math.isnan(found.area)


def test_an_answer_that_never_ends_is_taken_whole():
    assert score([1, 2, 3, 4]) == (1, 1, 0)


def test_a_simple_area_by_the_shoelace():
    P = np.random.default_rng(0).random((9, 2))
    order = convex_hull_order(P)
    x, y = P[order].T
    assert simple_area(P, order) == pytest.approx((x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)
    assert simple_area(SQUARE, np.array([0, 2, 1, 3])) is None


def test_labels_score_perfectly():
    rng = np.random.default_rng(0)
    for task, metrics in (("hull", hull_metrics), ("delaunay", delaunay_metrics)):
        examples = sample_examples(task, 30, 7, rng)
        assert metrics(examples.points, examples.targets.clamp(min=0)) == (1, 1, 0)
    examples = sample_examples("tsp", 30, 7, rng)
    found = tour_metrics(examples.points, examples.targets, examples.lengths)
    assert found == (pytest.approx(0, abs=1e-12), 1, pytest.approx(examples.lengths.mean()), 0)


def test_triangles():
    true = delaunay_order(SQUARE)
    assert len(true) == 4
    assert triangle_coverage(true[:, ::-1], true) == 1
    assert triangle_coverage(true[[0, 0, 1]], true) == 0.5
    assert triangle_coverage([], true) == 0
    P, row = SQUARE[None], (true + 1).ravel().tolist()
    assert delaunay_metrics(P, np.array([[*row, 0]])) == (1, 1, 0)
    assert delaunay_metrics(P, np.array([[*row[3:], *row[:3], 0]])) == (1, 1, 0)
    assert delaunay_metrics(P, np.array([[*row[:9], 0]])) == (0, 0.75, 0)
    assert delaunay_metrics(P, np.array([[*row[:8], 0]])) == (0, 0.5, 1)  # cut short
    assert delaunay_metrics(P, np.array([[*row, 1, 1, 2, 0]])) == (0, 1, 1)  # a corner twice
    assert delaunay_metrics(P, np.array([[0, 0]])) == (0, 0, 1)


def test_tours():
    P = np.stack([SQUARE[:4]] * 2)
    found = tour_metrics(P, np.array([[1, 2, 3, 4], [1, 3, 2, 4]]), np.array([4.0, 4.0]))
    assert found.gap == pytest.approx(((2 + 2 * 2**0.5) / 4 - 1) / 2)
    assert found[1:] == (0.5, pytest.approx((6 + 2 * 2**0.5) / 2), 0)
    assert tour_metrics(P, np.array([[1, 2, 3, 4], [1, 2, 2, 4]]), np.array([4.0, 4.0])).failures == 0.5
    none = tour_metrics(P, np.array([[1, 2, 0], [1, 2, 0]]), np.array([4.0, 4.0]))
    assert none.failures == 1
    assert math.isnan(none.gap)
    assert tour_metrics(torch.from_numpy(P), torch.tensor([[1, 2, 3, 4]] * 2), np.full(2, 4.0)).optimal == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hull_metrics(SQUARE[None], np.zeros((1, 0), int)), "give points"),
        (lambda: hull_metrics(SQUARE[None], np.zeros((2, 3), int)), "give points"),
        (lambda: hull_metrics(SQUARE, np.zeros((1, 3), int)), "give points"),
        (lambda: hull_metrics(SQUARE[None], np.full((1, 3), 6)), "out names place 6; with 5 points"),
        (lambda: hull_metrics(SQUARE[None], np.full((1, 3), -1)), "out names place -1"),
        (lambda: hull_metrics(SQUARE[None], np.ones((1, 3))), "float64"),
        (lambda: delaunay_metrics(SQUARE[None, :2], np.ones((1, 3), int)), "give at least 3"),
        (lambda: tour_metrics(SQUARE[None], np.ones((1, 5), int), np.ones(2)), r"best has shape \(2,\)"),
        (lambda: triangle_coverage([[1, 2]], [[1, 2, 3]]), r"pred has shape \(1, 2\)"),
        (lambda: triangle_coverage([[1, 2, 3]], []), "true holds no triangle"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
