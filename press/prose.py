"""A text's prose as the reader meets it unfolded: words, displayed formulas, theorem boxes, pictures."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markdown_it.token import Token

from press.myst import VERBATIM, Node, inline

FOLDED = "dropdown"
BOXES = {"prf:theorem", "prf:lemma", "prf:proposition", "prf:corollary"}
PICTURES = {"figure", "image"}
FORMULAS = {"math", "math_block", "math_block_label", "amsmath"}
NO_TITLE = VERBATIM | PICTURES | {"solution", "solution-start"}  # their argument is a path or a label
_MARKUP = re.compile(r"<!--[\s\S]*?-->|</?[a-zA-Z][^>]*>")
_WORD = re.compile(r"[^\W_][\w'’.-]*")


@dataclass
class Prose:
    """What one or several texts hold, folded parts left out."""

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


def measure(node: Node) -> Prose:
    """Count the words, displayed formulas, theorem boxes and pictures without alt text inside a node."""
    prose = Prose()
    for child in node.children:
        prose.add(_block(child), folded=child.kind == FOLDED or FOLDED in child.options.get("class", "").split())
    return prose


def _block(node: Node) -> Prose:
    """Count one block with everything in it."""
    inside = measure(node)
    if node.inline:
        inside.add(_words(node.inline))
    elif node.kind == "html_block":
        inside.words += len(_WORD.findall(_MARKUP.sub(" ", node.text)))
    if node.is_directive and node.kind not in NO_TITLE:
        inside.add(_words(inline(node.argument)))
    inside.formulas += node.kind in FORMULAS
    inside.boxes += node.kind in BOXES
    inside.bare_pictures += node.kind in PICTURES and not node.options.get("alt", "").strip()
    return inside


def _words(tokens: Iterable[Token]) -> Prose:
    """Count in running text: a role is one word, code and formulas are none."""
    prose, said = Prose(), []
    for token in tokens:
        if token.type == "image":
            prose.bare_pictures += not token.content.strip()
        prose.formulas += token.type == "math_inline_double"
        said.append({"text": token.content, "myst_role": " reference "}.get(token.type, "" if token.nesting else " "))
    prose.words = len(_WORD.findall("".join(said)))
    return prose
