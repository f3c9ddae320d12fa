"""What is computed under ``torch.autocast``: everything here in float32, at least.

Autocast hands the results of matrix products on in half precision. Decays and phases are multiplied by the time index, and a scan
adds a sequence up: 8 or 11 bits of them are soon no bits. So the functions of the library that are marked here turn autocast off
and take what comes in half precision as float32. Outside of autocast half precision is refused, as everywhere.
"""

import contextlib
import functools
from collections.abc import Callable

from dynlib_kernels.arguments.arrays import is_tensor
from dynlib_kernels.engine import torch

__all__ = ["full_precision", "single", "without_autocast"]

HALVES = (torch.float16, torch.bfloat16)


def is_autocast(device: str) -> bool:
    """Whether autocast is on for a kind of device; some, as "meta", have none.

    Parameters
    ----------
    device : str
        "cpu", "cuda", …

    Returns
    -------
    bool
        True within ``torch.autocast(device)``.
    """
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)


def without_autocast(device: str):
    """A context without autocast for a kind of device.

    Parameters
    ----------
    device : str
        "cpu", "cuda", …

    Returns
    -------
    context manager
        That turns it off, or does nothing where it is off.
    """
    return torch.autocast(device, enabled=False) if is_autocast(device) else contextlib.nullcontext()


def single(x):
    """x as float32, if it is a tensor in half precision and autocast is on for its device; otherwise x.

    Parameters
    ----------
    x : object
        Anything.

    Returns
    -------
    object
        x, or x in float32.
    """
    return x.float() if is_tensor(x) and x.dtype in HALVES and is_autocast(x.device.type) else x


def full_precision(function: Callable) -> Callable:
    """Let a function compute in float32 where autocast is on: autocast off inside, and half precision taken as float32.

    Parameters
    ----------
    function : callable
        Any, of tensors.

    Returns
    -------
    callable
        The same function, with that said.
    """

    @functools.wraps(function)
    def inside(*args, **kwargs):
        devices = {x.device.type for x in (*args, *kwargs.values()) if is_tensor(x)}
        on = [device for device in sorted(devices) if is_autocast(device)]
        if not on:
            return function(*args, **kwargs)
        args, kwargs = [single(x) for x in args], {name: single(x) for name, x in kwargs.items()}
        with without_autocast(on[0]):
            return function(*args, **kwargs)

    return inside
