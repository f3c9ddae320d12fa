"""An experiment: a run function, a grid of settings, seeds, and the file that holds what comes out."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PLAIN = (bool, int, float, str)
Cell = dict[str, bool | int | float | str]  # the settings of one run, its seed last


@dataclass(frozen=True)
class Experiment:
    """One row of a table of experiments: a run for every setting and every seed.

    Attributes
    ----------
    run : callable
        Takes the settings and ``seed`` by name and yields rows, {column: value}, which hang on
        nothing else: whatever it draws, it draws from the seed. Settings for which it yields
        nothing are left out of the file.
    grid : sequence of mappings
        One {name: value} for each setting, all with the same names. Values are text, numbers or
        booleans.
    seeds : sequence of int
        Each setting runs with each of them.
    path : Path
        The csv that holds the rows, ``dynlib/<room>/data/NAME.csv`` for a stored experiment.
    seconds : float, optional
        What all cells together took on one thread, once.
    tolerance : float or mapping of str to float, default 1e-4
        How near a row must be when it is made again, as ``verified`` takes it. A training in single
        precision needs more: its roundings differ between machines. By column, if they differ much.
    cheap : mapping
        Settings that single out cells which are quick to make again, where cells differ much.
    reads : tuple of Path
        Files that the run reads, such as stored networks: the hash of its code covers them.
    command : str, optional
        What makes the file, as its first line says it; ``python -m dynlib.sweep run NAME`` if left
        out.

    Raises
    ------
    ValueError
        For an empty grid, no seeds, entries of the grid with different names or the name "seed", the
        same cell twice, seeds that are no whole numbers, and values that are no text, number or
        boolean.
    """

    run: Callable[..., Iterable[Mapping]]
    grid: Sequence[Mapping]
    seeds: Sequence[int]
    path: Path
    seconds: float | None = None
    tolerance: float | Mapping[str, float] = 1e-4
    cheap: Mapping = field(default_factory=dict)
    reads: tuple[Path, ...] = ()
    command: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        if not self.grid or not self.seeds:
            raise ValueError(
                f"Experiment: {len(self.grid)} settings and {len(self.seeds)} seeds make no runs; give at least one of each"
            )
        if len({tuple(settings) for settings in self.grid}) > 1:
            raise ValueError("Experiment: the entries of grid have different keys; give every entry the same settings")
        if "seed" in self.grid[0]:
            raise ValueError("Experiment: grid has a setting 'seed'; leave it out and give the seeds as seeds")
        for seed in self.seeds:
            if type(plain("Experiment", "seed", seed)) is not int:
                raise ValueError(f"Experiment: seeds hold {seed!r}; give whole numbers")
        seen: set[str] = set()
        for key in map(key_of, self.cells()):
            if key in seen:
                raise ValueError(f"Experiment: grid and seeds have {key} twice; leave one out")
            seen.add(key)

    @property
    def name(self) -> str:
        """``ROOM.NAME`` for the file ``ROOM/data/NAME.csv``."""
        return f"{self.path.absolute().parent.parent.name}.{self.path.stem}"

    @property
    def made_by(self) -> str:
        """The command that makes the file."""
        return self.command or f"python -m dynlib.sweep run {self.name}"

    def cells(self) -> list[Cell]:
        """Every run, in the order in which its rows stand in the file: settings, then seeds."""
        return [
            {name: plain("Experiment", name, value) for name, value in {**settings, "seed": seed}.items()}
            for settings, seed in itertools.product(self.grid, self.seeds)
        ]


def plain(where: str, name: str, value) -> bool | int | float | str:
    """Return a value as Python's own text, number or boolean, which csv and JSON hold without loss.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The setting or column that has the value.
    value : object
        Text, a number, a boolean, or NumPy's or torch's form of one.

    Returns
    -------
    bool, int, float or str
        The value.

    Raises
    ------
    ValueError
        For anything else.
    """
    if type(value) in PLAIN:
        return value
    if getattr(value, "shape", None) == () and type(found := value.item()) in PLAIN:
        return found
    raise ValueError(f"{where}: {name} = {value!r} is no text, number or boolean; give one of these")


def key_of(cell: Mapping) -> str:
    """A cell as one line of text, by which it is known in a journal."""
    return json.dumps(cell)


def told(cell: Mapping) -> str:
    """A cell as people read it."""
    return ", ".join(f"{name}={value!r}" for name, value in cell.items())
