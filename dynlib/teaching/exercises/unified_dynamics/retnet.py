"""RetNet as a loop: decay, write and read."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

HEADS = ((7, 3, 0.8), (1, 1, 0.5), (5, 1, 1.0), (16, 4, 0.9))  # steps L, entries a key n, gamma

HINTS = {
    "newest_input_fades": "every answer is too small by one factor γ, the answer to the newest input too; how long ago was that?",
    "query_and_key_swapped": "what is kept is what was asked, and the question is what should have been kept",
    "nothing_fades": "nothing fades: what was said first is heard as well as what was said last",
    "running_mean": "every answer is too small by one factor 1 − γ; RetNet adds up and takes no mean",
    "power_of_the_step": "what is kept falls faster at every step; it should depend on how long ago it was said, "
    "not on the time of day",
}


def check_retnet(answer: Callable) -> str:
    """Exercise "retnet": ``answer(q, k, gamma)`` is the decay, write and read of RetNet for one channel, (L, n) float64 each.

    q and k are (L, n) float64, 0 < gamma ≤ 1. Only the table counts: any units of the state will do.
    """
    for L, n, gamma in HEADS:
        q, k = np.random.default_rng(L).standard_normal((2, L, n))
        lag = np.subtract.outer(np.arange(L), np.arange(L))
        faded = np.tril(gamma ** np.maximum(lag, 0))
        want = faded * (q @ k.T)
        faster = np.tile(gamma ** np.arange(L)[:, None], n)
        symptoms = {
            "newest_input_fades": gamma * want,
            "query_and_key_swapped": faded * (k @ q.T),
            "nothing_fades": (q @ k.T) * np.tri(L),
            "running_mean": (1 - gamma) * want,
            "power_of_the_step": seen((faster, k, q)),
        }
        got = call(answer, q, k, gamma, shape=(3, L, n))
        where = f"with {L} step(s), n = {n} and gamma = {gamma}, in the table of this loop"
        compare(seen(got), want, symptoms, HINTS, where)
    return f"check_retnet: accepted on {len(HEADS)} heads"


def seen(result: np.ndarray | tuple[np.ndarray, ...], *arguments) -> np.ndarray:
    """Who listens to whom in the loop, (L, L), whatever its units: a poke into every step at once, followed to the end."""
    decay, write, read = result
    L = len(decay)
    heard, W = np.zeros(write.shape), np.zeros((L, L))
    with np.errstate(over="ignore", invalid="ignore"):  # an answer may explode; the comparison then says where
        for i in range(L):
            heard = decay[i] * heard
            heard[i] = write[i]
            W[i] = heard @ read[i]
    return W


def hidden(rng: Generator) -> tuple:
    """Queries and keys, (L, n) each, and gamma."""
    q, k = np.round(rng.standard_normal((2, int(rng.integers(3, 7)), int(rng.integers(1, 4)))), 2)
    return q, k, round(rng.uniform(0.5, 0.95), 2)


MISTAKES = {
    "newest_input_fades": ("return decay, k, q", "return decay, decay * k, q"),
    "query_and_key_swapped": ("return decay, k, q", "return decay, q, k"),
    "nothing_fades": ("decay = np.full(q.shape, gamma)", "decay = np.ones(q.shape)"),
    "running_mean": ("return decay, k, q", "return decay, (1 - decay) * k, q"),
    "power_of_the_step": ("decay = np.full(q.shape, gamma)", "decay = gamma ** np.arange(len(q))[:, None] + np.zeros(q.shape)"),
}
