"""Run the notebooks with stochastic claims on other seeds: the claims must hold there too."""

import argparse
from pathlib import Path

from dynlib.sweep.flags import whole
from dynlib.teaching.claims import rows
from press.breakers import claims_in
from press.execute import execute
from press.notebooks import RefusedError, all_notebooks, code_cells, label, read

SEEDS = (1, 2)


def stochastic(root: Path) -> list[Path]:
    """The notebooks that claim a row marked ``stochastic``."""
    ids = {id for id, row in rows().items() if row.stochastic}
    found = []
    for path in all_notebooks(root):
        if any(claims_in(cell.source) & ids for _, cell in code_cells(read(path))):
            found.append(path)
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=whole(0), nargs="+", default=SEEDS, help="the seeds to run on (default: 1 2)")


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when every claim held on every seed; nothing is written."""
    failed = 0
    for path in stochastic(args.root):
        for seed in args.seeds:
            try:
                execute(read(path), path.parent, seed=seed)
                print(f"{label(args.root, path)}, seed {seed}: every claim holds")
            except RefusedError as error:
                failed = 1
                print(f"{label(args.root, path)}, seed {seed}: {error}")
    return failed
