"""Train a pointer network on one of the four tasks.

    python -m dynlib.pointer.train --task hull

writes hull.safetensors (the network, its command, seed and score), hull.csv (the loss as it fell) and, while it runs,
hull.partial: stopped and started again with the same command, it goes on where it was and ends with the same weights.
"""

import argparse
import csv
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from dynlib.pointer.checkpoint import save_network
from dynlib.pointer.encoders import ENCODERS
from dynlib.pointer.evaluate import score
from dynlib.pointer.examples import TASKS, pool
from dynlib.pointer.geometry import STARTS
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


def train(settings: dict, out: Path, command: str) -> list[dict]:
    """Train by these settings, those of the command line, and store the network.

    Parameters
    ----------
    settings : dict
        As ``arguments`` returns them.
    out : Path
        The file to write.
    command : str
        The command, which is stored.

    Returns
    -------
    list of dict
        Its scores, one for each length.

    Raises
    ------
    ValueError
        As ``pool``, ``PointerNetwork`` and ``Trainer``, and for a partial run of another command at
        ``out``.

    """
    task, seed, partial = settings["task"], settings["seed"], out.with_suffix(".partial")
    network = make_network(task, settings["hidden"], encoder=settings["encoder"], seed=seed)
    rules = {"start": settings["start"]} if task == "hull" else {}
    examples = pool(task, settings["batches"], tuple(settings["lengths"]), seed=seed, batch=BATCH, **rules)
    trainer = Trainer(network, examples, settings["steps"], mask=settings["mask"], lr=settings["lr"], seed=seed)
    if partial.exists():
        stored = torch.load(partial, weights_only=True)
        if stored["command"] != command:
            raise ValueError(
                f"train: {partial} was begun by: {stored['command']}; run that to end it, delete it, or choose another --out"
            )
        trainer.restore(stored)
        print(f"goes on after step {trainer.done}")
    start, first = time.perf_counter(), trainer.done
    with out.with_suffix(".csv").open("a" if first else "w", newline="", encoding="utf-8") as file:
        log = csv.writer(file, lineterminator="\n")
        if not first:
            log.writerow(("step", "loss"))
        for row in trainer.run(EVERY):
            log.writerow((row["step"], row["loss"]))
            file.flush()
            temporary = partial.with_suffix(".tmp")
            torch.save(trainer.state() | {"command": command}, temporary)
            os.replace(temporary, partial)
            _progress(row, trainer.steps, (time.perf_counter() - start) / (trainer.done - first))
    scores = [{"n": n} | score(network, task, n) for n in settings["test"]]
    save_network(network, out, command=command, seed=seed, score=scores)
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


def arguments(argv: list[str] | None = None) -> tuple[dict, Path, str]:
    """Settings of the run, the file it writes, and the command.

    Parameters
    ----------
    argv : list of str, optional
        The command line; that of the process if left out.

    Returns
    -------
    tuple
        (settings, out, command); the command says all that differs from the recipe.

    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--hidden", type=int, help="H, hidden units")
    parser.add_argument("--lengths", type=int, nargs=2, metavar=("LOW", "HIGH"), help="smallest and largest n of training")
    parser.add_argument("--batches", type=int, help=f"mini-batches of {BATCH} sets that are drawn")
    parser.add_argument("--steps", type=int, help="training steps; the batches are gone through again as needed")
    parser.add_argument("--test", type=int, nargs="+", metavar="N", help="lengths of the fresh sets at the end")
    parser.add_argument("--start", choices=STARTS, default="lowest y", help="the hull's first vertex")
    parser.add_argument("--encoder", choices=ENCODERS, default="lstm")
    parser.add_argument("--no-mask", dest="mask", action="store_false", help="do not forbid places that were taken")
    parser.add_argument("--lr", type=float, default=RATE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="file to write; TASK.safetensors if left out")
    given = vars(parser.parse_args(argv))
    out = given.pop("out") or Path(f"{given['task']}.safetensors")
    settings = given | {name: given[name] if given[name] is not None else value for name, value in RECIPES[given["task"]].items()}
    words = ["python", "-m", "dynlib.pointer.train"]
    for name, value in settings.items():
        if name in RECIPES[given["task"]] and value == RECIPES[given["task"]][name]:
            continue
        if name != "task" and value == parser.get_default(name):
            continue
        values = [] if isinstance(value, bool) else map(str, value if isinstance(value, list) else [value])
        words += ["--no-mask" if name == "mask" else f"--{name}", *values]
    if out.name != f"{given['task']}.safetensors":
        words += ["--out", out.name]
    return settings, out, shlex.join(words)


def main(argv: list[str] | None = None) -> int:
    settings, out, command = arguments(argv)
    torch.set_num_threads(1)
    try:
        for row in train(settings, out, command):
            print("  ".join(f"{name} {value}" for name, value in row.items()))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
