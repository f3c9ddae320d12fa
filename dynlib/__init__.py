"""The library behind The Dynamics Book: one subpackage a chapter, and what the chapters share.

The distribution is called ``dynamics-book``; another package holds the name ``dynlib`` on PyPI. Importing this package brings no
torch. Rooms import what they export when it is asked for, and what uses torch takes it from ``dynlib_kernels.engine``.
"""

import dynlib_kernels  # noqa: F401  (it sees to it that Triton's mode is settled before Triton is imported)

__version__ = "0.1.0"
