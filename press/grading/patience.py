"""How long to wait for another process: by its own time, so that a busy machine spoils nobody's answer."""

import math
import os
import time
from pathlib import Path

SLACK = 10  # for one that waits and does nothing: so many times its seconds, by the clock
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100  # a second, where processes' own time is counted
WHOLE = 3  # the same for a submission, which has sixty times the seconds of a call


class Patience:
    """What is left of the seconds that process ``pid`` is given: of processor time, or by the clock where nothing tells that.

    Nothing that the process says makes it more.
    """

    def __init__(self, seconds: float, pid: int | None = None):
        self.seconds, self.pid = seconds, pid
        self.begin, self.used = time.monotonic(), processor_seconds(pid)
        self._now = self.used

    def left(self) -> float:
        """Seconds for which it is still worth waiting before looking again; none are left at 0 or below."""
        passed = time.monotonic() - self.begin
        clock = self.seconds - passed if self.used is None else SLACK * self.seconds - passed
        return min(self.seconds - self.spent(), clock)

    def spent(self) -> float:
        """Seconds that were used so far: of processor time, or by the clock where nothing tells that."""
        if self.used is None or self._now is None:
            return time.monotonic() - self.begin
        used = processor_seconds(self.pid)
        self._now = self._now if used is None else used  # of a process that is gone: what was last seen
        return self._now - self.used


class Budget:
    """What is left for all processes of a submission together, one after the other, and until when the pile is marked.

    Parameters
    ----------
    seconds : float
        Of processor time in all; by the clock three times as many.
    until : float, optional
        The end of the pile, on ``time.monotonic()``.
    """

    def __init__(self, seconds: float, until: float = math.inf):
        self.seconds, self.until, self.spent = seconds, until, 0.0
        self._end = time.monotonic() + WHOLE * seconds

    def charge(self, patience: Patience) -> None:
        """Count what a process has used that has come to its end."""
        self.spent += patience.spent()

    def left(self, patience: Patience | None = None) -> float:
        """Seconds that are left for the submission, while a process runs."""
        now = self.spent + (patience.spent() if patience else 0.0)
        return min(self.seconds - now, self._end - time.monotonic())

    def pile_is_over(self) -> bool:
        return time.monotonic() > self.until


def processor_seconds(pid: int | None) -> float | None:
    """What a process and those that it has waited for have used; None where the system does not tell, or the process is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return sum(map(int, fields[11:15])) / TICKS
