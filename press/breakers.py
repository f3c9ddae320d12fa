"""Prove that the claims can fail: break one line of the library for each, and see its claim go red.

For a claim the notebook is cut down to the cells that its claim's cell depends on (by the names that they define and use).
Those run in a forked process, against a copy of the library with the one line changed.
"""

import ast
import json
import shutil
import subprocess
import symtable
import sys
import tempfile
from pathlib import Path

from press.notebooks import all_notebooks, code_cells, read

REPO = Path(__file__).resolve().parents[1]


def _names(source: str) -> tuple[set[str], set[str]]:
    """(names that a cell binds, names that it needs from cells above it).

    What functions and comprehensions bind for themselves is neither, nor is a name needed that a statement above it, or the loop
    around it, has bound.
    """
    bound, sure, needed = set(), set(), set()
    for statement in ast.parse(source).body:
        tables = [symtable.symtable(ast.unparse(statement), "<cell>", "exec")]
        for table in tables:
            tables += table.get_children()
        loops = [node.target for node in ast.walk(statement) if isinstance(node, ast.For)]
        looped = {node.id for target in loops for node in ast.walk(target) if isinstance(node, ast.Name)}
        needed |= {symbol.get_name() for table in tables for symbol in table.get_symbols()
                   if symbol.is_referenced() and symbol.is_global()} - sure - looped
        made = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_assigned() or symbol.is_imported()}
        bound |= made
        sure |= set() if isinstance(statement, ast.If | ast.Try | ast.While) else made
    return bound, needed


def claims_in(source: str) -> set[str]:
    """The ids that a cell claims, as written."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    return {call.args[0].value for call in calls if call.func.id == "claim" and isinstance(call.args[0], ast.Constant)}


def cells_for(sources: list[str], id: str) -> list[str]:
    """The setup cell, the cell that claims ``id``, and every earlier cell that binds a name which they need, in order."""
    last = next(index for index, source in enumerate(sources) if id in claims_in(source))
    needed, wanted = {0, last}, set(_names(sources[last])[1])
    for index in range(last - 1, -1, -1):
        bound, read = _names(sources[index])
        if index in needed or bound & wanted:
            needed.add(index)
            wanted |= read
    return [sources[index] for index in sorted(needed)]


class Runner:
    """A process that runs cells against a changed copy of the library. Use it as a context manager."""

    def __enter__(self):
        command = [sys.executable, str(Path(__file__).with_name("breaker_child.py"))]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=tempfile.gettempdir(), **pipes)
        self.seen: dict = {}
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def outcome(self, sources: list[str], id: str, change=None) -> str:
        """What becomes of claim ``id`` ("holds", "fails: …", "stops: …") when one line of the library is changed.

        ``change`` has ``file``, ``old`` and ``new``; ``old`` must stand exactly once, as a whole line. None changes nothing.
        Claims of one cell are looked at together, once for each change.
        """
        key = tuple(sources), change
        if key not in self.seen:
            self.seen[key] = self._run(sources, sorted(claims_in(sources[-1])), change)
        return self.seen[key][id]

    def _run(self, sources: list[str], ids: list[str], change) -> dict[str, str]:
        with tempfile.TemporaryDirectory() as tree:
            for package in ("dynlib", "kernels/dynlib_kernels"):
                # compiled files too: an unchanged module need not wait
                shutil.copytree(REPO / package, Path(tree) / Path(package).name)
            if change:
                path = Path(tree) / change.file
                lines = path.read_text(encoding="utf-8").split("\n")
                if lines.count(change.old) != 1:
                    reason = f"stops: the breaker's old line stands {lines.count(change.old)} times in {change.file}"
                    return dict.fromkeys(ids, reason)
                changed = "\n".join(change.new if line == change.old else line for line in lines)
                path.write_text(changed, encoding="utf-8")
            print(json.dumps({"tree": tree, "sources": sources, "ids": ids}), file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())

    def check(self, id: str, sources: list[str], row) -> str | None:
        """None when the claim holds, and fails under its breaker; else the problem in one line."""
        cells = cells_for(sources, id)
        plain = self.outcome(cells, id)
        if plain != "holds":
            return f"{id}: without any change it {plain}"
        broken = self.outcome(cells, id, row.breaker)
        return None if broken.startswith("fails") else f"{id}: under its breaker it {broken}"


def pages() -> list[list[str]]:
    """The code cells of every notebook that claims something."""
    sources = [[cell.source for _, cell in code_cells(read(path))] for path in all_notebooks(REPO)]
    return [page for page in sources if any(claims_in(source) for source in page)]
