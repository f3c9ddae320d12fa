"""What an instructor reads: a plan of two lessons for a chapter, and how its exercises are marked.

A chapter's material, ``press/material/<room>.toml``, has a table ``demo`` (``title`` and ``steps``), two tables ``lesson``
(``title``, ``goal``, ``steps``) and a list ``misconceptions`` (``says`` and ``holds``). A step has ``minutes`` and one of
``show``, ``ask``, ``do`` or ``tell``. The questions stand in the same file.
"""

from collections.abc import Iterator
from pathlib import Path

from press.chapter import Chapter
from press.concepts import MATERIAL, read_material, read_questions
from press.mistakes import mistakes_of
from press.plain import without_roles
from press.tasks import Task


def plan(root: Path, chapter: Chapter) -> str:
    """The teaching plan of a chapter, as Markdown."""
    room, needs = chapter.room, chapter.you_need
    needed = without_roles(needs).removeprefix("**You need** ") if needs else "see the chapter"
    lines = [f"# {chapter.title}: a plan for two lessons", "", f"You need: {needed}", ""]
    lines += ["| page | seconds to run | MiB |", "|---|---:|---:|"]
    for stem, page in chapter.pages.items():
        made = page.nb.metadata.get("dynamics", {})
        lines.append(f"| {stem} | {made.get('seconds', 0):.0f} | {made.get('peak_mib', 0)} |")
    found = read_material(root / MATERIAL / f"{room}.toml")
    if demo := found.get("demo"):
        lines += ["", f"## A demo: {demo['title']}", "", f"{minutes(demo)} minutes.", "", *_steps(demo)]
    for number, lesson in enumerate(found.get("lesson", []), 1):
        lines += ["", f"## Lesson {number}: {lesson['title']}", "", f"{minutes(lesson)} minutes. {lesson['goal']}", ""]
        lines += _steps(lesson)
    if found.get("misconceptions"):
        lines += ["", "## What students believe, and what holds", ""]
        lines += [f"- *{row['says']}* {row['holds']}" for row in found["misconceptions"]]
    lines += ["", "## Concept questions", "", *_questions(root, room)]
    return "\n".join(lines) + "\n"


def minutes(lesson: dict) -> int:
    """How long the steps of a demo or a lesson take together."""
    return sum(step["minutes"] for step in lesson["steps"])


def _steps(lesson: dict) -> Iterator[str]:
    yield from ("| minutes | you | what |", "|---:|---|---|")
    for step in lesson["steps"]:
        kind = next(kind for kind in ("show", "ask", "do", "tell") if kind in step)
        yield f"| {step['minutes']} | {kind} | {' '.join(step[kind].split())} |"


def _questions(root: Path, room: str) -> Iterator[str]:
    found = read_questions(root / MATERIAL / f"{room}.toml")
    for question in found:
        yield from (f"**{question.question}**", "")
        yield from (f"- {'right' if choice.right else 'wrong'}: {choice.answer} *{choice.why}*" for choice in question.choices)
        yield ""
    if not found:
        yield "None are written for this chapter yet."


def mark_scheme(root: Path, chapter: Chapter, set_tasks: list[Task]) -> str:
    """Points of each exercise, the mistakes that its check names, and the rubrics of what a person marks, as Markdown."""
    set_here, mistakes = chapter.pages["exercises"].exercises, mistakes_of(root, chapter.room)
    known = {exercise.name: exercise for exercise in set_here if exercise.is_graded}
    total = sum(exercise.points for exercise in known.values())
    lines = [
        f"# {chapter.room.replace('_', ' ')}: the mark scheme",
        "",
        f"{len(known)} exercises are graded by a check, for {total} points; a point for each step of difficulty.",
        "",
        "| exercise | label | points | minutes (an estimate) |",
        "|---|---|---:|---:|",
    ]
    for exercise in set_here:
        points = exercise.points if exercise.is_graded else "open"
        lines.append(f"| {exercise.title} | `{exercise.label}` | {points} | {exercise.minutes or ''} |")
    for name, exercise in known.items():
        lines += ["", f"## {exercise.title}", "", "What the check says of the mistakes that it knows:", ""]
        lines += [f"- {slug.replace('_', ' ')}: *{mistake.hint}*" for slug, mistake in mistakes.get(name, {}).items()]
    if set_tasks:
        lines += [
            "",
            "## Predict and explain",
            "",
            "The numbers are those of the public copy; a student's own stand in the marking sheet that `grade` writes.",
        ]
    for task in set_tasks:
        lines += ["", f"### {task.title}", "", task.prompt, "", *(f"- {points}: {what}" for points, what in task.rubric)]
    return "\n".join(lines) + "\n"
