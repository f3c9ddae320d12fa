"""How long to wait for another process: by its own time, so that a busy machine spoils nobody's answer."""

import os
import time
from pathlib import Path

SLACK = 10  # for one that waits and does nothing: so many times its seconds, by the clock


class Patience:
    """What is left of the seconds that process ``pid`` is given: of processor time, or by the clock where nothing tells that."""

    def __init__(self, seconds: float, pid: int | None = None):
        self.seconds, self.pid = seconds, pid
        self.begin, self.used = time.monotonic(), processor_seconds(pid)

    def left(self) -> float:
        """Seconds for which it is still worth waiting before looking again; none are left at 0 or below."""
        passed, used = time.monotonic() - self.begin, processor_seconds(self.pid)
        if used is None or self.used is None:
            return self.seconds - passed
        return min(self.seconds - (used - self.used), SLACK * self.seconds - passed)


def processor_seconds(pid: int | None) -> float | None:
    """What a process and those that it has waited for have used; None where the system does not tell, or the process is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
