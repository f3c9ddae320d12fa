"""Whose work a folder, an archive or a file is: by its name, which a learning platform lengthens and a browser counts."""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from press.grading.files import Tree, below, tops
from press.roster import Roster, key, spelled

# name_number_assignsubmission_file_… (Moodle), name_LATE_number_number_… (Canvas), …_name_attempt_time_… (Blackboard)
PLATFORMS = (
    re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?", re.S),
    re.compile(r"(?P<name>[^_]+)_(?:LATE_)?(?P<number>\d{3,})_\d{3,}_.+\.\w+", re.S),
    re.compile(r".+_(?P<name>[^_]+)_attempt_[\d-]+(?P<number>)(?:_.*|\..*)?", re.S),
)
COPY = re.compile(r"(?P<name>.+?)(?: ?\(\d+\)|-Copy\d+| - Copy(?: ?\(\d+\))?)", re.I | re.S)
ENDS = re.compile(r"(\.(ipynb|zip|json|txt|tar|gz|tgz|bz2|tbz2|xz|txz|zst|rar|7z))+$", re.I)


@dataclass
class Sender:
    """One student as far as the files tell: the name for the table, other spellings of it, files, and what is to be said."""

    name: str
    names: list[str] = field(default_factory=list)
    tree: Tree = field(default_factory=Tree)
    notes: list[str] = field(default_factory=list)


def senders(pile: Tree, roster: Roster, is_work: Callable[[str], bool]) -> tuple[list[Sender], list[str]]:
    """Everyone who handed something in, each once, by name.

    Parameters
    ----------
    pile : Tree
        One folder, archive or file a student, or an archive or folder with all of those.
    roster : Roster
        Who is in the course, and gets a row; an empty one where nobody said.
    is_work : callable
        Whether a file's path may be a student's work; what lies beside the students' folders and is none is nobody's.

    Returns
    -------
    students : list of Sender
        In the alphabet's order.
    left : list of str
        The names of what was taken for nobody's.
    """
    pieces = _pieces(pile, roster, is_work)
    left = [top for top, piece in pieces if not (_is_handed_in(piece, is_work) or roster.find(_stem(top)))]
    kept = [(*_sent_by(top), top, piece) for top, piece in pieces if top not in left]
    plain, numbers = {key(name) for name, *_ in kept}, defaultdict(set)
    for name, number, *_ in kept:
        numbers[key(name)].add(number)
    found: dict[str, Sender] = {}
    parts: dict[str, list[str]] = defaultdict(list)
    for name, number, top, piece in kept:
        copy = COPY.fullmatch(name)
        if copy and not roster.find(name) and (key(copy["name"]) in plain or roster.find(copy["name"])):
            name = spelled(copy["name"])  # "anna (1).ipynb" is Anna's, if there is an Anna
        namesakes = number and len(numbers[key(name)] - {""}) > 1
        whose = roster.find(name) or roster.find(_stem(top)) or (f"{name}_{number}" if namesakes else name)
        sender = found.setdefault(key(whose), Sender(whose))
        sender.names += [name, _stem(top)]
        sender.tree.files += piece.files
        sender.tree.folders |= piece.folders
        sender.tree.notes += piece.notes
        parts[key(whose)].append(top)
        if namesakes and len(parts[key(whose)]) == 1:
            sender.notes.append(f"several students are called {name}; this is the one with the number {number}")
    for whose, handed in parts.items():
        if len(handed) > 1:
            found[whose].notes.append(f"handed in as {' and '.join(sorted(handed))}, and all of it was looked at")
    for id in roster.ids:
        found.setdefault(key(id), Sender(id, notes=["nothing was handed in"]))
    return sorted(found.values(), key=lambda sender: sender.name), left


def _pieces(pile: Tree, roster: Roster, is_work: Callable[[str], bool]) -> list[tuple[str, Tree]]:
    """What each student handed in, also where one more folder or archive holds it all."""
    found, parts = [], {top: below(pile, top) for top in tops(pile)}
    alone = sum(_is_handed_in(piece, is_work) for piece in parts.values()) == 1
    for top, piece in parts.items():
        if not roster.find(_sent_by(top)[0]) and _is_pile(piece, alone, roster, is_work):
            found += _pieces(piece, roster, is_work)
        else:
            found.append((top, piece))
    return found


def _is_pile(piece: Tree, alone: bool, roster: Roster, is_work: Callable[[str], bool]) -> bool:
    """Say whether a folder or archive holds many students' work rather than one's.

    It does where two names in it are those of students; and, where nothing lies beside it, if all in it is in folders.
    """
    inner = {top: part for top in tops(piece) if _has_work(part := below(piece, top), is_work)}
    if sum(bool(roster.find(_sent_by(top)[0]) or _sent_by(top)[1]) for top in inner) > 1:
        return True
    if not alone or not all(top in piece.folders for top in inner):
        return False
    return len(inner) > 1 or any(_is_pile(part, True, roster, is_work) for part in inner.values())


def _has_work(piece: Tree, is_work: Callable[[str], bool]) -> bool:
    return any(is_work(file.path) for file in piece.files)


def _is_handed_in(piece: Tree, is_work: Callable[[str], bool]) -> bool:
    """Say whether this is a folder or an archive, a notebook, or a thing of which something must be said."""
    return piece.is_folder or bool(piece.notes) or _has_work(piece, is_work)


def _sent_by(top: str) -> tuple[str, str]:
    """The name in that of a folder or file, and the number with which a platform tells people of the same name apart."""
    for platform in PLATFORMS:
        if match := platform.fullmatch(top):
            return spelled(match["name"]), match["number"]
    return _stem(top), ""


def _stem(top: str) -> str:
    return spelled(ENDS.sub("", top)) or top
