"""Concept questions: one right answer, two or three wrong ones that people really give, and for each why.

A chapter's material, ``press/material/<room>.toml``, has a table ``questions.<slug>`` for each: ``question``, ``right``, ``why``,
and ``[[questions.<slug>.wrong]]`` with ``answer`` and ``why``; in a diagnostic also ``primer``. All are one paragraph of Markdown
with ``$`` formulas. Nothing but the standard library is imported, so that the build of the pages can load this file by its path.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

MATERIAL = "press/material"  # a file a chapter: demo, lessons, questions, tasks; readers get none of it


@dataclass(frozen=True)
class Choice:
    """One answer to a question, whether it is right, and why or why not."""

    answer: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """A question with its answers, in an order that looks like chance and is the same at every build.

    ``primer`` is what to read before trying again.
    """

    slug: str
    question: str
    choices: list[Choice]
    primer: str = ""

    @property
    def right(self) -> Choice:
        return next(choice for choice in self.choices if choice.right)


def read_questions(path: Path) -> list[Question]:
    """The questions of a file, in its order.

    Parameters
    ----------
    path : Path
        A chapter's material.

    Returns
    -------
    list of Question
        Empty where the file is missing.

    Raises
    ------
    ValueError
        For a question that lacks something.
    """
    found = []
    for slug, row in read_material(path).get("questions", {}).items():
        try:
            wrong = [Choice(_line(w["answer"]), False, _line(w["why"])) for w in row["wrong"]]
            choices = [Choice(_line(row["right"]), True, _line(row["why"])), *wrong]
            text, primer = _line(row["question"]), _line(row.get("primer", ""))
        except KeyError as error:
            raise ValueError(f"{path.name}, {slug}: {error} is missing") from None
        if not 2 <= len(wrong) <= 3:
            raise ValueError(f"{path.name}, {slug}: there are {len(wrong)} wrong answers; two or three are wanted")
        if len({choice.answer for choice in choices}) < len(choices):
            raise ValueError(f"{path.name}, {slug}: two answers are the same")
        shown = sorted(choices, key=lambda choice: hashlib.sha256(f"{slug}\n{choice.answer}".encode()).hexdigest())
        found.append(Question(slug, text, shown, primer))
    return found


def read_material(path: Path) -> dict:
    """A chapter's material; none where the file is missing."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _line(text: str) -> str:
    return " ".join(text.split())
