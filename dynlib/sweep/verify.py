"""A stored number is worth what making it again is worth: one run is made anew and compared with its rows."""

import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence

from dynlib.sweep.experiment import told


def verified(
    rows: Sequence[dict],
    run: Callable[..., Iterable[Mapping]],
    /,
    *,
    seed: int,
    first: int | None = None,
    tolerance: float | Mapping[str, float] = 1e-4,
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
    tolerance : float or mapping of str to float, default 1e-4
        Of a stored number, or of 1 where that number is smaller. The default is one unit in the
        last digit that is stored; a training in single precision, whose roundings differ between
        machines, needs more. By column, or one for all; a column that a mapping does not name has
        the default.
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
    stored = rows_of(rows, settings)[:first]
    if not stored:
        raise ValueError(f"verified: no row is stored for {told(settings)}; give the settings and the seed of one that is")
    made = list(itertools.islice(run(**settings), first))
    wrong = differing(made, stored, settings, tolerance)
    if not wrong:
        return list(rows)
    warnings.warn(
        f"verified: {told(settings)} now yields {made[:1]}, and {stored[:1]} is stored; what rests on it is nan", stacklevel=2
    )
    return [row | dict.fromkeys(wrong, math.nan) for row in rows]


def rows_of(rows: Sequence[dict], cell: Mapping) -> list[dict]:
    """The stored rows of one cell.

    Parameters
    ----------
    rows : sequence of dict
        From ``read_runs``.
    cell : mapping
        Settings and seed.

    Returns
    -------
    list of dict
        Those that have all of them.
    """
    return [row for row in rows if all(row.get(name) == value for name, value in cell.items())]


def differing(
    made: Sequence[Mapping], stored: Sequence[Mapping], cell: Mapping, tolerance: float | Mapping[str, float]
) -> set[str]:
    """The columns in which what was made differs from what is stored.

    Parameters
    ----------
    made : sequence of mappings
        What the run yields.
    stored : sequence of mappings
        At least one stored row.
    cell : mapping
        Settings and seed.
    tolerance : float or mapping of str to float
        As ``verified``.

    Returns
    -------
    set of str
        Every column but those of the cell, if the numbers of rows differ.
    """
    if len(made) != len(stored):
        return set(stored[0]) - set(cell)
    by_column = tolerance if isinstance(tolerance, Mapping) else {}
    usual = 1e-4 if isinstance(tolerance, Mapping) else tolerance
    return {
        name
        for new, old in zip(made, stored, strict=True)
        for name in new
        if not _agree(new[name], old.get(name), by_column.get(name, usual))
    }


def _agree(new, old, tolerance: float) -> bool:
    if isinstance(old, str | None) or isinstance(new, str):  # None: no such column is stored
        return new == old
    return new == old or abs(new - old) <= tolerance * max(1, abs(old)) or (math.isnan(new) and math.isnan(old))
