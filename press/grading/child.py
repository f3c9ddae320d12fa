"""What a child does: run the cells of a notebook, then answer calls of its functions until the channel closes.

Everything that answers is held in locals of one frame before the first cell runs, so that a cell that replaces numpy's
functions or a name of a module harms its own answers only. Nothing here decides about marks.
"""

import ast
import os
import pkgutil
import re
import socket
from typing import Any

from press.grading import transport

RUN, DEFINITIONS, SKIP = "run", "definitions", "skip"


def import_first(sources: list[str]) -> None:
    """Import what the cells will import from installed packages, while this process can still read every file."""
    for name in dict.fromkeys(name for source in sources for name in imported(source)):
        try:
            pkgutil.resolve_name(name)  # a package may import what it exports when it is asked for it
        except BaseException:  # the cell itself will meet the same fault and say so
            continue


def imported(source: str) -> list[str]:
    """The modules that a cell may import, with names after ``from … import``, which may be modules too."""
    found: list[str] = []
    try:
        tree = ast.parse(without_magics(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def without_magics(source: str) -> str:
    """The source with ``pass`` for each line that only IPython knows, a magic or a shell command."""
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.M)


def serve(channel: socket.socket) -> None:
    """Run the cells that the first message brings, and answer calls. Ends with the process."""
    send, receive, broken, exit_now = transport.send, transport.receive, transport.BrokenChannelError, os._exit
    order = receive(channel)
    scope: dict[str, Any] = {"__name__": "__main__", "display": lambda *objects, **options: None, "get_ipython": lambda: None}
    faults = {}
    for number, (source, how) in enumerate(zip(order["cells"], order["how"], strict=True)):
        send(channel, {"cell": number})
        fault = run_cell(source, how, scope, f"<cell {number}>")
        if fault:
            faults[str(number)] = fault
    names = [name for name, value in scope.items() if callable(value)]
    send(channel, {"ready": names, "faults": faults})
    while True:
        try:
            asked = receive(channel)
        except broken:
            exit_now(0)
        try:
            result = scope[asked["name"]]
            send(channel, {"result": result(*asked["arguments"]) if "arguments" in asked else result})
            continue
        except broken as error:
            said = ["OverflowError", f"the result takes {error}"]
        except BaseException as error:
            kind = "NotImplementedError" if isinstance(error, NotImplementedError) else type(error).__name__
            said = [kind, describe(error)]
        try:
            send(channel, {"error": said})
        except broken:
            exit_now(0)


def describe(error: BaseException) -> str:
    """The error's message, also where it cannot make one."""
    try:
        return str(error)[:500]
    except BaseException:
        return "it has no message"


def run_cell(source: str, how: str, scope: dict, name: str) -> str | None:
    """Run one cell in ``scope``, or only its definitions; returns what stopped it."""
    if how == SKIP:
        return None
    try:
        tree = ast.parse(without_magics(source), name)
        if how == DEFINITIONS:
            kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
            tree.body = [node for node in tree.body if isinstance(node, kinds)]
        exec(compile(tree, name, "exec"), scope)
    except BaseException as error:
        return f"{type(error).__name__}: {describe(error)}"
    return None
