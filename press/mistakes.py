"""The mistakes that students make in one exercise, read from its module without running it.

A module of an exercise, ``dynlib/teaching/exercises/ROOM/NAME.py``, holds

    check_NAME(answer)          the check
    HINTS                       what the check says of each symptom that it knows: a name and one sentence
    MISTAKES                    for mistakes that students really make: a name out of HINTS, and (old, new)
    CREDIT                      if an answer with one of the mistakes has earned a part of the points: its name, and the share
    hidden(rng)                 arguments for marking that are printed nowhere, rounded so that a page can print them
    seen(result, *arguments)    what of a result counts, where several results are right

``old`` is a piece of the solution in the room's ``exercises.ipynb``, an expression or statements, and ``new`` what a student
writes there; how they are laid out does not matter. Nothing but the standard library is imported, so that the build of the pages
can load this file by its path.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

EXERCISES = "dynlib/teaching/exercises"


@dataclass(frozen=True)
class Mistake:
    """One change of the solution, and the sentence with which its refusal must end."""

    old: str
    new: str
    hint: str


def read_mistakes(path: Path) -> dict[str, Mistake]:
    """The mistakes of a module by name; the module is read, not imported.

    Parameters
    ----------
    path : Path
        The exercise's module.

    Returns
    -------
    dict of str to Mistake
        In the module's order.

    Raises
    ------
    ValueError
        Where MISTAKES or HINTS is not written out, or a hint is missing.
    """
    hints, changes = (_literal(path, name) for name in ("HINTS", "MISTAKES"))
    if missing := sorted(set(changes) - set(hints)):
        raise ValueError(f"{path.name}: HINTS says nothing of the mistake {missing[0]!r}")
    return {name: Mistake(old, new, hints[name]) for name, (old, new) in changes.items()}


def mistakes_of(root: Path, room: str) -> dict[str, dict[str, Mistake]]:
    """The mistakes of every exercise of a room, by exercise and name."""
    return {path.stem: read_mistakes(path) for path in sorted((root / EXERCISES / room).glob("[!_]*.py"))}


def _literal(path: Path, name: str) -> dict:
    """The dictionary that the module assigns to ``name`` at its own level; an empty one where it does not."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and [target.id for target in node.targets if isinstance(target, ast.Name)] == [name]:
            try:
                return ast.literal_eval(node.value)
            except ValueError:
                raise ValueError(f"{path.name}: {name} must be written out, without names and calls") from None
    return {}
