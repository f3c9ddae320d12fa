"""Prove that the claims can fail: break one line of the library for each, and see its claim go red.

For a claim the notebook is cut down to the cells that its claim's cell depends on (by the names that they define and use).
Those run in a forked process, against a copy of the library with the one line changed.
"""

import ast
import contextlib
import io
import multiprocessing
import os
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

import jupytext

REPO = Path(__file__).resolve().parents[2]
IGNORE = shutil.ignore_patterns("__pycache__", "*.safetensors.tmp")


def _names(source: str) -> tuple[set[str], set[str]]:
    """(names bound at a cell's top level or deeper, names read)."""
    bound, read = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).split(".")[0])
    return bound, read


def _claims(source: str) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    return {call.args[0].value for call in calls if call.func.id == "claim" and isinstance(call.args[0], ast.Constant)}


def cells_for(sources: list[str], id: str) -> list[str]:
    """The setup cell, the cell that claims ``id``, and every earlier cell that binds a name which they need, in order."""
    last = next(index for index, source in enumerate(sources) if id in _claims(source))
    needed, wanted = {0, last}, set(_names(sources[last])[1])
    for index in range(last - 1, -1, -1):
        bound, read = _names(sources[index])
        if index in needed or bound & wanted:
            needed.add(index)
            wanted |= read
    return [sources[index] for index in sorted(needed)]


def _outcome(tree: str, sources: list[str], id: str, queue) -> None:
    """In the child: run the cells against the library in ``tree`` and report what became of the claim."""
    os.environ.pop("DYNAMICS_SEED", None)
    sys.path.insert(0, tree)
    try:
        import dynlib
        from dynlib.teaching import ClaimError, claim

        assert dynlib.__file__.startswith(tree), dynlib.__file__
        seen = {}

        def probe(name, ours):
            try:
                claim(name, ours)
                seen[name] = "holds"
            except ClaimError as error:
                seen[name] = f"fails: {error}"

        scope = {}
        with contextlib.redirect_stdout(io.StringIO()):
            for source in sources:
                exec(compile(source, "<cell>", "exec"), scope)
                scope["claim"] = probe
        queue.put(seen.get(id, "was not claimed"))
    except BaseException:
        queue.put("stops: " + traceback.format_exc(limit=-1).strip().splitlines()[-1])


def outcome(sources: list[str], id: str, change=None) -> str:
    """What becomes of claim ``id`` ("holds", "fails: …", "stops: …") when one line of the library is changed.

    ``change`` has ``file``, ``old`` and ``new``; ``old`` must stand exactly once, as a whole line. None changes nothing.
    """
    with tempfile.TemporaryDirectory() as tree:
        for package in ("dynlib", "kernels"):
            shutil.copytree(REPO / package, Path(tree) / package, ignore=IGNORE)
        if change:
            path = Path(tree) / change.file
            lines = path.read_text(encoding="utf-8").split("\n")
            if lines.count(change.old) != 1:
                return f"stops: the breaker's old line stands {lines.count(change.old)} times in {change.file}"
            path.write_text("\n".join(change.new if line == change.old else line for line in lines), encoding="utf-8")
        context = multiprocessing.get_context("fork")
        queue = context.SimpleQueue()
        child = context.Process(target=_outcome, args=(tree, sources, id, queue))
        child.start()
        child.join(300)
        if child.is_alive():
            child.kill()
            return "stops: it ran for 300 seconds"
        return queue.get() if not queue.empty() else f"stops: the process ended with {child.exitcode}"


def pages(room: str | None = None) -> dict[Path, list[str]]:
    """The code cells of every notebook that claims something, by path; of one room when ``room`` is given."""
    found = {}
    for path in sorted((REPO / "book").rglob("*.ipynb")):
        if "_build" in path.parts or (room and room not in (path.parent.name, path.stem)):
            continue
        sources = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code" and cell.source.strip()]
        if any(_claims(source) for source in sources):
            found[path] = sources
    return found


def check(id: str, sources: list[str], row) -> str | None:
    """None when the claim holds, and fails under its breaker; else the problem in one line."""
    plain = outcome(cells_for(sources, id), id)
    if plain != "holds":
        return f"{id}: without any change it {plain}"
    broken = outcome(cells_for(sources, id), id, row.breaker)
    return None if broken.startswith("fails") else f"{id}: under its breaker it {broken}"
