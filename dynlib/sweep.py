"""Grids of runs: every combination of settings and seeds, stored as one csv that says how it was made."""

import csv
import itertools
import math
import os
import platform
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path


def sweep(run: Callable[..., Iterable[Mapping]], grid: Sequence[Mapping], seeds: Sequence[int], path: Path, command: str) -> None:
    """Run every setting with every seed, and store the rows that come out.

    Each is a call ``run(**settings, seed=seed)``. The csv begins with comment lines: the command,
    the seeds, the versions and the seconds. A column stands for each setting, the seed, and each
    key of the yielded rows. The file appears only when every run has finished.

    Parameters
    ----------
    run : callable
        Takes the settings and ``seed``, and yields rows, {column: value}. Settings for which it
        yields nothing are left out.
    grid : sequence of mappings
        One {name: value} for each setting, all with the same keys.
    seeds : sequence of int
        Each setting runs with each of them.
    path : Path
        The csv to write.
    command : str
        What made the file, as its first line says it.

    Raises
    ------
    ValueError
        For an empty grid, no seeds, entries of the grid with different keys, and runs without a
        single row.
    """
    if not grid or not seeds:
        raise ValueError(f"sweep: {len(grid)} settings and {len(seeds)} seeds make no runs; give at least one of each")
    if len({tuple(settings) for settings in grid}) > 1:
        raise ValueError("sweep: the entries of grid have different keys; give every entry the same settings")
    start, rows = time.perf_counter(), []
    for settings, seed in itertools.product(grid, seeds):
        made = [{**settings, "seed": seed, **row} for row in run(**settings, seed=seed)]
        rows += made
        print(f"{time.perf_counter() - start:6.0f} s  {settings} seed {seed}: {made[-1] if made else 'no run'}", flush=True)
    if not rows:
        raise ValueError("sweep: run yielded no row for any settings and seed; a csv needs at least one")
    versions = f"Python {platform.python_version()}, torch {metadata.version('torch')}, numpy {metadata.version('numpy')}"
    temporary = Path(f"{path}.tmp")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# made by: {command}\n# seeds: {', '.join(map(str, seeds))}\n# with: {versions}\n")
        file.write(f"# in: {time.perf_counter() - start:.0f} seconds on one thread\n")
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(temporary, path)


def read_runs(path: Path) -> list[dict]:
    """Read the rows of a csv that ``sweep`` wrote.

    Parameters
    ----------
    path : Path
        The csv.

    Returns
    -------
    list of dict
        {column: value}; whole numbers as int, other numbers as float, True and False as bool, the
        rest as text.
    """
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(lines)]


def verified(
    rows: Sequence[dict],
    run: Callable[..., Iterable[Mapping]],
    /,
    *,
    seed: int,
    first: int | None = None,
    tolerance: float = 1e-4,
    **settings,
) -> list[dict]:
    """The stored rows, after one run of them was made again and compared with what is stored.

    The run is ``run(**settings, seed=seed)``. A column in which the two differ comes back as nan in
    every row, with a warning, so that no number that rests on it can hold. If the run yields
    another number of rows, that is every column but the settings and the seed.

    Parameters
    ----------
    rows : sequence of dict
        From ``read_runs``.
    run : callable
        The function that made them.
    seed : int
        The seed of the run to make again.
    first : int, optional
        How many rows of the run to make, all unless told: a run that trains yields its early rows
        long before its last.
    tolerance : float, default 1e-4
        Of a stored number, or of 1 where that number is smaller. The default is one unit in the
        last digit that is stored; a training in single precision, whose roundings differ between
        machines, needs more.
    **settings : object
        The settings of the run to make again.

    Returns
    -------
    list of dict
        The rows, with nan in the columns that differ.

    Raises
    ------
    ValueError
        For settings and a seed of which no row is stored.
    """
    settings = settings | {"seed": seed}
    told = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    stored = [row for row in rows if all(row.get(name) == value for name, value in settings.items())][:first]
    if not stored:
        raise ValueError(f"verified: no row is stored for {told}; give the settings and the seed of one that is")
    made = list(itertools.islice(run(**settings), first))
    if len(made) == len(stored):
        wrong = {
            name for new, old in zip(made, stored, strict=True) for name in new if not _agree(new[name], old.get(name), tolerance)
        }
    else:
        wrong = set(rows[0]) - set(settings)
    if not wrong:
        return list(rows)
    warnings.warn(f"verified: {told} now yields {made[:1]}, and {stored[:1]} is stored; what rests on it is nan", stacklevel=2)
    return [row | dict.fromkeys(wrong, math.nan) for row in rows]


def _agree(new, old, tolerance: float) -> bool:
    if isinstance(old, str) or isinstance(new, str):
        return new == old
    return new == old or abs(new - old) <= tolerance * max(1, abs(old))


def _value(text: str):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return {"True": True, "False": False}.get(text, text)
