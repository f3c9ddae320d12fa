"""Watch what a kernel does to memory: out of bounds, races between programs, exact bytes, flops and function calls.

    with watch() as seen:
        vandermonde(z, c, 1000)
    seen.problems         []: nothing out of bounds, no race
    seen.reads["z"]       bytes loaded from z; what is loaded twice counts twice
    seen.dot_flops        2·m·n·k for every tl.dot
    seen.pointwise        additions, subtractions, multiplications and divisions of floating-point values outside of tl.dot
    seen.calls["exp"]     values that went through exp
    seen.kernels["name"]  the same counts for one kernel

Triton's interpreter runs the programs of a launch one after the other, so it never shows what a GPU does to a kernel whose
programs share memory, and it follows a pointer wherever it leads. While a kernel is watched, every access is compared with the
tensor that its pointer was made from: what lies outside is reported and not carried out. A place that two programs of one launch
touch is a race, unless both only read it or both use atomics. And where a masked load has no `other=`, the lanes that are left
out hold NaN (or a large integer) instead of the interpreter's zeros, because on a GPU they hold anything.
"""

import contextlib
import copy
import inspect
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

import dynlib_kernels
from dynlib_kernels.check.memory import ATOMIC, READ, WRITE, Region, Storage
from dynlib_kernels.engine import torch

__all__ = ["Problem", "Tally", "Watch", "watch"]

ARITHMETIC = ("fadd", "fsub", "fmul", "fdiv", "precise_divf")
FUNCTIONS = ("exp", "exp2", "log", "log2", "sin", "cos", "sqrt", "rsqrt", "erf")

# The methods of Triton's interpreter that are wrapped. It is private, so this is what was seen in 3.6.0 and 3.7.1.
EXPECTED = (
    {
        "create_masked_load": "self ptrs mask other cache_modifier eviction_policy is_volatile",
        "create_masked_store": "self ptrs value mask cache_modifier eviction_policy",
        "create_atomic_rmw": "self rmwOp ptr val mask sem scope",
        "create_atomic_cas": "self ptr cmp val sem scope",
        "create_dot": "self a b d input_precision max_num_imprecise_acc",
        "create_fma": "self x y z",
    }
    | {f"create_{name}": "self arg" for name in FUNCTIONS}
    | {f"create_{name}": "self lhs rhs" for name in ARITHMETIC}
)

VERBS = {READ: "reads", WRITE: "writes", ATOMIC: "updates"}


@dataclass(frozen=True)
class Problem:
    """The first case of one kind of fault; `str()` of it is a sentence.

    Attributes
    ----------
    kind : {"out of bounds", "race"}
        The kind.
    kernel : str
        The kernel's name.
    tensor : str
        The name of the kernel's argument, or the name given to `watch`.
    program : (int, int, int)
        The program that did it.
    detail : str
        What it did.
    """

    kind: str  # "out of bounds" or "race"
    kernel: str
    tensor: str  # the name of the kernel's argument, or the name given to `watch`
    program: tuple[int, int, int]
    detail: str

    def __str__(self):
        return f"{self.kind} in {self.kernel}: program {self.program} {self.detail}"


@dataclass
class Tally:
    """What one launch, or several, asked of memory and computed.

    Attributes
    ----------
    reads, writes : Counter
        Bytes by tensor, atomic updates included in both.
    calls : Counter
        Values by function: exp, cos, …
    dot_flops : int
        2·m·n·k for every tl.dot.
    pointwise : int
        Other arithmetic; a fused multiply-add counts two, a sum as many as it has terms.
    """

    reads: Counter = field(default_factory=Counter)  # bytes by tensor, atomic updates included
    writes: Counter = field(default_factory=Counter)
    calls: Counter = field(default_factory=Counter)  # values by function: exp, cos, …
    dot_flops: int = 0
    pointwise: int = 0  # a fused multiply-add counts two, a sum as many as it has terms

    @property
    def bytes(self) -> int:
        """All bytes, read and written."""
        return self.reads.total() + self.writes.total()

    @property
    def flops(self) -> int:
        """All arithmetic on floating-point values, padding included; functions such as exp are in `calls`."""
        return self.dot_flops + self.pointwise


@dataclass
class Watch(Tally):
    """What was seen inside the block, all launches together; a `Tally` of its own beside.

    Attributes
    ----------
    launches : list of str
        Names of the kernels, in order.
    kernels : dict of str to Tally
        The same counts for each kernel.
    problems : list of Problem
        What was wrong.
    """

    launches: list[str] = field(default_factory=list)  # names of the kernels, in order
    kernels: dict[str, Tally] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def report(self, problem: Problem) -> None:
        """Keep the first problem of its kind: a kernel that is wrong is wrong in every program.

        Parameters
        ----------
        problem : Problem
            Kept unless there is one of the same kind, kernel and tensor.
        """
        alike = (problem.kind, problem.kernel, problem.tensor)
        if alike not in [(old.kind, old.kernel, old.tensor) for old in self.problems]:
            self.problems.append(problem)


