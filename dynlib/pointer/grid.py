"""Weights small enough for a page: a row of a matrix is whole numbers of one byte each, times a scale of its own.

Rounding a network after its training moves its probabilities by some hundredths. So the network of the page is trained a little
longer with rounded matrices: gradients are taken at the rounded weights and move the unrounded ones.

    python -m dynlib.pointer.grid

goes on from data/hull_page.safetensors and writes data/hull_bytes.safetensors, whose matrices lie on the grid.
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from dynlib.pointer.checkpoint import DATA, describe_network, load_network, save_network
from dynlib.pointer.evaluate import score
from dynlib.pointer.examples import pool
from dynlib.pointer.network import PointerNetwork
from dynlib.pointer.training import Trainer

STEPS, BATCHES, RATE, LENGTHS = 6000, 2400, 1e-3, (3, 8)


def byte_rows(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``matrix ≈ steps · scale[:, None]``: steps int8 of the matrix's shape, scale float32 a row, whose largest entry is ±127."""
    scale = (np.abs(matrix).max(1) / 127).astype(np.float32)
    safe = np.where(scale > 0, scale, 1).astype(float)[:, None]
    return np.clip(np.round(matrix / safe), -127, 127).astype(np.int8), scale


def rounded(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights that a page computes with, float64: matrices on their grid, vectors in single precision."""
    out = {}
    for name, value in weights.items():
        value = np.asarray(value, dtype=float)
        if value.ndim == 2:
            steps, scale = byte_rows(value)
            value = steps * scale[:, None].astype(float)
        out[name] = value.astype(np.float32).astype(float) if value.ndim == 1 else value
    return out


def packed(weights: Mapping[str, np.ndarray]) -> dict:
    """The same weights as JSON: a number, ``[float32]`` for a vector, ``[columns, int8, float32]`` for a matrix, in base64."""
    out = {}
    for name, value in weights.items():
        value = np.asarray(value, dtype=float)
        if value.ndim == 0:
            out[name] = float(value)
        elif value.ndim == 1:
            out[name] = [_text(value.astype("<f4"))]
        else:
            steps, scale = byte_rows(value)
            out[name] = [value.shape[1], _text(steps), _text(scale.astype("<f4"))]
    return out


def _text(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode()


def put_on_grid(network: PointerNetwork) -> None:
    """Round every matrix of the network, in place."""
    with torch.no_grad():
        for p in network.parameters():
            if p.ndim == 2:
                steps, scale = byte_rows(p.double().numpy())
                p.copy_(torch.from_numpy(steps * scale[:, None]))


def train_on_grid(trainer: Trainer) -> None:
    """Run the trainer to its end with rounded matrices, and leave the network on the grid."""
    kept: list[torch.Tensor] = []

    def down(module, arguments):
        kept[:] = [p.detach().clone() for p in trainer.network.parameters()]
        put_on_grid(trainer.network)

    def back(optimiser, arguments, options):
        with torch.no_grad():
            for p, before in zip(trainer.network.parameters(), kept, strict=True):
                p.copy_(before)

    hooks = [trainer.network.register_forward_pre_hook(down), trainer.optimiser.register_step_pre_hook(back)]
    for row in trainer.run(500):
        print(row, flush=True)
    for hook in hooks:
        hook.remove()
    put_on_grid(trainer.network)


def main(out: Path = DATA / "hull_bytes.safetensors") -> None:
    """Train the page's network on the grid and store it."""
    torch.set_num_threads(1)
    network = load_network("hull_page").train()
    train_on_grid(Trainer(network, pool("hull", BATCHES, LENGTHS, seed=1), STEPS, lr=RATE, seed=1))
    scores = [{"n": n} | score(network, "hull", n, sets=2000) for n in range(3, 11)]
    command = f"{describe_network('hull_page')['command']}; python -m dynlib.pointer.grid"
    save_network(network, out, command=command, seed=1, score=scores)
    print(json.dumps(scores, indent=1))


if __name__ == "__main__":
    main()
