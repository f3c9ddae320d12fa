"""GPU kernels in Triton that also run, slowly and exactly, on a machine without a GPU.

`dynlib_kernels.MODE` says how they run here, and `dynlib_kernels.DEVICE` where their tensors must live:

    "gpu"        compiled by Triton for the GPU of this machine; DEVICE is "cuda"
    "interpret"  no GPU: Triton's interpreter runs the same kernels on the CPU, one program after the other
    "torch"      no Triton (macOS, Windows), one that was imported too early, or one that does not fit NumPy: the plain torch form
                 of each kernel runs instead

Importing this package imports neither torch nor Triton. The mode is settled by `dynlib_kernels.engine`, with the first of these:
one of the two names is asked for, a module that uses torch is imported, something else is about to import Triton.

Under ``torch.autocast`` kernels compute in float32, and take half precision as that; those that can compute in half precision do
so outside of it.
"""

import importlib
import importlib.abc
import sys
from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib_kernels.engine import DEVICE, MODE
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = ["DEVICE", "MODE"]


class _BeforeTriton(importlib.abc.MetaPathFinder):
    """Has the mode settled when Triton is looked for after torch, as by a torch optimizer that is built; later is too late."""

    def find_spec(self, fullname, path=None, target=None) -> None:
        if fullname != "triton":
            return
        torch = sys.modules.get("torch")
        if torch is not None and not getattr(torch.__spec__, "_initializing", False):  # torch is there, and all of it
            importlib.import_module("dynlib_kernels.engine")


sys.meta_path.insert(0, _BeforeTriton())
