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
from dynlib_kernels.arguments.scalars import check_choice, check_count
from dynlib_kernels.engine import torch

TASKS = ("hull", "delaunay", "tsp", "sort")
DIRECTIONS = ("counter-clockwise", "random")
LEAST = {"hull": 3, "delaunay": 3, "tsp": 2, "sort": 1}


class Examples(NamedTuple):
    """points (B, n, d) float32, targets (B, m) int64, and for tours the best lengths (B,), else None."""

    points: torch.Tensor
    targets: torch.Tensor
    lengths: np.ndarray | None = None


def sample_examples(task: str, count: int, n: int, rng: np.random.Generator, *, start: str = "lowest y",
         direction: str = "counter-clockwise") -> Examples:
    """``count`` examples of n points each.

    Parameters: task, one of ``TASKS``; start (hull), one of ``geometry.STARTS``; direction (tsp), one of ``DIRECTIONS``.
    Raises: ``ValueError`` for an unknown name, a count below 1, too few points for the task, too many cities for ``held_karp``.
    """
    check_choice("sample_examples", "task", task, TASKS)
    check_choice("sample_examples", "start", start, STARTS)
    check_choice("sample_examples", "direction", direction, DIRECTIONS)
    check_count("sample_examples", "count", count)
    if check_count("sample_examples", "n", n) < LEAST[task]:
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
    """Mini-batches of ``batch`` examples, one n each, drawn uniformly from lengths[0] … lengths[1]; sorted by n.

    Raises: ``ValueError`` for a count below 1, lengths out of order, and as ``sample_examples``, which gets the ``rules``.
    """
    check_count("pool", "batches", batches)
    check_count("pool", "batch", batch)
    low, high = lengths
    if not low <= high:
        raise ValueError(f"pool: lengths = {lengths} must be the smallest and the largest n, in this order")
    rng = np.random.default_rng([seed, 0])
    sizes = np.sort(rng.integers(low, high + 1, batches))
    made = []
    for n in np.unique(sizes).tolist():
        examples = sample_examples(task, int((sizes == n).sum()) * batch, n, rng, **rules)
        for first in range(0, len(examples.points), batch):
            made.append(Examples(*(part if part is None else part[first : first + batch] for part in examples)))
    return made


def fresh(task: str, count: int, n: int, *, seed: int = 0, **rules) -> Examples:
    """Test examples that no seed of ``pool`` draws, the same for every caller. Raises: ``ValueError`` as ``sample_examples``."""
    return sample_examples(task, count, n, np.random.default_rng([n, 1, seed]), **rules)
