"""What a child does: run the cells of a notebook, then answer calls of its functions until the channel closes.

A cell runs statement by statement: one that fails takes no other along. Everything that answers is held in locals of one frame
before the first cell runs, so that a cell that replaces numpy's functions or a name of a module harms its own answers only.
Nothing here decides about marks.
"""

import __future__

import ast
import asyncio
import contextlib
import inspect
import os
import pkgutil
import signal
import socket
import threading
from collections.abc import Callable
from types import CodeType
from typing import Any

from press.grading import transport
from press.grading.faults import Late
from press.grading.magics import Shell
from press.grading.source import Statement, statements

REPORTED = 100  # faults and notes of one notebook


def import_first(names: list[str]) -> None:
    """Import modules before anything is limited: what takes long to import is nobody's fault."""
    for name in names:
        try:
            pkgutil.resolve_name(name)  # a package may import what it exports when it is asked for it
        except BaseException:  # the cell itself will meet the same fault and say so
            continue


def serve(channel: socket.socket, order: dict, scope: dict[str, Any], at: Callable[[int, int], None]) -> None:
    """Run the cells of ``order`` in ``scope``, and answer calls. Ends with the process.

    Parameters
    ----------
    channel : socket
        To the grader.
    order : dict
        ``cells``, their sources; ``skip``, a list of (cell, statement, why), where statement 0 is the
        whole cell; ``lean``, whether to run definitions, imports and assignments only; ``seconds`` for
        one call.
    scope : dict
        The names of the notebook.
    at : callable
        Is told cell and statement before each statement.
    """
    send, receive, broken, exit_now = transport.send, transport.receive, transport.BrokenChannelError, os._exit
    limited, text = _limited(order["seconds"]), describe
    report = run(order, scope, at)
    names = [name for name, value in scope.items() if callable(value)]
    send(channel, {"ready": names, "report": report})
    while True:
        try:
            asked = receive(channel)
        except broken:
            exit_now(0)
        try:
            result = scope[asked["name"]]
            send(channel, {"result": limited(result, asked["arguments"]) if "arguments" in asked else result})
            continue
        except broken as error:
            said = ["OverflowError", f"the result takes {error}"]
        except BaseException as error:
            kind = "NotImplementedError" if isinstance(error, NotImplementedError) else type(error).__name__
            said = [kind, text(error)]
        try:
            send(channel, {"error": said})
        except broken:
            exit_now(0)


def describe(error: BaseException) -> str:
    """The error's message, also where it cannot make one."""
    try:
        return str(getattr(error, "msg", error) if type(error) in (SyntaxError, IndentationError) else error)[:500]
    except BaseException:
        return "it has no message"


class _Report:
    """What is to be said of the cells: number, line, the line's text, and what was wrong with it."""

    def __init__(self) -> None:
        self.entries: list[dict] = []
        self.cell, self.line, self.text = 0, 1, ""

    def at(self, cell: int, line: int, text: str) -> None:
        self.cell, self.line, self.text = cell, line, text[:200]

    def say(self, message: str) -> None:
        if len(self.entries) < REPORTED:
            self.entries.append({"cell": self.cell, "line": self.line, "text": self.text, "says": message[:500]})

    def fault(self, error: BaseException) -> None:
        self.say(f"{type(error).__name__}: {describe(error)}")


def run(order: dict, scope: dict[str, Any], at: Callable[[int, int], None]) -> list[dict]:
    """Run all cells; returns what is to be said of them. All are read before the first one runs and may change what reads."""
    report, compiled, lean = _Report(), _Compiler(), order["lean"]
    shell = Shell(scope, lambda source, names: compiled.run(statements(source), names), report.say)
    scope |= {"__name__": "__main__", "display": lambda *objects, **options: None}
    skip = {(cell, statement): why for cell, statement, why in order["skip"]}
    cells = []
    for cell, text in enumerate(order["cells"]):
        at(cell, 0)
        report.at(cell, 1, next((line.strip() for line in text.splitlines() if line.strip()), ""))
        cells.append([] if (cell, 0) in skip else compiled.read(cell, text, report))
        if (cell, 0) in skip:
            report.say(skip[cell, 0])

    async def through(cell: int) -> None:
        for number, statement, code in cells[cell]:
            report.at(cell, statement.line, statement.text)
            if (cell, number) in skip:
                report.say(skip[cell, number])
            elif statement.binds or not lean:
                at(len(cells) + cell, number)
                scope["get_ipython"] = lambda: shell  # a cell may have imported another
                try:
                    result = eval(code, scope)
                    if code.co_flags & inspect.CO_COROUTINE:
                        await result
                except BaseException as error:
                    report.fault(error)

    for cell, found in enumerate(cells):
        at(len(cells) + cell, 0)
        compiled.drive(through(cell), any(code.co_flags & inspect.CO_COROUTINE for _, _, code in found))
    compiled.close()
    return sorted(report.entries, key=lambda entry: (entry["cell"], entry["line"]))


class _Compiler:
    """Statements as code that may await, with the ``from __future__`` of all before; and a loop for what awaits."""

    def __init__(self) -> None:
        self.flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._loop: asyncio.AbstractEventLoop | None = None

    def __call__(self, statement: Statement) -> CodeType:
        if statement.node is None:
            raise SyntaxError(statement.fault)
        code = compile(ast.Module([statement.node], []), "<your cell>", "exec", self.flags, dont_inherit=True)
        if isinstance(statement.node, ast.ImportFrom) and statement.node.module == "__future__":
            self.flags |= getattr(__future__, statement.node.names[0].name).compiler_flag
        return code

    def read(self, cell: int, text: str, report: _Report) -> list[tuple[int, Statement, CodeType]]:
        """The statements of a cell with their numbers, but for those that cannot be read."""
        codes = []
        try:
            for number, statement in enumerate(statements(text), 1):
                report.at(cell, statement.line, statement.text)
                try:
                    codes.append((number, statement, self(statement)))
                except Exception as error:
                    report.fault(error)
        except Exception as error:
            report.fault(error)
        return codes

    def drive(self, cell: Any, awaits: bool) -> None:
        """Run a coroutine, in a loop where it awaits something; outside of one a cell may start its own."""
        if awaits:
            self._loop = self._loop or asyncio.new_event_loop()
            self._loop.run_until_complete(cell)
        else:
            with contextlib.suppress(StopIteration):
                cell.send(None)

    def close(self) -> None:
        if self._loop:
            self._loop.close()

    def run(self, found: list[Statement], names: dict) -> None:
        """Run statements that a magic brought; the first fault ends them."""
        for statement in found:
            exec(self(statement), names)


def _limited(seconds: float) -> Callable:
    """Call a function with its arguments, and end it with :class:`Late` once it has used ``seconds`` of this process.

    That spares the grader a new child. What catches everything or stays in compiled code is ended by the grader.
    """
    set_timer, timer, profiling = signal.setitimer, signal.ITIMER_PROF, signal.SIGPROF
    if threading.current_thread() is not threading.main_thread():
        return lambda function, arguments: function(*arguments)

    def late(number: int, frame: object) -> None:
        raise Late

    def limited(function: Callable, arguments: list) -> object:
        signal.signal(profiling, late)
        set_timer(timer, seconds)
        try:
            return function(*arguments)
        finally:
            set_timer(timer, 0)

    return limited
