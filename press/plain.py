"""A page's prose as any notebook shows it: no MyST directive and no role is left, and nothing is lost with them.

Colab and Jupyter know Markdown, ``$`` formulas and HTML, but would show ``{exercise}`` as a block of code.
"""

import re
from pathlib import Path

from nbformat import NotebookNode

_OPEN = re.compile(r"^(`{3,}|:{3,})\{([\w:-]+)\}[ ]*(.*)$")
_OPTION = re.compile(r"^:([\w-]+):[ ]*(.*)$")
_ROLE = re.compile(r"\{([\w:+-]+)\}`([^`]+)`")
_NUMBERED = re.compile(r"\$\$([^$]+?)\$\$[ ]*\(([\w:.-]+)\)")
_NOT_SHOWN = re.compile(r"^(?:\([\w:.-]+\)=|%.*)\n?", re.M)
NAMES = {"prf:theorem": "Theorem", "prf:lemma": "Lemma", "prf:proposition": "Proposition", "prf:corollary": "Corollary",
         "prf:definition": "Definition", "prf:proof": "Proof", "prf:remark": "Remark", "exercise": "Exercise",
         "solution": "Solution", "dropdown": ""}


def plain_cells(cells: list[NotebookNode], citations: dict[str, str]) -> None:
    """Rewrite every markdown cell in place. ``citations`` says how a reference's key reads, as :func:`read_citations` does."""
    titles = {label: title for cell in cells if cell.cell_type == "markdown" for label, title in _titles(cell.source)}
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source, citations, titles)


def plain(markdown: str, citations: dict[str, str], titles: dict[str, str]) -> str:
    """Return the text without directives and roles. ``titles`` says how a labelled theorem or exercise is called."""
    out, lines, k = [], markdown.splitlines(), 0
    while k < len(lines):
        opening = _OPEN.match(lines[k])
        if not opening:
            out.append(lines[k])
            k += 1
            continue
        end = next((j for j in range(k + 1, len(lines)) if re.fullmatch(f"{opening[1]}[ ]*", lines[j])), len(lines))
        options, body = _options(lines[k + 1:end])
        inside = plain("\n".join(body), citations, titles)
        out.append(_block(opening[2], opening[3].strip(), options, inside, titles))
        k = end + 1
    text = _NOT_SHOWN.sub("", "\n".join(out))
    text = _NUMBERED.sub(lambda match: f"$${match[1].rstrip()} \\tag{{{match[2]}}} $$", text)
    return _ROLE.sub(lambda match: _role(match[1], match[2], citations, titles), text).strip("\n")


def _block(kind: str, argument: str, options: dict[str, str], body: str, titles: dict[str, str]) -> str:
    """One directive as Markdown: an exercise under a heading, what is folded in ``<details>``, a formula, or a quoted box."""
    if kind == "math":
        return f"$$\n{body}\n$$"
    title = titles.get(argument, argument) if kind == "solution" else argument
    name = NAMES.get(kind, "")
    heading = ": ".join(part for part in (name, title) if part) or kind.replace("-", " ").capitalize()
    if kind == "dropdown" or "dropdown" in options.get("class", "").split():
        return f"<details><summary>{heading}</summary>\n\n{body}\n\n</details>"
    if kind == "exercise":
        return f"### {heading}\n\n{body}"
    return "\n".join(f"> {line}".rstrip() for line in [f"**{heading}**", "", *body.splitlines()])


def _options(body: list[str]) -> tuple[dict[str, str], list[str]]:
    """The ``:name: value`` lines at the top of a directive, and the rest."""
    options = {}
    for k, line in enumerate(body):
        if not (match := _OPTION.match(line)):
            return options, body[k:]
        options[match[1]] = match[2].strip()
    return options, []


def _role(role: str, content: str, citations: dict[str, str], titles: dict[str, str]) -> str:
    text, _, target = content.partition("<")
    target = target.rstrip("> ") or content
    if role.startswith("cite"):
        known = ", ".join(citations.get(key.strip(), key.strip()) for key in content.split(","))
        return f"({known.replace(' (', ', ').replace(')', '')})" if role == "cite:p" else known
    if role == "eq":
        return f"({content})"
    if role == "doc" and "<" not in content:
        return target.strip("/").rpartition("/")[2].replace("_", " ")
    if role in ("prf:ref", "ref", "numref"):
        return text.strip() if "<" in content else titles.get(content, content.replace("-", " "))
    return text.strip()


def _titles(markdown: str) -> list[tuple[str, str]]:
    """(label, title) of every directive that has both, at any depth."""
    found, lines = [], markdown.splitlines()
    for k, line in enumerate(lines):
        if opening := _OPEN.match(line):
            label = _options(lines[k + 1:])[0].get("label")
            if label and opening[2] != "solution":
                found.append((label, opening[3].strip() or NAMES.get(opening[2], opening[2])))
    return found


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
