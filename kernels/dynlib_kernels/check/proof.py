"""What the tests of a kernel share: fresh memory that shows, costs that must hold, copies of a kernel file with one fault in it.

with empty_is_nan(), watch() as seen:
    y = kernel(x)
assert_cost(seen, cost(...)["forward"])       no problem, and bytes, flops and calls exactly as promised
broken = altered(module, "o < n", "o <= n")   the same module with one fault: the tests must find it
"""

import contextlib
import importlib.util
import tempfile
from pathlib import Path
from types import ModuleType

from dynlib_kernels.check.sanitizer import Watch
from dynlib_kernels.cost import Cost
from dynlib_kernels.engine import torch

__all__ = ["Traffic", "altered", "assert_cost", "empty_is_nan"]


@contextlib.contextmanager
def empty_is_nan():
    """Let what torch.empty returns hold NaN inside, so that a cell which no program writes shows.

    Yields
    ------
    None
        Nothing.
    """
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        assert torch.empty(3).isnan().all()
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def assert_cost(seen: Watch, promised: Cost) -> None:
    """What was seen is free of problems and equals the closed form.

    Parameters
    ----------
    seen : Watch
        The launches that were watched.
    promised : Cost
        Bytes by tensor, flops of products, calls by function.

    Raises
    ------
    AssertionError
        If it is not.
    """
    assert not seen.problems, "; ".join(map(str, seen.problems))
    found = {"reads": dict(seen.reads), "writes": dict(seen.writes), "dot_flops": seen.dot_flops, "calls": dict(seen.calls)}
    for name, value in found.items():
        assert value == getattr(promised, name), f"{name}: seen {value}, promised {getattr(promised, name)}"
    assert seen.bytes == promised.bytes


def altered(module: ModuleType, old: str, new: str) -> ModuleType:
    """Make a second copy of a kernel module, with one fault in it; the first stays as it is.

    Parameters
    ----------
    module : module
        A kernel module.
    old : str
        Text of it; its first occurrence is replaced.
    new : str
        What stands there instead.

    Returns
    -------
    module
        The copy.

    Raises
    ------
    AssertionError
        Where the text has no `old`: the fault no longer applies and must be rewritten.
    """
    assert module.__file__ is not None, f"{module.__name__} has no file"
    text = Path(module.__file__).read_text()
    assert old in text, f"{old!r} does not occur in {module.__name__}: rewrite the fault"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "altered.py")
        path.write_text(text.replace(old, new, 1))
        spec = importlib.util.spec_from_file_location("altered", path)
        assert spec is not None  # a path that ends in .py has a loader
        assert spec.loader is not None
        copy = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(copy)
    return copy


class Traffic(torch.utils._python_dispatch.TorchDispatchMode):
    """Counts the bytes in and out of every torch operation that is not a view.

    That is what a plain form moves.

    Attributes
    ----------
    total : int
        The bytes.
    """

    total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        if not function.is_view:
            tensors = [x for x in torch.utils._pytree.tree_leaves((args, out)) if isinstance(x, torch.Tensor) and x.ndim]
            self.total += sum(x.numel() * x.element_size() for x in tensors)
        return out
