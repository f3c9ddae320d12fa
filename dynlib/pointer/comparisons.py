"""The chapter's comparisons: short trainings that differ in one choice, scored on fresh sets.

``experiments`` has their settings, ``python -m dynlib.sweep run pointer.NAME`` runs them.
"""

import functools
from collections.abc import Iterator

from dynlib.pointer.baselines import DictionaryNetwork
from dynlib.pointer.evaluate import score
from dynlib.pointer.examples import pool
from dynlib.pointer.network import Answering
from dynlib.pointer.train import make_network
from dynlib.pointer.training import RATE, Trainer
from dynlib_kernels.engine import nn, torch

LENGTHS = (5, 8, 10, 15, 20, 50)
drawn = functools.cache(pool)  # every model of a grid trains on the same batches, labelled once in a process


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
