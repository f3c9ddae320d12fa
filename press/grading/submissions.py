"""What each student handed in: all their notebooks, however packed and named, and in which of them each answer stands.

Handed in is a folder, a zip or a tar with ``<student>/…/*.ipynb``, ``<student>.zip`` or ``<student>.ipynb``, also as a learning
platform names them. The name of a notebook does not matter: it belongs to the rooms whose exercises are in it. Nothing of a
student's is run here, and nothing is lost without a note.
"""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

from press.grading.answers import answered, rooms_in
from press.grading.archives import OPENED
from press.grading.cells import Notebook, read_notebook
from press.grading.files import File, tree_of
from press.grading.senders import Sender, senders
from press.roster import Roster, key

SAME_TIME = 2  # seconds; a zip archive knows no less


@dataclass(frozen=True)
class Part:
    """One notebook of a room, and the exercises that are marked in it."""

    file: str
    cells: list[dict]
    names: list[str]


@dataclass
class Handed:
    """One student's work. ``names`` are those under which personal numbers may have been drawn for them, the likeliest first;
    ``claimed`` is what the notebooks themselves say, if that is somebody else. ``notebooks`` has the parts of each
    room, ``others`` the file and cells of notebooks that belong to none, and perhaps hold explanations. ``strangers`` are all
    other names that are known, to whom numbers may belong."""

    student: str
    sha: str
    notebooks: dict[str, list[Part]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    claimed: str = ""
    others: list[tuple[str, list[dict]]] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


def collect(place: Path, labels: dict[str, dict[str, str]], roster: Roster | None = None) -> tuple[list[Handed], list[str]]:
    """Everyone's work under a folder or in an archive, by student.

    Parameters
    ----------
    place : Path
        Where it was handed in. Links are not followed: they may lead anywhere.
    labels : dict of str to dict of str to str
        The exercises by room: name to label.
    roster : Roster, optional
        Who is in the course: each has a row, and other names of theirs are known.

    Returns
    -------
    students : list of Handed
        One a student.
    left : list of str
        What lies beside the students' work and belongs to nobody.

    Raises
    ------
    ValueError
        Where the folder is missing or holds nothing.
    """
    roster = roster or Roster()
    if not (place.is_dir() or (place.is_file() and place.name.lower().endswith(OPENED))):
        raise ValueError(
            f"{place} is no folder and no zip or tar archive; it holds one folder a student, or one notebook a student"
        )
    sent, left = senders(tree_of(place), roster, _is_notebook)
    if not sent:
        raise ValueError(f"{place} holds no submission; put one folder a student into it, or one notebook a student")
    found = _one_each([_of_sender(sender, labels, roster) for sender in sent], roster)
    known = [*roster.ids, *(name for work in found for name in (work.names[0], work.student, work.claimed) if name)]
    for work in found:
        own = {key(name) for name in work.names}
        work.strangers = [name for name in dict.fromkeys(known) if key(name) not in own]
    return found, left


def _of_sender(sender: Sender, labels: dict[str, dict[str, str]], roster: Roster) -> Handed:
    handed = Handed(sender.name, "", notes=[*sender.notes, *(note for _, note in sender.tree.notes if note)])
    digest = hashlib.sha256(sender.name.encode())
    read: list[tuple[File, Notebook]] = []
    seen: set[str] = set()
    for file in sorted(sender.tree.files, key=lambda file: (round(file.when / SAME_TIME), file.path)):
        if not (_is_notebook(file.path) or file.name.lower().endswith((".json", ".txt")) or "." not in file.name):
            continue
        try:
            raw = file.read()
            sha = hashlib.sha256(raw).hexdigest()
            if sha not in seen:
                seen.add(sha)
                read.append((file, read_notebook(raw)))
        except ValueError as error:
            if _is_notebook(file.path):
                handed.notes.append(f"{file.path} is no notebook that can be read: {error}")
    by_room: dict[str, list[tuple[File, Notebook]]] = {}
    for file, notebook in read:
        found = rooms_in(notebook.cells, labels)
        for room in found:
            by_room.setdefault(room, []).append((file, notebook))
        if not found:
            handed.notes.append(f"{file.path} holds none of the exercises that a check marks")
            handed.others.append((file.path, notebook.cells))
    for room, names in labels.items():
        by_room[room] = _with_strays(by_room.get(room, []), read, list(names))
    for room, notebooks in by_room.items():
        if not notebooks:
            continue
        handed.notebooks[room], note = _parts(room, notebooks, list(labels[room]))
        handed.notes += [note] if note else []
    if not read and "nothing was handed in" not in sender.notes:
        there = ", ".join(file.path for file in sender.tree.files[:5])
        handed.notes.append("there is no notebook in this folder" + (f", only {there}" if there else ""))
    _whose(handed, sender, [notebook.student for _, notebook in read if notebook.student], roster)
    digest.update(repr((sorted(seen), handed.notebooks, handed.notes, handed.names, handed.claimed)).encode())
    handed.sha = digest.hexdigest()
    return handed


def _with_strays(
    own: list[tuple[File, Notebook]], read: list[tuple[File, Notebook]], names: list[str]
) -> list[tuple[File, Notebook]]:
    """A room's notebooks, and others that answer what these do not; where there are none, others that answer two exercises."""
    open_ = set(names) - {name for _, notebook in own for name in answered(notebook.cells, names)}
    enough = 1 if own else min(2, len(names))
    return [pair for pair in read if pair in own or len(answered(pair[1].cells, list(open_))) >= enough]


def _parts(room: str, notebooks: list[tuple[File, Notebook]], names: list[str]) -> tuple[list[Part], str]:
    """Each exercise where it was answered last; what nobody answered belongs to the notebook with the most answers.

    ``notebooks`` are in the order of time. Of those with one time the one with more answers counts as the later.
    """
    answers = {file.path: answered(notebook.cells, names) for file, notebook in notebooks}
    mine = {file.path: answered(notebook.cells, [f"{name}_mine" for name in names]) for file, notebook in notebooks}
    order = sorted(notebooks, key=lambda pair: (round(pair[0].when / SAME_TIME), len(answers[pair[0].path])))
    fullest = max(order, key=lambda pair: len(answers[pair[0].path]))[0].path
    taken: dict[str, list[str]] = {file.path: [] for file, _ in order}
    for name in names:
        there = [file.path for file, _ in order if name in answers[file.path]]
        own = [file.path for file, _ in order if f"{name}_mine" in mine[file.path]]
        taken[(there or own or [fullest])[-1]].append(name)
    parts = [Part(file.path, notebook.cells, taken[file.path]) for file, notebook in order]
    if len(parts) == 1:
        return parts, ""
    told = [
        f"{part.file} has no answer" if not answers[part.file] else f"from {part.file} {', '.join(part.names)}"
        for part in parts
        if part.names or not answers[part.file]
    ]
    told += [f"{part.file} has only older answers" for part in parts if answers[part.file] and not part.names]
    return parts, f"there are {len(parts)} notebooks for {room}: {'; '.join(told)}"


def _whose(handed: Handed, sender: Sender, released: list[str], roster: Roster) -> None:
    """Settle under which names numbers may have been drawn, and what to say where the notebooks are another's."""
    claims = list(dict.fromkeys(released))
    own = {key(name) for name in (handed.student, *sender.names)}
    fitting = [name for name in claims if key(name) in own or (roster.find(name) or "") == handed.student]
    strange = [name for name in claims if name not in fitting]
    spellings = [handed.student, *sender.names]
    spellings += [form for name in spellings for form in (name.casefold(), name.lower(), name.upper(), name.title())]
    handed.names = list(dict.fromkeys([*fitting, *spellings]))
    handed.claimed = strange[-1] if strange else ""


def _one_each(found: list[Handed], roster: Roster) -> list[Handed]:
    """Give what came under a name that no roster knows to whom its notebooks were released, if nothing else came from them."""
    if not roster.ids:
        return found
    empty = {work.student: work for work in found if work.notes == ["nothing was handed in"]}
    kept = []
    for work in found:
        owner = roster.find(work.claimed) if work.claimed and not roster.find(work.student) else None
        if owner in empty:
            note = f"came as {work.student}, which is not on the roster; its notebooks were released to {owner}"
            names = [work.claimed, owner, *work.names]
            kept.append(replace(work, student=owner, notes=[note, *work.notes], names=names, claimed=""))
            del empty[owner]
        elif not roster.find(work.student):
            work.notes.insert(0, f"{work.student} is not on the roster")
            kept.append(work)
        elif work.notes != ["nothing was handed in"]:
            kept.append(work)
    return sorted([*kept, *empty.values()], key=lambda work: work.student)


def _is_notebook(path: str) -> bool:
    """By its name, also a lengthened one: ``exercises.ipynb.txt``."""
    return ".ipynb" in path.rpartition("/")[2].lower()
