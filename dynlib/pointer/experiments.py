"""The chapter's comparisons: each a grid of short trainings, scored on fresh sets and stored with its command and seeds.

    python -m dynlib.pointer.experiments NAME

writes data/NAME.csv, for each of these names:

plateau     why plain initialisation does not learn: raw or scaled inputs, gain 1 or 3, tours of 6 cities
starts      three rules for the hull's first vertex, n = 7
direction   tours that always run counter-clockwise, or either way at random, n = 6
masks       hulls of 7 points, trained without the mask as in the paper, decoded without and with it
baselines   a fixed dictionary, the same with attention, and a pointer, each trained for one n on the same hulls
lengths     an encoder that reads in order against two that cannot, trained on hulls of 5 to 10 points, tested up to 50
paper_start the LSTM of that comparison with the paper's first vertex, the lowest index
networks    the stored networks on fresh sets (a seed is a set of sets)
decoders    tours of the stored network: greedy, by a beam, by a beam re-ranked by length, beside nearest neighbour and 2-opt
"""

import argparse
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from dynlib.pointer.baselines import DictionaryNetwork
from dynlib.pointer.checkpoint import load_network
from dynlib.pointer.decode import beam, greedy, shortest
from dynlib.pointer.evaluate import score
from dynlib.pointer.examples import fresh, pool
from dynlib.pointer.metrics import tour_metrics
from dynlib.pointer.network import Answering
from dynlib.pointer.tours import nearest_neighbour, two_opt
from dynlib.pointer.train import RECIPES, make_network
from dynlib.pointer.training import RATE, Trainer
from dynlib.sweep import sweep
from dynlib_kernels.engine import nn, torch

DATA = Path(__file__).parent / "data"
STARTS = ("lowest index", "random", "lowest y")
LENGTHS = (5, 8, 10, 15, 20, 50)
STORED: list[tuple[str, str, Sequence[int]]] = [(task, task, RECIPES[task]["test"]) for task in RECIPES] + [
    ("hull_page", "hull", range(3, 9)),
    ("hull_bytes", "hull", range(3, 11)),
]
METHODS = ("greedy", "likeliest of 3", "likeliest of 10", "shortest of 3", "shortest of 10", "nearest neighbour", "2-opt")
drawn = functools.cache(pool)  # every model of a grid trains on the same batches, labelled once
tested = functools.cache(fresh)


def finish(trainer: Trainer) -> float:
    """Train to the end.

    Parameters
    ----------
    trainer : Trainer
        Not yet at its last step.

    Returns
    -------
    float
        The mean loss of the last 100 steps (of all, if there are fewer).

    """
    *_, last = trainer.run(100 if trainer.steps >= 100 and trainer.steps % 100 == 0 else trainer.steps)
    return last["loss"]


def plateau(*, inputs: str, gain: float, optimiser: str, seed: int, steps: int = 600, batches: int = 300) -> Iterator[dict]:
    """Training tours of 6 cities, H = 64, at a constant rate: a row every 50 steps.

    Parameters
    ----------
    inputs : str
        "raw" or "scaled".
    gain : float
        Of W1 and W2.
    optimiser : str
        "adam" at 3e-3, or "sgd" at 1 with the paper's U[−.08, .08] throughout.
    seed : int
        Seed of network, batches and order.
    steps : int, default 600
        Training steps.
    batches : int, default 300
        Mini-batches that are drawn.

    Yields
    ------
    dict
        {"step", "loss"}.

    """
    network = make_network("tsp", 64, seed=seed, scale=4.0 if inputs == "scaled" else 0.0, gain=gain)
    paper = optimiser == "sgd"
    if paper:
        for p in network.parameters():
            nn.init.uniform_(p, -0.08, 0.08)
    kind, lr = (torch.optim.SGD, 1.0) if paper else (torch.optim.Adam, RATE)
    examples = drawn("tsp", batches, (6, 6), seed=seed)
    yield from Trainer(network, examples, steps, decay=False, lr=lr, optimiser=kind, seed=seed).run(50)


def starts(*, start: str, seed: int, steps: int = 1200, batches: int = 300) -> Iterator[dict]:
    """Hulls of 7 points, H = 64, whose targets start by one rule.

    Parameters
    ----------
    start : str
        One of ``geometry.STARTS``.
    seed : int
        Seed of network, batches and order.
    steps : int, default 1200
        Training steps.
    batches : int, default 300
        Mini-batches that are drawn.

    Yields
    ------
    dict
        The loss, accuracy, area and failures.

    """
    network = make_network("hull", 64, seed=seed)
    loss = finish(Trainer(network, drawn("hull", batches, (7, 7), seed=seed, start=start), steps, seed=seed))
    yield {"loss": loss} | score(network, "hull", 7, sets=2000)


