"""Tensors of numbers, and axes by letters. A tensor brings torch with it, so nothing here imports it."""

import math
import sys

import numpy as np

from dynlib_kernels.arguments.arrays import is_tensor
from dynlib_kernels.arguments.scalars import check_number
from dynlib_kernels.arguments.values import looked_at

EXACT = ("torch.float32", "torch.float64", "torch.complex64", "torch.complex128")
REAL = EXACT[:2]


def check_numbers(where: str, name: str, x):
    """Return x, a non-empty tensor of finite real or complex numbers of at least single precision.

    Half precision is refused: phases and decays are multiplied by the time index, and 8 or 11 bits
    of them are soon no bits.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    x : float32, float64, complex64 or complex128 tensor
        The argument.

    Returns
    -------
    tensor
        The same object.

    Raises
    ------
    ValueError
        For another type or dtype, an empty tensor, nan and inf.
    """
    if not is_tensor(x):
        raise ValueError(f"{where}: {name} is a {type(x).__name__}; give a tensor: torch.as_tensor({name})")
    if str(x.dtype) not in EXACT:
        raise ValueError(f"{where}: {name} is {x.dtype}; use float32, float64, complex64 or complex128: {name}.to(torch.float32)")
    if x.numel() == 0:
        raise ValueError(f"{where}: {name} has shape {tuple(x.shape)} and holds nothing; every axis needs at least one entry")
    if looked_at() and not x.detach().isfinite().all():
        raise ValueError(f"{where}: {name} holds nan or inf; torch.isfinite({name}) says where")
    return x


def check_scalar(where: str, name: str, x):
    """Return x, a real number or a tensor of one, as a tensor without axes; a gradient passes.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    x : float or tensor
        The argument.

    Returns
    -------
    tensor
        x itself, or a float64 tensor of the number.

    Raises
    ------
    ValueError
        For anything else, nan and inf.
    """
    if not is_tensor(x):
        return sys.modules["torch"].tensor(check_number(where, name, x, -math.inf), dtype=sys.modules["torch"].float64)
    check_numbers(where, name, x)
    if x.is_complex() or x.ndim:
        raise ValueError(f"{where}: {name} is {x.dtype} of shape {tuple(x.shape)}; give one real number")
    return x


def check_range(where: str, low: float, high: float = math.inf, **arguments) -> None:
    """Refuse a tensor with an entry outside [low, high].

    The ends belong to it, for a sigmoid in float32 rounds to them.

    Parameters
    ----------
    where : str
        The function that asks.
    low : float
        The smallest entry that is allowed.
    high : float, default inf
        The largest.
    **arguments : tensor
        By name.

    Raises
    ------
    ValueError
        For an entry outside.
    """
    for name, x in arguments.items() if looked_at() else ():
        outside = x.detach()[(x.detach() < low) | (x.detach() > high)]
        if outside.numel():
            bounds = f"at least {low:g}" if high == math.inf else f"in [{low:g}, {high:g}]"
            bounds = f"at most {high:g}" if low == -math.inf else bounds
            raise ValueError(f"{where}: {name} holds {outside[0].item():g}; every entry must be {bounds}")


def check_overflow(where: str, y, **arguments):
    """Return y, what a function makes of finite arguments, unless it overflowed.

    Parameters
    ----------
    where : str
        The function that asks.
    y : tensor
        The result.
    **arguments : tensor or float
        What it was made of, by name.

    Returns
    -------
    tensor
        y.

    Raises
    ------
    ValueError
        If y holds nan or infinity: it names the largest entry of each argument.
    """
    if looked_at() and not y.detach().isfinite().all():
        sizes = {name: x.detach().abs().max().item() if is_tensor(x) else x for name, x in arguments.items()}
        listed = ", ".join(f"{name} up to {size:.3g}" for name, size in sizes.items())
        raise ValueError(f"{where}: a result overflows {str(y.dtype).removeprefix('torch.')}, of {listed}; give smaller numbers")
    return y


