"""Mark a folder of submissions: student code in limited processes, the checks here, a table and a page for each student."""

import argparse
import contextlib
import functools
import hashlib
import inspect
import math
import os
import re
import secrets
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import ModuleType

from dynlib.sweep.flags import positive, whole
from press.concepts import MATERIAL
from press.exercises import Exercises, exercises, modules
from press.grading.by_hand import read_sheets, sheet, with_points
from press.grading.credit import slips
from press.grading.fork import ForkServer, isolation
from press.grading.judge import judge
from press.grading.likeness import report
from press.grading.marks import Log, table
from press.grading.pages import feedback_page, marking_sheet
from press.grading.room import Room
from press.grading.session import MEBIBYTE, Limits, Stopped, Unmarked
from press.grading.submissions import Handed, collect
from press.grading.texts import texts_of
from press.grading.verdicts import Marked
from press.grading.walls import shared
from press.notebooks import write_atomic
from press.personal import Student, draws
from press.pool import Pool
from press.release import chosen
from press.roster import Roster, read_roster
from press.statements import graded
from press.tasks import Task, tasks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("submissions", type=Path, help="a folder, zip or tar with one folder, archive or notebook a student")
    parser.add_argument("--out", type=Path, required=True, help="the table, such as marks.csv; pages go into feedback/ beside it")
    parser.add_argument("--chapter", nargs="+", metavar="ROOM", help="what was set (default: every chapter that was handed in)")
    parser.add_argument("--pool", type=Path, help="a folder with exercises of your own")
    parser.add_argument("--salt", metavar="SECRET", help="the secret of the release, where it drew personal numbers")
    parser.add_argument("--roster", type=Path, help="the course, a name a line or a csv: each has a row, other names are known")
    parser.add_argument(
        "--texts", type=Path, nargs="+", default=[], metavar="SHEET", help="sheets with points that a person gave"
    )
    parser.add_argument("--seconds", type=positive, default=2.0, help="for one call or cell (default: 2)")
    parser.add_argument("--memory", type=whole(1), default=2048, metavar="MIB", help="for one submission (default: 2048)")
    parser.add_argument("--jobs", type=whole(1), help="submissions at the same time (default: one for each core)")
    parser.add_argument("--minutes", type=positive, help="for the whole pile; what is not marked then is marked by the next run")
    parser.add_argument(
        "--without-isolation", action="store_true", help="go on where students' code shares with you what it says"
    )


def run(args: argparse.Namespace) -> int:
    if sys.platform == "win32":
        raise ValueError("grading forks processes, which Windows cannot; run it in WSL or in a Linux container")
    rooms = [room_of_book(args.root, name) for name in chosen(args.root, args.chapter)]
    rooms += [room_of_pool(Pool(args.pool))] if args.pool else []
    roster = read_roster(args.roster) if args.roster else Roster()
    handed, left = collect(args.submissions, {room.name: room.labels for room in rooms}, roster)
    if left:
        print(f"nobody's work, and left out: {', '.join(left)}", file=sys.stderr)
    if not args.chapter and any(work.notebooks for work in handed):
        rooms = [room for room in rooms if any(room.name in work.notebooks for work in handed)]
    sheet_path = args.out.with_name(f"{args.out.stem}-texts.csv")
    given = read_sheets([sheet_path] if sheet_path.exists() else []) | read_sheets(args.texts)  # it is written anew below
    allowed = Limits(args.seconds, 5 * args.seconds, args.memory * MEBIBYTE, 60 * args.seconds)
    until = math.inf if args.minutes is None else time.monotonic() + 60 * args.minutes
    log = args.out.with_suffix(".log.jsonl")
    records = mark(handed, rooms, allowed, log, args.salt, args.jobs, until=until, isolated=not args.without_isolation)
    records = with_points(records, given)
    write_atomic(args.out, table(records))
    for record in records:
        write_atomic(args.out.parent / "feedback" / f"{_file_name(record['student'])}.html", feedback_page(record, records))
    if any(record["texts"] for record in records):
        write_atomic(sheet_path, sheet(records))
        write_atomic(args.out.with_name(f"{args.out.stem}-explanations.html"), marking_sheet(records))
        print(f"explanations to mark: {sheet_path}; fill its columns for points and comment and run this again")
    if alike := report(handed, rooms):
        write_atomic(args.out.with_name(f"{args.out.stem}-alike.csv"), alike)
        print(f"the same answers, and answers that call the library: {args.out.stem}-alike.csv; no mark depends on it")
    print(f"{len(records)} submissions marked: {args.out}, and a page for each student in {args.out.parent / 'feedback'}")
    return 0


def room_of_book(root: Path, name: str) -> Room:
    """What is marked in one chapter of the book."""
    return _room(exercises(root, name), modules(name), functools.partial(tasks, root / MATERIAL / f"{name}.toml", name))


def room_of_pool(pool: Pool) -> Room:
    """What is marked in an instructor's own folder."""
    return _room(pool.exercises(), pool.modules(), pool.tasks)