class _Launch:
    """One launch under watch: its regions, and the accounting of each access."""

    def __init__(self, seen: Watch, kernel: str, tensors: list[tuple[str, torch.Tensor]]):
        self.seen, self.kernel = seen, kernel
        self.tallies = (seen, seen.kernels.setdefault(kernel, Tally()))
        cells: dict[int, int] = {}
        storages: dict[int, Storage] = {}
        self.regions: list[Region] = []
        for _, tensor in tensors:
            place = tensor.untyped_storage().data_ptr()
            cells[place] = min(tensor.element_size(), cells.get(place, 16))
        for name, tensor in tensors:
            place = tensor.untyped_storage().data_ptr()
            if place not in storages:
                storages[place] = Storage(tensor, cells[place])
            self.regions.append(Region(name, tensor, storages[place]))

    def access(self, builder, pointers, mask: np.ndarray, kind: int) -> np.ndarray:
        """Account for one load, store or atomic update; return the mask without the lanes that are out of bounds."""
        x, y, z = builder.grid_idx
        program = x + builder.grid_dim[0] * (y + builder.grid_dim[1] * z)
        addresses = np.asarray(pointers.data).astype(np.int64)
        mask = np.broadcast_to(np.asarray(mask, dtype=bool), addresses.shape)
        region = getattr(pointers.dtype, "region", None)
        if region is None:  # a pointer that the kernel built out of an integer, or cast: take the tensor that it points into
            inside = [candidate for candidate in self.regions if mask.any() and candidate.inside(addresses[mask]).any()]
            region = inside[0] if inside else None
        good = mask & (region.inside(addresses) if region else False)
        if (mask & ~good).any():
            self._out_of_bounds(region, addresses[mask & ~good], kind, (x, y, z))
        if region is None or not good.any():
            return good
        size = region.itemsize
        for tally in self.tallies:
            if kind != WRITE:
                tally.reads[region.name] += int(good.sum()) * size
            if kind != READ:
                tally.writes[region.name] += int(good.sum()) * size
        conflict = region.storage.touch(addresses[good], size, kind, program)
        if conflict:
            other_kind, number = conflict
            rest, i = divmod(number, builder.grid_dim[0])
            k, j = divmod(rest, builder.grid_dim[1])
            detail = (
                f"{VERBS[kind]} what program {(i, j, k)} {VERBS[other_kind]} in {region.name}"
                if number != program
                else f"writes one place of {region.name} twice in one store"
            )
            self.seen.report(Problem("race", self.kernel, region.name, (x, y, z), detail))
        return good

    def _out_of_bounds(self, region, addresses, kind, program):
        name = region.name if region else "an unknown tensor"
        where = f", the first at {(addresses[0] - region.start) // region.itemsize} of {region.element.size}" if region else ""
        detail = f"{VERBS[kind]} {addresses.size} values outside {name}{where}"
        self.seen.report(Problem("out of bounds", self.kernel, name, program, detail))


def _poison(dtype: np.dtype):
    """What an undefined lane holds: NaN, which taints every result that it reaches; for bits stored as integers, 0x7f…f."""
    if dtype.kind == "f":
        return np.nan
    return True if dtype.kind == "b" else np.iinfo(f"i{dtype.itemsize}").max


def _interpreter():
    """Triton's interpreter module, if it is the one that this file knows."""
    if dynlib_kernels.MODE != "interpret":
        raise RuntimeError(
            f"watch() needs Triton's interpreter, but dynlib_kernels.MODE is {dynlib_kernels.MODE!r}; where "
            "Triton is installed, start Python with TRITON_INTERPRET=1"
        )
    from dynlib_kernels.language import triton

    interpreter = triton.runtime.interpreter
    for name, expected in EXPECTED.items():
        method = getattr(interpreter.InterpreterBuilder, name, None)
        found = " ".join(inspect.signature(method).parameters) if method else "nothing"
        if found != expected:
            raise RuntimeError(
                f"watch() wraps {name}({expected}) of Triton's interpreter, but Triton {triton.__version__} has "
                f"{found} there; kernels/dynlib_kernels/check/sanitizer.py must be brought up to date with it"
            )
    return interpreter


