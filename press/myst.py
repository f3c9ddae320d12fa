"""One parse of MyST: a cell's text as a tree of blocks and directives, each with its lines, for every tool of the press.

The parser is markdown-it with the plugins and settings of MyST-Parser and ``book/_config.yml``, so that what the site shows as a
directive is one here: a fence of backticks, tildes or colons, of any length, at any depth, in a list or a quotation, with its
options as ``:name: value`` lines or between ``---``. It needs neither torch nor numpy and neither Sphinx.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.field_list import fieldlist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.myst_role.index import myst_role
from mdit_py_plugins.tasklists import tasklists_plugin

# Directives whose inside is no MyST.
VERBATIM = {
    "math",
    "code",
    "code-block",
    "code-cell",
    "sourcecode",
    "eval-rst",
    "raw",
    "bibliography",
    "toctree",
    "tableofcontents",
}
_BULLETS = re.compile(r"^(?:[\s>]|[-+*:~](?=\s)|\d{1,9}[.)](?=\s))+")


@dataclass(eq=False)
class Node:
    """A block of a text, or the whole text (kind ``text``).

    ``kind`` is a directive's name in lower case; ``div`` for a colon fence without a name; ``question`` and ``answer`` for the
    halves of a ``{predict}``, above and below its line ``---``; otherwise what the block is:
    ``paragraph``, ``heading``, ``td``, ``th``, ``dt``, ``fence``, ``code_block``, ``math_block``, ``math_block_label``,
    ``amsmath``, ``html_block``, ``myst_target``, ``myst_line_comment`` and so on. Lists, quotations and tables are no nodes:
    what they hold stands among the children of the directive around them.

    ``start`` and ``end`` are the lines [start, end) that it takes, counted from 0 in the whole text. ``lines`` is what is inside,
    without options and without the indents and ``>`` of what is around it; they begin at line ``first`` of the whole text.
    """

    kind: str
    start: int
    end: int
    lines: list[str]
    first: int
    markup: str = ""
    argument: str = ""
    options: dict[str, str] = field(default_factory=dict)
    is_directive: bool = False
    children: list["Node"] = field(default_factory=list)
    inline: list[Token] = field(default_factory=list)  # a paragraph's, heading's or table cell's words, formulas and roles

    @property
    def text(self) -> str:
        """What is inside, as text."""
        return "\n".join(self.lines)

    @property
    def roles(self) -> list[Token]:
        """The roles of a paragraph, heading or cell; ``meta`` has ``name``, and ``at``, their place in :attr:`text`."""
        return [token for token in self.inline if token.type == "myst_role"]

    def walk(self) -> Iterator["Node"]:
        """Every node inside, at any depth, in the order of the text."""
        for child in self.children:
            yield child
            yield from child.walk()

    def of_kind(self, *kinds: str) -> list["Node"]:
        """The nodes of these kinds at any depth, in the order of the text."""
        return [node for node in self.walk() if node.kind in kinds]

    def rewritten(self, changes: Iterable[tuple[int, int, str]]) -> str:
        """The text inside, changed at some places, as :meth:`place` and :meth:`role_places` give them; these must not overlap.

        A change of several lines keeps to its place in lists and quotations: its further lines get the first one's indent.
        """
        out = self.text
        for start, end, text in sorted(changes, reverse=True):
            below = re.sub(r"[^>\s]", " ", out[out.rfind("\n", 0, start) + 1 : start])
            first, *more = text.split("\n")
            new = "\n".join([first, *((below + line).rstrip() for line in more)])
            out = (out[:start] + new if new else out[:start].rstrip(" ")) + out[end:]
        return out

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where in :attr:`text` the lines [start, end) of the whole text stand, behind the bullets and ``>`` of the first one."""
        before = sum(len(line) + 1 for line in self.lines[: start - self.first])
        whole = "\n".join(self.lines[start - self.first : end - self.first])
        return before + _head(whole.partition("\n")[0]), before + len(whole)

    def role_places(self) -> Iterator[tuple[Token, int, int]]:
        """Each role that stands in no directive inside this node, with its place in :attr:`text`."""
        used: dict[int, int] = {}
        for child in self.children:
            at = [self._column(child.start + k, line, used) for k, line in enumerate(child.lines)] if child.roles else []
            for role in child.roles:
                start, end = (self._offset(at, child, where) for where in role.meta["at"])
                yield role, start, end

    def _column(self, number: int, line: str, used: dict[int, int]) -> tuple[int, int]:
        """Where a paragraph's or cell's line stands in line ``number``: (its offset in the text, 1 where pipes are escaped)."""
        source, words = self.lines[number - self.first], line.lstrip()  # a tab before it may have become spaces
        column, escaped = source.find(words, used.get(number, 0)), 0
        if column < 0:  # a table's cell is not what stands in the source
            words, escaped = words.replace("|", "\\|"), 1
            column = source.index(words, used.get(number, 0))
        used[number] = column + len(words)
        indent = len(line) - len(line.lstrip())
        return sum(len(other) + 1 for other in self.lines[: number - self.first]) + column - indent, escaped

    @staticmethod
    def _offset(at: list[tuple[int, int]], leaf: "Node", where: int) -> int:
        before = leaf.text[:where]
        line, column = before.count("\n"), before.rpartition("\n")[2]
        return at[line][0] + len(column) + at[line][1] * column.count("|")


