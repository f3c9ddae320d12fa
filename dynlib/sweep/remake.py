"""One cell of a stored file is made again by the code of today; where it comes out as stored, the file's head may say so."""

import contextlib
import datetime
import multiprocessing
import random
import time
from collections.abc import Callable
from typing import NamedTuple

from dynlib.sweep.cell import one_thread
from dynlib.sweep.code import versions
from dynlib.sweep.engine import identity_of
from dynlib.sweep.experiment import Cell, Experiment, told
from dynlib.sweep.stored import read_header, read_runs, write_header
from dynlib.sweep.verify import differing, rows_of

HANG = 30.0  # seconds over the cap after which a run that yields nothing is given up


class Remade(NamedTuple):
    """What came of making a cell again.

    Attributes
    ----------
    cell : dict
        Settings and seed.
    made, stored : int
        Rows that were made within the cap, and rows that are stored.
    exact : bool
        Whether each number is the stored one, to its last digit.
    wrong : set of str
        Columns that differ by more than the experiment's tolerance.
    seconds : float
        What it took.
    """

    cell: Cell
    made: int
    stored: int
    exact: bool
    wrong: set[str]
    seconds: float

    def __str__(self) -> str:
        rows = f"{self.made} of {self.stored} rows" if self.made < self.stored else f"{self.stored} rows"
        verdict = f"other {', '.join(sorted(self.wrong))}" if self.wrong else "equal" if self.exact else "equal up to rounding"
        return f"{told(self.cell)}: {rows}, {verdict}"


def remake(experiment: Experiment, *, pick: random.Random, cap: float = 20.0) -> Remade | None:
    """Make one random cell of a stored file again, and compare.

    Parameters
    ----------
    experiment : Experiment
        Whose file is there. If it names cheap cells, the cell is one of those.
    pick : random.Random
        Chooses the cell.
    cap : float, default 20
        Seconds after which no further row of the run is asked for.

    Returns
    -------
    Remade or None
        None if no row came in time.

    Raises
    ------
    ValueError
        If no row is stored for any cell.
    """
    runs = read_runs(experiment.path)
    cells = [cell for cell in experiment.cells() if experiment.cheap.items() <= cell.items() and rows_of(runs, cell)]
    if not cells:
        raise ValueError(f"sweep: {experiment.path} holds no row of a cell of {experiment.name}; run it first")
    cell = pick.choice(cells)
    stored, start = rows_of(runs, cell), time.perf_counter()
    rows, ended = _in_worker(experiment, cell, cap)
    if not rows and not ended:
        return None
    compared = stored if ended else stored[: len(rows)]
    wrong = differing(rows, compared, cell, experiment.tolerance)
    exact = not differing(rows, compared, cell, 0.0)
    return Remade(cell, len(rows), len(stored), exact, wrong, time.perf_counter() - start)


def stamp(experiment: Experiment, remade: Remade) -> None:
    """Write into the head of a stored file that the code of today made one of its cells again.

    Parameters
    ----------
    experiment : Experiment
        Whose file it is.
    remade : Remade
        A cell without wrong columns.

    Raises
    ------
    ValueError
        If the cell came out otherwise.
    """
    if remade.wrong:
        raise ValueError(
            f"stamp: remade has other {sorted(remade.wrong)} than {experiment.path}; find out why before anything else"
        )
    before, today = read_header(experiment.path), identity_of(experiment)
    if "code" not in before:
        others = "stand from before, when no hash was kept"
    elif "made again" not in before:
        others = f"were made by code {before['code']}"
    else:
        others = before["other rows"]
    by = "" if before["with"] == versions() else f" with {versions()}"
    write_header(
        experiment.path,
        today | {"with": before["with"], "made again": f"{remade}, on {datetime.date.today()}{by}", "other rows": others},
    )


def _in_worker(experiment: Experiment, cell: Cell, cap: float) -> tuple[list[dict], bool]:
    """Rows of one run, and whether it came to its end: in a process that can be ended if it yields nothing."""
    from joblib import Parallel, delayed

    task = delayed(_rows_within)(experiment.run, cell, cap)
    with contextlib.suppress(multiprocessing.TimeoutError):
        (found,) = Parallel(n_jobs=2, timeout=cap + HANG)([task])
        return found
    return [], False


def _rows_within(run: Callable, cell: Cell, cap: float) -> tuple[list[dict], bool]:
    start, rows = time.perf_counter(), []
    with one_thread():
        for row in run(**cell):
            rows.append(dict(row))
            if time.perf_counter() - start > cap:
                return rows, False
    return rows, True
