"""What softmax heads are for the softest inputs."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

SIZES = ((2, 6, 3, 2), (1, 5, 2, 2), (3, 4, 1, 3), (2, 1, 2, 2))  # heads H, steps L, outputs p, inputs d

HINTS = {
    "mask_forgotten": "answers hear inputs that come after them",
    "not_normalised": "the weights of an answer do not add up to 1",
    "columns_normalised": "the weights that an input gets add up to 1; it is those of an answer that do",
    "bias_forgotten": "all inputs are heard alike; there is a bias, and silence does not switch it off",
    "logits": "these are the logits; a softmax comes after them",
    "mean_of_heads": "this is the mean of the heads, and they are added up",
    "first_head": "only the first head is heard",
}


def check_silent(answer: Callable) -> str:
    """Exercise "silent": ``answer(W_Q, W_K, bias, V)`` is the table (L, L, p, d) of the heads' pokes at the input 0.

    W_Q and W_K (H, m, d), bias (H, L, L), V (H, p, d) float64; logits W_Q u_i · W_K u_j + bias_ij, softmax over j ≤ i.
    """
    for H, L, p, d in SIZES:
        rng = np.random.default_rng(10 * H + L)
        W_Q, W_K = rng.standard_normal((2, H, 4, d))
        bias, V = 2 * rng.standard_normal((H, L, L)), rng.standard_normal((H, p, d))
        got = call(answer, W_Q, W_K, bias, V, shape=(L, L, p, d))
        where = f"{H} head(s), {L} step(s), p = {p}, d = {d}"
        compare(got, _poked(W_Q, W_K, bias, V), _symptoms(bias, V), HINTS, where)
    return f"check_silent: accepted on {len(SIZES)} sets of heads"


def _poked(W_Q: np.ndarray, W_K: np.ndarray, bias: np.ndarray, V: np.ndarray, size: float = 1e-6) -> np.ndarray:
    """∂y_i/∂u_j at silence, by poking every entry of every input a little, (L, L, p, d)."""
    L, (p, d) = bias.shape[1], V.shape[1:]
    table = np.zeros((L, L, p, d))
    for j in range(L):
        for c in range(d):
            u = np.zeros((L, d))
            u[j, c] = size
            scores = np.einsum("id,hmd,hme,je->hij", u, W_Q, W_K, u) + bias
            table[:, j, :, c] = np.einsum("hij,hpd,jd->ip", _weights(scores), V, u) / size
    return table


def _weights(scores: np.ndarray) -> np.ndarray:
    """Softmax over j ≤ i, (H, L, L)."""
    scores = np.where(np.tri(scores.shape[1], dtype=bool), scores, -np.inf)
    grown = np.exp(scores - scores.max(2, keepdims=True))
    return grown / grown.sum(2, keepdims=True)


def _symptoms(bias: np.ndarray, V: np.ndarray) -> dict[str, np.ndarray]:
    """What the known mistakes would return."""
    H, L, _ = bias.shape
    grown = np.exp(bias)
    alike = np.tri(L) / np.arange(1, L + 1)[:, None]

    def table(weights: np.ndarray, V: np.ndarray = V) -> np.ndarray:
        return np.einsum("hij,hpd->ijpd", weights, V)

    return {
        "mask_forgotten": table(grown / grown.sum(2, keepdims=True)),
        "not_normalised": table(np.tril(grown)),
        "columns_normalised": table(np.tril(grown) / np.tril(grown).sum(1, keepdims=True)),
        "bias_forgotten": table(np.broadcast_to(alike, (H, L, L))),
        "logits": table(np.tril(bias)),
        "mean_of_heads": table(_weights(bias)) / H,
        "first_head": table(_weights(bias)[:1], V[:1]),
    }


def hidden(rng: Generator) -> tuple:
    """W_Q, W_K, bias and V of a few heads."""
    H, m, d, p, L = (int(n) for n in rng.integers(1, 4, 5))
    W_Q, W_K = np.round(rng.standard_normal((2, H, m, d)), 2)
    return W_Q, W_K, np.round(rng.standard_normal((H, L + 1, L + 1)), 2), np.round(rng.standard_normal((H, p, d)), 2)


MISTAKES = {
    "mask_forgotten": ("heard = np.where(np.tri(bias.shape[1], dtype=bool), bias, -np.inf)", "heard = bias"),
    "not_normalised": (
        ("alpha = np.exp(heard - heard.max(axis=2, keepdims=True))\nalpha = alpha / alpha.sum(axis=2, keepdims=True)"),
        "alpha = np.exp(heard)",
    ),
    "columns_normalised": (
        ("alpha = np.exp(heard - heard.max(axis=2, keepdims=True))\nalpha = alpha / alpha.sum(axis=2, keepdims=True)"),
        "alpha = np.exp(heard) / np.exp(heard).sum(axis=1, keepdims=True)",
    ),
    "bias_forgotten": (
        "heard = np.where(np.tri(bias.shape[1], dtype=bool), bias, -np.inf)",
        "heard = np.where(np.tri(bias.shape[1], dtype=bool), 0 * bias, -np.inf)",
    ),
    "logits": ("alpha = alpha / alpha.sum(axis=2, keepdims=True)", "alpha = np.tril(bias)"),
    "mean_of_heads": ('return np.einsum("hij,hpd->ijpd", alpha, V)', 'return np.einsum("hij,hpd->ijpd", alpha, V) / len(V)'),
    "first_head": ('return np.einsum("hij,hpd->ijpd", alpha, V)', 'return np.einsum("hij,hpd->ijpd", alpha[:1], V[:1])'),
}
