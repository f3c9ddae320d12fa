"""What a page of exercises says about each of them: title, label, difficulty, minutes, whether it is open.

Nothing but the standard library is imported, so that the build of the pages, which has no torch, can load this file by its path.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"  # nbgrader's own marks
TO_WRITE = "To write:"  # how the lines of a chapter that is not yet written begin
_DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,})\{(?P<kind>exercise|solution)\}[ ]*(?P<title>.*)\n(?P<body>[\s\S]*?)^(?P=fence)[ ]*$", re.M
)
_LEVEL = re.compile(r"^\*Difficulty ([123]) of 3 · about (\d+) minutes \(an estimate\)\.\*\Z", re.M)
_LABEL = re.compile(r"^:label: *([\w-]+) *$", re.M)
_OPTION = re.compile(r"^:[\w-]+:.*\n", re.M)


@dataclass(frozen=True)
class Statement:
    """One exercise as it is set. ``difficulty`` is 1 to 3 and ``minutes`` an estimate; both are 0 where the page says nothing."""

    label: str
    title: str
    text: str
    difficulty: int
    minutes: int

    @property
    def name(self) -> str:
        """The last part of the label: the function that a student writes, its check, and its module."""
        return self.label.rpartition("-")[2]

    @property
    def is_open(self) -> bool:
        """Judged by a person; such a statement begins with the word."""
        return self.text.startswith("Open.")

    @property
    def points(self) -> int:
        """One for each step of difficulty."""
        return self.difficulty or 1


def statements(markdown: str) -> Iterator[Statement]:
    """Yield every ``{exercise}`` of the text, in order. One without a label has the label ""."""
    for match in _DIRECTIVE.finditer(markdown):
        if match["kind"] == "exercise":
            label = _LABEL.search(match["body"])
            text = _OPTION.sub("", match["body"]).strip()
            level = _LEVEL.search(text)
            difficulty, minutes = (int(level[1]), int(level[2])) if level else (0, 0)
            yield Statement(label[1] if label else "", match["title"].strip(), _LEVEL.sub("", text).strip(), difficulty, minutes)


def without_solutions(markdown: str) -> str:
    """The text without its ``{solution}`` blocks."""
    return _DIRECTIVE.sub(lambda match: "" if match["kind"] == "solution" else match[0], markdown).strip()


def solutions(markdown: str) -> list[str]:
    """The text of each ``{solution}`` block."""
    return [_OPTION.sub("", match["body"]).strip() for match in _DIRECTIVE.finditer(markdown) if match["kind"] == "solution"]


def unwritten(markdown: str) -> bool:
    """Say whether the page is still the template of a new chapter."""
    return any(line.startswith(TO_WRITE) for line in markdown.splitlines())


def split_solution(source: str) -> tuple[str, str, str]:
    """The cell's lines before, between and after the marks. Raises ValueError unless there is one pair of marks."""
    lines = source.splitlines()
    begin, end = ([k for k, line in enumerate(lines) if line.strip() == mark] for mark in (BEGIN, END))
    if len(begin) != 1 or len(end) != 1 or begin > end:
        raise ValueError(f"must have its body between one line `{BEGIN}` and one line `{END}`")
    return tuple("\n".join(part) for part in (lines[:begin[0]], lines[begin[0] + 1:end[0]], lines[end[0] + 1:]))
