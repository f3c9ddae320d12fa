"""The stored experiments and networks of the book by name: those of ``dynlib/<room>/experiments.py`` where a room has one."""

import difflib
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dynlib.sweep.experiment import Experiment
from dynlib.sweep.network import Network

LIBRARY = Path(__file__).parents[1]
T = TypeVar("T")


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
    return {experiment.name: experiment for table in _tables("EXPERIMENTS", room) for experiment in table}


def networks(room: str | None = None) -> dict[str, Network]:
    """The stored networks by name.

    Parameters
    ----------
    room : str, optional
        Only those of this room, so that no other is imported.

    Returns
    -------
    dict of str to Network
        "ROOM.NAME", whose file is ROOM/data/NAME.safetensors: those of each room's table ``NETWORKS``.
    """
    return {network.name: network for table in _tables("NETWORKS", room) for network in table}


def _tables(kind: str, room: str | None) -> list[tuple]:
    rooms = [path.parent.name for path in sorted(LIBRARY.glob("*/experiments.py"))]
    return [getattr(importlib.import_module(f"dynlib.{name}.experiments"), kind, ()) for name in rooms if room in (None, name)]


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
    return _named(name, experiments)


def find_network(name: str) -> Network:
    """The network of a name.

    Parameters
    ----------
    name : str
        "ROOM.NAME".

    Returns
    -------
    Network
        It.

    Raises
    ------
    ValueError
        As ``find``.
    """
    return _named(name, networks)


def _named(name: str, listed: Callable[..., dict[str, T]]) -> T:
    if found := listed(name.partition(".")[0]).get(name):
        return found
    known = list(listed())
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known[:3]
    raise ValueError(f"sweep: name = {name!r} is not known; it is like {', '.join(near)}, and show lists all {len(known)}")
