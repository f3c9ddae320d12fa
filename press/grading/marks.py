"""The log from which an interrupted run goes on, and the table of marks that is made from it."""

import csv
import io
import json
from pathlib import Path

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
    """The marks as csv: a row a student, with all points, then a column an exercise; what a person marks is empty."""
    labels = list(dict.fromkeys(verdict["label"] for record in records for verdict in record["verdicts"]))
    by_hand = list(dict.fromkeys(text["label"] for record in records for text in record["texts"]))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["student", "points", "of", *labels, *by_hand, "note"])
    for record in records:
        points = {verdict["label"]: verdict["points"] for verdict in record["verdicts"]}
        total = sum(verdict["of"] for verdict in record["verdicts"])
        note = "; ".join(record["notes"])
        row = [record["student"], sum(points.values()), total, *(points.get(label, "") for label in labels)]
        row += [*("" for _ in by_hand), note]
        writer.writerow([_harmless(value) for value in row])
    return out.getvalue()


def _harmless(value: object) -> object:
    """A text that a spreadsheet would run as a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
