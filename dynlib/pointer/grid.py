"""A trained network goes on training with its matrices on the grid of bytes, until it is as good there as it was before.

Gradients are taken at the rounded weights and move the unrounded ones. ``python -m dynlib.sweep train pointer.hull_bytes`` goes
on from data/hull_page.safetensors and writes data/hull_bytes.safetensors, whose matrices lie on the grid.
"""

from collections.abc import Mapping
from pathlib import Path

from dynlib.pointer.checkpoint import load_network, save_network
from dynlib.pointer.evaluate import score
from dynlib.pointer.examples import pool
from dynlib.pointer.page_weights import byte_rows
from dynlib.pointer.training import Trainer
from dynlib_kernels.engine import nn, torch

STEPS, BATCHES, RATE, LENGTHS = 6000, 2400, 1e-3, (3, 8)


def put_on_grid(network: nn.Module) -> None:
    """Round every matrix of the network, in place.

    Parameters
    ----------
    network : torch.nn.Module
        The network.

    """
    with torch.no_grad():
        for p in network.parameters():
            if p.ndim == 2:
                steps, scale = byte_rows(p.double().numpy())
                p.copy_(torch.from_numpy(steps * scale[:, None]))


def train_on_grid(trainer: Trainer) -> None:
    """Run the trainer to its end with rounded matrices, and leave the network on the grid.

    Parameters
    ----------
    trainer : Trainer
        Its network is changed in place.

    """
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


def train(*, seed: int, out: Path, made: Mapping[str, str]) -> list[dict]:
    """Train the page's network on the grid and store it.

    Parameters
    ----------
    seed : int
        Of sets and order.
    out : Path
        The file to write.
    made : mapping of str to str
        What the file is to say of how it was made.

    Returns
    -------
    list of dict
        Its scores, one for each length.

    """
    network = load_network("hull_page").train()
    train_on_grid(Trainer(network, pool("hull", BATCHES, LENGTHS, seed=seed), STEPS, lr=RATE, seed=seed))
    scores = [{"n": n} | score(network, "hull", n, sets=2000) for n in range(3, 11)]
    save_network(network, out, score=scores, **made)
    return scores
