"""``python -m press VERB``: one subcommand a verb."""

import argparse
import sys
from pathlib import Path

from press import census, colab, edit, grade, normalise, prove, release, room, save, seeds, text
from press.notebooks import find_root

VERBS = (normalise, edit, save, text, colab, release, grade, census, seeds, prove, room)


def parser() -> argparse.ArgumentParser:
    """Build the command line: every verb module brings ``add_arguments(parser)`` and ``run(args) -> int``."""
    top = argparse.ArgumentParser(prog="python -m press", description=__doc__)
    top.add_argument("--root", type=Path, help="the repository (default: found from the working folder)")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for module in VERBS:
        about = module.__doc__.splitlines()[0]
        verb = verbs.add_parser(module.__name__.rpartition(".")[2], help=about, description=about)
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one verb. Returns the exit code: 0 fine, 1 findings or a refusal (said in one line on stderr)."""
    args = parser().parse_args(argv)
    try:
        if args.root is None and args.verb != "text":
            args.root = find_root()
        return args.run(args)
    except ValueError as error:
        print(f"{args.verb}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
