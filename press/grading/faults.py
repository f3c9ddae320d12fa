"""What was wrong with a notebook's lines, in words that its writer understands."""

from dataclasses import dataclass

REPORTED, TEXT = 200, 200  # entries of a child's report, and characters of a line's text


class Late(BaseException):
    """A call has used its seconds. No Exception, so that a student's ``except Exception`` lets it pass."""


@dataclass(frozen=True)
class Fault:
    """What was wrong in one line of a cell, as its writer sees it: the line's number in the cell, its text, and a message."""

    cell: int
    line: int
    text: str
    says: str


def read_report(report: list[dict], cells: int) -> list[Fault]:
    """What a child says of its cells, of which there are ``cells``; a student's code may have written anything at all.

    Parameters
    ----------
    report : list of dict
        ``cell``, ``line``, ``text`` and ``says`` each.
    cells : int
        How many there are.

    Returns
    -------
    list of Fault
        One an entry.

    Raises
    ------
    KeyError, TypeError, ValueError
        Where it makes no sense.
    """
    found = []
    for entry in report[:REPORTED]:
        cell, line = int(entry["cell"]), int(entry["line"])
        if not 0 <= cell < cells:
            raise ValueError(f"there is no cell {cell}")
        found.append(Fault(cell, line, str(entry["text"])[:TEXT], str(entry["says"])[: 2 * TEXT]))
    return found


def too_slow(seconds: float) -> str:
    return f"takes more than {seconds:g} s; is there a loop that does not end?"


def how_it_broke(said: str, how: str, seconds: float) -> str:
    """Why there is no answer from a child.

    Parameters
    ----------
    said : str
        What its channel said: "late", "gone", or what could not be read.
    how : str
        How its process had ended, as :func:`press.grading.processes.state` says it.
    seconds : float
        What it had been given.

    Returns
    -------
    str
        As it goes on after "it".
    """
    if said == "late":
        return too_slow(seconds)
    if said == "gone":
        name = how.removeprefix("signal ")
        if name in ("SIGXCPU", "SIGKILL"):
            return f"ended its process: it used too much time or memory ({name})"
        return f"ended its process ({how})" if how.startswith(("signal", "exit")) else "ended its process"
    return f"sent {said}" if said.startswith("what") else f"sent what cannot be read: {said}"
