"""What the compiler makes of a kernel: registers, spills, shared memory and instructions, for a GPU that is not there.

Triton brings its own assemblers, so machine code can be made, and read, on any Linux machine. The kernels of this process are
interpreted, though, and Triton cannot be both; so the compiling is done by `check.offline` in a process of its own.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["TARGETS", "Compiled", "compiled"]

# T4, A100, L4, H100, and AMD's MI300
TARGETS = ("sm_75", "sm_80", "sm_89", "sm_90", "gfx942")


@dataclass(frozen=True)
class Compiled:
    """One kernel, compiled for one target.

    Attributes
    ----------
    kernel, target : str
        Their names.
    num_warps : int
        Warps of one program.
    registers : int
        Of one thread.
    spills : int
        Bytes of one thread that found no register and go to memory.
    shared : int
        Bytes of on-chip memory of one program.
    instructions : int
        In the code, not as executed.
    mix : dict of str to int
        How many of them, by kind (FFMA multiply-add, MUFU exp and its like, HMMA tensor core, LDG
        load, STG store; on AMD v_fma, v_exp, v_mfma, buffer).
    """

    kernel: str
    target: str
    num_warps: int
    registers: int
    spills: int
    shared: int
    instructions: int
    mix: dict[str, int]


def compiled(launch: Callable[[], object] | str, targets: Sequence[str] = TARGETS, timeout: float = 600) -> list[Compiled]:
    """Compile each kernel that `launch()` would launch, for each of the targets.

    No GPU and no driver are needed. The launch is called in another process, where it compiles and
    then does nothing: so it must call the launching functions with CPU tensors of the shapes and
    dtypes that matter, and must not look at the results.

    Parameters
    ----------
    launch : callable or str
        A function of no arguments, defined at the top of a module that can be imported (not in a
        notebook), or its name as "package.module:function".
    targets : sequence of str, default TARGETS
        Names of GPUs.
    timeout : float, default 600
        Seconds.

    Returns
    -------
    list of Compiled
        One for each kernel and target.

    Raises
    ------
    ValueError
        For a launch that cannot be imported, or an unknown target.
    RuntimeError
        If compiling fails (with the compiler's words), or Triton is not installed.
    subprocess.TimeoutExpired
        After `timeout` seconds.
    """
    unknown = [target for target in targets if target not in TARGETS]
    if unknown or not targets:
        raise ValueError(f"targets is {targets!r}; choose some of {', '.join(TARGETS)}")
    if importlib.util.find_spec("triton") is None:
        raise RuntimeError("compiled() needs Triton, which is not installed here (it exists for Linux only)")
    name, folder = _address(launch)
    with tempfile.TemporaryDirectory() as cache:
        paths = [folder, str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
        path = os.pathsep.join(filter(None, paths))
        env = {**os.environ, "TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": cache, "PYTHONPATH": path}
        command = [sys.executable, "-m", "dynlib_kernels.check.offline", name, *targets]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} did not compile:\n{done.stderr[-4000:]}")
    return [Compiled(**row) for row in json.loads(done.stdout)]


def _address(launch) -> tuple[str, str | None]:
    """("module:function", the folder to import it from if it is not in a package)."""
    if isinstance(launch, str):
        if launch.count(":") != 1:
            raise ValueError(f"launch is {launch!r}; as text it must read 'package.module:function'")
        return launch, None
    module = sys.modules.get(getattr(launch, "__module__", None) or "")
    file = getattr(module, "__file__", None)
    if module is None or file is None or "." in getattr(launch, "__qualname__", ".") or module.__name__ == "__main__":
        raise ValueError(
            f"launch is {launch!r}; it must be a plain function at the top of an importable module, because another "
            "process imports it: write it to a file"
        )
    folder = None if "." in module.__name__ else str(Path(file).parent)
    return f"{module.__name__}:{launch.__name__}", folder