@contextlib.contextmanager
def watch(**names: torch.Tensor):
    """Account for every kernel that is launched inside the block.

    Tensors go by the names of the kernel's arguments.

    Parameters
    ----------
    **names : tensor
        Other names: `watch(modes=z)` lets z be called "modes". They must lie on the CPU.

    Yields
    ------
    Watch
        Filled while the block runs.

    Raises
    ------
    RuntimeError
        Unless `MODE` is "interpret", and if Triton's interpreter is not the one that this file
        knows.
    """
    interpreter = _interpreter()
    builder, executor = interpreter.InterpreterBuilder, interpreter.GridExecutor
    given = {tensor.data_ptr(): name for name, tensor in names.items()}
    seen, launch = Watch(), None
    original = {name: getattr(builder, name) for name in EXPECTED}
    original_call, original_convert, original_sum = executor.__call__, interpreter._implicit_cvt, interpreter.ReduceOps.sum
    handle = interpreter.TensorHandle

    def call(self, *args, **kwargs):
        nonlocal launch
        known = inspect.getfullargspec(self.fn).args
        bound = inspect.getcallargs(self.fn, *args, **{name: value for name, value in kwargs.items() if name in known})
        tensors = [(given.get(value.data_ptr(), name), value) for name, value in bound.items() if isinstance(value, torch.Tensor)]
        launch = _Launch(seen, self.fn.__name__, tensors)
        seen.launches.append(self.fn.__name__)
        with np.errstate(invalid="ignore"):  # an undefined lane is NaN, and arithmetic with it no reason to warn
            return original_call(self, *args, **kwargs)

    def convert(arg):
        """Mark the pointer with its region. The mark rides on the pointer's type, which pointer arithmetic hands on."""
        result = original_convert(arg)
        if isinstance(arg, torch.Tensor):
            result.handle.dtype = copy.copy(result.handle.dtype)
            layout = (arg.data_ptr(), arg.shape, arg.stride())
            result.handle.dtype.region = next(region for region in launch.regions if region.layout == layout)
        return result

    def load(self, ptrs, mask, other, *rest):
        good = launch.access(self, ptrs, mask.data, READ)
        dtype = interpreter._get_np_dtype(ptrs.get_element_ty())
        defined = good if other is None else good | ~np.asarray(mask.data, dtype=bool)
        values = np.where(defined, 0 if other is None else other.data, _poison(dtype)).astype(dtype)
        return original["create_masked_load"](self, ptrs, handle(good, mask_type), handle(values, ptrs.get_element_ty()), *rest)

    def store(self, ptrs, value, mask, *rest):
        good = launch.access(self, ptrs, mask.data, WRITE)
        return original["create_masked_store"](self, ptrs, value, handle(good, mask_type), *rest)

    def update(self, op, ptr, val, mask, *rest):
        good = launch.access(self, ptr, mask.data, ATOMIC)
        return original["create_atomic_rmw"](self, op, ptr, val, handle(good, mask_type), *rest)

    def exchange(self, ptr, *rest):
        if not launch.access(self, ptr, True, ATOMIC).all():
            raise IndexError(str(seen.problems[-1]))  # a compare-and-swap takes no mask with which to leave out the bad lanes
        return original["create_atomic_cas"](self, ptr, *rest)

    def dot(self, a, b, *rest):
        for tally in launch.tallies:
            tally.dot_flops += 2 * a.data.size * b.data.shape[-1]
        return original["create_dot"](self, a, b, *rest)

    def function(name):
        def counted(self, arg):
            for tally in launch.tallies:
                tally.calls[name] += arg.data.size
            return original[f"create_{name}"](self, arg)

        return counted

    def arithmetic(name):
        def counted(self, *args):
            result = original[f"create_{name}"](self, *args)
            for tally in launch.tallies:
                tally.pointwise += np.size(result.data) * (2 if name == "fma" else 1)
            return result

        return counted

    def sum_up(self, input):
        for tally in launch.tallies:
            tally.pointwise += np.size(input.handle.data) if input.dtype.is_floating() else 0
        return original_sum(self, input)

    mask_type = interpreter.tl.int1
    wrapped = {
        "create_masked_load": load,
        "create_masked_store": store,
        "create_dot": dot,
        "create_atomic_rmw": update,
        "create_atomic_cas": exchange,
    }
    wrapped |= {f"create_{name}": function(name) for name in FUNCTIONS}
    wrapped |= {f"create_{name}": arithmetic(name) for name in (*ARITHMETIC, "fma")}
    with contextlib.ExitStack() as undo:
        for owner, changes in (
            (builder, wrapped),
            (executor, {"__call__": call}),
            (interpreter, {"_implicit_cvt": convert}),
            (interpreter.ReduceOps, {"sum": sum_up}),
        ):
            for name, method in changes.items():
                undo.callback(setattr, owner, name, getattr(owner, name))
                setattr(owner, name, method)
        yield seen
