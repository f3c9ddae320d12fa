"""Write what a course hands out: notebooks without solutions for students, and everything else for instructors."""

import argparse
import copy
import inspect
import shutil
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

from press import handbook, slides
from press.canonical import canonical
from press.chapter import Chapter, read_chapter
from press.colab import colab_form
from press.concepts import MATERIAL
from press.course import INSTRUCTORS, NBGRADER, STUDENTS, course_form
from press.exercises import modules
from press.handout import exercises_for, task_cells, whose
from press.leaks import find_leaks
from press.notebooks import RefusedError, code_cells, dumps, rooms, write_atomic
from press.payload import setup_cells
from press.personal import Student, draws
from press.pictures import only_for_the_site
from press.plain import plain_cells, read_citations
from press.pool import Pool
from press.roster import read_roster
from press.solutions import without_solutions
from press.strip import reader_form
from press.tasks import Task, tasks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--for", dest="audience", choices=(STUDENTS, INSTRUCTORS), required=True, help="who gets it")
    parser.add_argument("--out", type=Path, required=True, help="a new or empty folder")
    parser.add_argument("--chapter", nargs="+", metavar="ROOM", help="only these chapters (default: all that have exercises)")
    parser.add_argument("--pool", type=Path, help="a folder with exercises of your own, which come as one more chapter")
    parser.add_argument("--seed", metavar="STUDENT_ID", help="draw personal numbers for this student")
    parser.add_argument("--roster", type=Path, help="a name a line, or a csv: a folder with personal numbers for each")
    parser.add_argument("--salt", metavar="SECRET", help="your secret behind the personal numbers; give the same one to `grade`")


def run(args: argparse.Namespace) -> int:
    if args.out.exists() and any(args.out.iterdir()):
        raise ValueError(f"{args.out} is not empty; name a new folder, so that nothing of an older release stays in it")
    chapters = chosen(args.root, args.chapter)
    if args.pool:
        Pool(args.pool)  # what it lacks is said before anything is written
    if args.audience == INSTRUCTORS:
        if args.seed is not None or args.roster:
            raise ValueError("--seed and --roster make students' copies; for the instructors' copy leave them out")
        files = for_instructors(args.root, args.out, chapters, args.pool)
    else:
        copies, setup_cell = _students(args), setup_cells(args.root)
        files = [
            path
            for folder, student in copies
            for path in for_students(args.root, folder, chapters, setup_cell, student, args.pool)
        ]
        leaks = find_leaks(args.root, args.out)
        if leaks.found:
            shutil.rmtree(args.out)
            where, line = leaks.found[0][:2]
            raise RefusedError(f"{where} would show a line of a solution: {line!r}; nothing was released")
        print(
            f"{leaks.lines} lines of solutions looked for in {leaks.texts} texts of the release: none found"
            + (f", but for {len(leaks.lessons)} that a lesson or the library itself teaches" if leaks.lessons else "")
        )
    print(f"{len(files)} files for {args.audience} in {args.out}")
    return 0


def chosen(root: Path, names: list[str] | None) -> dict[str, Chapter]:
    """The chapters that are meant.

    Parameters
    ----------
    root : Path
        The repository.
    names : list of str or None
        Chapters; without names all whose page of exercises is written.

    Returns
    -------
    dict of str to Chapter
        By name.

    Raises
    ------
    ValueError
        For a name that is none.
    """
    written = {room: chapter for room in rooms(root) if (chapter := read_chapter(root, room)).has_exercises}
    if unknown := [name for name in names or () if name not in written]:
        raise ValueError(f"--chapter {unknown[0]}: no such chapter has exercises; there are {', '.join(written)}")
    return {name: written[name] for name in names or written}


