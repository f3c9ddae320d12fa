"""What a person marks of one student: the tasks with what was written to each, and exercises that no check could judge."""

from press.grading.explanations import explanations
from press.grading.room import Room
from press.grading.submissions import Handed, Part
from press.grading.unrun import defines
from press.personal import Student


def texts_of(handed: Handed, rooms: list[Room], salt: str, personal: bool) -> list[dict]:
    """What a person marks of one student, whose code need not run for it."""
    student = Student(handed.claimed or handed.names[0], salt) if personal else None
    return [text for room in rooms for text in _texts(room, handed, student)]


def _texts(room: Room, handed: Handed, student: Student | None) -> list[dict]:
    """The tasks with what was written to each, in whichever notebook; where several hold something else, all of it."""
    tasks = room.tasks(student)
    written: dict[str, dict[str, str]] = {task.grade_id: {} for task in tasks}
    for name, cells in [*((part.file, part.cells) for part in handed.notebooks.get(room.name, [])), *handed.others]:
        for id, text in explanations(cells, tasks).items():
            written[id].setdefault(text, name)
    return [
        {
            "label": task.grade_id,
            "title": task.title,
            "prompt": task.prompt,
            "points": task.points,
            "rubric": [list(line) for line in task.rubric],
            "written": _joined(written[task.grade_id]),
        }
        for task in tasks
    ]


def _joined(texts: dict[str, str]) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return "\n\n".join(f"*From {name}:*\n\n{text}" for text, name in texts.items())


def unjudged(room: Room, part: Part, name: str) -> dict:
    """An exercise as a person gets it to judge: its statement, its points, and the cells that answer it."""
    exercise = room.graded[name]
    answers = [cell["source"] for cell in part.cells if cell["kind"] == "code" and defines(cell["source"], name)]
    return {
        "label": exercise.label,
        "title": exercise.title,
        "prompt": exercise.text,
        "points": exercise.points,
        "rubric": [[exercise.points, "what the exercise asks for"]],
        "written": "\n\n".join(f"```python\n{source}\n```" for source in answers),
    }
