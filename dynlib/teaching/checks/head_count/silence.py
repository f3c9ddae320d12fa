"""Checks of "silent" and "lift": softmax heads for the softest inputs, and heads whose weights are not negative."""

from collections.abc import Callable

import numpy as np

from dynlib.teaching.checks import Refused, call, compare

SIZES = ((2, 6, 3, 2), (1, 5, 2, 2), (3, 4, 1, 3), (2, 1, 2, 2))        # heads H, steps L, outputs p, inputs d


def _weights(scores: np.ndarray) -> np.ndarray:
    """Softmax over j ≤ i, (H, L, L)."""
    scores = np.where(np.tri(scores.shape[1], dtype=bool), scores, -np.inf)
    grown = np.exp(scores - scores.max(2, keepdims=True))
    return grown / grown.sum(2, keepdims=True)


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


def check_silent(answer: Callable) -> str:
    """Exercise "silent": ``answer(W_Q, W_K, bias, V)`` is the table (L, L, p, d) of the heads' pokes at the input 0.

    W_Q and W_K (H, m, d), bias (H, L, L), V (H, p, d) float64; logits W_Q u_i · W_K u_j + bias_ij, softmax over j ≤ i.
    """
    for H, L, p, d in SIZES:
        rng = np.random.default_rng(10 * H + L)
        W_Q, W_K = rng.standard_normal((2, H, 4, d))
        bias, V = 2 * rng.standard_normal((H, L, L)), rng.standard_normal((H, p, d))

        def table(weights: np.ndarray, V: np.ndarray = V) -> np.ndarray:
            return np.einsum("hij,hpd->ijpd", weights, V)

        grown = np.exp(bias)
        alike = np.tri(L) / np.arange(1, L + 1)[:, None]
        symptoms = [
            ("answers hear inputs that come after them", table(grown / grown.sum(2, keepdims=True))),
            ("the weights of an answer do not add up to 1", table(np.tril(grown))),
            ("the weights that an input gets add up to 1; it is those of an answer that do",
                table(np.tril(grown) / np.tril(grown).sum(1, keepdims=True))),
            ("all inputs are heard alike; there is a bias, and silence does not switch it off",
                table(np.broadcast_to(alike, (H, L, L)))),
            ("these are the logits; a softmax comes after them", table(np.tril(bias))),
            ("this is the mean of the heads, and they are added up", table(_weights(bias)) / H),
            ("only the first head is heard", table(_weights(bias)[:1], V[:1])),
        ]
        got = call(answer, W_Q, W_K, bias, V, shape=(L, L, p, d))
        try:
            compare(got, _poked(W_Q, W_K, bias, V), symptoms)
        except Refused as refused:
            raise Refused(f"{H} head(s), {L} step(s), p = {p}, d = {d}: {refused}") from None
    return f"check_silent: accepted on {len(SIZES)} sets of heads"


def check_lift(answer: Callable) -> str:
    """Exercise "lift": ``answer(q)`` is (r + 1, L), not negative, whose combination of V_1 … V_r and −ΣV_h is that of q.

    q is (r, L) float64, the coordinates of the lags in V_1 … V_r. Any such weights will do.
    """
    rng = np.random.default_rng(5)
    turning = 0.9 ** np.arange(8) * np.cos(1.1 * np.arange(8))
    cases = [
        ("three values, of both signs", rng.standard_normal((3, 7))),
        ("one value, turning", turning[None]),
        ("two values, and weights that are positive already", np.array([[0.9], [0.4]]) ** np.arange(6)),
        ("four values in units of 1e-9", 1e-9 * rng.standard_normal((4, 5))),
        ("one value, one lag", np.array([[-2.0]])),
    ]
    for what, q in cases:
        r, L = q.shape
        got = call(answer, q, shape=(r + 1, L))
        built = got[:r] - got[r]
        m = np.maximum(0, -q.min(0))
        symptoms = [
            ("what was negative is silent now", np.maximum(q, 0)),
            ("the signs are gone: what was to be taken away is added", np.abs(q)),
            ("each head was lifted by an amount of its own, and one last head cannot take back different amounts",
                np.maximum(q, 0) - m),
            ("the heads were lifted, and nothing takes it back", q + m),
            ("the last head takes away what was never added", q - m),
        ]
        try:
            compare(built, q, symptoms)
        except Refused as refused:
            raise Refused(f"{what}, in what the weights add up to: {refused}") from None
        if got.min() < -1e-12 * np.abs(q).max():
            head, lag = np.unravel_index(got.argmin(), got.shape)
            raise Refused(f"{what}: head {head}, lag {lag}: the weight is below zero, and a softmax has none such")
    return f"check_lift: accepted on {len(cases)} sets of coordinates"
