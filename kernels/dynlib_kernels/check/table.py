"""What is known of every kernel without a GPU: its counts in the interpreter, and what the compiler made of it.

The table is stored beside this file, because compiling takes minutes; `python -m dynlib_kernels.check --json` makes it again, and
tests compare the two, kernel by kernel, when a kernel's source changes.
"""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dynlib_kernels.check.compilation import TARGETS, compiled
from dynlib_kernels.check.samples import SAMPLES
from dynlib_kernels.check.sanitizer import Tally, watch
from dynlib_kernels.engine import torch

__all__ = ["counted", "make_table", "read_table"]

STORED = Path(__file__).with_name("table.json")


def counted(sample: Callable[[], object]) -> dict[str, Tally]:
    """Count each kernel in a sample launch. Needs the interpreter.

    Parameters
    ----------
    sample : callable
        A launch of no arguments, one of `SAMPLES`.

    Returns
    -------
    dict of str to Tally
        The counts, by kernel.

    Raises
    ------
    RuntimeError
        As `watch` does, and for a launch with a problem.
    """
    with watch() as seen:
        sample()
    if seen.problems:
        raise RuntimeError("; ".join(map(str, seen.problems)))
    return seen.kernels


def make_table() -> dict:
    """Make the table anew, ready for json; two compilers run at a time.

    Returns
    -------
    dict
        {"versions", "counts": {kernel: counts}, "compiled": [row, …]}.

    Raises
    ------
    RuntimeError
        As `counted` and `compiled`.
    """
    with ThreadPoolExecutor(2) as pool:
        rows = [asdict(row) for found in pool.map(compiled, SAMPLES.values()) for row in found]
    rows.sort(key=lambda row: (row["kernel"], TARGETS.index(row["target"])))
    tallies = {kernel: tally for sample in SAMPLES.values() for kernel, tally in counted(sample).items()}
    counts = {kernel: vars(tally) for kernel, tally in sorted(tallies.items())}
    return json.loads(
        json.dumps(
            {
                "versions": {"triton": version("triton"), "torch": torch.__version__.partition("+")[0]},
                "counts": counts,
                "compiled": rows,
            }
        )
    )


def read_table() -> tuple[dict[str, str], dict[str, Tally], list[dict]]:
    """Read the stored table.

    Returns
    -------
    versions : dict of str to str
        Of Triton and torch.
    counts : dict of str to Tally
        By kernel.
    compiled : list of dict
        A row for each kernel and target.
    """
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    counts = {kernel: _tally(fields) for kernel, fields in stored["counts"].items()}
    return stored["versions"], counts, stored["compiled"]


def _tally(fields: dict[str, Any]) -> Tally:
    values: dict[str, Any] = {name: Counter(value) if isinstance(value, dict) else value for name, value in fields.items()}
    return Tally(**values)