def _room(page: Exercises, found: dict[str, ModuleType], set_tasks: Callable[[Student | None], list[Task]]) -> Room:
    known = {name: exercise for name, exercise in graded(page.cells).items() if name in found}
    setup = next(cell.source for cell in page.cells if cell.cell_type == "code")
    with contextlib.redirect_stdout(None):  # a solution cell prints what its check says
        solutions = {name: page.solution(name) for name in known}
        known_slips = {name: slips(page, name, found[name]) for name in known}
    checks = {name: getattr(found[name], f"check_{name}") for name in known}
    return Room(page.room, known, checks, solutions, draws(found, page.room), setup, set_tasks, known_slips)


def mark(
    handed: list[Handed],
    rooms: list[Room],
    allowed: Limits,
    log_path: Path,
    salt: str | None = None,
    jobs: int | None = None,
    *,
    until: float = math.inf,
    isolated: bool = True,
) -> list[dict]:
    """Mark what is not marked yet, several at a time; returns the record of every student, in the order of ``handed``."""
    log = Log(log_path, _key(rooms, allowed, salt))
    todo = [work for work in handed if (work.student, work.sha) not in log.done]
    hidden = salt or secrets.token_hex(16)
    left: dict[tuple[str, str], dict] = {}
    if len(todo) < len(handed):
        print(f"{len(handed) - len(todo)} of {len(handed)} were marked before and did not change", file=sys.stderr)
    if todo:
        with ForkServer([room.setup for room in rooms]) as server:
            _say_what_is_shared(server.hello, isolated)
            begin, bar = time.monotonic(), threading.Lock()
            with ThreadPoolExecutor(jobs or _cores()) as workers:
                asked = (rooms, server, allowed, hidden, salt is not None, until)
                waiting = {workers.submit(_judge, work, *asked): work for work in todo}
                for count, future in enumerate(as_completed(waiting), 1):
                    with bar:
                        work, (marked, final) = waiting[future], future.result()
                        if final:
                            log.add(marked.record())
                        else:
                            left[work.student, work.sha] = marked.record()
                        _progress(count, len(todo), time.monotonic() - begin)
    if left:
        print(f"{len(left)} of {len(handed)} could not be marked; the same command tries them again", file=sys.stderr)
    return [(log.done | left)[work.student, work.sha] for work in handed]


def _judge(
    work: Handed, rooms: list[Room], server: ForkServer, allowed: Limits, salt: str, personal: bool, until: float
) -> tuple[Marked, bool]:
    """Mark one, and say whether it is marked: where it is not, it has no points rather than 0, and nobody else's change."""
    try:
        return judge(work, rooms, server, allowed, salt, personal, until), True
    except (Exception, Stopped, Unmarked) as error:
        kind = "" if isinstance(error, Unmarked) else f"{type(error).__name__}: "
        line = f"could not be marked ({kind}{error}); run the same command again, or look at it yourself"
        return Marked(work.student, work.sha, texts=texts_of(work, rooms, salt, personal), notes=[*work.notes, line]), False


def _say_what_is_shared(hello: dict, isolated: bool) -> None:
    """Print what students' code runs with. Raises ValueError where it shares something and that was not allowed."""
    print(f"students' code runs with {isolation(hello)}", file=sys.stderr)
    if hello.get("unreadable"):
        where = hello["unreadable"]
        line = f"the user that students' code runs as cannot read {where}: what a cell imports late may be missing"
        print(f"warning: {line}; grade with a Python that everybody may read", file=sys.stderr)
    found = shared(hello["flags"], hello["root"])
    if not found:
        return
    lines = "".join(f"\n  - {line}" for line in found)
    if isolated:
        raise ValueError(
            f"this system gives students' code no processes, files or network of their own; it would share with you:{lines}\n"
            "grade on Linux with user namespaces, or in a container with --cap-add SYS_ADMIN; or, where you accept what is "
            "said above, with --without-isolation"
        )
    print(f"warning: students' code shares with you:{lines}", file=sys.stderr)


def _key(rooms: list[Room], allowed: Limits, salt: str | None) -> str:
    """What, if it changes, makes old marks worthless: exercises, checks, limits, salt."""
    digest = hashlib.sha256(repr((allowed, salt)).encode())
    for room in rooms:
        for name, check in room.checks.items():
            digest.update(f"{room.labels[name]} {room.graded[name].points}".encode())
            digest.update(Path(inspect.getfile(sys.modules[check.__module__])).read_bytes())
    return digest.hexdigest()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _progress(done: int, of: int, seconds: float) -> None:
    """A bar on a terminal; ten lines in a log."""
    line = f"{done} of {of} · {seconds:.0f} s · about {seconds / done * (of - done):.0f} s to go"
    if sys.stderr.isatty():
        width = 30 * done // of
        print(f"\r[{'#' * width}{'.' * (30 - width)}] {line}  ", end="\n" if done == of else "", file=sys.stderr, flush=True)
    elif done == of or done % max(1, of // 10) == 0:
        print(line, file=sys.stderr, flush=True)


def _file_name(student: str) -> str:
    """A file's name that no student's name can lead out of its folder or make too long; unlike names stay unlike."""
    plain = re.sub(r"[^\w.-]", "_", student).lstrip(".") or "_"
    short = plain.encode()[:100].decode(errors="ignore")
    return short if short == student else f"{short}-{hashlib.sha256(student.encode()).hexdigest()[:6]}"
