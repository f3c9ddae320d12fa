"""What every function of this library asks of its arguments. Each refusal names function, argument, value and remedy."""

from dynlib_kernels.engine import torch

EXACT = (torch.float32, torch.float64, torch.complex64, torch.complex128)


def check_numbers(where: str, name: str, x: torch.Tensor) -> torch.Tensor:
    """Return x, a non-empty tensor of finite real or complex numbers of at least single precision.

    Half precision is refused: phases and decays are multiplied by the time index, and 8 or 11 bits of them are soon no bits.
    """
    if not isinstance(x, torch.Tensor):
        raise ValueError(f"{where}: {name} is a {type(x).__name__}; give a tensor: torch.as_tensor({name})")
    if x.dtype not in EXACT:
        raise ValueError(f"{where}: {name} is {x.dtype}; use float32, float64, complex64 or complex128: {name}.to(torch.float32)")
    if x.numel() == 0:
        raise ValueError(f"{where}: {name} has shape {tuple(x.shape)} and holds nothing; every axis needs at least one entry")
    if not torch.isfinite(x.detach()).all():
        raise ValueError(f"{where}: {name} holds nan or inf; torch.isfinite({name}) says where")
    return x


def check_count(where: str, name: str, value: int) -> int:
    """Return value, a whole number of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{where}: {name} = {value!r} must be a whole number of at least 1")
    return value


def check_choice(where: str, name: str, value: str, choices) -> str:
    """Return value, one of the choices."""
    if value not in choices:
        raise ValueError(f"{where}: {name} = {value!r} is not known; choose from {', '.join(map(repr, choices))}")
    return value


def check_broadcast(where: str, **shapes: tuple[int, ...]) -> torch.Size:
    """The common shape of the named shapes."""
    try:
        return torch.broadcast_shapes(*shapes.values())
    except RuntimeError:
        listed = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
        remedy = "align them from the last axis, with 1 where an axis repeats"
        raise ValueError(f"{where}: the shapes {listed} do not broadcast; {remedy}") from None


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
