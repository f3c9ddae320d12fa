"""Reading a page's MyST prose as the reader meets it unfolded: words, displayed formulas, theorem boxes, pictures."""

import re
from dataclasses import dataclass

FOLDED = "dropdown"
BOXES = {"prf:theorem", "prf:lemma", "prf:proposition", "prf:corollary"}
PICTURES = {"figure", "image"}
NOT_PROSE = {"math", "code", "code-block", "code-cell", "eval-rst", "raw", "bibliography", "toctree", "tableofcontents"}
NO_TITLE = NOT_PROSE | PICTURES | {"solution"}  # their argument is a path or a label

_FENCE = re.compile(r"^\s*(`{3,}|~{3,}|:{3,})\s*(?:\{([^}]+)\})?([^`]*)$")
_OPTION = re.compile(r"^\s*:([\w-]+):\s*(.*)$")
_FORMULA = re.compile(r"\$\$.*?\$\$(?:\s*\([\w:.-]+\))?|\\begin\{(align|equation|gather)(\*?)\}.*?\\end\{\1\2\}", re.DOTALL)
_INLINE_MATH = re.compile(r"(?<!\\)\$[^$]+\$")
_ROLE = re.compile(r"\{[\w:+-]+\}(`+)[^`]+\1")
_INLINE_CODE = re.compile(r"(`+)[^`]+?\1")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK_TARGET = re.compile(r"(?<=\])\([^)\s]*\)")
_NOT_READ = re.compile(r"^[ \t]*(%.*|\([\w:.-]+\)=|\+\+\+.*)$|<!--[\s\S]*?-->|</?[a-zA-Z][^>]*>", re.MULTILINE)
_WORD = re.compile(r"[^\W_][\w'’.-]*")


@dataclass
class Prose:
    """What one or several markdown cells hold, folded parts left out."""

    words: int = 0
    formulas: int = 0
    boxes: int = 0
    bare_pictures: int = 0  # without alt text, wherever they stand

    def add(self, other: "Prose", folded: bool = False) -> None:
        self.bare_pictures += other.bare_pictures
        if not folded:
            self.words += other.words
            self.formulas += other.formulas
            self.boxes += other.boxes


def measure(markdown: str) -> Prose:
    """Count the words, displayed formulas, theorem boxes and pictures without alt text of one markdown cell."""
    prose, plain, lines = Prose(), [], markdown.splitlines()
    k = 0
    while k < len(lines):
        fence = _FENCE.match(lines[k])
        if not fence:
            plain.append(lines[k])
            k += 1
            continue
        end = _closing(lines, k + 1, fence[1])
        if fence[2]:
            _add_directive(prose, fence[2].strip(), fence[3].strip(), lines[k + 1:end])
        k = end + 1
    prose.add(_measure_plain("\n".join(plain)))
    return prose


def _closing(lines: list[str], start: int, fence: str) -> int:
    """Return the index of the line that closes the fence: the same character at least as often, and nothing else."""
    closes = re.compile(rf"^\s*{re.escape(fence[0])}{{{len(fence)},}}\s*$")
    return next((k for k in range(start, len(lines)) if closes.match(lines[k])), len(lines))


def _add_directive(prose: Prose, name: str, argument: str, body: list[str]) -> None:
    """Add one directive with everything in it."""
    options, content = _split_options(body)
    inside = Prose()
    if name == "math":
        inside.formulas = 1
    elif name not in NOT_PROSE:
        inside = measure("\n".join(content))
    if name not in NO_TITLE:
        inside.add(_measure_plain(argument))
    inside.boxes += name in BOXES
    inside.bare_pictures += name in PICTURES and not options.get("alt", "").strip()
    prose.add(inside, folded=name == FOLDED or FOLDED in options.get("class", "").split())


def _split_options(body: list[str]) -> tuple[dict[str, str], list[str]]:
    """Split a directive's body into its options, in either MyST form, and the rest."""
    if body and body[0].strip() == "---":
        end = next((k for k in range(1, len(body)) if body[k].strip() == "---"), 0)
        pairs = (line.partition(":") for line in body[1:end])
        return {key.strip(): value.strip() for key, _, value in pairs}, body[end + 1:]
    options = {}
    for k, line in enumerate(body):
        if not (match := _OPTION.match(line)):
            return options, body[k:]
        options[match[1]] = match[2]
    return options, []


def _measure_plain(text: str) -> Prose:
    """Count in text that holds no directive."""
    text = _ROLE.sub(" reference ", text)
    text = _INLINE_CODE.sub(" ", text)
    bare = sum(not alt.strip() for alt in _IMAGE.findall(text))
    formulas = len(_FORMULA.findall(text))
    text = _FORMULA.sub(" ", text)
    for pattern in (_INLINE_MATH, _IMAGE, _LINK_TARGET, _NOT_READ):
        text = pattern.sub(" ", text)
    return Prose(len(_WORD.findall(text)), formulas, 0, bare)
