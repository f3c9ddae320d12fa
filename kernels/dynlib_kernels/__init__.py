"""GPU kernels in Triton that also run, slowly and exactly, on a machine without a GPU.

`dynlib_kernels.MODE` says how they run here, and `dynlib_kernels.DEVICE` where their tensors must live:

    "gpu"        compiled by Triton for the GPU of this machine; DEVICE is "cuda"
    "interpret"  no GPU: Triton's interpreter runs the same kernels on the CPU, one program after the other
    "torch"      no Triton (macOS, Windows), or Triton was imported too early: the plain torch form of each kernel runs instead

Triton settles at its first import whether its kernels are compiled or interpreted, so this package must be imported before
Triton is (building a torch optimizer imports it). The environment variable TRITON_INTERPRET, where somebody has set it, wins
over the search for a GPU: 1 interprets, 0 compiles.
"""
import importlib.util
import os
import sys
import warnings

import torch

__all__ = ["DEVICE", "MODE"]


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


def _choose() -> str:
    if not _has_triton():
        return "torch"
    forced = os.environ.get("TRITON_INTERPRET")
    if forced is None:
        wanted = "gpu" if torch.cuda.is_available() else "interpret"
    else:
        wanted = "interpret" if forced.lower() in ("1", "true", "on", "yes", "y") else "gpu"
    if _settled() not in (None, wanted):
        warnings.warn(f"dynlib_kernels: Triton was imported before `dynlib_kernels` and is settled for {_settled()!r}, but {wanted!r} is "
                      "needed; the plain torch forms will run instead. Put `import dynlib_kernels` above whatever imports Triton.",
                      RuntimeWarning, stacklevel=3)
        return "torch"
    if wanted == "interpret":
        os.environ["TRITON_INTERPRET"] = "1"
    return wanted


MODE: str = _choose()
DEVICE: str = "cuda" if MODE == "gpu" else "cpu"
