"""The rows that the book claims, read from one toml file a room.

Only the standard library is imported here, so that the press can load this file on a machine without torch.
"""

import difflib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NoReturn

WHOSE = ("the paper's", "the paper's statement, our proof", "ours")
KINDS = ("proved", "checked", "measured", "reported")
STATUSES = ("tested", "not_run")
EVIDENCE = ("live", "recomputed", "stored")
CHEAP = 20  # seconds; a run that costs less is made again on the page
ALWAYS = ("statement", "source", "whose", "kind", "status")
TESTED = ("value", "tolerance", "reason", "misses", "breaker")


@dataclass(frozen=True)
class Breaker:
    """A change of one place of the library under which the claim must fail.

    Attributes
    ----------
    module : str
        A dotted name.
    old : str
        An expression, or one or several statements, that occurs there exactly so, as syntax:
        layout and comments do not count.
    new : str
        What stands in its place.
    where : str
        A function or class of the module by its qualified name; "" for what stands in none.
    occurrence : int or None
        Which place is meant, from 1, where ``old`` occurs more than once.
    """

    module: str
    old: str
    new: str
    where: str = ""
    occurrence: int | None = None


@dataclass(frozen=True)
class Row:
    """One claim.

    Attributes
    ----------
    id, room : str
        The row's name, and the toml file that it stands in.
    statement, source : str
        What is claimed, and where it comes from.
    whose : str
        One of ``WHOSE``.
    kind : str
        One of ``KINDS``.
    status : str
        One of ``STATUSES``. A row that is tested has all fields named in ``TESTED``.
    value, tolerance : float, bool or None
        Guard our own number.
    reason : str or None
        Why the tolerance is what it is.
    misses : str or None
        What the check could not detect.
    breaker : Breaker or None
        A change of the library under which the claim must fail.
    evidence : str
        What the number rests on: computed on its page ("live"), read from a file of runs of which
        the page makes one again ("recomputed", see ``dynlib.sweep.verified``), or read from a file
        alone ("stored"). The last is for files of which the cheapest row costs more than ``CHEAP``
        seconds.
    seconds, command : float and str, or None
        Of a stored row: what the cheapest row costs in seconds on one thread, and what makes the
        file.
    stochastic : bool
        Whether it is also to hold on other seeds (``python -m press seeds``).
    paper_value, paper_tolerance : float or None
        Judge our number against the paper's; both or neither.
    paper_baseline : float or None
        "direction only" means that the paper's number and ours lie on the same side of it.
    why : str or None
        Why the paper's number is not reproduced.
    needs : str or None
        What a row that is not run would need.
    """

    id: str
    room: str
    statement: str
    source: str
    whose: str
    kind: str
    status: str
    value: float | bool | None = None
    tolerance: float | None = None
    reason: str | None = None
    misses: str | None = None
    breaker: Breaker | None = None
    evidence: str = "live"
    seconds: float | None = None
    command: str | None = None
    stochastic: bool = False
    paper_value: float | None = None
    paper_tolerance: float | None = None
    paper_baseline: float | None = None
    why: str | None = None
    needs: str | None = None

    def expected(self) -> str:
        """What a claim that holds has shown, in words that do not depend on the machine."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return f"exactly {self.value:.6g}" if self.tolerance == 0 else f"within {self.tolerance:.2g} of {self.value:.6g}"

    def verdict(self, ours: float) -> str:
        """Our number against the paper's: computed, never typed.

        Parameters
        ----------
        ours : float
            Our number.

        Returns
        -------
        str
            "no number in the paper", "reproduced", "not reproduced", or "direction only": the
            paper's number and ours lie on the same side of ``paper_baseline``.
        """
        if self.paper_value is None or self.paper_tolerance is None:  # both, or neither
            return "no number in the paper"
        if abs(ours - self.paper_value) <= self.paper_tolerance:
            return "reproduced"
        if self.paper_baseline is not None and (ours - self.paper_baseline) * (self.paper_value - self.paper_baseline) > 0:
            return "direction only"
        return "not reproduced"


def _line_of(text: str, id: str) -> int:
    return next((n for n, line in enumerate(text.splitlines(), 1) if line.strip() in (f"[{id}]", f'["{id}"]')), 1)


def _breaker(table: dict, refuse: Callable[[str], NoReturn]) -> Breaker:
    known = [f.name for f in fields(Breaker)]
    wrong = [name for name in table if name not in known]
    if wrong:
        refuse(f"has a breaker with an unknown field {wrong[0]!r}; it has module, old and new, and may have where and occurrence")
    for name in ("module", "old", "new"):
        if not str(table.get(name, "")).strip():
            refuse(f"has a breaker without {name!r}")
    which = table.get("occurrence", 1)
    if not (isinstance(which, int) and which >= 1):
        refuse(f"has a breaker with occurrence = {which!r}; it must be 1, 2, …")
    return Breaker(**table)


def _row(path: Path, text: str, id: str, table: dict) -> Row:
    def refuse(problem: str) -> NoReturn:
        raise ValueError(f"{path}, line {_line_of(text, id)}: claim {id!r} {problem}")

    if not isinstance(table, dict):
        refuse("is not a table; write [id] on a line of its own and its fields below")
    known = {f.name for f in fields(Row)} - {"id", "room"}
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            refuse(f"has an unknown field {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    for name in ALWAYS:
        if not str(table.get(name, "")).strip():
            refuse(f"lacks {name!r}")
    for name, allowed in (("whose", WHOSE), ("kind", KINDS), ("status", STATUSES)):
        if table[name] not in allowed:
            refuse(f"has {name} = {table[name]!r}; it must be one of {', '.join(map(repr, allowed))}")
    if table.get("evidence", "live") not in EVIDENCE:
        refuse(f"has evidence = {table['evidence']!r}; it must be one of {', '.join(map(repr, EVIDENCE))}")
    if table.get("evidence") == "stored":
        if not (table.get("seconds") or 0) > CHEAP:
            refuse(
                f"is stored and has seconds = {table.get('seconds')!r}; say what one row costs, and if that is {CHEAP} or "
                'less, make one again on the page (dynlib.sweep.verified) and write evidence = "recomputed"'
            )
        if not table.get("command"):
            refuse("is stored and lacks 'command', which makes the file")
    elif "seconds" in table or "command" in table:
        refuse("has seconds or command, and is not stored; leave them out")
    if table["status"] == "not_run" and not table.get("needs"):
        refuse('is not_run and does not say what it needs; add needs = "…"')
    if table["status"] == "tested":
        for name in TESTED:
            if table.get(name) in (None, ""):
                refuse(f"is tested and lacks {name!r}")
        if not table["tolerance"] >= 0:
            refuse(f"has tolerance = {table['tolerance']!r}; it must be at least 0")
        table = table | {"breaker": _breaker(table["breaker"], refuse)}
    if (table.get("paper_value") is None) != (table.get("paper_tolerance") is None):
        refuse("has only one of paper_value and paper_tolerance; it needs both, or neither")
    row = Row(id=id, room=path.stem, **table)
    if row.status == "tested" and row.paper_value is not None:
        low, high = table["value"] - table["tolerance"], table["value"] + table["tolerance"]
        inside = {row.verdict(x) for x in (low, high, min(max(row.paper_value, low), high))}
        if len(inside) > 1:
            refuse(f"has a tolerance that reaches over two verdicts ({', '.join(sorted(inside))}); narrow it")
        if inside != {"reproduced"} and not row.why:
            refuse(f'is {inside.pop()} and does not say why; add why = "…"')
    return row


def read(path: Path) -> dict[str, Row]:
    """The rows of one toml file, by id.

    Parameters
    ----------
    path : Path
        The file; its stem is the room.

    Returns
    -------
    dict of str to Row
        In the file's order.

    Raises
    ------
    ValueError
        For a broken file, with its name and line.
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}") from None
    return {id: _row(Path(path), text, id, table) for id, table in tables.items()}


def read_all(folder: Path) -> dict[str, Row]:
    """The rows of every toml file in a folder, by id.

    Parameters
    ----------
    folder : Path
        Where the files lie.

    Returns
    -------
    dict of str to Row
        File by file, in the order of their names.

    Raises
    ------
    ValueError
        For a broken file, and for an id that stands in two: an id stands once in the whole book.
    """
    rows: dict[str, Row] = {}
    for path in sorted(Path(folder).glob("*.toml")):
        for id, row in read(path).items():
            if id in rows:
                raise ValueError(f"{path}: claim {id!r} stands already in {rows[id].room}.toml; ids are unique in the book")
            rows[id] = row
    return rows
