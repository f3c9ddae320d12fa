"""Hulls, triangulations and polygons: golden cases, Qhull's answers by other routes, and properties."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.pointer import convex_hull_order, delaunay_order, polygon_equal
from dynlib.pointer.geometry import incenters

SQUARE = np.array([[1.0, 1], [0, 0], [1, 0], [0, 1], [0.5, 0.4]])


def left_of(P, i, j):
    """Cross products of the edge i → j with the way from i to every point."""
    (x, y), d = P[j] - P[i], P - P[i]
    return x * d[:, 1] - y * d[:, 0]


def test_the_square():
    assert convex_hull_order(SQUARE).tolist() == [0, 3, 1, 2]
    assert convex_hull_order(SQUARE, "lowest y").tolist() == [1, 2, 0, 3]  # two lowest: the left one
    starts = {convex_hull_order(SQUARE, "random", np.random.default_rng(k)).tolist()[0] for k in range(30)}
    assert starts == {0, 1, 2, 3}


@pytest.mark.parametrize("n", [3, 4, 7, 30])
def test_a_hull_has_all_points_on_its_left(n):
    for seed in range(20):
        P = np.random.default_rng(seed).random((n, 2))
        order = convex_hull_order(P)
        assert order[0] == order.min()
        for i, j in zip(order, np.roll(order, -1), strict=True):
            assert left_of(P, i, j).min() > -1e-12


def test_points_inside_an_edge_are_no_vertices():
    assert sorted(convex_hull_order(np.array([[0, 0], [1, 0], [2, 0], [2, 2], [0, 2]]))) == [0, 2, 3, 4]


@given(st.integers(0, 10_000), st.integers(4, 12))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_delaunay_circles_are_empty_and_their_number_is_eulers(seed, n):
    P = np.random.default_rng(seed).random((n, 2))
    T = delaunay_order(P)
    assert len(T) == 2 * n - 2 - len(convex_hull_order(P))
    assert (np.diff(T, axis=1) > 0).all()
    x = incenters(P, T)[:, 0]
    assert (np.diff(x) > -1e-9).all()
    for a, b, c in P[T]:
        system = 2 * np.array([b - a, c - a])
        centre = np.linalg.solve(system, np.array([b @ b - a @ a, c @ c - a @ a]))
        assert np.linalg.norm(P - centre, axis=1).min() > np.linalg.norm(a - centre) - 1e-7


def test_incenters_of_the_right_triangle():
    np.testing.assert_allclose(incenters(np.array([[0.0, 0], [4, 0], [0, 3]]), np.array([[0, 1, 2]])), [[1, 1]])


def test_a_tie_of_incenters_is_broken_by_the_indices():
    """Mirrored triangles: equal x up to rounding, so y decides; and order of input points does not change the triangles."""
    P = np.array([[0, 0], [0, 2.0], [1, 1], [-1, 1]]) + 0.1
    assert len(delaunay_order(P)) == 2
    shapes = {
        frozenset(map(tuple, P[list(order)][t].tolist()))
        for order in itertools.permutations(range(4))
        for t in delaunay_order(P[list(order)])
    }
    assert len(shapes) in (2, 4)  # cocircular: one of the two diagonals, or either


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ([2, 4, 3], [4, 3, 2], True),
        ([2, 4, 3], [3, 4, 2], True),
        ([0, 1, 2, 3], [0, 3, 2, 1], True),
        ([0, 1, 2, 3], [2, 3, 0, 1], True),
        ([0, 1, 2, 3], [0, 2, 1, 3], False),
        ([0, 1, 2], [0, 1, 3], False),
        ([0, 1, 2], [0, 1, 2, 3], False),
        ([5], [5], True),
        ([5], [4], False),
    ],
)
def test_polygons(a, b, same):
    assert polygon_equal(a, b) is same
    assert polygon_equal(b, a) is same


@given(st.permutations(range(6)), st.integers(0, 5), st.booleans())
@settings(deadline=None, derandomize=True, max_examples=40)
def test_every_spelling_is_the_same_polygon(order, turn, back):
    other = np.roll(order, turn)
    assert polygon_equal(order, other[::-1] if back else other)


LINE = np.stack([np.arange(5.0), 2 * np.arange(5.0)], 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: convex_hull_order(LINE), "lie on one line"),
        (lambda: delaunay_order(LINE), "delaunay_order: the points of P lie on one line"),
        (lambda: convex_hull_order(SQUARE[:2]), "P holds 2 points; give at least 3"),
        (lambda: delaunay_order(SQUARE[:2]), "give at least 3"),
        (lambda: convex_hull_order(SQUARE[[0, 1, 2, 1]]), "points 1 and 3 of P lie at one place"),
        (lambda: convex_hull_order(np.where(SQUARE == 0.4, np.nan, SQUARE)), "holds nan or inf"),
        (lambda: convex_hull_order(SQUARE.T), r"P has shape \(2, 5\)"),
        (lambda: convex_hull_order(SQUARE[None]), r"give one set of points \(n, 2\)"),
        (lambda: convex_hull_order(SQUARE.astype(str)), "dtype <U"),
        (lambda: convex_hull_order(SQUARE, "first"), "start = 'first' is not known"),
        (lambda: convex_hull_order(SQUARE, "random"), "needs rng"),
        (lambda: polygon_equal([], [1]), "polygon_equal: a has shape"),
        (lambda: polygon_equal([0, 1, 2], [0, 1, 1]), "b names point 1 twice"),
        (lambda: polygon_equal([0, -1, 2], [0, 1, 2]), "a names point -1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
