"""Whether functions look at the numbers of their arguments. Shapes, dtypes and devices are checked always.

A look at the numbers costs a pass over them and, on a GPU, waits for all that was launched before. So they are looked at where a
person calls a function, and not where a layer of a network calls it a thousand times:

    "calls"        functions look, the ``forward`` of a layer and what it calls does not; this is how it starts
    "everywhere"   layers look too: to find where a nan came from
    "nowhere"      nobody looks

The environment variable DYNLIB_VALUES sets it for a process, ``looking`` for a block of code. Where there are no numbers yet, in
``torch.compile``, in ``torch.export`` and under the transforms of ``torch.func``, nobody looks, whatever is set.
"""

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from dynlib_kernels.arguments.scalars import check_choice

SETTINGS = ("calls", "everywhere", "nowhere")
_setting: ContextVar[str] = ContextVar("setting")
_in_layer: ContextVar[bool] = ContextVar("in_layer", default=False)


def traced() -> bool:
    """Whether torch records or transforms what is computed, so that tensors may stand for numbers that are not there yet.

    Returns
    -------
    bool
        True within ``torch.compile``, ``torch.export`` and the transforms of ``torch.func``.
    """
    torch = sys.modules.get("torch")
    # The second question has no public name; it is the one that torch.autograd.Function asks itself.
    return torch is not None and (torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active())


def looked_at() -> bool:
    """Whether a function may look at the numbers of its arguments now.

    Returns
    -------
    bool
        What the setting says for this place; False where there are no numbers.
    """
    if traced():
        return False
    setting = _setting.get(None) or check_choice("DYNLIB_VALUES", "value", os.environ.get("DYNLIB_VALUES", SETTINGS[0]), SETTINGS)
    return setting == "everywhere" or (setting == "calls" and not _in_layer.get())


@contextlib.contextmanager
def looking(where: str) -> Iterator[None]:
    """Within the block, let functions look at numbers as ``where`` says.

    Parameters
    ----------
    where : str
        "calls", "everywhere" or "nowhere", see the module's text.

    Yields
    ------
    None
        The block runs once.

    Raises
    ------
    ValueError
        For another word.
    """
    token = _setting.set(check_choice("looking", "where", where, SETTINGS))
    try:
        yield
    finally:
        _setting.reset(token)


def layer(method: Callable) -> Callable:
    """Make a method the inside of a layer: unless the setting is "everywhere", nothing in it looks at numbers.

    Parameters
    ----------
    method : callable
        The ``forward`` of a layer, or another method that runs at every step of a training.

    Returns
    -------
    callable
        The same method, with that said.
    """

    @functools.wraps(method)
    def inside(*args, **kwargs):
        if traced():
            return method(*args, **kwargs)
        token = _in_layer.set(True)
        try:
            return method(*args, **kwargs)
        finally:
            _in_layer.reset(token)

    return inside
