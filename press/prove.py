"""Break every claim and every kernel on purpose, see it found, and keep what was seen in tests/proofs."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from dynlib.sweep.flags import whole

LAST = 10  # seconds that pytest has to end by itself when it is told to


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help="a chapter, prologue or kernels (default: every one)")
    parser.add_argument("--changed", action="store_true", help="only what changed since it was proven; the rest is kept")
    parser.add_argument("--jobs", type=whole(0), default=2, help="how many work at a time (default: 2)")


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when everything that was broken was found to be; the records hold only what was."""
    tests = (args.root / "tests").rglob("*.py")
    folders = sorted({str(path.parent) for path in tests if "mark.proof" in path.read_text(encoding="utf-8")})
    command = [sys.executable, "-m", "pytest", "-q", "-m", "proof", "-n", str(args.jobs), "--dist", "loadfile"]
    command += ["--prove", "changed" if args.changed else "all", "--prove-rooms", ",".join(args.rooms)]
    code = ended_with_us([*command, *folders], args.root)
    if code == 5 and not args.changed:  # pytest's word for: no test was left
        raise ValueError(f"nothing is proven in {', '.join(args.rooms) or 'tests/'}; a room is a chapter, prologue or kernels")
    return 0 if code == 5 else code


def ended_with_us(command: Sequence[str], folder: Path) -> int:
    """Run a command to its end. Where this process is told to end before that, the command ends with all that it started.

    Parameters
    ----------
    command : sequence of str
        What to run, in a process group of its own.
    folder : Path
        Where to run it.

    Returns
    -------
    int
        Its exit code.

    Raises
    ------
    SystemExit
        On SIGTERM or SIGINT, with 128 and the signal's number, when nothing of the command is left.
    """

    def told(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with subprocess.Popen(command, cwd=folder, start_new_session=True) as process:
            try:
                return process.wait()
            finally:
                _end(process)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(process: subprocess.Popen) -> None:
    """Interrupt a process, give it time to clear up, and kill what is left of its group."""
    try:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LAST)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
