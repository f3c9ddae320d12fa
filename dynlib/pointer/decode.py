"""Answers from a pointer network: the likeliest place at each step, or the likeliest sequences of a beam.

Both forbid places already taken, unless the network may revisit, and so find valid tours only. A sequence that has ended stays as
it is and keeps its probability, so a beam compares whole answers of different lengths by their total log-probabilities.
"""

from typing import NamedTuple

import numpy as np

from dynlib.pointer.network import Answering, PointerNetwork
from dynlib.pointer.tours import tour_length
from dynlib_kernels.arguments.points import check_points
from dynlib_kernels.arguments.scalars import check_count, check_has
from dynlib_kernels.engine import functional, torch

CHUNK = 2**21  # numbers of one step's tanh values that are worked on together: 8 MiB in float32 stay in a cache


class Beam(NamedTuple):
    """The k likeliest answers to each set, best first.

    Where fewer than k answers exist, the rest have −∞.

    Attributes
    ----------
    places : (B, k, m) int64 tensor
        The answers, 0 behind the end.
    log_p : (B, k) tensor
        Their log-probabilities.

    """

    places: torch.Tensor
    log_p: torch.Tensor


@torch.no_grad()
def greedy(network: Answering, P: torch.Tensor, mask: bool = True) -> torch.Tensor:
    """The likeliest place at each step; place 0 ends an answer, and zeros fill the rest.

    Parameters
    ----------
    network : Answering
        A ``PointerNetwork``, or another with its ``encode``, ``step`` and ``start``.
    P : (B, n, d_in) tensor
        The points.
    mask : bool, default True
        Whether places already taken are forbidden, as in training.

    Returns
    -------
    (B, m) int64 tensor
        Places.

    Raises
    ------
    ValueError
        As ``PointerNetwork.encode``.

    """
    check_has("greedy", "network", network, "encode", "step", like="a PointerNetwork, or another with its encode, step and start")
    points, keys, state = network.encode(P)
    B, width, _ = points.shape
    each = torch.arange(B, device=P.device)
    forbidden = _at_first(network, B, 1, width, P.device)
    ended = torch.zeros(B, dtype=torch.bool, device=P.device)
    x, chosen = network.start.expand(B, 1, -1), []
    for _ in range(network.steps(width - 1)):
        u, state = network.step(keys, x, state)
        place = u.masked_fill(forbidden, -torch.inf)[:, 0].argmax(1).masked_fill(ended, 0)
        chosen.append(place)
        ended = ended | (place == 0)
        if ended.all():
            break
        if mask and not network.revisit:
            forbidden = forbidden | functional.one_hot(place, width)[:, None].bool()
            forbidden[..., 0] = not network.end
        x = points[each, place][:, None]
    return torch.stack(chosen, 1)


@torch.no_grad()
def beam(network: PointerNetwork, P: torch.Tensor, k: int = 10) -> Beam:
    """The k likeliest answers that a beam of width k finds. With k = 1 the greedy answer.

    Parameters
    ----------
    network : PointerNetwork
        The network.
    P : (B, n, d_in) tensor
        The points.
    k : int, default 10
        The width.

    Returns
    -------
    Beam
        Places and log-probabilities.

    Raises
    ------
    ValueError
        For k below 1 and as ``PointerNetwork.encode``.

    """
    k = check_count("beam", "k", k)
    check_has("beam", "network", network, "encode", "step", like="a PointerNetwork")
    network.scaled(P)  # checks it
    rows = max(1, CHUNK // (k * (P.shape[1] + 1) * network.H))
    parts = [_beam(network, part, k) for part in P.split(rows)] if rows < len(P) else [_beam(network, P, k)]
    m = max(part.places.shape[2] for part in parts)
    return Beam(
        torch.cat([functional.pad(part.places, (0, m - part.places.shape[2])) for part in parts]),
        torch.cat([part.log_p for part in parts]),
    )


def _beam(network: PointerNetwork, P: torch.Tensor, k: int) -> Beam:
    points, keys, state = network.encode(P)
    (B, width, _), H = points.shape, network.H
    each = torch.arange(B, device=P.device)[:, None]
    h, c = (part[0][:, None].repeat(1, k, 1) for part in state)  # (B, k, H) each
    log_p = torch.full((B, k), -torch.inf, dtype=P.dtype, device=P.device)
    log_p[:, 0] = 0  # k equal beams would stay equal
    forbidden = _at_first(network, B, k, width, P.device)
    ended = torch.zeros(B, k, dtype=torch.bool, device=P.device)
    stay = torch.full((width,), -torch.inf, dtype=P.dtype, device=P.device)
    stay[0] = 0  # an ended answer goes on with zeros
    x, places = network.start.expand(B, k, -1), torch.zeros(B, k, 0, dtype=torch.int64, device=P.device)
    for _ in range(network.steps(width - 1)):
        u, (h, c) = network.step(keys, x, (h.reshape(1, B * k, H), c.reshape(1, B * k, H)))
        step = torch.log_softmax(u.masked_fill(forbidden, -torch.inf), -1)
        step = torch.where(ended[..., None], stay, step)
        log_p, best = (log_p[..., None] + step).flatten(1).topk(k, 1)  # (B, k) of k (n + 1) continuations
        parent, place = best // width, best % width
        h, c = (part.view(B, k, H)[each, parent] for part in (h, c))
        ended = ended[each, parent] | (place == 0)
        places = torch.cat([places[each, parent], place[..., None]], -1)
        if ended.all():
            break
        if not network.revisit:
            forbidden = forbidden[each, parent] | functional.one_hot(place, width).bool()
            forbidden[..., 0] = not network.end
        x = points[each, place]
    return Beam(places, log_p)


def _at_first(network: Answering, B: int, k: int, width: int, device) -> torch.Tensor:
    forbidden = torch.zeros(B, k, width, dtype=torch.bool, device=device)
    forbidden[..., 0] = not network.end
    return forbidden


def shortest(P: torch.Tensor, found: Beam) -> torch.Tensor:
    """The shortest tour of each beam: re-ranked by length instead of likelihood.

    Parameters
    ----------
    P : (B, n, 2) tensor
        The points.
    found : Beam
        A beam of tours, of a network without an end.

    Returns
    -------
    (B, n) int64 tensor
        Places.

    Raises
    ------
    ValueError
        If they are no tours.

    """
    if not isinstance(found, Beam):
        raise ValueError(f"shortest: found is a {type(found).__name__}; give what beam(network, P) returns")
    cities = check_points("shortest", P)
    if cities.ndim != 3 or found.places.ndim != 3 or found.places[:, 0].shape != cities.shape[:2]:
        raise ValueError(
            f"shortest: P has shape {cities.shape} and found.places {tuple(found.places.shape)}; give points (B, n, "
            "2) and tours (B, k, n)"
        )
    B, k, _ = found.places.shape
    lengths = np.full((B, k), np.inf)
    for q in range(k):
        real = torch.isfinite(found.log_p[:, q]).cpu().numpy()
        if real.any():
            lengths[real, q] = tour_length(cities[real], found.places[:, q].cpu().numpy()[real] - 1)
    best = torch.from_numpy(lengths.argmin(1)).to(found.places.device)
    return found.places[torch.arange(B, device=best.device), best]
