"""Train a pointer network on one of the four tasks; ``python -m dynlib.sweep train pointer.hull`` makes a stored one."""

import csv
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dynlib.pointer.checkpoint import save_network
from dynlib.pointer.evaluate import score
from dynlib.pointer.examples import pool
from dynlib.pointer.network import PointerNetwork
from dynlib.pointer.training import RATE, Trainer
from dynlib_kernels.engine import torch

BATCH, EVERY = 128, 100
RECIPES: dict[str, dict[str, Any]] = {
    "hull": {"hidden": 128, "lengths": (5, 10), "batches": 700, "steps": 3000, "test": (5, 8, 10, 15, 20, 50)},
    "delaunay": {"hidden": 64, "lengths": (5, 7), "batches": 600, "steps": 4000, "test": (5, 6, 7, 8, 10)},
    "tsp": {"hidden": 64, "lengths": (5, 8), "batches": 1200, "steps": 3000, "test": (5, 6, 7, 8, 10, 12)},
    "sort": {"hidden": 64, "lengths": (5, 10), "batches": 1500, "steps": 1500, "test": (5, 8, 10, 12, 15, 20)},
}


def make_network(task: str, hidden: int, *, encoder: str = "lstm", seed: int = 0, **init) -> PointerNetwork:
    """A network for a task.

    With an end for hull and delaunay, revisiting for delaunay, one number a point for sort.

    Parameters
    ----------
    task : str
        One of ``examples.TASKS``.
    hidden : int
        H, hidden units.
    encoder : str, default "lstm"
        One of ``encoders.ENCODERS``.
    seed : int, default 0
        torch's seed, set before the weights are drawn.
    **init : float
        scale and gain, for ``PointerNetwork``.

    Returns
    -------
    PointerNetwork
        The network.

    Raises
    ------
    ValueError
        As ``PointerNetwork``.

    """
    torch.manual_seed(seed)
    return PointerNetwork(
        1 if task == "sort" else 2, hidden, end=task in ("hull", "delaunay"), revisit=task == "delaunay", encoder=encoder, **init
    )


def train(
    *,
    task: str,
    seed: int,
    out: Path,
    made: Mapping[str, str],
    start: str = "lowest y",
    encoder: str = "lstm",
    mask: bool = True,
    lr: float = RATE,
    **recipe,
) -> list[dict]:
    """Train a network for a task and store it.

    Beside ``out`` stand a csv with the loss as it fell and, while it runs, a file from which the same call goes on if it was
    stopped, and ends with the same weights.

    Parameters
    ----------
    task : str
        One of ``examples.TASKS``.
    seed : int
        Of network, sets and order.
    out : Path
        The file to write.
    made : mapping of str to str
        What the file is to say of how it was made, its "command" among it.
    start : str, default "lowest y"
        The hull's first vertex, one of ``geometry.STARTS``.
    encoder : str, default "lstm"
        One of ``encoders.ENCODERS``.
    mask : bool, default True
        Whether places that were taken are forbidden.
    lr : float
        The rate of learning.
    **recipe : object
        What is to differ from ``RECIPES[task]``: "hidden", "lengths", "batches", "steps", "test".

    Returns
    -------
    list of dict
        Its scores, one for each length.

    Raises
    ------
    ValueError
        As ``pool``, ``PointerNetwork`` and ``Trainer``, for a name that no recipe has, and for a
        partial run of other settings at ``out``.

    """
    if strange := recipe.keys() - RECIPES[task].keys():
        raise ValueError(f"train: {sorted(strange)[0]} is no part of a recipe; use {', '.join(RECIPES[task])}")
    recipe, partial = RECIPES[task] | recipe, out.with_suffix(".partial")
    settings = json.dumps([task, seed, start, encoder, mask, lr, recipe])
    network = make_network(task, recipe["hidden"], encoder=encoder, seed=seed)
    rules = {"start": start} if task == "hull" else {}
    examples = pool(task, recipe["batches"], tuple(recipe["lengths"]), seed=seed, batch=BATCH, **rules)
    trainer = Trainer(network, examples, recipe["steps"], mask=mask, lr=lr, seed=seed)
    if partial.exists():
        stored = torch.load(partial, weights_only=True)
        if stored["settings"] != settings:
            raise ValueError(
                f"train: {partial} was begun with {stored['settings']}; give these to end it, delete it, or choose another out"
            )
        trainer.restore(stored)
        print(f"goes on after step {trainer.done}")
    begin, first = time.perf_counter(), trainer.done
    with out.with_suffix(".csv").open("a" if first else "w", newline="", encoding="utf-8") as file:
        log = csv.writer(file, lineterminator="\n")
        if not first:
            log.writerow(("step", "loss"))
        for row in trainer.run(EVERY):
            log.writerow((row["step"], row["loss"]))
            file.flush()
            temporary = partial.with_suffix(".tmp")
            torch.save(trainer.state() | {"settings": settings}, temporary)
            os.replace(temporary, partial)
            _progress(row, trainer.steps, (time.perf_counter() - begin) / (trainer.done - first))
    scores = [{"n": n} | score(network, task, n) for n in recipe["test"]]
    save_network(network, out, score=scores, **made)
    partial.unlink()
    return scores


def _progress(row: dict, steps: int, pace: float) -> None:
    """A bar that is drawn over itself in a terminal, and a line for each of its thirty parts elsewhere."""
    full = round(30 * row["step"] / steps)
    left = pace * (steps - row["step"])
    if not sys.stdout.isatty() and full == round(30 * (row["step"] - EVERY) / steps):
        return
    line = f"[{'#' * full}{'.' * (30 - full)}] step {row['step']}/{steps}  loss {row['loss']:.4f}  {left:.0f} s left"
    print(line, end="\r" if sys.stdout.isatty() and row["step"] < steps else "\n", flush=True)
