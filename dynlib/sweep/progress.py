"""A line that says how far a sweep has come and how long it may still take."""

import datetime
import sys
import time


class Progress:
    """One line, drawn over itself in a terminal; elsewhere one for each thirtieth of the way.

    Parameters
    ----------
    total : int
        How many steps there are.
    done : int, default 0
        How many were done before; the time left is reckoned from those of now.
    """

    WIDTH = 30

    def __init__(self, total: int, done: int = 0):
        self.total, self.first, self.done = total, done, done
        self.start = time.perf_counter()

    def step(self, words: str) -> None:
        """One step is done.

        Parameters
        ----------
        words : str
            What to say of it.
        """
        before, self.done = self.WIDTH * self.done // self.total, self.done + 1
        full = self.WIDTH * self.done // self.total
        live = sys.stdout.isatty()
        if not live and full == before:
            return
        gone = time.perf_counter() - self.start
        left = gone / (self.done - self.first) * (self.total - self.done)
        bar = f"[{'#' * full}{'.' * (self.WIDTH - full)}]"
        line = f"{bar} {self.done} of {self.total}  {_clock(gone)} gone, {_clock(left)} left  {words}"
        print(f"\x1b[2K{line[:150]}" if live else line, end="\r" if live and self.done < self.total else "\n", flush=True)


def _clock(seconds: float) -> str:
    return str(datetime.timedelta(seconds=round(seconds)))
