"""``claim(id, ours)``: hold a number of the book against the row that promises it."""

import difflib
import functools
import linecache
import sys
from pathlib import Path

from dynlib.teaching.claims.registry import Row, read_all

MIME = "application/vnd.dynamics.claim+json"


class ClaimError(AssertionError):
    """A number of the book left its tolerance."""


@functools.cache
def rows() -> dict[str, Row]:
    """Every claim of the book, by id."""
    return read_all(Path(__file__).parent)


_claimed_at: dict[str, tuple] = {}


def _caller() -> tuple:
    """The line that called ``claim``, as text, and the execution count. Running a cell again changes only the second."""
    frame = sys._getframe(2)
    shell = _shell()
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip(), shell.execution_count if shell else None


def _shell():
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def claim(id: str, ours: float) -> None:
    """Check one number against its row and print one line that is the same on every machine.

    Parameters
    ----------
    id : str
        The row's name in ``claims/<room>.toml``.
    ours : real scalar
        The number of this page: a Python number, or an array or tensor with one element.

    Raises
    ------
    ValueError
        For an unknown id, a row that is not tested, a second claim of the same id, and an
        ``ours`` that is not one real number.
    ClaimError
        If ``ours`` lies outside the row's tolerance; the message names all three numbers.
    """
    if id not in rows():
        near = difflib.get_close_matches(id, rows(), 1)
        hint = f"did you mean {near[0]!r}?" if near else "add it to dynlib/teaching/claims/<room>.toml"
        raise ValueError(f"claim: id = {id!r} is unknown; {hint}")
    row = rows()[id]
    if row.status != "tested":
        raise ValueError(f"claim: id = {id!r} has status {row.status!r}, so it holds no number; make the row tested first")
    here = _caller()
    before = _claimed_at.get(id)
    if before and (before[0] != here[0] or before[1] == here[1]):
        raise ValueError(f"claim: id = {id!r} was claimed already, by {before[0]!r}; each row is claimed once")
    value = _number(ours)
    assert row.value is not None  # a tested row has value and tolerance, or is not read
    assert row.tolerance is not None
    if not abs(value - row.value) <= row.tolerance:  # `not <=` also refuses nan
        raise ClaimError(f"claim {id!r} fails: ours is {value:.6g}, expected {row.value:.6g}, tolerance {row.tolerance:.3g}")
    _claimed_at[id] = here
    _show(row, value)


def _number(ours) -> float:
    try:
        value = ours.item() if hasattr(ours, "item") else ours
        if isinstance(value, complex):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"claim: ours = {ours!r} is not one real number; reduce it first, to a largest error say") from None


def _show(row: Row, value: float) -> None:
    line = f"✓ {row.id}: {row.expected()}"
    verdict = row.verdict(value)
    if row.paper_value is not None:
        line += f"; the paper has {row.paper_value:.6g} (± {row.paper_tolerance:.2g}): {verdict}"
    if _shell() is None:
        print(line)
        return
    from IPython.display import display

    record = {"id": row.id, "value": row.value, "tolerance": row.tolerance, "verdict": verdict}
    display({"text/plain": line, MIME: record}, raw=True)
