"""Re-execute notebooks whose source changed, and write every notebook in canonical form."""

import argparse
import sys
from pathlib import Path

from nbformat import NotebookNode

from press.canonical import canonical, failed_cell, source_sha
from press.execute import execute
from press.notebooks import RefusedError, code_cells, dumps, label, read, select, write_atomic


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="ROOM|PATH", help="rooms, pages or notebooks (default: the whole book)")
    parser.add_argument("--force", action="store_true", help="re-execute even where the source is unchanged")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name what is not canonical")


def run(args: argparse.Namespace) -> int:
    bad = 0
    for path in select(args.root, args.names):
        name = label(args.root, path)
        try:
            if not args.check:
                print(f"{name}: {normalise(path, force=args.force)}", flush=True)
            elif problem := check(path):
                bad += 1
                print(f"{name}: {problem}")
        except ValueError as refusal:  # the others still get their turn
            bad += 1
            print(f"{name}: {refusal}; the file is unchanged", file=sys.stderr, flush=True)
    return 1 if bad else 0


def stale(nb: NotebookNode) -> str | None:
    """Return why the stored outputs cannot be trusted.

    Counts other than 1..n mean that a person ran cells by hand, perhaps out of order, since the
    last run from the top.

    Parameters
    ----------
    nb : NotebookNode
        The notebook.

    Returns
    -------
    str or None
        The reason; None where they can be trusted.
    """
    if "dynamics" not in nb.metadata:
        return "was never executed by normalise"
    if nb.metadata.dynamics.get("source_sha") != source_sha(nb):
        return "its source changed since it was executed"
    counts = [cell.execution_count for _, cell in code_cells(nb) if cell.source.strip()]
    if counts != list(range(1, len(counts) + 1)):
        return "its execution counts are not 1..n"
    return failed_cell(nb)


def normalise(path: Path, force: bool = False) -> str:
    """Bring one notebook into canonical form, executing it first where needed.

    Parameters
    ----------
    path : Path
        The notebook, which is written.
    force : bool
        Execute it also where its outputs can be trusted.

    Returns
    -------
    {"executed", "rewritten", "unchanged"}
        What was done.

    Raises
    ------
    RefusedError
        Where a cell fails; then, as after a kill at any moment, the file on disk is the old one,
        byte for byte.
    """
    nb = read(path)
    done = "rewritten"
    if force or stale(nb):
        nb, done = execute(nb, path.parent), "executed"
    text = dumps(canonical(nb))
    if text == path.read_text(encoding="utf-8"):
        return "unchanged"
    write_atomic(path, text)
    return done


def check(path: Path) -> str | None:
    """Return why ``normalise`` would change the file, or None. Writes and executes nothing."""
    nb = read(path)
    if reason := stale(nb):
        return reason
    try:
        same = dumps(canonical(nb)) == path.read_text(encoding="utf-8")
    except RefusedError as refusal:
        return str(refusal)
    return None if same else "is not in canonical form"
