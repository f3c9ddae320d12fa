"""The built pages of exercises say in words what the options of each exercise say."""

import html
import re
from pathlib import Path

import pytest

from press.release import chosen

REPO = Path(__file__).resolve().parents[2]
SITE = REPO / "book/_build/html"
CHAPTERS = chosen(REPO, None)


@pytest.mark.parametrize("room", CHAPTERS)
def test_each_exercise_shows_its_level_and_whether_it_is_open(room):
    page = (SITE / room / "exercises.html").read_text(encoding="utf-8")
    shown = {}
    for part in re.split(r'(?=<div class="exercise)', page)[1:]:
        label = re.search(r'id="([\w-]+)"', part)[1]
        text = html.unescape(re.sub(r"<[^>]*>", "", part.partition("</section>")[0]))
        level = re.findall(r"Difficulty (\d) of 3 · about (\d+) minutes \(an estimate\)", text)
        shown[label] = (re.findall(r"^(Open\.) ", text, re.M), level)
    assert shown == {e.label: (["Open."] * e.is_open, [(str(e.difficulty), str(e.minutes))]) for e in CHAPTERS[room].exercises}
