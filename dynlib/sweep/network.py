"""A stored network: what trains it, by which settings, and the file that says so of itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dynlib.sweep.cell import one_thread
from dynlib.sweep.code import code_hash, versions


@dataclass(frozen=True)
class Network:
    """One row of a table of networks: one training, whose weights are kept.

    Attributes
    ----------
    train : callable
        Takes the settings and ``seed`` by name, trains, and writes ``out`` (Path), a safetensors file
        that has ``made`` (dict of str to str) among its metadata. What it keeps beside that file, to go
        on from if it is stopped, is its own.
    settings : mapping
        {name: value}.
    seed : int
        Of all that is drawn.
    path : Path
        The file, ``dynlib/<room>/data/NAME.safetensors`` for a stored network.
    seconds : float, optional
        What it took on one thread, once.
    reads : tuple of Path
        Files that the training reads, such as a network that it goes on from.
    """

    train: Callable[..., object]
    settings: Mapping
    seed: int
    path: Path
    seconds: float | None = None
    reads: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """``ROOM.NAME`` for the file ``ROOM/data/NAME.safetensors``."""
        return f"{self.path.absolute().parent.parent.name}.{self.path.stem}"

    @property
    def command(self) -> str:
        """The command that makes the file."""
        return f"python -m dynlib.sweep train {self.name}"

    def made(self) -> dict[str, str]:
        """What the file's metadata says, if the code of today makes it: "command", "seed", "with" and "code"."""
        return {"command": self.command, "seed": str(self.seed), "with": versions(), "code": code_hash(self.train, self.reads)}

    def store(self, to: Path | None = None) -> None:
        """Train it on one thread.

        Parameters
        ----------
        to : Path, optional
            Another file than the stored one.

        Raises
        ------
        ValueError
            As ``train``, for settings that it does not take and for what it cannot go on from.
        """
        with one_thread():
            self.train(**self.settings, seed=self.seed, out=to or self.path, made=self.made())


def metadata(path: Path) -> dict[str, str]:
    """What a stored network's file says of itself.

    Parameters
    ----------
    path : Path
        A safetensors file.

    Returns
    -------
    dict of str to str
        As ``Network.made``, and what the room adds. A network that was stored before hashes were
        kept says "not recorded" for its code, and what made it.
    """
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        return dict(file.metadata() or {})
