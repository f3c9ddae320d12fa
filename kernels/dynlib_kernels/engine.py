"""Torch, and how kernels run on this machine: the only module of the book that imports torch.

    from dynlib_kernels.engine import torch

Triton settles at its first import whether its kernels are compiled or interpreted, and building a torch optimizer imports it.
So whatever uses torch takes it from here, where `MODE` is settled first. The environment variable TRITON_INTERPRET, where
somebody has set it, wins over the search for a GPU: 1 interprets, 0 compiles.
"""

import importlib.util
import os
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version

import torch
from torch import nn
from torch.nn import functional

__all__ = ["DEVICE", "MODE", "functional", "nn", "torch"]


def _has_triton() -> bool:
    try:
        return importlib.util.find_spec("triton") is not None
    except (ImportError, ValueError):
        return False


def _settled() -> str | None:
    """What an already imported Triton was settled as: its own library functions are of another class when interpreted."""
    library = sys.modules.get("triton.language.standard")
    if library is None:
        return None
    return "interpret" if type(library.cdiv).__name__ == "InterpretedFunction" else "gpu"


def _fits_numpy() -> bool:
    """Whether Triton's interpreter can run with this NumPy: before Triton 3.7 it raises with NumPy 2.4 and later."""
    try:
        triton, numpy = (tuple(map(int, version(name).split(".")[:2])) for name in ("triton", "numpy"))
    except (PackageNotFoundError, ValueError):  # built by hand, and without a version that says anything
        return True
    return triton >= (3, 7) or numpy < (2, 4)


def _choose() -> str:
    if not _has_triton():
        return "torch"
    forced = os.environ.get("TRITON_INTERPRET")
    if forced is None:
        wanted = "gpu" if torch.cuda.is_available() else "interpret"
    else:
        wanted = "interpret" if forced.lower() in ("1", "true", "on", "yes", "y") else "gpu"
    if _settled() not in (None, wanted):
        warnings.warn(
            f"dynlib_kernels: Triton was imported before `dynlib_kernels` and is settled for {_settled()!r}, but "
            f"{wanted!r} is needed; the plain torch forms will run instead. Put `import dynlib_kernels` above whatever "
            "imports Triton.",
            RuntimeWarning,
            stacklevel=2,
        )
        return "torch"
    if wanted == "interpret" and not _fits_numpy():
        warnings.warn(
            f"dynlib_kernels: the interpreter of Triton {version('triton')} does not run with NumPy {version('numpy')}; the "
            "plain torch forms will run instead. Triton 3.7 fits, or NumPy below 2.4.",
            RuntimeWarning,
            stacklevel=2,
        )
        return "torch"
    if wanted == "interpret":
        os.environ["TRITON_INTERPRET"] = "1"
    return wanted


def _warm_up() -> None:
    """Call each transcendental of torch once, on one element.

    The first multi-threaded call of such a function in a process can return errors of 1e-4 in one
    thread's half (pytorch issue 188792); a first call on one element runs on one thread.
    """
    half = torch.full((1,), 0.5)
    names = "exp expm1 log log1p sin cos tan tanh sqrt erf erfinv atan sinh cosh lgamma"
    for name in names.split():
        for x in (half, half.double()):
            getattr(torch, name)(x)
    torch.exp(torch.full((1,), 0.5j))


MODE: str = _choose()
DEVICE: str = "cuda" if MODE == "gpu" else "cpu"
_warm_up()
