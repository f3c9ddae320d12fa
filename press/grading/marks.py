"""The log from which an interrupted run goes on, and the table of marks that is made from it."""

import json
from pathlib import Path

from press.grading.spreadsheet import as_csv
from press.notebooks import write_atomic


class Log:
    """One JSON line for each marked submission, written as soon as it is marked; the first line is the run's own.

    A submission is marked again where its files changed, or where ``key`` did: the checks, the salt, the limits.
    """

    def __init__(self, path: Path, key: str):
        self.path, self.done = path, {}
        if path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            try:
                if lines and json.loads(lines[0]).get("key") == key:
                    for line in lines[1:]:
                        record = json.loads(line)
                        self.done[record["student"], record["sha"]] = record
            except (json.JSONDecodeError, AttributeError, KeyError):
                pass  # the line that an interruption cut short; what came before it counts
        kept = [json.dumps({"key": key}), *(json.dumps(record, ensure_ascii=False) for record in self.done.values())]
        write_atomic(path, "\n".join(kept) + "\n")

    def add(self, record: dict) -> None:
        self.done[record["student"], record["sha"]] = record
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def table(records: list[dict]) -> str:
    """The marks as csv: a row a student, with all points, then a column an exercise.

    What a person marks is empty until that person has; a question counts for everybody as soon as it has points for one.
    """
    labels = list(dict.fromkeys(verdict["label"] for record in records for verdict in record["verdicts"]))
    texts = list(dict.fromkeys(text["label"] for record in records for text in record["texts"]))
    by_hand = [label for label in texts if label not in labels]  # an exercise that a check could not judge has its column
    rows = [["student", "points", "of", *labels, *by_hand, "note"]]
    for record in records:
        points, of = total(record, records)
        got = {verdict["label"]: number(verdict["points"]) if verdict["of"] else "" for verdict in record["verdicts"]}
        got |= {text["label"]: number(text["given"]) for text in record["texts"] if text.get("given") is not None}
        row = [record["student"], number(points), of, *(got.get(label, "") for label in (*labels, *by_hand))]
        rows.append([*row, "; ".join(record["notes"])])
    return as_csv(rows)


def total(record: dict, records: list[dict]) -> tuple[float, int]:
    """What one student has, and of how much."""
    counted = {text["label"] for other in records for text in other["texts"] if text.get("given") is not None}
    texts = [text for text in record["texts"] if text["label"] in counted]
    points = sum(verdict["points"] for verdict in record["verdicts"]) + sum(text.get("given") or 0 for text in texts)
    return points, sum(verdict["of"] for verdict in record["verdicts"]) + sum(text["points"] for text in texts)


def number(points: float) -> float | int:
    """Whole points without a fraction."""
    return int(points) if points == int(points) else round(points, 2)
