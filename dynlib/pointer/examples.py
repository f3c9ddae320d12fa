"""Labelled examples for the four tasks, drawn from a seeded generator and never stored.

Points are uniform in the unit square (numbers in [0, 1] for sorting), drawn in float32, the network's precision, and labelled
through their exact float64 values: no label is decided by a rounding that the network does not see. Targets are places: 1 … n for
points, 0 for the end, ``IGNORE`` behind it.

    hull       the vertices, counter-clockwise, and the end                     start: which comes first
    delaunay   triangles by incenter, three places each, and the end
    tsp        the shortest tour from city 1, without the way home              direction: "counter-clockwise" or "random"
    sort       numbers from small to large
"""

from typing import NamedTuple

import numpy as np

from dynlib.pointer.geometry import STARTS, delaunay_order, hull, spell
from dynlib.pointer.tours import held_karp, orient_tour
from dynlib.tasks import IGNORE
from dynlib_kernels.arguments.scalars import check_choice, check_count, check_counts, check_rng, check_seed, whole
from dynlib_kernels.engine import torch

TASKS = ("hull", "delaunay", "tsp", "sort")
DIRECTIONS = ("counter-clockwise", "random")
LEAST = {"hull": 3, "delaunay": 3, "tsp": 2, "sort": 1}


class Examples(NamedTuple):
    """Labelled sets of one size.

    Attributes
    ----------
    points : (B, n, d) float32 tensor
        The points.
    targets : (B, m) int64 tensor
        Places.
    lengths : (B,) float64 array or None
        The best lengths, for tours.

    """

    points: torch.Tensor
    targets: torch.Tensor
    lengths: np.ndarray | None = None


def sample_examples(
    task: str, count: int, n: int, rng: np.random.Generator, *, start: str = "lowest y", direction: str = "counter-clockwise"
) -> Examples:
    """Draw examples of n points each.

    Parameters
    ----------
    task : str
        One of ``TASKS``.
    count : int
        The number of examples.
    n : int
        Points of each.
    rng : numpy.random.Generator
        Draws the points.
    start : str, default "lowest y"
        For hull: one of ``geometry.STARTS``.
    direction : str, default "counter-clockwise"
        For tsp: one of ``DIRECTIONS``.

    Returns
    -------
    drawn : Examples
        ``count`` of them.

    Raises
    ------
    ValueError
        For an unknown name, a count below 1, too few points for the task, too many cities for
        ``held_karp``.

    """
    check_choice("sample_examples", "task", task, TASKS)
    check_choice("sample_examples", "start", start, STARTS)
    check_choice("sample_examples", "direction", direction, DIRECTIONS)
    count, n = check_counts("sample_examples", count=count, n=n)
    check_rng("sample_examples", rng)
    if n < LEAST[task]:
        raise ValueError(f"sample_examples: n = {n} is too small for {task!r}; give at least {LEAST[task]}")
    points = rng.random((count, n, 1 if task == "sort" else 2), dtype=np.float32)
    exact, lengths = points.astype(np.float64), None
    if task == "sort":
        targets = np.argsort(exact[..., 0], 1, kind="stable") + 1
    elif task == "tsp":
        tours, lengths = held_karp(exact)
        tours = orient_tour(exact, tours)
        if direction == "random":
            turned = rng.random(count) < 0.5
            tours[turned, 1:] = tours[turned, :0:-1]
        targets = tours + 1
    elif task == "hull":
        targets = _padded([spell(P, hull(P), start, rng) for P in exact])
    else:
        targets = _padded([delaunay_order(P).ravel() for P in exact])
    return Examples(torch.from_numpy(points), torch.from_numpy(targets), lengths)


def _padded(rows: list[np.ndarray]) -> np.ndarray:
    """Rows of indices as places, an end behind each, filled up to one length."""
    targets = np.full((len(rows), max(map(len, rows)) + 1), IGNORE, np.int64)
    for target, row in zip(targets, rows, strict=True):
        target[: len(row)] = row + 1
        target[len(row)] = 0
    return targets


def pool(task: str, batches: int, lengths: tuple[int, int], *, seed: int = 0, batch: int = 128, **rules) -> list[Examples]:
    """Mini-batches of examples, one n each, drawn uniformly and sorted by n.

    Parameters
    ----------
    task : str
        One of ``TASKS``.
    batches : int
        The number of mini-batches.
    lengths : tuple of two ints
        The smallest and the largest n.
    seed : int, default 0
        Seed of all draws.
    batch : int, default 128
        Examples of a mini-batch.
    **rules : str
        start and direction, for ``sample_examples``.

    Returns
    -------
    list of Examples
        The mini-batches.

    Raises
    ------
    ValueError
        For a count below 1, lengths out of order, and as ``sample_examples``, which gets the
        ``rules``.

    """
    batches, batch = check_counts("pool", batches=batches, batch=batch)
    ends = [whole(n) or 0 for n in lengths] if isinstance(lengths, tuple | list) else []
    if len(ends) != 2 or not 1 <= ends[0] <= ends[1]:
        raise ValueError(f"pool: lengths = {lengths!r} must be the smallest and the largest n, in this order, such as (5, 10)")
    low, high = ends
    rng = np.random.default_rng([check_seed("pool", "seed", seed), 0])
    sizes = np.sort(rng.integers(low, high + 1, batches))
    made = []
    for n in np.unique(sizes).tolist():
        examples = sample_examples(task, int((sizes == n).sum()) * batch, n, rng, **rules)
        for first in range(0, len(examples.points), batch):
            rows = slice(first, first + batch)
            best = None if examples.lengths is None else examples.lengths[rows]
            made.append(Examples(examples.points[rows], examples.targets[rows], best))
    return made


def fresh(task: str, count: int, n: int, *, seed: int = 0, **rules) -> Examples:
    """Test examples that no seed of ``pool`` draws, the same for every caller.

    Parameters
    ----------
    task : str
        One of ``TASKS``.
    count : int
        The number of examples.
    n : int
        Points of each.
    seed : int, default 0
        Which of the test sets.
    **rules : str
        start and direction, for ``sample_examples``.

    Returns
    -------
    drawn : Examples
        ``count`` of them.

    Raises
    ------
    ValueError
        As ``sample_examples``.

    """
    n, seed = check_count("fresh", "n", n), check_seed("fresh", "seed", seed)
    return sample_examples(task, count, n, np.random.default_rng([n, 1, seed]), **rules)
