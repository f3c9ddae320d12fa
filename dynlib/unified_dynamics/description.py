"""What a loop is, from its gates alone: how much it keeps, what crosses each moment, how far back it reaches, how to run it fast.

The loop's own form does not fix its gates (``DSF.gauge``), so the gates are reported and not judged. State size, ranks and reach
belong to the map or bound it; the route is chosen from the gates' pattern, after a change of units where that helps.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dynlib.mixing import memory_rank
from dynlib.unified_dynamics.dsf import DSF
from dynlib_kernels.arguments.scalars import whole
from dynlib_kernels.engine import torch

CONVOLUTION = "dynlib.scan.causal_convolution"
LINEAR_ATTENTION = "dynlib_kernels.linear_attention"
NO_MEMORY = "no recurrence"
SCAN = "dynlib_kernels.scan"


@dataclass(frozen=True, eq=False)
class Description:
    """A loop in figures. ``str()`` says them in words.

    Attributes
    ----------
    size : tuple of int
        (L, d, n).
    state_size : int
        Real numbers carried from step to step.
    gates : tuple of float
        (smallest, largest) |Λ| from step 1 on; Λ_0 meets an empty state. A loop of one step has
        none: (1, 1).
    pattern : str
        "one for all", "one a channel" or "one a number", and whether it changes in time: "…,
        constant".
    moments, ranks : tuple of int
        At moment t = moments[r] at most ranks[r] numbers cross in any channel; at most n (2 n,
        complex).
    reach : (L,) tensor
        The largest |W_{L−1,j}| over channels: the weight of input j in the last output, before W_V
        mixes channels.
    horizon : int
        How many of the latest inputs hold nine tenths of the sum of ``reach``.
    route : str
        The function that runs this loop fastest.
    heads : int
        How many heads it needs there (0 where it has none).
    because : str
        Why.
    """

    size: tuple[int, int, int]
    state_size: int
    gates: tuple[float, float]
    pattern: str
    moments: tuple[int, ...]
    ranks: tuple[int, ...]
    reach: torch.Tensor
    horizon: int
    route: str
    heads: int
    because: str

    def __str__(self) -> str:
        L, d, n = self.size
        crossing = f"; at most {max(self.ranks)} a channel cross a moment" if self.ranks else ""
        return "\n".join(
            [
                f"keeps    {self.state_size} numbers, {d} channels of {n}{crossing}",
                f"gates    {self.pattern}, from {self.gates[0]:.3g} to {self.gates[1]:.3g}",
                f"reach    nine tenths of the last output come from the last {self.horizon} of {L} inputs",
                f"route    {self.route}: {self.because}",
            ]
        )


def describe(loop: DSF, moments: Sequence[int] | None = None) -> Description:
    """Describe a loop.

    Parameters
    ----------
    loop : DSF
        The loop.
    moments : sequence of int, optional
        Whole numbers 0 < t < L at which ranks are counted, all of them unless told.

    Returns
    -------
    Description
        Its figures.

    Raises
    ------
    ValueError
        For something that is not a ``DSF`` and a moment outside the sequence.

    Notes
    -----
    Cost: tables of L² numbers, one for each channel that differs from the first, and for each of
    them and each moment one singular value decomposition: for sequences of a few hundred steps.
    """
    if not isinstance(loop, DSF):
        raise ValueError(f"describe: loop is a {type(loop).__name__}; give a DSF, such as DSF(decay, write, read)")
    moments = range(1, loop.L) if moments is None else moments
    if not isinstance(moments, Sequence):
        raise ValueError(
            f"describe: moments is a {type(moments).__name__}; give a list of whole numbers between 0 and L = {loop.L}"
        )
    for t in moments:
        if whole(t) is None or not 0 < t < loop.L:
            raise ValueError(
                f"describe: moments = {moments!r} holds {t!r}; a moment lies between 0 and L = {loop.L}, so it must "
                "be a whole number"
            )
    moments = tuple(map(int, moments))
    groups = _groups(loop)
    tables = [loop.mixing_matrix(channels[0]).detach().double() for channels in groups]
    reach = torch.stack([table[-1].abs() for table in tables]).amax(0)
    sizes = loop.decay[1:].detach().abs()
    route, heads, because = _route(loop, groups)
    return Description(
        size=(loop.L, loop.d, loop.n),
        state_size=loop.state_size,
        gates=(sizes.min().item(), sizes.max().item()) if sizes.numel() else (1.0, 1.0),
        pattern=_pattern(loop),
        moments=moments,
        ranks=tuple(max(memory_rank(table.cpu().numpy(), t) for table in tables) for t in moments),
        reach=reach,
        horizon=_horizon(reach),
        route=route,
        heads=heads,
        because=because,
    )


def _groups(loop: DSF) -> list[list[int]]:
    """The channels, those with the same gates together: what attention calls heads, in any order."""
    parts = [x.detach() for x in (loop.decay, loop.write, loop.read)]
    if loop.skip is not None:
        parts.append(loop.skip.detach()[..., None])
    groups: list[list[int]] = []
    for c in range(loop.d):
        for group in groups:
            if all(torch.equal(x[:, c], x[:, group[0]]) for x in parts):
                group.append(c)
                break
        else:
            groups.append([c])
    return groups


def _same(x: torch.Tensor | None, axis: int) -> bool:
    """Whether x does not change along an axis; nothing does not."""
    return x is None or bool((x.detach() == x.detach().narrow(axis, 0, min(1, x.shape[axis]))).all())


def _pattern(loop: DSF) -> str:
    later = loop.decay[1:]
    shared = "a number" if not _same(later, 2) else "a channel" if not _same(later, 1) else "for all"
    return f"one {shared}" + (", constant" if _same(later, 0) else "")


def _horizon(reach: torch.Tensor) -> int:
    latest = reach.flip(0).cumsum(0)
    return int((latest < 0.9 * latest[-1]).sum()) + 1


def _route(loop: DSF, groups: list[list[int]]) -> tuple[str, int, str]:
    """(route, heads, because); the first that fits."""
    later = loop.decay[1:].detach()
    if (later == 0).all():
        return NO_MEMORY, 0, "nothing is carried from step to step, each output depends on its own input only"
    if all(_same(x, 0) for x in (later, loop.write, loop.read, loop.skip)):
        return CONVOLUTION, 0, "nothing changes in time, so the table depends on the lag i − j alone"
    if loop.is_complex:
        return SCAN, 0, "the state turns, and the other kernels are real"
    if loop.n == 1:
        return SCAN, 0, "one number a channel: no sum of scores to gain from"
    if not _same(later, 2):
        return SCAN, 0, "each number of a channel has a gate of its own"
    heads = f"{len(groups)} head{'s' if len(groups) > 1 else ''}, one gate a step for all numbers of a channel"
    if (later >= 0).all() and (later <= 1).all():
        return LINEAR_ATTENTION, len(groups), f"{heads}, log_decay = log Λ"
    units = later.abs().log().cumsum(0)
    if (later != 0).all() and units.abs().max() < 0.5 * math.log(torch.finfo(later.dtype).max):
        return LINEAR_ATTENTION, len(groups), f"{heads}; some leave [0, 1], so change units until all are 1"
    return SCAN, 0, "gates outside [0, 1] that no change of units brings to 1 within the number format"
