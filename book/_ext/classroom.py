"""The tables of the page for instructors, made from the exercises, the mutants and the lessons themselves."""

import importlib.util
import json
import re
import tomllib

from ledger import BOOK, REPO, Filled, notebooks, title

_spec = importlib.util.spec_from_file_location("statements", REPO / "press/statements.py")
statements = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(statements)


def chapters() -> dict[str, list]:
    """The statements of each chapter whose exercises are written, in the book's order."""
    pages, order = notebooks(), re.findall(r"^ *- file: (\w+)/index$", (BOOK / "_toc.yml").read_text(encoding="utf-8"), re.M)
    texts = {room: "\n\n".join("".join(c["source"]) for c in pages[f"{room}/exercises"]["cells"] if c["cell_type"] == "markdown")
             for room in order if f"{room}/exercises" in pages}
    return {room: list(statements.statements(text)) for room, text in texts.items() if not statements.unwritten(text)}


def mutants(room: str, name: str) -> dict:
    path = REPO / "tests" / room / "mutants" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def lessons(room: str) -> dict:
    path = REPO / "dynlib/teaching/lessons" / f"{room}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


class ExerciseTable(Filled):
    """Every exercise with what a course needs to know of it."""

    def lines(self):
        for room, found in chapters().items():
            marked = [s for s in found if mutants(room, s.name)]
            points, minutes = (sum(getattr(s, name) for s in marked) for name in ("points", "minutes"))
            total = f"{len(marked)} marked by a check, {points} points, {minutes} minutes."
            yield from (f"**{title(room)}.** {total} {self._needs(room)}", "")
            yield from ("| exercise | difficulty | minutes | marked by | mistakes it knows |", "|---|---:|---:|---|---:|")
            for s in found:
                by = f"`check_{s.name}`" if s in marked else "a person"
                cells = (f"[{s.title}](#{s.label})", s.difficulty, s.minutes, by, len(mutants(room, s.name)) or "")
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
            if demo := lessons(room).get("demo"):
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
            for s in found:
                if known := mutants(room, s.name):
                    yield from (f"**{s.title}**, graded by `check_{s.name}`:", "")
                    yield from (f"- {name.replace('_', ' ')}: *{mutant['hint']}*" for name, mutant in known.items())
                    yield ""


def setup(app):
    app.add_directive("exercise-table", ExerciseTable)
    app.add_directive("demos", Demos)
    app.add_directive("teaching", Teaching)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
