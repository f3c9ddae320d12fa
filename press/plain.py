"""A page's prose as any notebook shows it: no MyST directive and no role is left, and nothing is lost with them.

Colab and Jupyter know Markdown, ``$`` formulas and HTML, but would show ``{exercise}`` as a block of code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from dynlib.teaching.claims import rows
from press.myst import Node, parse
from press.ours import read_ours
from press.predictions import CALLED, read_prediction
from press.statements import spelled

NAMES = {
    "prf:theorem": "Theorem",
    "prf:lemma": "Lemma",
    "prf:proposition": "Proposition",
    "prf:corollary": "Corollary",
    "prf:definition": "Definition",
    "prf:proof": "Proof",
    "prf:remark": "Remark",
    "exercise": "Exercise",
    "exercise-start": "Exercise",
    "solution": "Solution",
    "solution-start": "Solution",
    "dropdown": "",
}
CODE = {"code", "code-block", "code-cell", "sourcecode"}
NOT_SHOWN = {"myst_target", "myst_line_comment", "myst_block_break"}
GATE_ENDS = {"exercise-end", "solution-end"}


@dataclass(frozen=True)
class Names:
    """How the keys of references read, and how a labelled theorem or exercise is called."""

    citations: dict[str, str]
    titles: dict[str, str]


def plain_cells(cells: list[NotebookNode], citations: dict[str, str]) -> None:
    """Rewrite every markdown cell in place. ``citations`` says how a reference's key reads, as :func:`read_citations` does."""
    texts = [cell for cell in cells if cell.cell_type == "markdown"]
    titles = {label: title for cell in texts for label, title in _titles(parse(cell.source))}
    for cell in texts:
        cell.source = plain(cell.source, citations, titles)


def plain(markdown: str, citations: dict[str, str], titles: dict[str, str]) -> str:
    """Return the text without directives and roles. ``titles`` says how a labelled theorem or exercise is called."""
    return _inside(parse(markdown), Names(citations, titles)).strip("\n")


def without_roles(node: Node) -> str:
    """One paragraph's text in which each role is the words that a reader sees, as far as the page alone knows them."""
    return _inside(parse(node.text), Names({}, {}))


def with_doc_links(node: Node, folder: str) -> str:
    """One paragraph's text in which ``{doc}`` links with words of their own start from ``folder``, where they are relative."""
    tree, changes = parse(node.text), []
    for role, start, end in tree.role_places():
        words, _, target = role.content.partition("<")
        if role.meta["name"] == "doc" and target and not target.startswith("/"):
            changes.append((start, end, f"{{doc}}`{words}<{folder}{target}`"))
    return tree.rewritten(changes)


def _inside(node: Node, names: Names) -> str:
    """What is inside a node, plain."""
    changes = [(start, end, _role(role.meta["name"], role.content, names)) for role, start, end in node.role_places()]
    for child in node.children:
        start, end = node.place(child.start, child.end)
        if child.is_directive or child.kind == "div":
            changes.append((start, end, _directive(child, names)))
        elif child.kind in NOT_SHOWN:
            changes.append((start, end, ""))
        elif child.kind == "math_block_label":
            formula = node.text[start:end]
            formula = formula[: formula.rindex("$$")].rstrip()
            changes.append((start + len(formula), end, f" \\tag{{{child.argument}}} $$"))
    return node.rewritten(changes)


