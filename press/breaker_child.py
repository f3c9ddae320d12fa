"""Run as a script: forks one process a job, so that each imports the library afresh, but not what the library stands on.

Arguments: the seconds a job may take, the tree that holds the copy of the library, and the folders of it to import from. A job
is a line of JSON on standard input: the cells, and the ids to watch. The answer is a line of JSON on standard output: what
became of each id, and the files of the copy that took part. Nothing of the library is imported here before the fork.
"""

import ast
import contextlib
import importlib
import io
import json
import os
import select
import signal
import sys
import time
import traceback
from pathlib import Path

OWN = ("dynlib", "dynlib_kernels")
LATE = ("triton",)  # settles at its first import how kernels run, so the library must come first
ROWS = "dynlib/teaching/claims/"  # a claim's own row is hashed with it; the other rows are nothing to it


def work(tree: Path, sources: list[str], ids: list[str]) -> dict:
    """In the child: run the cells; {"seen": {id: "holds", "fails: …" or "stops: …"}, "files": relative paths}."""
    seen: dict[str, str] = {}
    opened: set[str] = set()
    sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event == "open" else None)
    reason = "stops: it was not claimed"
    try:
        from dynlib.teaching import ClaimError, claim

        def probe(id, ours):
            try:
                claim(id, ours)
                seen[id] = "holds"
            except ClaimError as error:
                seen[id] = f"fails: {error}"

        scope: dict = {}
        with contextlib.redirect_stdout(io.StringIO()):
            for source in sources:
                exec(compile(source, "<cell>", "exec"), scope)
                if "claim" in scope:
                    scope["claim"] = probe
    except BaseException:
        reason = "stops: " + traceback.format_exc(limit=-1).strip().splitlines()[-1]
    modules = {
        name: file
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in OWN and (file := getattr(module, "__file__", None))
    }
    elsewhere = [f"{name} from {file}" for name, file in modules.items() if not Path(file).is_relative_to(tree)]
    if elsewhere:
        seen, reason = {}, f"stops: it imported {', '.join(elsewhere)}, not from the copy {tree}"
    return {"seen": {id: seen.get(id, reason) for id in ids}, "files": sorted(used(tree, modules.values(), opened))}


def used(tree: Path, modules, opened) -> set[str]:
    """The copy's files behind the modules, those that were opened, and what only native code opens: stored tensors."""
    files = {Path(file) for file in modules}
    files |= {path for folder in {file.parent for file in files} for path in folder.glob("data/*.safetensors")}
    files |= {Path(path) for path in opened if "__pycache__" not in path and os.path.isfile(path)}
    names = {file.relative_to(tree).as_posix() for file in files if file.is_relative_to(tree)}
    return {name for name in names if not (name.startswith(ROWS) and name.endswith(".toml"))}


def foundations(folder: Path) -> set[str]:
    """The foreign modules that the library's files import, wherever in the file."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.partition(".")[0] not in (*OWN, *LATE)}


def serve(limit: float, tree: Path) -> None:
    """Answer jobs until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for name in sorted(foundations(tree)):
        with contextlib.suppress(ImportError):  # a name within a module, or what this machine does not have
            importlib.import_module(name)
    os.environ.pop("DYNAMICS_SEED", None)
    for line in sys.stdin:
        job = json.loads(line)
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                json.dump(work(tree, **job), out)
            os._exit(0)
        os.close(writer)
        answer, end = b"", time.monotonic() + limit
        while ready := select.select([reader, sys.stdin], [], [], max(0.0, end - time.monotonic()))[0]:
            part = os.read(reader, 65536) if reader in ready else b""
            if not part:  # it has answered, or nobody waits for the answer: no job comes before the last one was answered
                break
            answer += part
        os.kill(pid, signal.SIGKILL)  # it has answered, or never will
        os.close(reader)
        os.waitpid(pid, 0)
        try:
            result = json.loads(answer)
        except ValueError:
            reason = f"stops: the process died, or took more than {limit:g} seconds"
            result = {"seen": dict.fromkeys(job["ids"], reason), "files": []}
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    seconds, copy, *folders = sys.argv[1:]
    sys.dont_write_bytecode = True
    sys.path[:1] = folders  # in place of the script's own folder, whose module names could hide others
    serve(float(seconds), Path(copy))
