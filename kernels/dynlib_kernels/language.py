"""Triton as the kernel files see it: `from dynlib_kernels.language import tl, triton`.

Where there is no Triton a kernel file must still import, because its plain torch form and its closed-form cost live there too.
Then the two names are stand-ins: enough to define a kernel, and nothing with which to launch one.
"""

from types import SimpleNamespace
from typing import TYPE_CHECKING

from dynlib_kernels.engine import MODE

if TYPE_CHECKING or MODE != "torch":
    import triton
    import triton.language as tl
else:
    tl = SimpleNamespace(constexpr=lambda value: value)
    triton = SimpleNamespace(jit=lambda function: function)

__all__ = ["tl", "triton"]
