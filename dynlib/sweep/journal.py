"""What a sweep has made so far: a file of JSON lines beside the csv, which is there only while the sweep is not finished.

The first line says what the sweep is; each further one is a cell, with the rows that it yielded or the traceback that it ended
in. Of two lines for a cell the later one holds. A line that was cut short by a kill is none.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from dynlib.sweep.experiment import key_of

try:
    import fcntl
except ImportError:  # Windows has other locks
    fcntl = None  # type: ignore[assignment]


def journal_of(path: Path) -> Path:
    """The journal of the sweep that makes ``path``."""
    return path.with_suffix(".journal")


def read_journal(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]], int]:
    """Read a journal.

    Parameters
    ----------
    path : Path
        The journal.

    Returns
    -------
    identity : dict
        What the sweep is; empty, if it was killed before it said so.
    outcomes : dict
        {key of a cell: the last that became of it}, with "cell", "seconds" and either "rows" or
        "failed".
    end : int
        How many bytes are whole lines.
    """
    whole = path.read_bytes().rpartition(b"\n")
    lines = [json.loads(line) for line in whole[0].splitlines()]
    outcomes = {key_of(line["cell"]): line for line in lines[1:]}
    return (lines[0] if lines else {}), outcomes, len(whole[0] + whole[1])


class Journal:
    """A journal to write to, for one process at a time. Use it as a context manager.

    Parameters
    ----------
    path : Path
        The journal.
    identity : dict
        What the sweep is: command, seeds, versions, code and cells.
    resume : bool
        Whether there must be one; else there must be none.

    Attributes
    ----------
    outcomes : dict
        As ``read_journal``.

    Raises
    ------
    ValueError
        If there is one and should be none, or the other way round; if it is another sweep's or
        another code's; and while another process writes to it.
    """

    def __init__(self, path: Path, identity: dict[str, Any], *, resume: bool):
        if resume and not path.exists():
            raise ValueError(f"sweep: there is no {path.name} to resume in {path.parent}; run the experiment from its beginning")
        if not resume and path.exists():
            raise ValueError(f"sweep: {path} is left from a run that did not finish; resume it, or delete it to begin again")
        if not path.parent.is_dir():
            raise ValueError(f"sweep: there is no folder {path.parent}; make it, or name another file")
        self.path = path
        self.file = path.open("ab" if resume else "xb")
        try:
            self._lock()
            found, self.outcomes, end = read_journal(path)
            if found:
                _check_same(path, found, identity)
            self.file.truncate(end)
            if not found:
                self._write(identity)
        except BaseException:
            self.file.close()
            raise

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.file.close()

    def record(self, outcome: dict[str, Any]) -> None:
        """Keep what became of a cell: once this returns, a killed machine cannot lose it.

        Parameters
        ----------
        outcome : dict
            "cell", "seconds" and either "rows" or "failed".
        """
        self._write(outcome)
        self.outcomes[key_of(outcome["cell"])] = outcome

    def _write(self, line: Mapping) -> None:
        self.file.write(json.dumps(line).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"sweep: another process is at work on {self.path}; wait for it, or end it") from None


def _check_same(path: Path, found: Mapping, identity: Mapping) -> None:
    for name, value in identity.items():
        if found.get(name) != value:
            shown = f"was {found.get(name)!r} and is {value!r}" if name != "cells" else "are others now"
            raise ValueError(
                f"sweep: {path} cannot be resumed: its {name} {shown}, and one table holds what one code made; go back to that, "
                "or delete the journal to begin again"
            )
