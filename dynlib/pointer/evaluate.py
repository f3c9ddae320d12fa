"""What a trained network reaches on fresh sets, of the lengths it was trained on and of longer ones."""

import numpy as np

from dynlib.pointer.decode import greedy
from dynlib.pointer.examples import fresh
from dynlib.pointer.metrics import delaunay_metrics, hull_metrics, tour_metrics
from dynlib.pointer.network import Answering
from dynlib_kernels.arguments.scalars import check_count

SETS = 1000


def score(network: Answering, task: str, n: int, *, sets: int = SETS, seed: int = 0, mask: bool = True) -> dict:
    """Greedy answers to fresh sets of n points: the task's measures, each with ``failures``.

    Parameters
    ----------
    network : Answering
        The network.
    task : str
        One of ``examples.TASKS``.
    n : int
        Points of a set; at most 16 for tsp, whose labels are exact.
    sets : int, default 1000
        The number of sets.
    seed : int, default 0
        Seed of the sets.
    mask : bool, default True
        Whether places already taken are forbidden.

    Returns
    -------
    dict of str to float
        Rounded to 5 digits, "failures" and for hull: accuracy, area; delaunay: accuracy, coverage;
        tsp: gap, optimal, length; sort: accuracy, places.

    Raises
    ------
    ValueError
        As ``sample_examples`` and the metrics.

    """
    sets = check_count("score", "sets", sets)
    examples = fresh(task, sets, n, seed=seed)
    out = greedy(network, examples.points, mask)
    if task == "sort":
        row = np.zeros_like(examples.targets)
        row[:, : out.shape[1]] = out.numpy()
        right = row == examples.targets.numpy()
        failures = (np.sort(row, 1) != np.arange(1, n + 1)).any(1).mean()
        found = {"accuracy": right.all(1).mean(), "places": right.mean(), "failures": failures}
    elif task == "tsp":
        found = tour_metrics(examples.points, out, examples.lengths)._asdict()
    else:
        found = (hull_metrics if task == "hull" else delaunay_metrics)(examples.points, out)._asdict()
    return {name: round(float(value), 5) for name, value in found.items()}
