"""What the stored networks are worth on fresh sets, and what tours each way to decode finds.

``experiments`` has the settings, ``python -m dynlib.sweep run pointer.networks`` and ``run pointer.decoders`` run them.
"""

import functools
from collections.abc import Iterator

import numpy as np

from dynlib.pointer.checkpoint import load_network
from dynlib.pointer.decode import beam, greedy, shortest
from dynlib.pointer.evaluate import score
from dynlib.pointer.examples import fresh
from dynlib.pointer.metrics import tour_metrics
from dynlib.pointer.tours import nearest_neighbour, two_opt
from dynlib_kernels.engine import torch

METHODS = ("greedy", "likeliest of 3", "likeliest of 10", "shortest of 3", "shortest of 10", "nearest neighbour", "2-opt")
tested = functools.cache(fresh)  # every method answers the same sets, labelled once in a process


def networks(*, network: str, task: str, n: int, seed: int) -> Iterator[dict]:
    """The measures of a stored network on 1,000 fresh sets.

    Parameters
    ----------
    network : str
        A name for ``load_network``.
    task : str
        One of ``examples.TASKS``.
    n : int
        Points of a set.
    seed : int
        Seed of the sets.

    Yields
    ------
    dict
        One row; columns of other tasks stay empty.

    """
    columns = dict.fromkeys(("accuracy", "area", "coverage", "places", "gap", "optimal", "length", "failures"), "")
    yield columns | score(load_network(network), task, n, seed=seed)


def decoders(*, method: str, n: int, seed: int, sets: int = 1000) -> Iterator[dict]:
    """The tour measures of one way to find tours of n cities.

    Parameters
    ----------
    method : str
        One of ``METHODS``; beams have width 10, or 3.
    n : int
        Cities.
    seed : int
        Seed of the sets.
    sets : int, default 1000
        The number of sets.

    Yields
    ------
    dict
        One row: the fields of ``TourScore``.

    """
    examples, network = tested("tsp", sets, n, seed=seed), load_network("tsp")
    cities = examples.points.double().numpy()
    out: np.ndarray | torch.Tensor
    if method == "nearest neighbour":
        out = nearest_neighbour(cities) + 1
    elif method == "2-opt":
        out = np.stack([two_opt(P) for P in cities]) + 1
    elif method == "greedy":
        out = greedy(network, examples.points)
    else:
        found = beam(network, examples.points, int(method.split()[-1]))
        out = shortest(examples.points, found) if method.startswith("shortest") else found.places[:, 0]
    yield {name: round(value, 5) for name, value in tour_metrics(cities, out, examples.lengths)._asdict().items()}
