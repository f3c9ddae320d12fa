"""A pointer network's answer in plain numpy, one step at a time: what the page's own script computes as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dynlib.pointer.network import PointerNetwork


def plain_weights(network: PointerNetwork) -> dict[str, np.ndarray]:
    """The weights of a network that reads points with an LSTM and ends its answers.

    Parameters
    ----------
    network : PointerNetwork
        The network.

    Returns
    -------
    dict of str to float64 array
        The two biases of a cell are added.

    Raises
    ------
    ValueError
        For a network with another encoder, without an end, or whose answers come back to a point.

    """
    settings = network.settings
    if settings["encoder"] != "lstm" or not settings["end"] or settings["revisit"]:
        raise ValueError(
            f"plain_weights: the network's settings are {settings}; take one with an LSTM encoder and an end, that "
            "does not revisit"
        )
    stored = {name: value.detach().double().numpy() for name, value in network.state_dict().items()}
    weights = {
        "scale": np.array(network.scale),
        "start": stored["start"],
        "end": stored["e_end"],
        "v": stored["v"],
        "W1": stored["W1.weight"],
        "W2": stored["W2.weight"],
    }
    for part in ("encoder", "decoder"):
        weights |= {
            f"{part}_x": stored[f"{part}.weight_ih_l0"],
            f"{part}_h": stored[f"{part}.weight_hh_l0"],
            f"{part}_b": stored[f"{part}.bias_ih_l0"] + stored[f"{part}.bias_hh_l0"],
        }
    return weights


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _lstm(weights: Mapping[str, np.ndarray], name: str, x: np.ndarray, state: tuple) -> tuple[np.ndarray, np.ndarray]:
    """One step of an LSTM, gates in PyTorch's order: in, forget, candidate, out."""
    h, c = state
    gates = weights[f"{name}_x"] @ x + weights[f"{name}_h"] @ h + weights[f"{name}_b"]
    i, f, g, o = np.split(gates, 4)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


def plain_answer(weights: Mapping[str, np.ndarray], points: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Read the points in their order, then point, always at the likeliest place not named before.

    Parameters
    ----------
    weights : mapping of str to array
        What ``plain_weights`` returns.
    points : (n, 2) array_like
        Points in [0, 1]².

    Returns
    -------
    tuple
        The probabilities, (steps, n + 1): row i is what step i points at, column 0 is the end,
        column j point j. And the answer: the points named, 1 to n, without the end.

    """
    x = weights["scale"] * (np.asarray(points, dtype=float) - 0.5)
    n, H = len(x), len(weights["v"])
    state, told = (np.zeros(H), np.zeros(H)), [weights["W1"] @ weights["end"]]
    for point in x:
        state = _lstm(weights, "encoder", point, state)
        told.append(weights["W1"] @ state[0])
    rows: list[np.ndarray] = []
    answer: list[int] = []
    keys, named, fed = np.array(told), np.zeros(n + 1, bool), weights["start"]
    while len(rows) <= n:
        state = _lstm(weights, "decoder", fed, state)
        scores = np.tanh(keys + weights["W2"] @ state[0]) @ weights["v"]
        share = np.where(named, 0.0, np.exp(scores - scores[~named].max()))
        rows.append(share / share.sum())
        choice = int(rows[-1].argmax())
        if choice == 0:
            break
        named[choice] = True
        answer.append(choice)
        fed = x[choice - 1]
    return np.array(rows), answer
