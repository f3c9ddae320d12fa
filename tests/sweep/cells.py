"""What the tests of faults run: a small experiment that counts its calls in files, and dies on demand.

``python cells.py FOLDER`` runs it into FOLDER/runs.csv. COUNTS names the folder of the files. LOSE names a cell whose process
ends itself: once, or each time with ALWAYS set. ``--resume`` resumes, ``--dask`` runs on a cluster of two worker processes.
"""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from dynlib.sweep import Experiment, UnfinishedError, sweep

WIDTHS, SEEDS = range(1, 9), range(3)


def run(*, width: int, seed: int):
    counts = Path(os.environ["COUNTS"])
    with (counts / f"{width}-{seed}").open("a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(0.1)
    once = counts / "lost"
    if os.environ.get("LOSE") == f"{width}-{seed}" and ("ALWAYS" in os.environ or not once.exists()):
        once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    rng = np.random.default_rng([seed, width])
    for step in (1, 2):
        yield {"step": step, "value": rng.standard_normal() / 3, "small": np.float32(0.1) * width, "odd": bool(width % 2)}


def experiment(folder: Path) -> Experiment:
    return Experiment(run, [{"width": width} for width in WIDTHS], SEEDS, folder / "runs.csv", command="a test")


def main(folder: str, *options: str) -> int:
    import cells  # by its name, so that workers find it: this file is __main__
    import joblib

    made, resume = cells.experiment(Path(folder)), "--resume" in options
    try:
        if "--dask" not in options:
            sweep(made, jobs=2, resume=resume)
        else:
            from dask.distributed import Client, LocalCluster

            with (
                LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
                Client(cluster),
                joblib.parallel_config(backend="dask"),
            ):
                sweep(made, resume=resume)
    except UnfinishedError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
