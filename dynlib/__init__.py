"""The library behind The Dynamics Book: one subpackage a chapter, and what the chapters share.

The distribution is called ``dynamics-book``; another package holds the name ``dynlib`` on PyPI.
"""

import dynlib_kernels  # noqa: F401  (first: it chooses Triton's mode before torch or anything else imports Triton)

__version__ = "0.1.0"


def _warm_up() -> None:
    """Call each transcendental of torch once, on one element.

    The first multi-threaded call of such a function in a process can return errors of 1e-4 in one
    thread's half (pytorch issue 188792); a first call on one element runs on one thread.
    """
    import torch

    half = torch.full((1,), 0.5)
    names = "exp expm1 log log1p sin cos tan tanh sqrt erf erfinv atan sinh cosh lgamma"
    for name in names.split():
        for x in (half, half.double()):
            getattr(torch, name)(x)
    torch.exp(torch.full((1,), 0.5j))


_warm_up()
