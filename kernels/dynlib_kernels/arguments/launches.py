"""What every kernel asks of its tensors before it is launched, and what it says where it is slow.

Nothing here looks at the numbers but `check_finite`: a look at them waits for the GPU.
"""

import warnings
from collections.abc import Sequence

from dynlib_kernels.arguments.values import looked_at
from dynlib_kernels.engine import DEVICE, MODE, torch

__all__ = ["COMPLEX", "HALVES", "REALS", "check_dtype", "check_finite", "check_size", "check_tensor", "warn_if_slow"]

REALS = (torch.float32, torch.float64)
COMPLEX = (torch.complex64, torch.complex128)
HALVES = (torch.float16, torch.bfloat16)
SLOW = 100_000  # numbers of a result; the interpreter needs about a millisecond for each


def check_tensor(name: str, x: torch.Tensor, shape: str, dtypes: Sequence[torch.dtype]) -> torch.Tensor:
    """Return x, a tensor of one of the dtypes on `DEVICE`, none of its axes empty.

    bfloat16 is refused in Triton's interpreter: it gets it wrong in silence.

    Parameters
    ----------
    name : str
        The argument's name.
    x : tensor
        With as many axes as ``shape`` has letters.
    shape : str
        The axes as an error shows them, "(B, L, n)".
    dtypes : sequence of torch.dtype
        Those that the kernel takes.

    Returns
    -------
    tensor
        The same object.

    Raises
    ------
    ValueError
        For another type, dtype, device or number of axes, and for an empty axis.
    """
    if not isinstance(x, torch.Tensor):
        raise ValueError(f"{name} is a {type(x).__name__}; give a tensor: torch.as_tensor({name})")
    if x.dtype not in dtypes:
        *others, last = [str(dtype).removeprefix("torch.") for dtype in dtypes]
        known = f"{', '.join(others)} or {last}" if others else last
        raise ValueError(f"{name} has dtype {x.dtype}; this kernel takes {known}: {name}.to({dtypes[0]})")
    if x.device.type != DEVICE:
        raise ValueError(f"{name} is on {x.device}, but kernels run on {DEVICE!r} here: {name}.to(dynlib_kernels.DEVICE)")
    if x.ndim != shape.count(",") + (not shape.endswith(",)")) or x.numel() == 0:
        raise ValueError(f"{name} has shape {tuple(x.shape)}; it must be {shape}, and no axis may be empty")
    if x.dtype == torch.bfloat16 and MODE == "interpret":
        raise ValueError(f"{name} is bfloat16, which Triton's interpreter gets wrong; without a GPU use {name}.float()")
    return x


def check_dtype(where: str, dtype: torch.dtype, dtypes: Sequence[torch.dtype]) -> torch.dtype:
    """Return dtype, one of those that a kernel takes.

    Parameters
    ----------
    where : str
        The function that asks.
    dtype : torch.dtype
        The argument.
    dtypes : sequence of torch.dtype
        Those that the kernel takes.

    Returns
    -------
    torch.dtype
        dtype.

    Raises
    ------
    ValueError
        For another dtype, and for what is none.
    """
    if dtype not in dtypes:
        raise ValueError(f"{where}: dtype = {dtype!r} must be one of {', '.join(map(str, dtypes))}")
    return dtype


def check_size(name: str, x: torch.Tensor, axis: int, size: int, like: str) -> None:
    """Refuse a tensor whose axis has another size.

    Parameters
    ----------
    name : str
        The argument's name.
    x : tensor
        The argument.
    axis : int
        The axis to look at.
    size : int
        The entries that it must have.
    like : str
        What asks for that size, said in words.

    Raises
    ------
    ValueError
        If the axis has another size.
    """
    if x.shape[axis] != size:
        raise ValueError(f"{name} has shape {tuple(x.shape)}; its axis {axis} must have {size} entries, as {like}")


def check_finite(**tensors: torch.Tensor) -> None:
    """Refuse NaN and infinity, with one transfer from the device for all tensors.

    Parameters
    ----------
    **tensors : tensor
        By name.

    Raises
    ------
    ValueError
        If one of them holds NaN or infinity.
    """
    if not looked_at():
        return
    with torch.no_grad():
        finite = torch.stack([x.isfinite().all() for x in tensors.values()]).tolist()
    for name, good in zip(tensors, finite, strict=True):
        if not good:
            raise ValueError(f"{name} holds NaN or infinity; ~torch.isfinite({name}) says where")


def warn_if_slow(kernel: str, numbers: int) -> None:
    """Warn that a result of so many numbers takes minutes in Triton's interpreter.

    Where kernels do not run in it, do nothing.

    Parameters
    ----------
    kernel : str
        The kernel's name.
    numbers : int
        The numbers of its result.
    """
    if MODE == "interpret" and numbers > SLOW:
        warnings.warn(
            f"{kernel} computes {numbers:,} numbers in Triton's interpreter, about a millisecond each, because there "
            f"is no GPU; {kernel}_ref is the plain form, and faster on a CPU",
            RuntimeWarning,
            stacklevel=4,  # past the kernel's function and what it is wrapped in
        )
