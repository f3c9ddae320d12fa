"""pytest's side of kept proofs: a test with ``@pytest.mark.proof`` runs when what it hangs on changed, or as a sample.

Such a test breaks something and sees it found. It says what it saw through the fixture ``red`` (around what must fail) or
``proof`` (``proof.saw(text, files)``). ``--prove all`` runs every one and writes the records, ``--prove changed`` only those
that are not kept; without it nothing is written. ``pytest`` ends with a line that counts proven now, kept and sampled.

The mark's arguments: ``room``, the file that keeps it (default: the test's folder); ``key``, its name there (default: the test's
file and parameters); ``own``, texts that it hangs on beside files. With ``own``, the files are those that ``saw`` names; without
it, all that the test's file imports.
"""

import contextlib
import functools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from dynlib.sweep.dependencies import closure
from press.proofs import Proof, commit, digest, read, sample, versions, write

SUBJECT = pytest.StashKey["Subject"]()


@dataclass
class Subject:
    """What a marked test is about, and, once it ran, what it saw."""

    room: str
    key: str
    own: list[str]
    files: list[str] | None  # None: the run tells
    sampled: bool = False
    seen: str | None = None

    @property
    def name(self) -> str:
        return f"{self.room} {self.key}"

    def saw(self, text: str, files: Sequence[str] = ()) -> None:
        """How it failed, and which of the repository's files took part (only for a test that is marked with ``own``)."""
        self.seen = " ".join(text.split())[:200]
        self.files = sorted(files) if self.files is None else self.files


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("proofs")
    group.addoption("--prove", choices=("all", "changed"), help="run the proofs and write what was seen to tests/proofs")
    group.addoption("--prove-rooms", default="", metavar="ROOM,…", help="with --prove: only these rooms (default: every one)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "proof(room, key, own): breaks something and sees it found; kept in tests/proofs")
    config.pluginmanager.register(Session(config), "proofs of this session")


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Subject:
    """The proof that this test is: call its ``saw``."""
    return request.node.stash[SUBJECT]


@pytest.fixture
def red(proof: Subject):
    """``with red():``, around what must fail with an AssertionError; its words are what the proof saw."""

    @contextlib.contextmanager
    def must_fail() -> Iterator[None]:
        with pytest.raises(AssertionError) as found:
            yield
        proof.saw(str(found.value) or "an assertion without words")

    return must_fail


class Session:
    """Chooses the proofs that run, and gathers what they saw; in each worker, and once where the tests are counted."""

    def __init__(self, config: pytest.Config):
        self.root, self.mode = config.rootpath, config.getoption("--prove")
        self.rooms = set(filter(None, config.getoption("--prove-rooms").split(",")))
        self.asked: list[str] = []  # the rooms whose proofs were looked at
        self.kept: list[list[str]] = []  # [room, key] of those that did not run
        self.proofs: dict[str, dict[str, Proof]] = {}
        self.count: Counter[str] = Counter()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        kept: dict[str, pytest.Item] = {}
        others: list[pytest.Item] = []  # of rooms that were not asked for
        records: dict[str, dict[str, Proof]] = {}
        names: set[str] = set()
        for item in items:
            mark = item.get_closest_marker("proof")
            if mark is None:
                continue
            subject = item.stash[SUBJECT] = _subject(self.root, item, **mark.kwargs)
            if subject.name in names:
                raise pytest.UsageError(f"two proofs are called {subject.name!r}; give one of them another key")
            names.add(subject.name)
            if self.rooms and subject.room not in self.rooms:
                others.append(item)
                continue
            if subject.room not in records:
                records[subject.room] = self._records(subject.room)
            record = records[subject.room].get(subject.key)
            files = subject.files or (record.files if record else [])
            if self.mode != "all" and record and record.hash == digest(self.root, subject.own, files):
                kept[subject.name] = item
        if not self.mode:
            for name in sample(kept, commit(self.root)) if kept else ():
                kept.pop(name).stash[SUBJECT].sampled = True
        self.asked = sorted(records)
        self.kept = [[item.stash[SUBJECT].room, item.stash[SUBJECT].key] for item in kept.values()]
        gone = {id(item) for item in (*others, *kept.values())}
        if gone:
            config.hook.pytest_deselected(items=[*others, *kept.values()])
            items[:] = [item for item in items if id(item) not in gone]

    def _records(self, room: str) -> dict[str, Proof]:
        try:
            return read(self.root, room)
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function):
        result = yield
        subject = pyfuncitem.stash.get(SUBJECT, None)
        if subject:
            assert subject.seen, f"{pyfuncitem.nodeid} passed and does not say what it saw; use the fixture red, or proof.saw"
            assert subject.files is not None  # saw sets both
            now = digest(self.root, subject.own, subject.files)
            seen = Proof(subject.key, now, subject.seen, tuple(subject.files), versions())
            pyfuncitem.user_properties.append(("proof", asdict(seen) | {"room": subject.room, "sampled": subject.sampled}))
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" or not report.passed:
            return
        for name, value in report.user_properties:
            if name == "proof" and isinstance(value, dict):
                value = dict(value)
                room, sampled = value.pop("room"), value.pop("sampled")
                self.proofs.setdefault(room, {})[value["key"]] = Proof(**value | {"files": tuple(value["files"])})
                self.count["sampled" if sampled else "proven now"] += 1

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["proofs"] = self.asked, self.kept
        elif self.mode and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):  # not where it was interrupted
            for room in self.asked:
                before = read(self.root, room) if self.mode == "changed" else {}
                kept = {key: before[key] for at, key in self.kept if at == room}
                write(self.root, room, (kept | self.proofs.get(room, {})).values())

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node) -> None:
        """xdist: every worker chose the same, and the first one that ends tells what."""
        self.asked, self.kept = getattr(node, "workeroutput", {}).get("proofs", (self.asked, self.kept))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.kept or self.count:
            now, again = self.count["proven now"], self.count["sampled"]
            terminalreporter.write_line(f"proofs: {now} proven now, {len(self.kept)} kept, {again} sampled")


def _subject(root: Path, item: pytest.Item, room: str = "", key: str = "", own: Sequence[str] | None = None) -> Subject:
    key = key or f"{item.path.stem.removeprefix('test_')}: {item.callspec.id if hasattr(item, 'callspec') else item.name}"
    if own is not None:
        return Subject(room or item.path.parent.name, key, list(own), None)
    return Subject(room or item.path.parent.name, key, [item.name], [*_closure(root, item.path)])


@functools.cache  # a file's tests hang on the same files, and none changes while tests are collected
def _closure(root: Path, path: Path) -> tuple[str, ...]:
    return tuple(closure(root, path))
