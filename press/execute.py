"""Running a notebook in a fresh kernel, and what is measured while it runs."""

import asyncio
import copy
import datetime
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from press.canonical import failed_cell, source_sha
from press.notebooks import RefusedError, describe

# Asked of the kernel after the last cell and never stored. VmHWM is this process's own peak; ru_maxrss would also count
# what the parent held when it started the kernel, so it serves only where /proc is missing (macOS counts it in bytes).
_PROBE = """
import json as _json, platform as _platform, re as _re, sys as _sys
from importlib import metadata as _metadata
try:
    _peak = int(_re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
except OSError:
    import resource as _resource
    _peak = _resource.getrusage(_resource.RUSAGE_SELF).ru_maxrss / (2**20 if _sys.platform == "darwin" else 1024)
_versions = {"python": _platform.python_version()}
for _module, _name in {"IPython": "ipython", "ipywidgets": "ipywidgets", "matplotlib": "matplotlib", "numpy": "numpy",
                       "scipy": "scipy", "sklearn": "scikit-learn", "torch": "torch", "triton": "triton"}.items():
    if _module in _sys.modules:
        _versions[_name] = _metadata.version(_name)
print(_json.dumps({"peak_mib": round(_peak), "versions": _versions}))
"""

HANG = 600  # seconds a cell may take, a limit for hangs: the longest takes some twenty on a quiet machine


def execute(nb: NotebookNode, folder: Path, timeout: int = HANG, seed: int | None = None) -> NotebookNode:
    """Run every code cell in a fresh ``python3`` kernel.

    Parameters
    ----------
    nb : NotebookNode
        The notebook; it stays as it is.
    folder : Path
        The kernel's working folder.
    timeout : int
        Seconds for each cell.
    seed : int, optional
        DYNAMICS_SEED; unset without it, so that stored outputs are always those of the default
        seed.

    Returns
    -------
    NotebookNode
        A copy with outputs, counts and ``metadata.dynamics``.

    Raises
    ------
    RefusedError
        With the cell and the error where one fails, takes too long or kills the kernel, or where a
        cell did not run.
    """
    nb = copy.deepcopy(nb)
    nb.cells = [c for c in nb.cells if c.source.strip()]
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    start = time.perf_counter()
    with ThreadPoolExecutor(1) as thread:  # a thread of its own has no event loop yet, wherever this is called from
        measured = thread.submit(asyncio.run, _run(nb, folder, timeout, seed)).result()
    seconds = round(time.perf_counter() - start, 1)
    if failure := failed_cell(nb):
        raise RefusedError(failure)
    nb.metadata["dynamics"] = nbformat.from_dict(
        {
            "source_sha": source_sha(nb),
            "seconds": seconds,
            "executed": datetime.date.today().isoformat(),
            **measured,
        }
    )
    return nb


async def _run(nb: NotebookNode, folder: Path, timeout: int, seed: int | None) -> dict:
    """Run the cells in order, then the probe; returns the probe's answer."""
    client = NotebookClient(
        nb,
        coalesce_streams=True,  # a busy kernel sends one print in two messages
        timeout=timeout,
        iopub_timeout=60,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    )
    env = {name: value for name, value in os.environ.items() if name != "DYNAMICS_SEED"}
    if seed is not None:
        env["DYNAMICS_SEED"] = str(seed)
    probe = nbformat.v4.new_code_cell(_PROBE)
    async with client.async_setup_kernel(env=env):
        for k, cell in enumerate([*nb.cells, probe]):
            try:
                if cell is probe:
                    nb.cells.append(probe)  # the client writes each cell back by its index
                    await client.async_execute_cell(cell, k, store_history=False)
                    nb.cells.pop()
                else:
                    await client.async_execute_cell(cell, k)
            except CellExecutionError as error:
                raise RefusedError(f"{describe(k + 1, cell)} failed: {error.ename}: {error.evalue}") from None
            except CellTimeoutError:
                raise RefusedError(f"{describe(k + 1, cell)} took more than {timeout} s") from None
            except DeadKernelError:
                raise RefusedError(f"{describe(k + 1, cell)} killed the kernel") from None
            if cell.cell_type == "code" and cell is not probe and cell.execution_count is None:
                raise RefusedError(f"{describe(k + 1, cell)} did not run; remove its skip-execution tag")
    return json.loads(probe.outputs[0].text)
