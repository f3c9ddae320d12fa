"""Prove that the claims can fail: break one place of the library for each, and see its claim go red.

For a claim the notebook is cut down to the cells that its claim's cell depends on (by the names that they define and use).
Those run in a forked process, against a copy of the library with the one place changed. What it imported and which data it
read come back with the outcome: while none of it changes, the proof holds (``press.proofs``).
"""

import ast
import compileall
import contextlib
import functools
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import symtable
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from dynlib.sweep.dependencies import HOMES, source_of
from dynlib.teaching.claims.registry import Breaker, Row
from press.notebooks import all_notebooks, code_cells, read
from press.syntax import replace_once

LIMIT = 300  # seconds a job may take: for hangs


@dataclass(frozen=True)
class Outcome:
    """What became of a claim ("holds", "fails: …", "stops: …"), and the repository's files that took part."""

    seen: str
    files: frozenset[str]


@functools.cache
def _names(source: str) -> tuple[set[str], set[str]]:
    """(names that a cell binds, names that it needs from cells above it).

    What functions and comprehensions bind for themselves is neither, nor is a name needed that a statement above it, or the loop
    around it, has bound.
    """
    bound, sure, needed = set[str](), set[str](), set[str]()
    for statement in ast.parse(source).body:
        tables = [symtable.symtable(ast.unparse(statement), "<cell>", "exec")]
        for table in tables:
            tables += table.get_children()
        loops = [node.target for node in ast.walk(statement) if isinstance(node, ast.For)]
        looped = {node.id for target in loops for node in ast.walk(target) if isinstance(node, ast.Name)}
        needed |= (
            {
                symbol.get_name()
                for table in tables
                for symbol in table.get_symbols()
                if symbol.is_referenced() and symbol.is_global()
            }
            - sure
            - looped
        )
        made = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_assigned() or symbol.is_imported()}
        bound |= made
        sure |= set() if isinstance(statement, ast.If | ast.Try | ast.While) else made
    return bound, needed


@functools.cache
def claims_in(source: str) -> frozenset[str]:
    """The ids that a cell claims, as written."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    first = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "claim")
    return frozenset(id.value for id in first if isinstance(id, ast.Constant) and isinstance(id.value, str))


def cells_for(sources: list[str], id: str) -> list[str]:
    """The setup cell, the cell that claims ``id``, and every earlier cell that binds a name which they need, in order."""
    last = next(index for index, source in enumerate(sources) if id in claims_in(source))
    return [sources[index] for index in needed_by(sources, last)]


def needed_by(sources: list[str], last: int) -> list[int]:
    """The indices of the setup cell, of cell ``last``, and of every earlier cell that binds a name which they need."""
    needed, wanted = {0, last}, set(_names(sources[last])[1])
    for index in range(last - 1, -1, -1):
        bound, read = _names(sources[index])
        if index in needed or bound & wanted:
            needed.add(index)
            wanted |= read
    return sorted(needed)


def pages(root: Path) -> list[list[str]]:
    """The code cells of every notebook that claims something."""
    sources = [[cell.source for _, cell in code_cells(read(path))] for path in all_notebooks(root)]
    return [page for page in sources if any(claims_in(source) for source in page)]


def own(sources: list[str], row: Row) -> list[str]:
    """The texts that a claim's proof hangs on: its cells and its row."""
    return [*cells_for(sources, row.id), json.dumps(asdict(row), sort_keys=True)]


def broken(root: Path, breaker: Breaker) -> tuple[Path, str]:
    """The file that a breaker changes, and its changed source.

    Parameters
    ----------
    root : Path
        The repository.
    breaker : Breaker
        The change.

    Returns
    -------
    path : Path
        The module's file.
    source : str
        What it is to hold.

    Raises
    ------
    ValueError
        Where there is no such module, or the change has no place in it.
    """
    path = source_of(root, breaker.module)
    if path is None:
        raise ValueError(f"there is no module {breaker.module!r} of the book")
    source = path.read_text(encoding="utf-8")
    return path, replace_once(source, breaker.old, breaker.new, breaker.where, breaker.occurrence)


