"""Checks of "retnet" and "mend": a table written as a loop, and a loop that writes with the wrong normaliser."""

from collections.abc import Callable

import numpy as np

from dynlib.teaching.checks import Refused, call, compare

HEADS = ((7, 3, 0.8), (1, 1, 0.5), (5, 1, 1.0), (16, 4, 0.9))       # steps L, entries a key n, gamma
MEANS = ((6, 3, 2), (1, 2, 1), (2, 1, 3), (9, 4, 1))                # steps L, features n, channels d


def _table(decay: np.ndarray, write: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Who listens to whom in a loop of one channel, (L, n) each: a poke into every step at once, followed to the end."""
    L = len(decay)
    heard, W = np.zeros(write.shape), np.zeros((L, L))
    with np.errstate(over="ignore", invalid="ignore"):       # an answer may explode; the comparison then says where
        for i in range(L):
            heard = decay[i] * heard
            heard[i] = write[i]
            W[i] = heard @ read[i]
    return W


def check_retnet(answer: Callable) -> str:
    """Exercise "retnet": ``answer(q, k, gamma)`` is the decay, write and read of RetNet for one channel, (L, n) float64 each.

    q and k are (L, n) float64, 0 < gamma ≤ 1. Only the table counts: any units of the state will do.
    """
    for L, n, gamma in HEADS:
        q, k = np.random.default_rng(L).standard_normal((2, L, n))
        lag = np.subtract.outer(np.arange(L), np.arange(L))
        faded = np.tril(gamma ** np.maximum(lag, 0))
        want = faded * (q @ k.T)
        symptoms = [
            ("every answer is too small by one factor γ, the answer to the newest input too; how long ago was that?",
                gamma * want),
            ("what is kept is what was asked, and the question is what should have been kept", faded * (k @ q.T)),
            ("nothing fades: what was said first is heard as well as what was said last", np.tril(q @ k.T)),
            ("every answer is too small by one factor 1 − γ; RetNet adds up and takes no mean", (1 - gamma) * want),
            ("what is kept falls faster at every step; it should depend on how long ago it was said, not on the time of day",
                _table(np.tile(gamma ** np.arange(L)[:, None], n), k, q)),
        ]
        where = f"with {L} step(s), n = {n} and gamma = {gamma}"
        got = call(answer, q, k, gamma, shape=(3, L, n))
        try:
            compare(_table(*got), want, symptoms)
        except Refused as refused:
            raise Refused(f"{where}, in the table of this loop: {refused}") from None
    return f"check_retnet: accepted on {len(HEADS)} heads"


def check_mend(answer: Callable) -> str:
    """Exercise "mend": a loop that writes with η_{i−1}, fed with ``answer(v, eta)``, answers what attention answers to v.

    v and the result are (L, d) float64, eta (L,) without zeros; η_{−1} = 1.
    """
    for L, n, d in MEANS:
        rng = np.random.default_rng(10 * L + n)
        phi, psi = rng.uniform(0.2, 2, (2, L, n))
        v = rng.standard_normal((L, d))
        scores = np.tril(phi @ psi.T)
        eta = scores.sum(1)
        late = np.concatenate([np.ones(1), eta[:-1]])
        printed = _table(np.tile((late / eta)[:, None], n), psi / late[:, None], phi)
        own = np.concatenate([eta[:1], eta[:-1]])
        symptoms = [
            ("the answers are as wrong as if nothing had been done", v),
            ("the fault is in the answers twice now", v * (eta / late)[:, None]),
            ("no normaliser is left in what is written, and late inputs are too loud", v * late[:, None]),
            ("two normalisers are in what is written, and late inputs are too quiet", v / eta[:, None]),
            ("only the first input is heard with a wrong weight; by what does the loop divide there?",
                v * (own / eta)[:, None]),
        ]
        got = call(answer, v, eta, shape=(L, d))
        try:
            compare(printed @ got, scores / eta[:, None] @ v, [(message, printed @ fed) for message, fed in symptoms])
        except Refused as refused:
            raise Refused(f"with {L} step(s) and {d} channel(s), in what the loop answers: {refused}") from None
    return f"check_mend: accepted on {len(MEANS)} loops"