def _directive(node: Node, names: Names) -> str:
    """One directive as Markdown: an exercise under a heading, what is folded in ``<details>``, a formula, or a quoted box."""
    if node.kind == "math":
        return f"$$\n{node.text}\n$$"
    if node.kind in CODE:
        return f"{node.markup}{node.argument}\n{node.text}\n{node.markup}"
    if node.kind in GATE_ENDS:
        return ""
    if node.kind == "predict":
        return _prediction(node, names)
    if node.kind == "ways":
        return _ways(node, names)
    body = _inside(node, names)
    if node.kind == "div":
        return body
    is_exercise = node.kind in ("exercise", "exercise-start")
    body = spelled(body, node.options) if is_exercise else body
    title = names.titles.get(node.argument, node.argument) if node.kind.startswith("solution") else node.argument
    name = NAMES.get(node.kind, "")
    heading = ": ".join(part for part in (name, title) if part) or node.kind.replace("-", " ").capitalize()
    if node.kind == "dropdown" or "dropdown" in node.options.get("class", "").split():
        return f"<details><summary>{heading}</summary>\n\n{body}\n\n</details>"
    if is_exercise:
        return f"### {heading}\n\n{body}"
    return "\n".join(f"> {line}".rstrip() for line in [f"**{heading}**", "", *body.split("\n")])


def _prediction(node: Node, names: Names) -> str:
    """A question with its choices in a quoted box, and under it the answer, folded."""
    asked = read_prediction(node)
    unit = f", in {asked.unit}" if asked.unit else ""
    question = [f"**Predict first: {CALLED[asked.kind]}{unit}**", "", *_inside(asked.question, names).strip("\n").split("\n")]
    if asked.choices:
        question += ["", *(f"- {choice}" for choice in asked.choices)]
    box = "\n".join(f"> {line}".rstrip() for line in question)
    return f"{box}\n\n<details><summary>The answer</summary>\n\n{_inside(asked.answer, names).strip(chr(10))}\n\n</details>"


def _ways(node: Node, names: Names) -> str:
    """What the bar under a title says, in a line."""
    minutes, needs = node.options.get("minutes"), node.options.get("needs")
    said = [f"{minutes} minutes." if minutes else "", f"You need: {_inside(parse(needs), names).strip()}." if needs else ""]
    return f"*{' '.join(filter(None, said))}*" if any(said) else ""


def _role(role: str, content: str, names: Names) -> str:
    if role == "ours":
        return read_ours(content).text(rows())
    text, _, target = content.partition("<")
    target = target.rstrip("> ") or content
    if role.startswith("cite"):
        known = ", ".join(names.citations.get(key.strip(), key.strip()) for key in content.split(","))
        return f"({known.replace(' (', ', ').replace(')', '')})" if role == "cite:p" else known
    if role == "eq":
        return f"({content})"
    if role == "doc" and "<" not in content:
        return target.strip("/").rpartition("/")[2].replace("_", " ")
    if role in ("prf:ref", "ref", "numref"):
        return text.strip() if "<" in content else names.titles.get(content, content.replace("-", " "))
    return text.strip()


def _titles(tree: Node) -> Iterator[tuple[str, str]]:
    """(label, title) of every directive that has a label, at any depth."""
    for node in tree.walk():
        if node.options.get("label") and not node.kind.startswith("solution"):
            yield node.options["label"], node.argument or NAMES.get(node.kind, node.kind)


def read_citations(path: Path) -> dict[str, str]:
    """How each key of a BibTeX file reads in a sentence: ``Gu et al. (2022)``. A missing file has no keys."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    cited = {}
    for entry in re.split(r"^@", text, flags=re.M)[1:]:
        key = re.match(r"\w+\{([^,\s]+),", entry)
        author, year = (re.search(rf"^\s*{field}\s*=\s*[{{\"](.+?)[}}\"],?\s*$", entry, re.M) for field in ("author", "year"))
        if key and author:
            names = [_surname(name) for name in author[1].split(" and ")]
            who = names[0] if len(names) == 1 else " and ".join(names) if len(names) == 2 else f"{names[0]} et al."
            cited[key[1]] = f"{who} ({year[1]})" if year else who
    return cited


def _surname(name: str) -> str:
    name = re.sub(r"[{}\\\"'^`~]", "", name).strip()
    return name.partition(",")[0].strip() if "," in name else name.rpartition(" ")[2]