def parse(text: str) -> Node:
    """Read a text. Nothing is ever refused: what is no MyST is a paragraph, a fence without an end goes to the end.

    Equal texts share one tree; treat it as read-only.
    """
    return _parse(text)


@functools.lru_cache(maxsize=4096)
def _parse(text: str) -> Node:
    lines = text.split("\n")
    return Node("text", 0, len(lines), lines, 0, children=list(_blocks(lines, 0)))


def inline(text: str) -> list[Token]:
    """The words, formulas and roles of one line, such as a directive's argument."""
    return _parser().parseInline(text)[0].children or []


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    for plugin in (front_matter_plugin, myst_block_plugin, myst_role_plugin, footnote_plugin):
        parser.use(plugin)
    parser.disable(["footnote_inline", "footnote_tail"])
    parser.use(dollarmath_plugin, allow_labels=True, allow_space=True, allow_digits=True, double_inline=False)
    for plugin in (colon_fence_plugin, amsmath_plugin, deflist_plugin, fieldlist_plugin, tasklists_plugin):
        parser.use(plugin)
    parser.use(attrs_plugin, after=("image", "code_inline", "link_close", "span_close"), spans=True, span_after="footnote_ref")
    parser.use(attrs_block_plugin)
    parser.inline.ruler.at("myst_role", _role)
    return parser


def _role(state, silent: bool) -> bool:
    """The plugin's rule, which also writes down where the role stands."""
    start = state.pos
    if not myst_role(state, silent):
        return False
    if not silent:
        state.tokens[-1].meta["at"] = (start, state.pos)
    return True


def _blocks(lines: list[str], first: int) -> Iterator[Node]:
    """The blocks of a text whose first line is line ``first`` of the whole."""
    opened = Token("", "", 0)
    for token in _parser().parse("\n".join(lines) + "\n"):
        if token.nesting == 1:
            opened = token
        if token.nesting or token.map is None:
            continue
        start, end = first + token.map[0], first + min(token.map[1], len(lines))
        if token.type in ("fence", "colon_fence"):
            yield _fence(token, start, end)
            continue
        kind, markup = token.type, token.markup
        if kind == "inline":
            kind, markup = opened.type.removesuffix("_open"), opened.markup
        inside = token.content.split("\n")
        yield Node(kind, start, max(end, start + 1), inside, start, markup, token.info, inline=token.children or [])


def _fence(token: Token, start: int, end: int) -> Node:
    """A fence: a directive where its first word is a name in braces, else code, or a div where it is made of colons."""
    name, argument = [*token.info.split(maxsplit=1), "", ""][:2]
    lines = token.content.split("\n")[:-1]
    if not (name.startswith("{") and name.endswith("}")):
        kind = "fence" if token.type == "fence" else "div"
        node = Node(kind, start, end, lines, start + 1, token.markup, token.info.strip())
    else:
        options, skipped = _options(lines)
        kind = name[1:-1].lower()
        node = Node(kind, start, end, lines[skipped:], start + 1 + skipped, token.markup, argument.strip(), options, True)
    if node.kind == "predict":
        node.children = list(_halves(node))
    elif node.kind not in VERBATIM and node.kind != "fence":
        node.children = list(_blocks(node.lines, node.first))
    return node


def _halves(node: Node) -> Iterator[Node]:
    """A prediction's question and, below the first line ``---`` that stands in no fence of its own, its answer."""
    fences = [block for block in _blocks(node.lines, 0) if block.kind == "fence" or block.is_directive]
    inside = {k for block in fences for k in range(block.start, block.end)}
    rule = next((k for k, line in enumerate(node.lines) if line.strip() == "---" and k not in inside), len(node.lines))
    halves = [("question", 0, rule)] + [("answer", rule + 1, len(node.lines))] * (rule < len(node.lines))
    for kind, start, end in halves:
        half = Node(kind, node.first + start, node.first + end, node.lines[start:end], node.first + start)
        half.children = list(_blocks(half.lines, half.first))
        yield half


def _options(lines: list[str]) -> tuple[dict[str, str], int]:
    """The options at the top of a directive in either form, and how many lines they take with the blank one after them."""
    if lines and lines[0].startswith("---"):
        end = next((k for k in range(1, len(lines)) if lines[k].startswith("---")), len(lines))
        block, taken = lines[1:end], min(end + 1, len(lines))
    else:
        taken = next((k for k, line in enumerate(lines) if not re.match(r"\s*:(?!::)", line)), len(lines))
        block = [line.lstrip()[1:] for line in lines[:taken]]
    if taken < len(lines) and not lines[taken].strip():
        taken += 1
    return _values(block), taken


def _values(block: list[str]) -> dict[str, str]:
    """YAML with every value as text; line by line where it is not YAML."""
    try:
        found = yaml.load("\n".join(block), Loader=yaml.BaseLoader)
    except yaml.YAMLError:
        found = None
    if isinstance(found, dict):
        return {str(name).strip(): value if isinstance(value, str) else str(value) for name, value in found.items()}
    pairs = (line.partition(":") for line in block if ":" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _head(line: str) -> int:
    """How much of a line stands before its block: indents, ``>`` and the bullets of lists."""
    fence = re.search(r"`{3,}|~{3,}|:{3,}", line)
    return fence.start() if fence else len(line) - len(_BULLETS.sub("", line, count=1))
