"""Numbers in a range and channels by heads: what this chapter asks of arguments, beyond ``dynlib.scan.arguments``."""

import math

from dynlib_kernels.engine import torch


def check_range(where: str, low: float, high: float = math.inf, **arguments: torch.Tensor) -> None:
    """Every entry of each argument lies in [low, high]; the ends belong to it, for a sigmoid in float32 rounds to them."""
    for name, x in arguments.items():
        outside = x.detach()[(x.detach() < low) | (x.detach() > high)]
        if outside.numel():
            bounds = f"at least {low:g}" if high == math.inf else f"in [{low:g}, {high:g}]"
            raise ValueError(f"{where}: {name} holds {outside[0].item():g}; every entry must be {bounds}")


def check_heads(where: str, d: int, s: int) -> int:
    """Channels a head, d/s."""
    if d % s:
        raise ValueError(f"{where}: d = {d} channels do not split over s = {s} heads; make d a multiple of {s}")
    return d // s
