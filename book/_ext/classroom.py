"""The tables of the page for instructors, made from the exercises, their mistakes and the lessons themselves."""

import importlib.util
import json
import re
from types import ModuleType

from ledger import BOOK, REPO, Filled, notebooks, title


def _of_press(name: str) -> ModuleType:
    """A module of the press that needs the standard library alone."""
    spec = importlib.util.spec_from_file_location(name, REPO / f"press/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


statements, concepts, mistakes = map(_of_press, ("statements", "concepts", "mistakes"))


def chapters() -> dict[str, list]:
    """The statements of each chapter whose exercises are written, in the book's order."""
    pages, order = notebooks(), re.findall(r"^ *- file: (\w+)/index$", (BOOK / "_toc.yml").read_text(encoding="utf-8"), re.M)
    texts = {room: "\n\n".join("".join(c["source"]) for c in pages[f"{room}/exercises"]["cells"] if c["cell_type"] == "markdown")
             for room in order if f"{room}/exercises" in pages}
    return {room: list(statements.statements(text)) for room, text in texts.items() if not statements.unwritten(text)}


class ExerciseTable(Filled):
    """Every exercise with what a course needs to know of it."""

    def lines(self):
        for room, found in chapters().items():
            known = mistakes.mistakes_of(REPO, room)
            marked = [s for s in found if s.name in known]
            points, minutes = (sum(getattr(s, name) for s in marked) for name in ("points", "minutes"))
            total = f"{len(marked)} marked by a check, {points} points, {minutes} minutes."
            yield from (f"**{title(room)}.** {total} {self._needs(room)}", "")
            yield from ("| exercise | difficulty | minutes | marked by | mistakes it knows |", "|---|---:|---:|---|---:|")
            for s in found:
                by = f"`check_{s.name}`" if s in marked else "a person"
                cells = (f"[{s.title}](#{s.label})", s.difficulty, s.minutes, by, len(known.get(s.name, ())) or "")
                yield "| " + " | ".join(map(str, cells)) + " |"
            yield ""

    def _needs(self, room: str) -> str:
        """The line of the first page that says what a reader needs."""
        notebook = json.loads((BOOK / room / "index.ipynb").read_text(encoding="utf-8"))
        source = "\n".join("".join(cell["source"]) for cell in notebook["cells"])
        match = re.search(r"^- \*\*You need\*\* (.+)$", source, re.M)
        return f"You need {re.sub(r'{doc}`([^`<]*[^`< ]) *<([^`>]*)>`', self._link(room), match[1])}" if match else ""

    def _link(self, room: str):
        return lambda match: f"{{doc}}`{match[1]} <{match[2] if match[2].startswith('/') else f'/{room}/{match[2]}'}>`"


class Demos(Filled):
    """One demonstration a chapter, with its steps."""

    def lines(self):
        for room in chapters():
            if demo := concepts.read_material(REPO / concepts.MATERIAL / f"{room}.toml").get("demo"):
                yield from (f"### {title(room)}: {demo['title']}", "")
                yield from ("| minutes | you | what |", "|---:|---|---|")
                for step in demo["steps"]:
                    kind = next(kind for kind in ("show", "ask", "do", "tell") if kind in step)
                    yield f"| {step['minutes']} | {kind} | {' '.join(step[kind].split())} |"
                yield ""


class Teaching(Filled):
    """What each check says of the mistakes that it knows."""

    def lines(self):
        for room, found in chapters().items():
            yield from (f"### {title(room)}", "", f"The exercises stand in [{room}/exercises](/{room}/exercises.ipynb).", "")
            of_room = mistakes.mistakes_of(REPO, room)
            for s in found:
                if known := of_room.get(s.name):
                    yield from (f"**{s.title}**, graded by `check_{s.name}`:", "")
                    yield from (f"- {name.replace('_', ' ')}: *{mistake.hint}*" for name, mistake in known.items())
                    yield ""


def setup(app):
    app.add_directive("exercise-table", ExerciseTable)
    app.add_directive("demos", Demos)
    app.add_directive("teaching", Teaching)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
