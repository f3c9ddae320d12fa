"""Training by the recipe that works on two cores: Adam, a cosine that falls to a fiftieth, gradients clipped at norm 2.

Every choice of a step (its batch, its rate) is a function of seed and step alone, so a run that was interrupted goes on as if it
had not been.
"""

import math
from collections.abc import Callable

import numpy as np

from dynlib.pointer.examples import Examples
from dynlib.pointer.network import Answering
from dynlib_kernels.arguments.scalars import check_count, check_has, check_number, check_seed
from dynlib_kernels.engine import torch

RATE, CLIP, FLOOR = 3e-3, 2.0, 0.02


class Trainer:
    """Trains a network on a pool of mini-batches, each pass in another order.

    Parameters
    ----------
    network : Answering
        Changed in place.
    pool : list of Examples
        The mini-batches.
    steps : int
        Steps in all.
    lr : float, default 3e-3
        The first rate.
    mask : bool, default True
        Whether places taken are forbidden.
    decay : bool, default True
        Whether the rate falls.
    optimiser : type of torch.optim.Optimizer, default Adam
        Made with the parameters and lr.
    seed : int, default 0
        Seed of the order.

    Raises
    ------
    ValueError
        For an empty pool, a count below 1, a rate that is not positive.

    """

    def __init__(
        self,
        network: Answering,
        pool: list[Examples],
        steps: int,
        *,
        lr: float = RATE,
        mask: bool = True,
        decay: bool = True,
        optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
        seed: int = 0,
    ):
        steps, seed = check_count("Trainer", "steps", steps), check_seed("Trainer", "seed", seed)
        check_has("Trainer", "network", network, "parameters", "loss", like="a PointerNetwork, or another Answering")
        if not isinstance(pool, list | tuple) or not pool or not all(isinstance(batch, Examples) for batch in pool):
            raise ValueError(
                f"Trainer: pool = {pool!r:.60} must be a list of Examples, at least one: pool(task, batches, lengths)"
            )
        check_has("Trainer", "optimiser", optimiser, "__call__", like="a class of torch.optim, such as torch.optim.Adam")
        lr = check_number("Trainer", "lr", lr, 0, open_end=True)
        self.network, self.pool, self.steps, self.seed = network, pool, steps, seed
        self.lr, self.mask, self.decay = lr, mask, decay
        self.optimiser = optimiser(network.parameters(), lr=lr)
        self.done = 0

    def step(self) -> float:
        """One step of training.

        Returns
        -------
        float
            The loss before it, in nats a step of the answer.

        """
        examples = self.pool[self._order(self.done // len(self.pool))[self.done % len(self.pool)]]
        part = (1 + math.cos(math.pi * self.done / self.steps)) / 2 if self.decay else 1.0
        for group in self.optimiser.param_groups:
            group["lr"] = self.lr * (FLOOR + (1 - FLOOR) * part)
        loss = self.network.loss(examples.points, examples.targets, self.mask)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimiser.step()
        self.done += 1
        return loss.item()

    def run(self, every: int = 100):
        """Go on to the last step.

        Parameters
        ----------
        every : int, default 100
            Steps from row to row.

        Yields
        ------
        dict
            {"step", "loss"}, the mean loss, every so many steps and at the end.

        Raises
        ------
        ValueError
            If every is no whole number of at least 1.

        """
        check_count("Trainer.run", "every", every)
        losses: list[float] = []
        while self.done < self.steps:
            losses.append(self.step())
            if self.done % every == 0 or self.done == self.steps:
                yield {"step": self.done, "loss": round(float(np.mean(losses)), 5)}
                losses = []

    def _order(self, turn: int) -> np.ndarray:
        return np.random.default_rng([self.seed, 2, turn]).permutation(len(self.pool))

    def state(self) -> dict:
        """All that a later process needs to go on, for ``torch.save``."""
        return {"done": self.done, "network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def restore(self, state: dict) -> None:
        """Go on from what ``state`` returned, with the same network, pool and settings.

        Parameters
        ----------
        state : dict
            What ``state`` returned.

        """
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.done = state["done"]
