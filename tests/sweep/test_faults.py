"""A sweep that is killed, loses a worker, or meets a cell that kills every worker ends in the same table, and repeats nothing."""

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dynlib.sweep import read_runs
from dynlib.sweep.journal import journal_of, read_journal

HERE = Path(__file__).parent
CELLS = 24
HANG = 240  # seconds
DASK = importlib.util.find_spec("distributed") is not None or "CI" in os.environ


class Sweeps:
    """Starts sweeps of ``cells.py`` in processes of their own, and ends what is left of them."""

    def __init__(self, tmp_path: Path):
        self.tmp_path, self.started = tmp_path, []

    def start(self, folder: str, *options: str, **variables: str) -> subprocess.Popen:
        place, counts = self.tmp_path / folder, self.tmp_path / f"{folder}-counts"
        for made in (place, counts):
            made.mkdir(exist_ok=True)
        paths = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
        given = {"LOSE": "", "COUNTS": str(counts), "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **variables}
        process = subprocess.Popen(
            [sys.executable, str(HERE / "cells.py"), str(place), *options],
            env={**os.environ, **given},
            start_new_session=True,  # a process group of its own, to be killed whole
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, folder: str, *options: str, code: int = 0, **variables: str) -> str:
        process = self.start(folder, *options, **variables)
        out, _ = process.communicate(timeout=HANG)
        assert process.returncode == code, out
        return out

    def kill(self, process: subprocess.Popen) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()

    def table(self, folder: str) -> Path:
        return self.tmp_path / folder / "runs.csv"

    def calls(self, folder: str) -> dict[str, int]:
        files = (self.tmp_path / f"{folder}-counts").glob("*-*")
        return {path.name: len(path.read_text().splitlines()) for path in files}

    def kept(self, folder: str) -> set[str]:
        """The cells that the journal holds with their rows."""
        _, outcomes, _ = read_journal(journal_of(self.table(folder)))
        return {f"{found['cell']['width']}-{found['cell']['seed']}" for found in outcomes.values() if "rows" in found}

    def wait_for(self, folder: str, share: float, process: subprocess.Popen) -> None:
        """Until that share of the cells is kept."""
        limit = time.monotonic() + HANG
        while not journal_of(self.table(folder)).exists() or len(self.kept(folder)) < share * CELLS:
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < limit
            time.sleep(0.02)


@pytest.fixture
def sweeps(tmp_path):
    made = Sweeps(tmp_path)
    yield made
    for process in made.started:
        made.kill(process)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> bytes:
    made = Sweeps(tmp_path_factory.mktemp("undisturbed"))
    made.run("whole")
    assert set(made.calls("whole").values()) == {1}
    assert len(made.calls("whole")) == CELLS
    assert [path.name for path in made.table("whole").parent.iterdir()] == ["runs.csv"]
    return made.table("whole").read_bytes()


@pytest.mark.slow
def test_a_sweep_killed_at_a_third_that_then_loses_a_worker_ends_in_the_same_table(sweeps, undisturbed):
    process = sweeps.start("hit")
    sweeps.wait_for("hit", 0.3, process)
    sweeps.kill(process)
    kept = sweeps.kept("hit")
    assert CELLS > len(kept) >= 0.3 * CELLS
    assert not sweeps.table("hit").exists()  # what is not finished does not look finished
    out = sweeps.run("hit", "--resume", LOSE="8-0")
    assert "are tried again" in out
    assert sweeps.table("hit").read_bytes() == undisturbed
    assert not journal_of(sweeps.table("hit")).exists()
    calls = sweeps.calls("hit")
    assert len(calls) == CELLS
    assert {name: calls[name] for name in kept} == dict.fromkeys(kept, 1)
    assert max(calls.values()) <= 3  # under way at the kill, or when the worker was lost


@pytest.mark.slow
def test_a_cell_that_loses_every_worker_is_recorded_and_the_others_end(sweeps, undisturbed):
    out = sweeps.run("bad", code=1, LOSE="2-1", ALWAYS="1")
    assert "1 of 24 cells failed, the first for width=2, seed=1" in out
    assert len(sweeps.kept("bad")) == CELLS - 1
    _, outcomes, _ = read_journal(journal_of(sweeps.table("bad")))
    (failed,) = (found["failed"] for found in outcomes.values() if "failed" in found)
    assert "TerminatedWorkerError" in failed
    assert not sweeps.table("bad").exists()
    before = sweeps.calls("bad")
    sweeps.run("bad", "--resume")
    after = sweeps.calls("bad")
    assert {name for name in after if after[name] != before[name]} == {"2-1"}
    assert sweeps.table("bad").read_bytes() == undisturbed


@pytest.mark.slow
@pytest.mark.skipif(not DASK, reason="dask[distributed] is not installed: pip install 'dynamics-book[sweep]'")
def test_a_dask_cluster_of_two_that_loses_one_ends_in_the_same_table(sweeps, undisturbed):
    sweeps.run("dask", "--dask", LOSE="4-1")
    assert sweeps.table("dask").read_bytes() == undisturbed
    calls = sweeps.calls("dask")
    assert len(calls) == CELLS
    lost, *_, other = (sweeps.tmp_path / "dask-counts/4-1").read_text().split()
    assert lost != other  # its process was lost, and another one ran it again
    assert (sweeps.tmp_path / "dask-counts/lost").exists()


@pytest.mark.slow
@pytest.mark.skipif(not DASK, reason="dask[distributed] is not installed: pip install 'dynamics-book[sweep]'")
def test_what_was_begun_by_loky_ends_on_dask(sweeps, undisturbed):
    process = sweeps.start("both")
    sweeps.wait_for("both", 0.3, process)
    sweeps.kill(process)
    kept = sweeps.kept("both")
    sweeps.run("both", "--resume", "--dask")
    assert sweeps.table("both").read_bytes() == undisturbed
    assert {name: sweeps.calls("both")[name] for name in kept} == dict.fromkeys(kept, 1)
    assert len(read_runs(sweeps.table("both"))) == 2 * CELLS
