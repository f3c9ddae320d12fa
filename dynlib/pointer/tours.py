"""Tours: their length, the exact one, and two that are found by habit.

Held and Karp's recursion over subsets: C(S, j), the shortest way from city 0 through all of S that ends at j, is
min over k in S∖{j} of C(S∖{j}, k) + |kj|. It takes n² 2ⁿ steps instead of (n − 1)! tours, and 9 bytes for each (S, j).
Held, Karp, "A dynamic programming approach to sequencing problems", 1962.
"""

import numpy as np

from dynlib_kernels.arguments.points import centred, check_points, check_set, check_tours, of_one_size

MOST, MEMORY = 16, 2**27


def distances(P: np.ndarray) -> np.ndarray:
    """Distances of points among each other.

    Parameters
    ----------
    P : (…, n, 2) array
        Points.

    Returns
    -------
    (…, n, n) float64 array
        Distances.

    """
    return np.linalg.norm(P[..., :, None, :] - P[..., None, :, :], axis=-1)


def tour_length(P, tour) -> np.ndarray:
    """Length, way home included, of each tour through its points.

    Parameters
    ----------
    P : (B, n, 2) or (n, 2) array_like
        Points.
    tour : (B, n) or (n,) array_like of int
        Indices.

    Returns
    -------
    (B,) float64 array, or a number
        Lengths.

    Raises
    ------
    ValueError
        Where a tour is not a permutation of 0 … n − 1, for nan, inf, and two points at one place.

    """
    P, size = of_one_size(check_points("tour_length", P))
    Q = np.take_along_axis(P, check_tours("tour_length", P, tour)[..., None], -2)
    return np.ldexp(np.linalg.norm(Q - np.roll(Q, -1, -2), axis=-1).sum(-1), size)


def held_karp(P) -> tuple[np.ndarray, np.ndarray]:
    """The shortest tours, each from city 0, and their lengths.

    The direction is as the recursion finds it: ``orient_tour`` fixes it. Works in pieces of at most
    128 MiB.

    Parameters
    ----------
    P : (B, n, 2) array_like
        At most 16 cities a set.

    Returns
    -------
    tuple of two arrays
        Tours (B, n) and lengths (B,).

    Raises
    ------
    ValueError
        For fewer than 2 or more than 16 cities, another shape, nan, inf, and two cities at one
        place.

    """
    P = check_points("held_karp", P, least=2)
    if P.ndim != 3:
        raise ValueError(f"held_karp: P has shape {P.shape}; give a batch (B, n, 2), such as P[None]")
    n = P.shape[1]
    if n > MOST:
        raise ValueError(f"held_karp: P has {n} cities; above {MOST} the table outgrows memory: use two_opt for a good tour")
    P, size = of_one_size(P)
    rows = max(1, MEMORY // ((1 << (n - 1)) * (n - 1) * 9))
    parts = [_held_karp(distances(P[k : k + rows])) for k in range(0, len(P), rows)]
    return np.concatenate([tour for tour, _ in parts]), np.ldexp(np.concatenate([length for _, length in parts]), size)


def _held_karp(D: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tours and lengths from distances (B, n, n). Subsets of the other cities are bits; those of one size are done at once."""
    B, n, _ = D.shape
    others, full = n - 1, (1 << (n - 1)) - 1
    cost = np.full((full + 1, B, others), np.inf)
    came = np.zeros((full + 1, B, others), np.int8)
    sets = np.arange(full + 1)
    sizes = np.array([int(S).bit_count() for S in sets])
    for j in range(others):
        cost[1 << j, :, j] = D[:, 0, j + 1]
    for size in range(2, others + 1):
        for j in range(others):
            S = sets[(sizes == size) & (sets >> j & 1 == 1)]
            ways = cost[S ^ (1 << j)] + D[:, 1:, j + 1]  # (subsets, B, k): inf where k is not in S∖{j}
            came[S, :, j] = k = ways.argmin(-1)
            cost[S, :, j] = np.take_along_axis(ways, k[..., None], -1)[..., 0]
    home = cost[full] + D[:, 1:, 0]
    each, j, S = np.arange(B), home.argmin(1), np.full(B, full)
    length, tour = home[each, j], np.zeros((B, n), np.int64)
    for place in range(others, 0, -1):
        tour[:, place] = j + 1
        j, S = came[S, each, j].astype(np.int64), S ^ (1 << j)
    return tour, length


def orient_tour(P, tour) -> np.ndarray:
    """The same tours, turned so that they run counter-clockwise; the first city stays.

    Counter-clockwise is a positive signed area.

    Parameters
    ----------
    P : (B, n, 2) or (n, 2) array_like
        Points.
    tour : (B, n) or (n,) array_like of int
        Indices.

    Returns
    -------
    (B, n) or (n,) int array
        Tours.

    Raises
    ------
    ValueError
        As ``tour_length``.

    """
    P = centred(check_points("orient_tour", P))
    tour = check_tours("orient_tour", P, tour).copy()
    Q = np.take_along_axis(P, tour[..., None], -2)
    R = np.roll(Q, -1, -2)
    clockwise = (Q[..., 0] * R[..., 1] - Q[..., 1] * R[..., 0]).sum(-1) < 0
    tour[..., 1:] = np.where(clockwise[..., None], tour[..., :0:-1], tour[..., 1:])
    return tour


def nearest_neighbour(P) -> np.ndarray:
    """Tours that go from city 0 always to the nearest city not yet seen.

    Parameters
    ----------
    P : (B, n, 2) or (n, 2) array_like
        Points.

    Returns
    -------
    (B, n) or (n,) int64 array
        Tours.

    Raises
    ------
    ValueError
        For another shape, nan, inf, and two cities at one place.

    """
    P = of_one_size(check_points("nearest_neighbour", P))[0]
    cities = P if P.ndim == 3 else P[None]
    B, n, _ = cities.shape
    D, each = distances(cities), np.arange(B)
    tour = np.zeros((B, n), np.int64)
    D[:, :, 0] = np.inf
    for place in range(1, n):
        tour[:, place] = D[each, tour[:, place - 1]].argmin(1)
        D[each, :, tour[:, place]] = np.inf
    return tour.reshape(P.shape[:-1])


def two_opt(P, tour=None) -> np.ndarray:
    """A tour that no exchange of two edges shortens.

    Each round replaces the two edges whose exchange gains most. In the plane such a tour does not
    cross itself.

    Parameters
    ----------
    P : (n, 2) array_like
        Points.
    tour : (n,) array_like of int, optional
        The first tour; the nearest neighbour's if left out.

    Returns
    -------
    (n,) int array
        The tour.

    Raises
    ------
    ValueError
        As ``tour_length``.

    """
    P = of_one_size(check_set("two_opt", P))[0]
    tour = nearest_neighbour(P) if tour is None else check_tours("two_opt", P, tour).copy()
    D, n = distances(P), len(P)
    while True:
        a, b = tour, np.roll(tour, -1)  # edges a_k → b_k
        change = D[a[:, None], a] + D[b[:, None], b] - D[a, b][:, None] - D[a, b]
        change[np.tril_indices(n)] = 0.0
        i, j = np.unravel_index(change.argmin(), change.shape)
        if change[i, j] >= -1e-12 * D.max():
            return tour
        tour[i + 1 : j + 1] = tour[i + 1 : j + 1][::-1]
