"""Break every claim and every kernel on purpose, see it found, and keep what was seen in tests/proofs."""

import argparse
import subprocess
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help="a chapter, prologue or kernels (default: every one)")
    parser.add_argument("--changed", action="store_true", help="only what changed since it was proven; the rest is kept")
    parser.add_argument("--jobs", type=int, default=2, help="how many work at a time (default: 2)")


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when everything that was broken was found to be; the records hold only what was."""
    tests = (args.root / "tests").rglob("*.py")
    folders = sorted({str(path.parent) for path in tests if "mark.proof" in path.read_text(encoding="utf-8")})
    command = [sys.executable, "-m", "pytest", "-q", "-m", "proof", "-n", str(args.jobs), "--dist", "loadfile"]
    command += ["--prove", "changed" if args.changed else "all", "--prove-rooms", ",".join(args.rooms)]
    code = subprocess.run([*command, *folders], cwd=args.root).returncode
    if code == 5 and not args.changed:  # pytest's word for: no test was left
        raise ValueError(f"nothing is proven in {', '.join(args.rooms) or 'tests/'}; a room is a chapter, prologue or kernels")
    return 0 if code == 5 else code