def _students(args: argparse.Namespace) -> list[tuple[Path, Student | None]]:
    """The folder and the student of each copy: one without a student, one with ``--seed``, or one for each line of a roster."""
    if args.seed is None and not args.roster:
        return [(args.out, None)]
    if args.seed is not None and args.roster:
        raise ValueError("--seed names one student and --roster many; give one of them")
    if not args.salt:
        raise ValueError("personal numbers need --salt SECRET: without it a student could work out those of another")
    if args.seed is not None:
        return [(args.out, Student(args.seed, args.salt))]
    names = read_roster(args.roster).ids
    if bad := [name for name in names if Path(name).name != name or name.startswith(".")]:
        raise ValueError(f"--roster: {bad[0]!r} cannot be a folder's name; write one name a line, without / or a first .")
    return [(args.out / name, Student(name, args.salt)) for name in names]


def for_students(
    root: Path,
    out: Path,
    chapters: dict[str, Chapter],
    setup_cell: Callable[[NotebookNode, str], str],
    student: Student | None = None,
    pool: Path | None = None,
) -> list[Path]:
    """Write every page of the chapters, in the reader's form with its pictures, and their exercises without solutions.

    ``setup_cell`` comes from :func:`press.payload.setup_cells`. For one ``student`` only the exercises are written, with
    numbers of their own.
    """
    citations, written = read_citations(root / "book/references.bib"), []
    for room, chapter in chapters.items():
        for stem, page in chapter.pages.items():
            nb = copy.copy(page.nb)
            nb.cells = without_solutions(nb.cells)
            if stem == "exercises":
                set_tasks = tasks(root / MATERIAL / f"{room}.toml", room, student)
                nb = exercises_for(page.nb, room, draws(modules(room), room), set_tasks, student)
            elif student:
                continue
            form = colab_form(nb, setup_cell(page.nb, room), citations, outputs=True)
            if stem == "exercises":
                whose(form, room, student)
            written.append(_write(out / room / f"{stem}.ipynb", form))
    if pool:
        mine = Pool(pool)
        nb = exercises_for(mine.notebook(), mine.room, mine.draws(), mine.tasks(student), student)
        form = colab_form(nb, setup_cell(nb, mine.room), citations, outputs=True)
        whose(form, mine.room, student)
        written.append(_write(out / mine.room / "exercises.ipynb", form))
        for name, module in mine.modules().items():
            written.append(out / mine.room / f"{name}.py")
            write_atomic(written[-1], reader_form(Path(inspect.getfile(module)).read_text(encoding="utf-8")))
    return written


def for_instructors(root: Path, out: Path, chapters: dict[str, Chapter], pool: Path | None = None) -> list[Path]:
    """Write the chapters with solutions, a plan, a mark scheme and slides for each, and the source of an nbgrader course."""
    citations, written = read_citations(root / "book/references.bib"), []
    for room, chapter in chapters.items():
        for stem, page in chapter.pages.items():
            form = canonical(course_form(page.nb, INSTRUCTORS) if stem == "exercises" else page.nb)
            plain_cells(form.cells, citations)
            written.append(_write(out / room / f"{stem}.ipynb", canonical(form)))
        set_tasks = tasks(root / MATERIAL / f"{room}.toml", room)
        written.append(_nbgrader(out, room, chapter.pages["exercises"].nb, set_tasks, citations))
        for name, text in (
            ("plan.md", handbook.plan(root, chapter)),
            ("slides.html", slides.slides(chapter)),
            ("mark_scheme.md", handbook.mark_scheme(root, chapter, set_tasks)),
        ):
            write_atomic(out / room / name, text)
            written.append(out / room / name)
    if pool:
        mine = Pool(pool)
        written.append(_nbgrader(out, mine.room, mine.notebook(), mine.tasks(), citations))
    return written


def _nbgrader(out: Path, room: str, nb: NotebookNode, set_tasks: list[Task], citations: dict[str, str]) -> Path:
    form = course_form(nb, NBGRADER)
    form.cells += [cell for task in set_tasks for cell in task_cells(task)]
    form = canonical(form)
    plain_cells(form.cells, citations)
    return _write(out / "nbgrader/source" / room / "exercises.ipynb", canonical(form))


def _write(path: Path, nb: NotebookNode) -> Path:
    for _, cell in code_cells(nb):
        only_for_the_site(cell.outputs)
    write_atomic(path, dumps(nb))
    return path
