"""One cell of a grid, run as it would run alone: on one thread, by the code and the versions that the file will name."""

import contextlib
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dynlib.sweep.code import code_hash, versions
from dynlib.sweep.experiment import Cell, plain


def run_cell(run: Callable, reads: tuple[Path, ...], cell: Cell, made_with: tuple[str, str]) -> dict[str, Any]:
    """Run one cell, in whatever process this is called.

    Parameters
    ----------
    run : callable
        Takes the cell's settings and seed by name and yields rows.
    reads : tuple of Path
        Files that it reads.
    cell : dict
        Settings and seed.
    made_with : tuple of str
        Versions and hash of the code that are to be found here.

    Returns
    -------
    dict
        "cell", "seconds", and "rows", or "failed" with the traceback of what went wrong: an error
        of the run, rows that no csv holds, or another code or version in this process.
    """
    start = time.perf_counter()
    outcome: dict[str, Any] = {"cell": cell}
    try:
        _check_made_with(run, reads, made_with)
        with one_thread():
            outcome["rows"] = [_row(cell, row) for row in run(**cell)]
    except (Exception, SystemExit):  # whatever it is, it is kept with its traceback, and the other cells go on
        outcome = {"cell": cell, "failed": traceback.format_exc()}
    return outcome | {"seconds": round(time.perf_counter() - start, 3)}


def one_thread() -> contextlib.AbstractContextManager:
    """While it is entered, linear algebra and torch, which counts OpenMP's threads, use one thread: sums have one order."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def _check_made_with(run: Callable, reads: tuple[Path, ...], made_with: tuple[str, str]) -> None:
    here = (versions(), code_hash(run, reads))
    for name, wanted, found in zip(("versions", "code"), made_with, here, strict=True):
        if found != wanted:
            raise ValueError(
                f"sweep: the {name} of this process are {found}, and the table is to name {wanted}; give every worker the same"
            )


def _row(cell: Cell, row: Mapping) -> dict[str, Any]:
    if twice := cell.keys() & row.keys():
        raise ValueError(f"sweep: run yields a column {sorted(twice)[0]!r}, which is a setting; give the column another name")
    return {name: plain("sweep", name, value) for name, value in row.items()}
