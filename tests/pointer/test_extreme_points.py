"""Points far from the origin, of any size, close to each other or on an edge: hulls, triangles and tours against "
"exact fractions."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import shapely

from dynlib.pointer import (
    convex_hull_order,
    delaunay_order,
    held_karp,
    hull_metrics,
    nearest_neighbour,
    orient_tour,
    simple_area,
    tour_length,
    tour_metrics,
    two_opt,
    unit_square,
)


def fractions(P):
    return [tuple(map(Fraction, map(float, p))) for p in P]


def cross(a, b, c):
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def exact_hull(P):
    """Vertices of the hull, counter-clockwise from the lowest index, and how many points lie on its boundary (Andrew's chain)."""
    Q = fractions(P)
    order = sorted(range(len(Q)), key=lambda i: Q[i])

    def chain(indices):
        kept = []
        for i in indices:
            while len(kept) > 1 and cross(Q[kept[-2]], Q[kept[-1]], Q[i]) <= 0:
                kept.pop()
            kept.append(i)
        return kept[:-1]

    hull = chain(order) + chain(order[::-1])
    edges = list(zip(hull, hull[1:] + hull[:1], strict=True))
    boundary = sum(any(cross(Q[a], Q[b], Q[i]) == 0 for a, b in edges) for i in range(len(Q)))
    first = hull.index(min(hull))
    return hull[first:] + hull[:first], boundary


def in_circle(a, b, c, d):
    """Above 0 where d lies inside the circle through a, b, c, which run counter-clockwise."""
    rows = [(x - d[0], y - d[1], (x - d[0]) ** 2 + (y - d[1]) ** 2) for x, y in (a, b, c)]
    (a1, a2, a3), (b1, b2, b3), (c1, c2, c3) = rows
    return a1 * (b2 * c3 - b3 * c2) - a2 * (b1 * c3 - b3 * c1) + a3 * (b1 * c2 - b2 * c1)


def exact_triangles(P):
    """All triangles whose circle holds no other point: the definition. (No four of the points may lie on one circle.)"""
    Q = fractions(P)
    found = set()
    for i, j, k in itertools.combinations(range(len(Q)), 3):
        turn = cross(Q[i], Q[j], Q[k])
        if turn == 0:
            continue
        a, b = (j, k) if turn > 0 else (k, j)
        if all(in_circle(Q[i], Q[a], Q[b], Q[m]) < 0 for m in range(len(Q)) if m not in (i, j, k)):
            found.add((i, j, k))
    return found


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e6, 1e7, -3e9])
@pytest.mark.parametrize("count", [5, 9, 12])
def test_triangles_off_the_origin(count, offset):
    for seed in range(6):
        P = np.random.default_rng(seed).random((count, 2)) + np.array([offset, -offset / 3])
        if len(np.unique(P, axis=0)) < count:
            continue
        found = delaunay_order(P)
        assert {tuple(t) for t in found.tolist()} == exact_triangles(P)
        hull, boundary = exact_hull(P)
        assert len(found) == 2 * count - 2 - boundary
        assert convex_hull_order(P).tolist() == hull


def test_twelve_points_have_the_triangles_that_they_have_at_the_origin():
    P = np.random.default_rng(3).integers(0, 2**20, (12, 2)) / 2**20  # so that moving them rounds nothing
    here = delaunay_order(P).tolist()
    for move in (2.0**23, 2.0**30, np.array([1e7, -1e7]).round()):
        assert sorted(delaunay_order(P + move).tolist()) == sorted(here)


@pytest.mark.parametrize("inside", [(0.5, 0.0), (0.25, 0.0), (1.0, 0.375), (0.125, 1.0)])
def test_a_point_inside_an_edge_of_the_hull_is_on_its_boundary(inside):
    P = np.array([[0, 0], [1, 0], [1, 1], [0, 1], inside, [0.4375, 0.59375]])
    found, (hull, boundary) = delaunay_order(P), exact_hull(P)
    assert (len(hull), boundary) == (4, 5)
    assert convex_hull_order(P).tolist() == hull
    assert len(found) == 2 * len(P) - 2 - boundary
    areas = [abs(cross(*(fractions(P)[i] for i in t))) / 2 for t in found.tolist()]
    assert sum(areas) == 1
    assert min(areas) > 0
    assert shapely.delaunay_triangles(shapely.MultiPoint(P)).area == pytest.approx(1)


SIZES = [1e160, 1e-200, 1e299, 2.0**-1000, 3.7]


@pytest.mark.parametrize("size", SIZES)
def test_answers_do_not_depend_on_the_unit(size):
    P = np.random.default_rng(5).random((7, 2))
    exponent = np.frexp(size)[1]
    Q = np.ldexp(P, exponent)  # a power of two: the digits stay
    for function in (convex_hull_order, delaunay_order, nearest_neighbour, two_opt):
        np.testing.assert_array_equal(function(Q), function(P))
    (tours, lengths), (mine, best) = held_karp(P[None]), held_karp(Q[None])
    np.testing.assert_array_equal(mine, tours)
    np.testing.assert_array_equal(best, np.ldexp(lengths, exponent))
    np.testing.assert_array_equal(orient_tour(Q[None], tours), orient_tour(P[None], tours))
    assert tour_length(Q, mine[0]) == np.ldexp(tour_length(P, tours[0]), exponent)
    assert tour_metrics(Q[None], mine + 1, best).gap == pytest.approx(0, abs=1e-15)
    assert hull_metrics(Q[None], convex_hull_order(Q)[None] + 1)[:2] == (1.0, pytest.approx(1.0, rel=1e-14))
    np.testing.assert_array_equal(unit_square(Q), unit_square(P))


@pytest.mark.parametrize("size", [1e160, 1e-200])
def test_an_area_that_has_no_float_is_refused(size):
    with pytest.raises(ValueError, match="an area of its square has no float"):
        simple_area(size * np.array([[0, 0], [1, 0], [0, 1.0]]), np.array([0, 1, 2]))


def test_lengths_of_extreme_tours():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1.0]])
    for size in (1e160, 1e-200, 1e-300, 1e299):
        assert tour_length(size * square, [0, 1, 2, 3]) == pytest.approx(4 * size, rel=1e-15)
        assert held_karp(size * square[None])[1] == pytest.approx(4 * size, rel=1e-15)


@pytest.mark.parametrize("gap", [1e-15, 3e-16, 1e-13])
def test_points_that_double_precision_cannot_tell_apart_are_named(gap):
    P = np.array([[0, 0], [gap, 0.0], [1, 0], [0.25, 1], [0.5, 0.25]])
    for function, name in ((convex_hull_order, "convex_hull_order"), (delaunay_order, "delaunay_order")):
        with pytest.raises(ValueError, match=rf"{name}: points 0 and 1 of P lie .* apart, too close .* keep one of them"):
            function(P)
    assert tour_length(P, [0, 1, 2, 3, 4]) > 0  # a tour has no need to tell them apart


@pytest.mark.parametrize("gap", [1e-6, 1e-4])
def test_points_that_are_close_but_apart_are_answered(gap):
    P = np.random.default_rng(2).random((8, 2))
    P[4] = P[3] + gap * np.array([0.6, 0.8])
    assert {tuple(t) for t in delaunay_order(P).tolist()} == exact_triangles(P)
    assert convex_hull_order(P).tolist() == exact_hull(P)[0]
    P[4] = P[3] + 1e-10 * np.array([0.6, 0.8])
    assert convex_hull_order(P).tolist() == exact_hull(P)[0]
