"""The first test of When more data hurts. It stays red until the chapter is written; then replace it by tests of dynlib.generalization."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_chapter_is_written():
    left = []
    for path in sorted((ROOT / "book" / "generalization").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            left += [f"{path.name}: {line.strip()}" for line in cell["source"] if line.startswith("To write:")]
    assert not left, "make edit ROOM=generalization, and write:\n" + "\n".join(left)
