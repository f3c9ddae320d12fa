"""Run as a script: forks one process a job, so that each imports the library afresh but not torch.

A job is a line of JSON on standard input: the tree that holds ``dynlib`` and ``dynlib_kernels``, the cells, and the ids to watch.
The answer is a line of JSON on standard output: what became of each id. Nothing of dynlib is imported here before the fork.
"""

import contextlib
import io
import json
import os
import select
import signal
import sys
import traceback

LIMIT = 300  # seconds a job may take


def work(tree: str, sources: list[str], ids: list[str]) -> dict[str, str]:
    """In the child: run the cells against the library in ``tree``; {id: "holds", "fails: …" or "stops: …"}."""
    sys.path.insert(0, tree)
    seen: dict[str, str] = {}
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
        return {id: seen.get(id, reason) for id in ids}
    return {id: seen.get(id, "stops: it was not claimed") for id in ids}


def serve() -> None:
    """Answer jobs until standard input ends."""
    import matplotlib.pyplot
    import scipy.integrate
    import sklearn.datasets
    import torch

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    os.environ.pop("DYNAMICS_SEED", None)
    for line in sys.stdin:
        job = json.loads(line)
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                json.dump(work(**job), out)
            os._exit(0)
        os.close(writer)
        answer = b""
        while select.select([reader], [], [], LIMIT)[0]:
            part = os.read(reader, 65536)
            if not part:
                break
            answer += part
        else:
            os.kill(pid, signal.SIGKILL)
        os.close(reader)
        os.waitpid(pid, 0)
        try:
            result = json.loads(answer)
        except ValueError:
            result = dict.fromkeys(job["ids"], "stops: the process died or took too long")
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    sys.path.pop(0)  # the script's own folder, whose module names could hide others
    serve()