class Runner:
    """A process that runs cells against a copy of the library, changed for one job.

    Use it as a context manager.

    Parameters
    ----------
    root : Path
        The repository whose library is copied.
    limit : float
        Seconds a job may take: for hangs.
    """

    def __init__(self, root: Path, limit: float = LIMIT):
        self.root, self.limit = root, limit
        self.seen: dict[tuple, dict[str, Outcome]] = {}

    def __enter__(self) -> "Runner":
        self.folder = tempfile.TemporaryDirectory()
        try:
            self.tree = Path(self.folder.name).resolve()
            for home in HOMES.values():
                shutil.copytree(self.root / home, self.tree / home, ignore=shutil.ignore_patterns("__pycache__"))
            compileall.compile_dir(self.tree, quiet=2)  # once, not in each job
            paths = [str(self.tree / Path(home).parent) for home in HOMES.values()]
            command = [sys.executable, str(Path(__file__).with_name("breaker_child.py")), str(self.limit), str(self.tree), *paths]
            self.process = subprocess.Popen(
                command,
                cwd=tempfile.gettempdir(),
                start_new_session=True,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            assert self.process.stdin  # pipes were asked for
            assert self.process.stdout
            self.jobs, self.answers = self.process.stdin, self.process.stdout
        except BaseException:
            self.folder.cleanup()
            raise
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # nothing is under way that is worth waiting for
        self.jobs.close()
        self.answers.close()
        self.process.wait()
        self.folder.cleanup()

    def outcome(self, sources: Iterable[str], id: str, change: Breaker | None = None) -> Outcome:
        """What becomes of a claim when one place of the library is changed.

        Claims of one cell are looked at together, once for each change.

        Parameters
        ----------
        sources : iterable of str
            The cells to run, the claim's own last.
        id : str
            The claim.
        change : Breaker, optional
            None changes nothing.

        Returns
        -------
        Outcome
            A change that has no place gives an outcome that "stops".

        Raises
        ------
        RuntimeError
            If the process died.
        """
        key = tuple(sources), change
        if key not in self.seen:
            self.seen[key] = self._run(*key)
        return self.seen[key][id]

    def _run(self, sources: tuple[str, ...], change: Breaker | None) -> dict[str, Outcome]:
        ids = sorted(claims_in(sources[-1]))
        if change is None:
            return self._answer(sources, ids)
        try:
            path, source = broken(self.root, change)
        except ValueError as error:
            return dict.fromkeys(ids, Outcome(f"stops: {error}", frozenset()))
        copy = self.tree / path.relative_to(self.root)
        kept = copy.read_bytes()
        compiled = Path(importlib.util.cache_from_source(str(copy)))
        compiled.unlink(missing_ok=True)  # it is told by time and size only, which may agree by chance
        copy.write_text(source, encoding="utf-8")
        try:
            return self._answer(sources, ids)
        finally:
            copy.write_bytes(kept)

    def _answer(self, sources: tuple[str, ...], ids: list[str]) -> dict[str, Outcome]:
        print(json.dumps({"sources": sources, "ids": ids}), file=self.jobs, flush=True)
        line = self.answers.readline()
        if not line:
            raise RuntimeError(f"the process that breaks the library ended with code {self.process.wait()}")
        answer = json.loads(line)
        return {id: Outcome(answer["seen"][id], frozenset(answer["files"])) for id in ids}

    def prove(self, sources: list[str], row: Row) -> tuple[str | None, Outcome]:
        """Whether a claim holds, and fails under its breaker.

        Parameters
        ----------
        sources : list of str
            The code cells of its page.
        row : Row
            The claim's row.

        Returns
        -------
        problem : str or None
            In a line; None if the claim holds and fails under its breaker.
        outcome : Outcome
            How it failed, with all that took part.
        """
        cells = cells_for(sources, row.id)
        plain = self.outcome(cells, row.id)
        if plain.seen != "holds":
            return f"{row.id}: without any change it {plain.seen}", plain
        red = self.outcome(cells, row.id, row.breaker)
        found = Outcome(red.seen, red.files | plain.files)
        return (None if red.seen.startswith("fails") else f"{row.id}: under its breaker it {red.seen}"), found
