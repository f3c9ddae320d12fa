"""Exact tours against brute force and SciPy-free reasoning; the others against the exact ones."""

import itertools

import numpy as np
import pytest
from shapely.geometry import Polygon

from dynlib.pointer import convex_hull_order, held_karp, nearest_neighbour, orient_tour, tour_length, two_opt
from dynlib.pointer import tours as module

RNG = np.random.default_rng


def brute_force(P):
    ways = np.array([(0, *way) for way in itertools.permutations(range(1, P.shape[1]))])
    Q = P[:, ways]  # (B, ways, n, 2)
    return np.linalg.norm(Q - np.roll(Q, -1, 2), axis=-1).sum(-1).min(1)


@pytest.mark.parametrize("n", [2, 3, 4, 6, 7])
def test_held_karp_is_brute_force(n):
    P = RNG(n).random((50, n, 2))
    tour, length = held_karp(P)
    np.testing.assert_allclose(length, brute_force(P), rtol=0, atol=1e-12)
    np.testing.assert_allclose(tour_length(P, tour), length, rtol=0, atol=1e-12)
    assert (tour[:, 0] == 0).all()


def test_pieces_do_not_change_the_tours(monkeypatch):
    P = RNG(1).random((9, 6, 2))
    whole = held_karp(P)
    monkeypatch.setattr(module, "MEMORY", 1)
    for one, two in zip(whole, held_karp(P), strict=True):
        np.testing.assert_array_equal(one, two)


def test_lengths_of_known_tours():
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    assert tour_length(square, [0, 1, 2, 3]) == pytest.approx(4)
    assert tour_length(square, [0, 2, 1, 3]) == pytest.approx(2 + 2 * 2**0.5)
    assert held_karp(square[None])[1][0] == pytest.approx(4)
    circle = np.exp(2j * np.pi * RNG(0).permutation(12) / 12).view(np.float64).reshape(1, 12, 2)
    assert held_karp(circle)[1][0] == pytest.approx(24 * np.sin(np.pi / 12))


def test_known_means():
    """Tours of 5 and 10 uniform points: 2.12 and 2.87 in the paper's table."""
    assert held_karp(RNG(0).random((2000, 5, 2)))[1].mean() == pytest.approx(2.12, abs=0.03)
    assert held_karp(RNG(0).random((400, 10, 2)))[1].mean() == pytest.approx(2.87, abs=0.06)


def test_optimal_tours_are_simple_and_follow_the_hull():
    P = RNG(3).random((60, 7, 2))
    for cities, tour in zip(P, orient_tour(P, held_karp(P)[0]), strict=True):
        polygon = Polygon(cities[tour])
        assert polygon.is_valid
        assert polygon.exterior.is_ccw
        hull = convex_hull_order(cities).tolist()
        seen = [city for city in tour if city in hull]
        turn = seen.index(hull[0])
        assert seen[turn:] + seen[:turn] == hull


def test_orientation_keeps_city_and_length():
    P = RNG(5).random((40, 6, 2))
    tour = np.argsort(RNG(6).random((40, 6)), 1)
    turned = orient_tour(P, tour)
    assert (turned[:, 0] == tour[:, 0]).all()
    np.testing.assert_allclose(tour_length(P, turned), tour_length(P, tour))
    assert ((turned == tour).all(1) | (turned[:, 1:] == tour[:, :0:-1]).all(1)).all()
    np.testing.assert_array_equal(orient_tour(P, turned), turned)
    np.testing.assert_array_equal(orient_tour(P[0], tour[0]), turned[0])


def test_habits_are_no_better_than_the_best_and_two_opt_uncrosses():
    P = RNG(7).random((30, 9, 2))
    best, near = held_karp(P)[1], nearest_neighbour(P)
    assert (tour_length(P, near) >= best - 1e-12).all()
    for b in range(30):
        tour = two_opt(P[b])
        assert best[b] - 1e-12 <= tour_length(P[b], tour) <= tour_length(P[b], near[b]) + 1e-12
        assert Polygon(P[b][tour]).is_valid
        i, j = sorted(RNG(b).choice(9, 2, replace=False))
        other = np.r_[tour[:i], tour[i : j + 1][::-1], tour[j + 1 :]]
        assert tour_length(P[b], other) >= tour_length(P[b], tour) - 1e-9
    np.testing.assert_array_equal(nearest_neighbour(P[3]), near[3])
    assert near[0, 1] == 1 + np.linalg.norm(P[0, 1:] - P[0, 0], axis=1).argmin()


def test_two_opt_from_a_crossing():
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    assert tour_length(square, two_opt(square, [0, 2, 1, 3])) == pytest.approx(4)
    assert two_opt(square[:2]).tolist() == [0, 1]
    assert two_opt(square[:1]).tolist() == [0]


SET = RNG(0).random((2, 5, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: held_karp(SET[0]), r"give a batch \(B, n, 2\)"),
        (lambda: held_karp(SET[:, :1]), "P holds 1 points; give at least 2"),
        (lambda: held_karp(RNG(0).random((1, 17, 2))), "P has 17 cities; above 16"),
        (lambda: held_karp(SET[:, [0, 1, 1]]), "points 1 and 2 of set 0 of P lie at one place"),
        (lambda: held_karp(SET / 0.0), "nan or inf"),
        (lambda: held_karp(SET[:0]), "P has shape"),
        (lambda: tour_length(SET[0], [0, 1, 2, 3]), r"tour has shape \(4,\) .* P of shape \(5, 2\) needs whole numbers \(5,\)"),
        (lambda: tour_length(SET[0], [0, 1, 2, 3, 3]), "not a permutation of 0 to 4"),
        (lambda: tour_length(SET[0], [1, 2, 3, 4, 5]), "not a permutation"),
        (lambda: tour_length(SET[0], [0.0, 1, 2, 3, 4]), "dtype float64"),
        (lambda: orient_tour(SET, [[0, 1, 2, 3, 4]]), "tour has shape"),
        (lambda: two_opt(SET), "give one set of points"),
        (lambda: two_opt(SET[0], [0, 1, 2, 4, 4]), "not a permutation"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.filterwarnings("ignore:invalid value")
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
