"""``python -m press VERB``: one subcommand a verb."""

import argparse
import importlib
import sys
from pathlib import Path

VERBS = ("normalise", "edit", "save", "text", "colab", "release", "grade", "census", "seeds", "prove", "room", "pins", "fonts")


class Verb(argparse.ArgumentParser):
    """The command line of one verb. Its module is imported only when the verb is called, so that a list of them is quick."""

    def parse_known_args(self, args=None, namespace=None):
        module = importlib.import_module(f"press.{self.prog.split()[-1]}")
        module.add_arguments(self)
        self.set_defaults(run=module.run)
        return super().parse_known_args(args, namespace)


def parser() -> argparse.ArgumentParser:
    """Build the command line: every verb's module brings ``add_arguments(parser)``, ``run(args) -> int`` and, on its first line,
    what it is for."""
    top = argparse.ArgumentParser(prog="python -m press", description=__doc__)
    top.add_argument("--root", type=Path, help="the repository (default: found from the working folder)")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=Verb)
    for name in VERBS:
        with Path(__file__).with_name(f"{name}.py").open(encoding="utf-8") as file:
            about = file.readline().strip('"\n')
        verbs.add_parser(name, help=about, description=about)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one verb.

    Parameters
    ----------
    argv : list of str, optional
        The command line; that of the process if left out.

    Returns
    -------
    int
        0 fine; 1 findings, or a page that is refused; 2 for what was asked and cannot be done. The last two are said on stderr.

    Raises
    ------
    SystemExit
        With 2, for a command line that argparse does not take.
    """
    args = parser().parse_args(argv)
    from press.notebooks import RefusedError, find_root  # only now, so that a list of the verbs is quick

    try:
        if args.root is None and args.verb != "text":
            args.root = find_root()
        return args.run(args)
    except (ValueError, OSError) as error:
        print(f"{args.verb}: {error}", file=sys.stderr)
        return 1 if isinstance(error, RefusedError) else 2


if __name__ == "__main__":
    sys.exit(main())
