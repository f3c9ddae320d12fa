"""Runs the cells of an experiment on joblib, each as it would run alone, and keeps every one as it comes.

Worker processes on this machine are joblib's default. Anything else is said around the call:

    from dask.distributed import Client

    with Client("tcp://scheduler:8786"), joblib.parallel_config(backend="dask"):
        sweep(experiment)
"""

import contextlib
import traceback
from collections.abc import Generator, Iterable, Iterator
from typing import Any

from dynlib.sweep.cell import run_cell
from dynlib.sweep.code import code_hash, versions
from dynlib.sweep.experiment import Cell, Experiment, key_of, told
from dynlib.sweep.journal import Journal, journal_of
from dynlib.sweep.progress import Progress
from dynlib.sweep.stored import write_runs


class UnfinishedError(RuntimeError):
    """Cells failed, so there is no table; the journal holds the others, and the tracebacks."""


def sweep(experiment: Experiment, *, jobs: int = -1, resume: bool = False) -> None:
    """Run every cell of an experiment, and store the rows that come out.

    Each is a call ``run(**settings, seed=seed)`` on one thread, in a worker process if ``jobs`` allows
    more than one. What a cell yields is kept in a journal beside the file as soon as it comes, so
    a sweep that was killed resumes with the cells that it had not kept. A cell that fails is kept with its
    traceback, and the others go on; one whose process is lost is tried once more by itself. The csv
    appears when every cell has ended well: with comment lines that say the command, the seeds, the
    versions and the hash of the code, then a column for each setting, the seed, and each key of the
    yielded rows, in the order of the grid, whatever order they came in.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    jobs : int, default -1
        How many cells at a time; −1 is as many as there are processors, or what the backend has.
    resume : bool, default False
        Go on with a sweep that did not finish. Cells that failed are tried again.

    Raises
    ------
    ValueError
        If an unfinished sweep lies there and is not to be resumed, or the other way round; if it
        was another code's or another grid's; for jobs of 0, a run that is no function in a file,
        and a file in no folder; and if no run yields a row, or runs yield different columns.
    UnfinishedError
        If cells failed.
    """
    if type(jobs) is not int or jobs == 0:
        raise ValueError(f"sweep: jobs = {jobs!r} must be a whole number: how many cells at a time, or -1 for one a processor")
    cells, identity = experiment.cells(), identity_of(experiment)
    with Journal(journal_of(experiment.path), identity | {"cells": cells}, resume=resume) as journal:
        kept = {key for key, outcome in journal.outcomes.items() if "rows" in outcome}
        left = [cell for cell in cells if key_of(cell) not in kept]
        progress = Progress(len(cells), len(cells) - len(left))
        with contextlib.closing(_outcomes(experiment, left, jobs)) as ended:
            for outcome in ended:
                journal.record(outcome)
                if "failed" in outcome:
                    print(f"failed: {told(outcome['cell'])}: {outcome['failed'].splitlines()[-1]}", flush=True)
                progress.step(told(outcome["cell"]))
        outcomes = [journal.outcomes[key_of(cell)] for cell in cells]
        if failed := [outcome for outcome in outcomes if "failed" in outcome]:
            first = failed[0]
            raise UnfinishedError(
                f"sweep: {len(failed)} of {len(cells)} cells failed, the first for {told(first['cell'])}:\n{first['failed']}"
                f"The others are kept in {journal.path}; mend the cause and resume."
            )
        write_runs(experiment.path, identity, _table(outcomes))
    journal.path.unlink()
    print(f"{experiment.path}: {len(cells)} cells, {sum(o['seconds'] for o in outcomes):.0f} seconds of one thread")


def identity_of(experiment: Experiment) -> dict[str, str]:
    """What the head of an experiment's file says, if the code of today makes it.

    Parameters
    ----------
    experiment : Experiment
        What is run.

    Returns
    -------
    dict of str to str
        "made by", "seeds", "with" and "code".

    Raises
    ------
    ValueError
        For a run that is no function in a file.
    """
    return {
        "made by": experiment.made_by,
        "seeds": ", ".join(map(str, experiment.seeds)),
        "with": versions(),
        "code": code_of(experiment),
    }


def code_of(experiment: Experiment) -> str:
    """The hash of the code that makes an experiment's rows today."""
    return code_hash(experiment.run, experiment.reads)


def _outcomes(experiment: Experiment, cells: list[Cell], jobs: int) -> Generator[dict[str, Any], None, None]:
    """What becomes of each cell, in the order in which they end.

    A lost process ends joblib's call, which does not say whose cell it was. Those that were under way wait until the others are
    through, and are then tried one at a time: the one that loses its process again has failed.
    """
    waiting, suspects = iter(cells), list[Cell]()
    while True:
        under_way: dict[str, Cell] = {}
        try:
            for outcome in _parallel(experiment, _noted(waiting, under_way), jobs):
                del under_way[key_of(outcome["cell"])]
                yield outcome
            break
        except Exception as error:  # a cell's own errors are outcomes, so this is a lost process, or joblib's own
            if not under_way:
                raise  # nothing was begun: there is no cluster, or no pool of processes can be had
            print(f"{type(error).__name__}: {len(under_way)} cells were under way and are tried again at the end", flush=True)
            suspects += under_way.values()
    for cell in suspects:
        try:
            yield from _parallel(experiment, [cell], jobs)
        except Exception:
            yield {"cell": cell, "seconds": 0.0, "failed": traceback.format_exc()}


def _noted(cells: Iterator[Cell], under_way: dict[str, Cell]) -> Iterator[Cell]:
    for cell in cells:
        under_way[key_of(cell)] = cell
        yield cell


def _parallel(experiment: Experiment, cells: Iterable[Cell], jobs: int) -> Iterator[dict[str, Any]]:
    """The outcomes as they come: one task a cell, so that none waits for its neighbours before it is kept."""
    from joblib import Parallel, delayed

    identity = identity_of(experiment)
    task = delayed(run_cell)
    tasks = (task(experiment.run, experiment.reads, cell, (identity["with"], identity["code"])) for cell in cells)
    parallel = Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
    with contextlib.closing(parallel(tasks)) as outcomes:
        yield from outcomes


def _table(outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of all cells, settings first."""
    rows = [{**outcome["cell"], **row} for outcome in outcomes for row in outcome["rows"]]
    if not rows:
        raise ValueError("sweep: run yielded no row for any settings and seed; a csv needs at least one")
    if other := next((row for row in rows if list(row) != list(rows[0])), None):
        raise ValueError(
            f"sweep: run yields the columns {list(rows[0])} for {rows[0]}, and {list(other)} for {other}; give every row the same"
        )
    return rows