def direction(*, direction: str, seed: int, steps: int = 1200, batches: int = 300) -> Iterator[dict]:
    """Tours of 6 cities, H = 64, with one direction or either.

    Parameters
    ----------
    direction : str
        One of ``examples.DIRECTIONS``.
    seed : int
        Seed of network, batches and order.
    steps : int, default 1200
        Training steps.
    batches : int, default 300
        Mini-batches that are drawn.

    Yields
    ------
    dict
        The loss and the tour measures.

    """
    network = make_network("tsp", 64, seed=seed)
    loss = finish(Trainer(network, drawn("tsp", batches, (6, 6), seed=seed, direction=direction), steps, seed=seed))
    yield {"loss": loss} | score(network, "tsp", 6, sets=2000)


def masks(*, start: str, seed: int, steps: int = 1200, batches: int = 300) -> Iterator[dict]:
    """One network trained without the mask: decoded without it, then with it.

    Parameters
    ----------
    start : str
        One of ``geometry.STARTS``.
    seed : int
        Seed of network, batches and order.
    steps : int, default 1200
        Training steps.
    batches : int, default 300
        Mini-batches that are drawn.

    Yields
    ------
    dict
        "masked", the loss and the hull measures.

    """
    network = make_network("hull", 64, seed=seed)
    loss = finish(Trainer(network, drawn("hull", batches, (7, 7), seed=seed, start=start), steps, seed=seed, mask=False))
    for mask in (False, True):
        yield {"masked": mask, "loss": loss} | score(network, "hull", 7, sets=2000, mask=mask)


def baselines(*, model: str, n: int, seed: int, steps: int = 1000, batches: int = 500, H: int = 64) -> Iterator[dict]:
    """One kind of network, trained on hulls of exactly n points by lowest y.

    Parameters
    ----------
    model : str
        "dictionary", "attention" or "pointer".
    n : int
        Points of a set.
    seed : int
        Seed of network, batches and order.
    steps : int, default 1000
        Training steps.
    batches : int, default 500
        Mini-batches that are drawn.
    H : int, default 64
        Hidden units.

    Yields
    ------
    dict
        The loss and the hull measures.

    """
    network: Answering
    if model == "pointer":
        network = make_network("hull", H, seed=seed)
    else:
        torch.manual_seed(seed)
        network = DictionaryNetwork(n, H=H, content=model == "attention")
    loss = finish(Trainer(network, drawn("hull", batches, (n, n), seed=seed), steps, seed=seed))
    yield {"loss": loss} | score(network, "hull", n)


def lengths(*, encoder: str, start: str, seed: int, steps: int = 2000, batches: int = 700, H: int = 64) -> Iterator[dict]:
    """One network trained on hulls of 5 to 10 points: a row for each n = 5 … 50.

    Parameters
    ----------
    encoder : str
        One of ``encoders.ENCODERS``.
    start : str
        One of ``geometry.STARTS``.
    seed : int
        Seed of network, batches and order.
    steps : int, default 2000
        Training steps.
    batches : int, default 700
        Mini-batches that are drawn.
    H : int, default 64
        Hidden units.

    Yields
    ------
    dict
        "n", the loss and the hull measures.

    """
    network = make_network("hull", H, encoder=encoder, seed=seed)
    loss = finish(Trainer(network, drawn("hull", batches, (5, 10), seed=seed, start=start), steps, seed=seed))
    for n in LENGTHS:
        yield {"n": n, "loss": loss} | score(network, "hull", n)


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


GRIDS: dict[str, tuple[Callable[..., Iterator[dict]], list[dict]]] = {
    "plateau": (
        plateau,
        [{"inputs": inputs, "gain": gain, "optimiser": "adam"} for inputs in ("raw", "scaled") for gain in (1, 3)]
        + [{"inputs": "raw", "gain": 1, "optimiser": "sgd"}],
    ),
    "starts": (starts, [{"start": start} for start in STARTS]),
    "direction": (direction, [{"direction": way} for way in ("counter-clockwise", "random")]),
    "masks": (masks, [{"start": "lowest index"}]),
    "baselines": (baselines, [{"model": model, "n": n} for n in (5, 10) for model in ("dictionary", "attention", "pointer")]),
    "lengths": (lengths, [{"encoder": encoder, "start": "lowest y"} for encoder in ("lstm", "max", "attention")]),
    "paper_start": (lengths, [{"encoder": "lstm", "start": "lowest index"}]),
    "networks": (networks, [{"network": name, "task": task, "n": n} for name, task, lengths in STORED for n in lengths]),
    "decoders": (decoders, [{"method": method, "n": n} for n in (5, 8, 10, 12) for method in METHODS]),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=GRIDS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args()
    torch.set_num_threads(1)
    run, grid = GRIDS[args.name]
    seeds = " ".join(map(str, args.seeds))
    DATA.mkdir(exist_ok=True)
    sweep(run, grid, args.seeds, DATA / f"{args.name}.csv", f"python -m dynlib.pointer.experiments {args.name} --seeds {seeds}")


if __name__ == "__main__":
    main()
