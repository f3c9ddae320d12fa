"""Concept questions under each chapter's exercises: alive without a kernel and, but for a spoken line, without a script.

A question is a group of native radio buttons, so the keyboard works as everywhere. Choosing shows why, by a style rule; a
few lines of script repeat it in a status line, for readers who listen. The text comes from a toml file.
"""

import json
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst.directives import positive_int
from sphinx.util.docutils import SphinxDirective

import repository  # noqa: F401  (first: the press can be imported)
from elements import made
from press import concepts
from repository import REPO

FOLDER = REPO / concepts.MATERIAL
HEADING = "## Questions to talk about"
SPOKEN = """<script>
document.querySelectorAll("fieldset.concept").forEach((group) => group.addEventListener("change", (event) => {
  group.querySelector("[role=status]").textContent = event.target.closest(".choice").querySelector(".why").innerText;
}));
</script>"""


class Questions(SphinxDirective):
    """``{questions} ROOM``: the questions of press/material/ROOM.toml."""

    required_arguments = 1
    option_spec: ClassVar = {"first": positive_int}  # how many, where not all are wanted

    def run(self):
        path = FOLDER / f"{self.arguments[0]}.toml"
        self.env.note_dependency(str(path))
        asked = [self._question(question) for question in concepts.read_questions(path)[: self.options.get("first")]]
        return [*asked, nodes.raw("", SPOKEN, format="html")] if asked else []

    def _inline(self, text: str) -> list[nodes.Node]:
        """One paragraph's inside."""
        parsed = self.parse_text_to_nodes(text)
        return parsed[0].children if len(parsed) == 1 and isinstance(parsed[0], nodes.paragraph) else parsed

    def _question(self, question) -> nodes.Node:
        parts = [made("legend", self._inline(question.question))]
        for number, choice in enumerate(question.choices):
            name = f"question-{question.slug}"
            button = nodes.raw("", f'<input type="radio" name="{name}" id="{name}-{number}">', format="html")
            label = made("label", self._inline(choice.answer), for_=f"{name}-{number}")
            verdict = nodes.strong(text="Right. " if choice.right else "Not so. ")
            why = made("div", [verdict, *self._inline(choice.why)], class_="why")
            parts.append(made("div", [button, label, why], class_="choice"))
        if question.primer:
            primer = [made("summary", [nodes.Text("To read up")]), made("div", self._inline(question.primer))]
            parts.append(made("details", primer, class_="primer"))
        parts.append(made("p", role="status", class_="spoken"))
        return made("fieldset", parts, class_="concept", id=f"concept-{question.slug}")


def _append(app, docname, source):
    """Put a room's questions under its exercises; no notebook mentions them."""
    room, _, page = docname.partition("/")
    if page == "exercises" and (FOLDER / f"{room}.toml").exists():
        notebook = json.loads(source[0])
        text = f"{HEADING}\n\nChoose an answer, any of them, and read why.\n\n```{{questions}} {room}\n```"
        notebook["cells"].append({"cell_type": "markdown", "id": "questions", "metadata": {}, "source": text})
        source[0] = json.dumps(notebook)


def setup(app):
    app.setup_extension("elements")
    app.add_directive("questions", Questions)
    app.connect("source-read", _append, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
