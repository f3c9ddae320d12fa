"""The tables of the page for instructors, made from the exercises, their mistakes and the lessons themselves."""

import re

from ledger import Filled
from press.chapter import Chapter
from press.concepts import MATERIAL, read_material
from press.mistakes import mistakes_of
from press.plain import with_doc_links
from repository import BOOK, REPO, book


def chapters() -> dict[str, Chapter]:
    """The chapters whose exercises are written, in the book's order."""
    found = book().chapters
    order = re.findall(r"^ *- file: (\w+)/index$", (BOOK / "_toc.yml").read_text(encoding="utf-8"), re.M)
    return {room: found[room] for room in order if room in found and found[room].has_exercises}


class ExerciseTable(Filled):
    """Every exercise with what a course needs to know of it."""

    def lines(self):
        for room, chapter in chapters().items():
            known, marked = mistakes_of(REPO, room), [s for s in chapter.exercises if s.is_graded]
            points, minutes = (sum(getattr(s, name) for s in marked) for name in ("points", "minutes"))
            total = f"{len(marked)} marked by a check, {points} points, {minutes} minutes."
            yield from (f"**{chapter.title}.** {total} {_needs(chapter)}", "")
            yield from ("| exercise | difficulty | minutes | marked by | mistakes it knows |", "|---|---:|---:|---|---:|")
            for s in chapter.exercises:
                by = f"`check_{s.name}`" if s.is_graded else "a person"
                cells = (f"[{s.title}](#{s.label})", s.difficulty, s.minutes, by, len(known.get(s.name, ())) or "")
                yield "| " + " | ".join(map(str, cells)) + " |"
            yield ""


def _needs(chapter: Chapter) -> str:
    """The line of the first page that says what a reader needs, with links that hold on another page."""
    line = chapter.you_need
    return with_doc_links(line, f"/{chapter.room}/").replace("**You need**", "You need", 1) if line else ""


class Demos(Filled):
    """One demonstration a chapter, with its steps."""

    def lines(self):
        for room, chapter in chapters().items():
            if demo := read_material(REPO / MATERIAL / f"{room}.toml").get("demo"):
                yield from (f"### {chapter.title}: {demo['title']}", "")
                yield from ("| minutes | you | what |", "|---:|---|---|")
                for step in demo["steps"]:
                    kind = next(kind for kind in ("show", "ask", "do", "tell") if kind in step)
                    yield f"| {step['minutes']} | {kind} | {' '.join(step[kind].split())} |"
                yield ""


class Teaching(Filled):
    """What each check says of the mistakes that it knows."""

    def lines(self):
        for room, chapter in chapters().items():
            yield from (f"### {chapter.title}", "", f"The exercises stand in [{room}/exercises](/{room}/exercises.ipynb).", "")
            of_room = mistakes_of(REPO, room)
            for s in chapter.exercises:
                if known := of_room.get(s.name):
                    yield from (f"**{s.title}**, graded by `check_{s.name}`:", "")
                    yield from (f"- {name.replace('_', ' ')}: *{mistake.hint}*" for name, mistake in known.items())
                    yield ""


def setup(app):
    app.add_directive("exercise-table", ExerciseTable)
    app.add_directive("demos", Demos)
    app.add_directive("teaching", Teaching)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
