"""Mark a folder of submissions: student code in limited processes, the checks here, a table and a page for each student."""

import argparse
import contextlib
import functools
import hashlib
import inspect
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

from press.concepts import MATERIAL
from press.exercises import Exercises, exercises, modules
from press.grading.by_hand import read_sheets, sheet, with_points
from press.grading.credit import slips
from press.grading.judge import Marked, Room, Verdict, judge
from press.grading.likeness import report
from press.grading.marks import Log, table
from press.grading.pages import feedback_page, marking_sheet
from press.grading.session import MEBIBYTE, ForkServer, Limits, isolation
from press.grading.submissions import Handed, collect
from press.notebooks import write_atomic
from press.personal import Student, draws
from press.pool import Pool
from press.release import chosen
from press.roster import Roster, read_roster
from press.statements import graded
from press.tasks import Task, tasks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("submissions", type=Path, help="a folder or a zip with one folder, zip or notebook a student")
    parser.add_argument("--out", type=Path, required=True, help="the table, such as marks.csv; pages go into feedback/ beside it")
    parser.add_argument("--chapter", nargs="+", metavar="ROOM", help="what was set (default: every chapter that was handed in)")
    parser.add_argument("--pool", type=Path, help="a folder with exercises of your own")
    parser.add_argument("--salt", metavar="SECRET", help="the secret of the release, where it drew personal numbers")
    parser.add_argument("--roster", type=Path, help="the course, a name a line or a csv: each has a row, other names are known")
    parser.add_argument(
        "--texts", type=Path, nargs="+", default=[], metavar="SHEET", help="sheets with points that a person gave"
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="for one call or cell (default: 2)")
    parser.add_argument("--memory", type=int, default=2048, metavar="MIB", help="for one submission (default: 2048)")
    parser.add_argument("--jobs", type=int, help="submissions at the same time (default: one for each core)")


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
    allowed = Limits(args.seconds, 5 * args.seconds, args.memory * MEBIBYTE)
    records = mark(handed, rooms, allowed, args.out.with_suffix(".log.jsonl"), args.salt, args.jobs)
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
    handed: list[Handed], rooms: list[Room], allowed: Limits, log_path: Path, salt: str | None = None, jobs: int | None = None
) -> list[dict]:
    """Mark what is not marked yet, several at a time; returns the record of every student, in the order of ``handed``."""
    log = Log(log_path, _key(rooms, allowed, salt))
    todo = [work for work in handed if (work.student, work.sha) not in log.done]
    hidden = salt or secrets.token_hex(16)
    if len(todo) < len(handed):
        print(f"{len(handed) - len(todo)} of {len(handed)} were marked before and did not change", file=sys.stderr)
    if todo:
        with ForkServer([room.setup for room in rooms]) as server:
            print(f"students' code runs with {isolation(server.hello)}", file=sys.stderr)
            begin, bar = time.monotonic(), threading.Lock()
            with ThreadPoolExecutor(jobs or _cores()) as workers:
                waiting = {workers.submit(_judge, work, rooms, server, allowed, hidden, salt is not None): work for work in todo}
                for count, future in enumerate(as_completed(waiting), 1):
                    with bar:
                        log.add(future.result().record())
                        _progress(count, len(todo), time.monotonic() - begin)
    return [log.done[work.student, work.sha] for work in handed]


def _judge(work: Handed, rooms: list[Room], server: ForkServer, allowed: Limits, salt: str, personal: bool) -> Marked:
    """Mark one; a fault of the grader's own stops nobody else's marks."""
    try:
        return judge(work, rooms, server, allowed, salt, personal)
    except Exception as error:
        line = f"could not be marked ({type(error).__name__}: {error}); a person has to look"
        exercises = [exercise for room in rooms for exercise in room.graded.values()]
        found = [Verdict(e.label, e.title, 0, e.points, line) for e in exercises]
        return Marked(work.student, work.sha, found, notes=[*work.notes, line])


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
