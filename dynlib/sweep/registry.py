"""The stored experiments of the book by name: those of ``dynlib/<room>/experiments.py`` for every room that has one."""

import difflib
import importlib
from pathlib import Path

from dynlib.sweep.experiment import Experiment

LIBRARY = Path(__file__).parents[1]


def experiments(room: str | None = None) -> dict[str, Experiment]:
    """The stored experiments by name.

    Parameters
    ----------
    room : str, optional
        Only those of this room, so that no other is imported.

    Returns
    -------
    dict of str to Experiment
        "ROOM.NAME", whose rows lie in ROOM/data/NAME.csv: room by room, each in the order of its
        table ``EXPERIMENTS``.
    """
    rooms = [path.parent.name for path in sorted(LIBRARY.glob("*/experiments.py"))]
    tables = [importlib.import_module(f"dynlib.{name}.experiments").EXPERIMENTS for name in rooms if room in (None, name)]
    return {experiment.name: experiment for table in tables for experiment in table}


def find(name: str) -> Experiment:
    """The experiment of a name.

    Parameters
    ----------
    name : str
        "ROOM.NAME".

    Returns
    -------
    Experiment
        It.

    Raises
    ------
    ValueError
        For a name that no table has, with the nearest that one has.
    """
    if found := experiments(name.partition(".")[0]).get(name):
        return found
    known = list(experiments())
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known[:3]
    raise ValueError(f"sweep: name = {name!r} is not known; it is like {', '.join(near)}, and show lists all {len(known)}")
