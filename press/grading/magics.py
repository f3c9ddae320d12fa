"""What stands in for IPython in a marked notebook: magics that matter for an answer work, the others do nothing and say so."""

import re
import shlex
import time
from collections.abc import Callable
from pathlib import Path

from IPython.core.magics.execution import TimeitResult
from IPython.utils.capture import CapturedIO
from IPython.utils.text import SList

# They show something, or set up how it is shown; nothing that is marked hangs on them.
SHOWS = """matplotlib config load_ext reload_ext autoreload precision colors xmode prun pinfo pinfo2 pdoc pdef psource psearch
who history html latex markdown svg"""
QUIET = frozenset(SHOWS.split())
OPTIONS = re.compile(r"\s*(?:-(?:[nrp]\s*\d+|[tcqov]+)\s+)*")


class Shell:
    """What ``get_ipython()`` gives in a marked notebook.

    Parameters
    ----------
    scope : dict
        The notebook's names.
    run : callable
        Runs a source in that scope.
    note : callable
        Takes a line for the student.
    """

    def __init__(self, scope: dict, run: Callable[[str, dict], None], note: Callable[[str], None]):
        self.user_ns, self._run, self._note = scope, run, note

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> object:
        """Do what ``%name line`` does, as far as the notebook's names hang on it."""
        if name == "time":
            self._run(line, self.user_ns)
        elif name == "timeit":
            return self._timed(line)
        elif name == "capture":
            for word in line.split():
                if word.isidentifier():
                    self.user_ns[word] = CapturedIO(None, None)
        elif name == "run":
            self._run(_file(line).read_text(encoding="utf-8-sig"), self.user_ns)
        elif name == "pylab":
            self._run("import numpy as np\nimport matplotlib.pyplot as plt\nfrom pylab import *", self.user_ns)
        elif name not in QUIET:
            self._note(f"`%{name}` does nothing here")
        return None

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """Write the file of a ``%%writefile``; any other cell magic does nothing."""
        if name in ("writefile", "file"):
            words = shlex.split(line)
            append = {"-a", "--append"} & set(words)
            with Path(words[-1]).open("a" if append else "w", encoding="utf-8") as file:
                file.write(cell)
        elif name not in QUIET:
            self._note(f"`%%{name}` does nothing here")

    def system(self, line: str) -> None:
        self._note(f"`!{line}` does nothing here")

    def getoutput(self, line: str, split: bool = True) -> SList:
        self._note(f"`!{line}` gives nothing here")
        return SList()

    def magic(self, line: str) -> object:
        name, _, rest = line.lstrip("%").partition(" ")
        return self.run_line_magic(name, rest)

    def _timed(self, line: str) -> TimeitResult | None:
        """Run a statement once, in names of its own, as ``%timeit`` would many times."""
        options = OPTIONS.match(line + " ")
        skipped = options.group() if options else ""
        begin = time.perf_counter()
        self._run(line[len(skipped) :], dict(self.user_ns))
        took = time.perf_counter() - begin
        self._note("`%timeit` ran its statement once")
        return TimeitResult(1, 1, took, took, [took], 0.0, 3) if "o" in skipped else None


def _file(line: str) -> Path:
    """The program that a ``%run`` names."""
    path = Path(next(word for word in shlex.split(line) if not word.startswith("-")))
    return path if path.suffix else path.with_suffix(".py")