def check_broadcast(where: str, **shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the common shape of the named shapes.

    Parameters
    ----------
    where : str
        The function that asks.
    **shapes : tuple of int
        By name.

    Returns
    -------
    tuple of int
        The shape to which they broadcast.

    Raises
    ------
    ValueError
        If they do not.
    """
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
        remedy = "align them from the last axis, with 1 where an axis repeats"
        raise ValueError(f"{where}: the shapes {listed} do not broadcast; {remedy}") from None


def check_shapes(where: str, *, real: bool = True, mixed: bool = False, **arguments) -> dict[str, int]:
    """Return the sizes of the lettered axes, after a check of each argument.

    Each must be a tensor of finite numbers with the axes that its letters name.

    Parameters
    ----------
    where : str
        The function that asks.
    real : bool, default True
        Refuse complex numbers.
    mixed : bool, default False
        Take single and double precision together: for a function that converts them itself.
    **arguments : (tensor, str)
        The tensor and its axes, such as q=(q, "L n"), in which a letter has one size throughout.

    Returns
    -------
    dict of str to int
        {letter: size}.

    Raises
    ------
    ValueError
        That names the argument.
    """
    sizes: dict[str, int] = {}
    source: dict[str, str] = {}
    first = next(iter(arguments))
    for name, (x, axes) in arguments.items():
        letters = axes.split()
        check_numbers(where, name, x)
        if not mixed and x.real.dtype != (like := arguments[first][0]).real.dtype:
            raise ValueError(
                f"{where}: {name} is {x.dtype} but {first} is {like.dtype}; give both one precision: {name}.to({first})"
            )
        if real and x.is_complex():
            raise ValueError(f"{where}: {name} is {x.dtype}; give real numbers: {name}.real")
        _note_sizes(where, name, x, letters, sizes, source)
    return sizes


def _note_sizes(where: str, name: str, x, letters: list[str], sizes: dict[str, int], source: dict[str, str]) -> None:
    """Note the sizes of x's lettered axes and who set them, after a check that no letter gets a second size."""
    if x.ndim != len(letters) and (letters[0] != "..." or x.ndim < len(letters) - 1):
        raise ValueError(f"{where}: {name} has shape {tuple(x.shape)}; give it the axes ({', '.join(letters)})")
    named = letters[letters[0] == "..." :]
    for letter, size in zip(named, x.shape[x.ndim - len(named) :], strict=True):
        if sizes.setdefault(letter, size) != size:
            raise ValueError(
                f"{where}: {name} of shape {tuple(x.shape)} has {letter} = {size}, but {source[letter]} has "
                f"{letter} = {sizes[letter]}; its axes are ({', '.join(letters)}), and a letter must have one size"
            )
        source.setdefault(letter, name)


def check_axes(where: str, *, kind: str = "real", mixed: bool = False, **arguments) -> dict[str, int]:
    """Return the sizes of the lettered axes, after a check of types, dtypes and shapes alone: no number is looked at.

    Parameters
    ----------
    where : str
        The function that asks.
    kind : {"real", "complex", "any"}, default "real"
        Of the numbers, of any precision.
    mixed : bool, default False
        Take several dtypes together.
    **arguments : (tensor, str)
        The tensor and its axes; "..." before them stands for any others.

    Returns
    -------
    dict of str to int
        {letter: size}.

    Raises
    ------
    ValueError
        That names the argument.
    """
    sizes: dict[str, int] = {}
    source: dict[str, str] = {}
    first = next(iter(arguments))
    for name, (x, axes) in arguments.items():
        if not is_tensor(x):
            raise ValueError(f"{where}: {name} is a {type(x).__name__}; give a tensor: torch.as_tensor({name})")
        if kind != "any" and not (x.is_floating_point() if kind == "real" else x.is_complex()):
            raise ValueError(f"{where}: {name} is {x.dtype}; give {kind} floating numbers")
        if not mixed and x.dtype != (like := arguments[first][0]).dtype:
            raise ValueError(f"{where}: {name} is {x.dtype} but {first} is {like.dtype}; give both one dtype: {name}.to({first})")
        if x.numel() == 0:
            raise ValueError(f"{where}: {name} has shape {tuple(x.shape)} and holds nothing; every axis needs at least one entry")
        _note_sizes(where, name, x, axes.split(), sizes, source)
    return sizes


def check_shape(where: str, name: str, x, axes: str, *sizes: int | None, like: str = "") -> None:
    """Refuse another shape than the lettered axes and their sizes.

    The numbers are not looked at, and an axis may be empty.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    x : tensor
        The argument.
    axes : str
        One letter for each axis.
    *sizes : int or None
        The size of each axis; None is any size.
    like : str, default ""
        What sets the sizes, in words.

    Raises
    ------
    ValueError
        For another shape.
    """
    wanted = ", ".join(letter if size is None else f"{letter} = {size}" for letter, size in zip(axes.split(), sizes, strict=True))
    if x.ndim != len(sizes) or any(size not in (None, found) for size, found in zip(sizes, x.shape, strict=True)):
        raise ValueError(f"{where}: {name} has shape {tuple(x.shape)}; it must be ({wanted})" + f", as {like}" * bool(like))


def check_alike(where: str, **tensors) -> None:
    """Refuse what is no tensor of real numbers, and tensors of different dtypes or devices.

    Parameters
    ----------
    where : str
        The function that asks.
    **tensors : float32 or float64 tensor
        By name; the first sets dtype and device.

    Raises
    ------
    ValueError
        For the first that differs.
    """
    for name, x in tensors.items():
        if not is_tensor(x) or str(x.dtype) not in REAL:
            found = x.dtype if is_tensor(x) else type(x).__name__
            raise ValueError(f"{where}: {name} is {found}; give a float32 or float64 tensor")
        check_one_dtype(f"{where}: ", **{next(iter(tensors)): next(iter(tensors.values())), name: x})


def check_one_dtype(where: str = "", /, **tensors) -> None:
    """Refuse tensors that differ in dtype or device; the first one sets both.

    Parameters
    ----------
    where : str, default ""
        How the refusal begins.
    **tensors : tensor
        By name.

    Raises
    ------
    ValueError
        For the first that differs.
    """
    (first, like), *others = tensors.items()
    for name, x in others:
        if x.dtype != like.dtype or x.device != like.device:
            raise ValueError(
                f"{where}{name} is {x.dtype} on {x.device} but {first} is {like.dtype} on {like.device}; "
                f"give both the same dtype and device: {name}.to({first})"
            )
