"""The stored experiments and networks of the book: list them, run or resume one, make cells again.

python -m dynlib.sweep show                   every experiment: cells, seconds, state
python -m dynlib.sweep show locality.descent  one of them, with what failed
python -m dynlib.sweep run locality.descent   make its file; resume goes on with a run that did not finish
python -m dynlib.sweep train pointer.hull     make the file of a network, whose training goes on where it was stopped
python -m dynlib.sweep check                  make a random cell of each file again, and compare
"""

import argparse
import dataclasses
import random
import sys
from pathlib import Path

from dynlib.sweep.engine import UnfinishedError, code_of, sweep
from dynlib.sweep.experiment import Experiment, told
from dynlib.sweep.flags import positive, whole, workers
from dynlib.sweep.journal import journal_of, read_journal
from dynlib.sweep.network import Network, metadata
from dynlib.sweep.registry import experiments, find, find_network, networks
from dynlib.sweep.remake import remake, stamp
from dynlib.sweep.stored import read_header


def main(argv: list[str] | None = None) -> int:
    """Do what the command line says.

    Parameters
    ----------
    argv : list of str, optional
        The command line; that of the process if left out.

    Returns
    -------
    int
        0, or 1 if cells failed or came out otherwise, 2 for what cannot be done, 130 if it was stopped.
    """
    args = parser().parse_args(argv)
    try:
        if args.verb == "show":
            return _show(args.name)
        if args.verb == "check":
            return _check(args)
        if args.verb == "train":
            find_network(args.name).store(args.to)
            return 0
        experiment = find(args.name)
        if args.to:
            command = f"{experiment.made_by} --to {args.to.name}"
            experiment = dataclasses.replace(experiment, path=args.to, command=command)
        sweep(experiment, jobs=args.jobs, resume=args.verb == "resume")
    except KeyboardInterrupt:
        print("stopped; what was made is kept, and resume goes on from there", file=sys.stderr)
        return 130
    except (ValueError, OSError, UnfinishedError) as error:
        print(error, file=sys.stderr)
        return 1 if isinstance(error, UnfinishedError) else 2
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m dynlib.sweep", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    show = verbs.add_parser("show", help="list experiments and how far they are")
    show.add_argument("name", nargs="?", metavar="ROOM.NAME", help="one experiment; all if left out")
    for verb, words in (("run", "make an experiment's file from its beginning"), ("resume", "go on with what did not finish")):
        made = verbs.add_parser(verb, help=words)
        made.add_argument("name", metavar="ROOM.NAME")
        made.add_argument("--jobs", type=workers, default=-1, help="cells at a time (default: one a processor)")
        made.add_argument("--to", type=Path, metavar="FILE.csv", help="another file than the stored one")
    train = verbs.add_parser("train", help="train a stored network anew")
    train.add_argument("name", metavar="ROOM.NAME")
    train.add_argument("--to", type=Path, metavar="FILE.safetensors", help="another file than the stored one")
    check = verbs.add_parser("check", help="make one random cell of each file again")
    check.add_argument("names", nargs="*", metavar="ROOM.NAME", help="all if left out")
    check.add_argument("--cap", type=positive, default=20.0, help="seconds for a cell (default: 20)")
    check.add_argument("--pick", type=whole(), help="chooses the cells; random if left out")
    check.add_argument("--write", action="store_true", help="say in the files' heads what was made again, by which code")
    return parser


def _show(name: str | None) -> int:
    if name in (found := networks()):
        print(_network(found[name]))
        return 0
    listed = list(experiments().values()) if name is None else [find(name)]
    for experiment in listed:
        seconds = "" if experiment.seconds is None else f"{experiment.seconds:6.0f} s"
        print(f"{experiment.name:28} {len(experiment.cells()):4} cells {seconds}  {_state(experiment)}")
    if name is None:
        print(*map(_network, found.values()), sep="\n")
    elif journal_of(listed[0].path).exists():
        _, outcomes, _ = read_journal(journal_of(listed[0].path))
        for outcome in outcomes.values():
            if "failed" in outcome:
                print(f"\n{told(outcome['cell'])}\n{outcome['failed']}")
    return 0


def _network(network: Network) -> str:
    code = metadata(network.path).get("code") if network.path.exists() else None
    today = network.made()["code"]
    state = "no file" if code is None else "by the code of today" if code == today else f"by other code than today's ({code})"
    return f"{network.name:28}    a network        stored, {state}"


def _state(experiment: Experiment) -> str:
    words = ["no file"]
    if experiment.path.exists():
        words = ["stored", _whose(experiment)]
    if journal_of(experiment.path).exists():
        _, outcomes, _ = read_journal(journal_of(experiment.path))
        failed = sum("failed" in outcome for outcome in outcomes.values())
        words.append(f"unfinished: {len(outcomes) - failed} of {len(experiment.cells())} cells kept, {failed} failed")
    return ", ".join(words)


def _whose(experiment: Experiment) -> str:
    known = read_header(experiment.path).get("code")
    if known is None:
        return "by code whose hash was not kept"
    return "by the code of today" if known == code_of(experiment) else "by other code than today's"


def _check(args: argparse.Namespace) -> int:
    pick, wrong = random.Random(args.pick), 0
    for experiment in [find(name) for name in args.names] if args.names else experiments().values():
        remade = remake(experiment, pick=pick, cap=args.cap)
        if remade is None:
            print(f"{experiment.name:28} not checked: no row came within {args.cap:g} s", flush=True)
            continue
        print(f"{experiment.name:28} {remade} ({remade.seconds:.0f} s)", flush=True)
        wrong += bool(remade.wrong)
        if args.write and not remade.wrong:
            stamp(experiment, remade)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
