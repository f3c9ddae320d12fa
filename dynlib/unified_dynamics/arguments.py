"""Shapes by letter and numbers in a range: what the constructors of this chapter ask of their arguments."""

import math

import torch

from dynlib.scan.arguments import check_numbers


def check_shapes(where: str, *, real: bool = True, **arguments: tuple[torch.Tensor, str]) -> dict[str, int]:
    """The sizes of the lettered axes, after each argument was found to be a tensor of finite numbers with those axes.

    Parameters: where, the function that asks; each further argument (tensor, axes), such as q=(q, "L n"), in which a letter has
    one size throughout; real, refuse complex numbers. Returns: {letter: size}. Raises: ``ValueError`` that names the argument.
    """
    sizes: dict[str, int] = {}
    source: dict[str, str] = {}
    for name, (x, axes) in arguments.items():
        letters = axes.split()
        check_numbers(where, name, x)
        if real and x.is_complex():
            raise ValueError(f"{where}: {name} is {x.dtype}; give real numbers: {name}.real")
        if x.ndim != len(letters):
            raise ValueError(f"{where}: {name} has shape {tuple(x.shape)}; give it the axes ({', '.join(letters)})")
        for letter, size in zip(letters, x.shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise ValueError(f"{where}: {name} of shape {tuple(x.shape)} has {letter} = {size}, but {source[letter]} has "
                                 f"{letter} = {sizes[letter]}; its axes are ({', '.join(letters)})")
            source.setdefault(letter, name)
    return sizes


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
