"""What a person marks: texts found wherever they stand, a sheet that goes out and comes back, tables and pages."""

import csv
import io
import json
import re
from pathlib import Path

import nbformat
import pytest

from press.concepts import MATERIAL
from press.grade import _file_name
from press.grading.by_hand import CELL, read_sheets, sheet, with_points
from press.grading.cells import read_notebook
from press.grading.explanations import explanations
from press.grading.marks import table
from press.grading.markup import as_html, formula, line_as_html
from press.grading.pages import feedback_page, marking_sheet
from press.grading.room import Room
from press.grading.submissions import Handed, Part
from press.grading.texts import _texts
from press.handout import exercises_for
from press.notebooks import read
from press.tasks import tasks

REPO = Path(__file__).resolve().parents[2]
ROOM = "pointer"
TASKS = tasks(REPO / MATERIAL / f"{ROOM}.toml", ROOM)
FIRST, SECOND = (task.grade_id for task in TASKS)


def released():
    """The students' page as its cells are read."""
    page = exercises_for(read(REPO / f"book/{ROOM}/exercises.ipynb"), ROOM, {}, TASKS, None)
    return read_notebook(nbformat.writes(page).encode()).cells


def markdown(source):
    return {"kind": "markdown", "source": source, "tags": [], "id": "", "grade": False}


def at(cells, start):
    """The number of the cell that begins so, the last one."""
    return max(k for k, cell in enumerate(cells) if cell["source"].startswith(start))


PROMPT = f"### {TASKS[0].title}"
PLACES = {
    "in its cell": lambda cells: cells[at(cells, PROMPT) + 1].update(source="It waits."),
    "below the line of its cell": lambda cells: cells[at(cells, PROMPT) + 1].update(
        source=cells[at(cells, PROMPT) + 1]["source"] + "\n\nIt waits."
    ),
    "in a new cell below it": lambda cells: cells.insert(at(cells, PROMPT) + 2, markdown("It waits.")),
    "in a new cell below the prompt": lambda cells: cells.insert(at(cells, PROMPT) + 1, markdown("It waits.")),
    "in place of its cell": lambda cells: cells.__setitem__(at(cells, PROMPT) + 1, markdown("It waits.")),
    "in the prompt's own cell": lambda cells: cells[at(cells, PROMPT)].update(
        source=cells[at(cells, PROMPT)]["source"] + "\n\nIt waits."
    ),
    "under a heading of its own": lambda cells: cells.insert(at(cells, PROMPT) + 2, markdown("## My answer\n\nIt waits.")),
    # without metadata nothing says what a text far from its prompt belongs to, so this one is the last
    "in its cell, moved to the top": lambda cells: cells.insert(0, cells.pop(at(cells, PROMPT) + 1) | {"source": "It waits."}),
}


@pytest.mark.parametrize(
    ("place", "stripped"), [*((place, False) for place in PLACES), *((place, True) for place in list(PLACES)[:-1])]
)
def test_an_explanation_is_found_wherever_it_stands(place, stripped):
    cells = released()
    PLACES[place](cells)
    if stripped:
        cells = [cell | {"id": "", "tags": []} for cell in cells]
    found = explanations(cells, TASKS)
    assert set(found) == {FIRST}
    assert found[FIRST].removeprefix("## My answer\n\n") == "It waits."


def test_nothing_written_is_nothing_and_all_that_is_written_is_kept():
    cells = released()
    assert explanations(cells, TASKS) == {}
    long = "word " * 10_000
    cells[-1:] = [
        *cells[-1:],
        markdown(long),
        {**markdown("print(0.9 ** 12)"), "kind": "code"},
        {**markdown("raw"), "kind": "raw"},
    ]
    assert explanations(cells, TASKS) == {SECOND: f"{long.strip()}\n\n```python\nprint(0.9 ** 12)\n```\n\nraw"}


def test_what_the_release_puts_below_a_prompt_is_no_explanation():
    cells = released()
    code = "from dynlib.pointer import tours", 'from dynlib.teaching import hand_in\n\nhand_in("pointer", student="")'
    cells += [{**markdown(source), "kind": "code"} for source in code] + [
        markdown("## Hand in\n\nSave the notebook, then run this cell.")
    ]
    assert explanations(cells, TASKS) == {}


def test_texts_in_several_files_are_all_shown():
    one, two, other = released(), released(), [markdown("Before."), markdown(PROMPT), markdown("In a file of its own.")]
    one[at(one, PROMPT) + 1]["source"] = "It waits."
    two[at(two, PROMPT) + 1]["source"] = "It waits longer."
    room = Room(ROOM, {}, {}, {}, {}, "", lambda student: TASKS)
    handed = Handed("one", "", {ROOM: [Part("a.ipynb", one, []), Part("b.ipynb", two, [])]}, others=[("c.ipynb", other)])
    first, second = _texts(room, handed, None)
    assert [line for line in first["written"].splitlines() if line] == [
        "*From a.ipynb:*",
        "It waits.",
        "*From b.ipynb:*",
        "It waits longer.",
        "*From c.ipynb:*",
        "In a file of its own.",
    ]
    assert second["written"] == ""


# -- the sheet -----------------------------------------------------------------------------------------------------------


def record(student, **written):
    texts = [
        {"label": label, "title": f"Task {label}", "prompt": "Why?", "points": 4, "rubric": [[1, "a"], [3, "b"]], "written": text}
        for label, text in written.items()
    ]
    verdicts = [{"label": "e", "title": "E", "points": 1, "of": 2, "line": "so", "case": ""}]
    return {"student": student, "verdicts": verdicts, "texts": texts, "notes": []}


def records():
    return [
        record("zoe", q="late", r="-1 is it"),
        record("=anna", q="early", r=""),
        record("0042", q="", r="both"),
        record("José", q="é", r="x"),
    ]


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def filled(rows, delimiter=",", **points):
    """The sheet as it comes back: points by question and student, ``q_zoe="3"``."""
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], delimiter=delimiter)
    writer.writeheader()
    for row in rows:
        given = points.get(f"{row['question']}_{row['student'].lstrip(chr(39) + '=')}")
        points_, _, comment = (given or row["points"]).partition("|")
        writer.writerow({**row, "points": points_, "comment": comment or row["comment"]})
    return out.getvalue()


def test_the_sheet_goes_by_question_and_opens_in_a_spreadsheet():
    text = sheet(records())
    assert text.startswith("\ufeff")
    rows = rows_of(text)
    assert [(row["question"], row["student"]) for row in rows] == [
        *(("q", name) for name in ("'=anna", "José", "zoe", "0042")),
        *(("r", name) for name in ("0042", "José", "zoe", "'=anna")),
    ]
    assert rows[6]["written"] == "'-1 is it"
    assert rows[3]["written"] == "(nothing was written)"
    assert {row["points"] for row in rows} == {""}
    assert rows[0]["rubric"] == "1: a\n3: b"


def test_a_text_too_long_for_a_cell_says_so():
    (row,) = rows_of(sheet([record("one", q="x" * 40_000)]))
    assert row["written"].endswith("(10,000 more characters stand on the page with the explanations)")
    assert len(row["written"]) < 32_767 < 40_000
    assert CELL == 30_000


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_points_come_back_however_the_sheet_was_saved(tmp_path, delimiter, encoding):
    text = filled(rows_of(sheet(records())), delimiter, q_zoe="3", q_anna="2,5|Which step?", r_0042="4", r_José="0")
    text = re.sub(r"(?<=[,;\t])0042(?=[,;\t])", "42", text)  # as a spreadsheet saves a number
    (tmp_path / "sheet.csv").write_bytes(text.encode(encoding))
    back = with_points(records(), read_sheets([tmp_path / "sheet.csv"]))
    assert {r["student"]: [t.get("given") for t in r["texts"]] for r in back} == {
        "zoe": [3.0, None],
        "=anna": [2.5, 0.0],
        "0042": [0.0, 4.0],
        "José": [None, 0.0],
    }
    rows = {row["student"]: row for row in rows_of(table(back))}
    assert (rows["'=anna"]["points"], rows["'=anna"]["of"], rows["'=anna"]["q"]) == ("3.5", "10", "2.5")
    assert (rows["zoe"]["points"], rows["zoe"]["r"], rows["zoe"]["note"]) == ("4", "", "'Task r' waits for its points")
    assert (rows["0042"]["points"], rows["0042"]["q"]) == ("5", "0")
    assert "Which step?" in feedback_page(back[1], back)
    again = rows_of(sheet(back))  # what was given stands in the next sheet
    assert [(r["points"], r["comment"]) for r in again if r["student"] == "'=anna" and r["question"] == "q"] == [
        ("2.5", "Which step?")
    ]


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ({"q_zoe": "5"}, "row 4: 5 points for 'Task q', which has 4"),
        ({"q_zoe": "-1"}, "row 4: -1 points"),
        ({"q_zoe": "nan"}, "nan points"),
        ({"q_zoe": "good"}, "row 4: 'good' is no number of points"),
    ],
)
def test_points_that_cannot_be_are_refused_with_their_line(tmp_path, points, says):
    (tmp_path / "s.csv").write_text(filled([r for r in rows_of(sheet(records())) if r["question"] == "q"], **points))
    with pytest.raises(ValueError, match=re.escape(says)):
        with_points(records(), read_sheets([tmp_path / "s.csv"]))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("zoe", "max"), "nobody called 'max' was marked"),
        (("Task q", "Task q"), None),
        (("question,", "frage,"), "has no column 'question'"),
    ],
)
def test_a_sheet_of_something_else_is_refused(tmp_path, change, says):
    (tmp_path / "s.csv").write_text(filled(rows_of(sheet(records())), q_zoe="1").replace(*change))
    if says is None:
        assert with_points(records(), read_sheets([tmp_path / "s.csv"]))[0]["texts"][0]["given"] == 1
        return
    with pytest.raises(ValueError, match=says):
        with_points(records(), read_sheets([tmp_path / "s.csv"]))


def test_two_people_may_mark_and_must_not_differ(tmp_path):
    for name, points in (("a", {"q_zoe": "1"}), ("b", {"r_zoe": "2"}), ("c", {"q_zoe": "3"})):
        (tmp_path / f"{name}.csv").write_text(filled(rows_of(sheet(records())), **points))
    back = with_points(records(), read_sheets([tmp_path / "a.csv", tmp_path / "b.csv"]))
    assert [text["given"] for text in back[0]["texts"]] == [1, 2]
    with pytest.raises(ValueError, match=r"c\.csv, row 4: zoe was marked otherwise in .*a\.csv, row 4"):
        read_sheets([tmp_path / "a.csv", tmp_path / "c.csv"])


def test_points_for_a_text_that_changed_do_not_count(tmp_path):
    (tmp_path / "s.csv").write_text(filled(rows_of(sheet(records())), q_zoe="3", r_zoe="1"))
    changed = records()
    changed[0]["texts"][0]["written"] = "another text"
    back = with_points(changed, read_sheets([tmp_path / "s.csv"]))
    assert back[0]["texts"][0].get("given") is None
    assert back[0]["texts"][1]["given"] == 1
    assert back[0]["notes"] == [
        "the text to 'Task q' was changed after it was marked (3 points were given); it is to be marked again"
    ]
    assert changed[0]["notes"] == []


# -- the table and the pages ---------------------------------------------------------------------------------------------


def test_the_table_has_a_column_an_exercise_and_no_formulas():
    verdicts = [
        {"label": "a", "points": 1, "of": 2},
        {"label": "b", "points": 1.5, "of": 3},
        {"label": "c", "points": 0, "of": 0},
    ]
    found = table(
        [
            {"student": "@one", "verdicts": verdicts, "texts": [{"label": "t"}], "notes": ["=x"]},
            {"student": "two", "verdicts": verdicts[:1], "texts": [], "notes": ["\t-1", "a, b"]},
        ]
    )
    assert found.splitlines() == [
        "\ufeffstudent,points,of,a,b,c,t,note",
        "'@one,2.5,5,1,1.5,,,'=x",
        'two,1,2,1,,,,"\'\t-1; a, b"',
    ]
    for start in ("=", "+", "-", "@", "\t", "\r", "\n", "＝"):
        (row,) = rows_of(table([{"student": f"{start}1", "verdicts": [], "texts": [], "notes": []}]))
        assert row["student"] == f"'{start}1"


def test_a_page_renders_formulas_and_code_and_nothing_of_it_runs_or_loads():
    one = record(
        "<b>zoe</b>",
        q="It decays as $e^{-\\lambda t}$.\n\n$$\\sum_i x_i < 3$$\n\n```python\nx < 1\n```\n<script>alert(1)</script> ![p](http://x/y.png)",
    )
    one["verdicts"][0] |= {"title": "Build `f`", "line": "there is no `f` in 'str.__len__'", "case": "called with (<b>)"}
    one["notes"] = ["only `x < 1`"]
    for page in (feedback_page(one, [one]), marking_sheet([one])):
        assert "<msup><mi>e</mi><mrow><mo>−</mo><mi>λ</mi><mi>t</mi></mrow></msup>" in page
        assert '<math display="block">' in page
        assert '<pre><code class="language-python">x &lt; 1\n</code></pre>' in page
        assert not re.search(r"<script|<img|<link|<iframe|\son\w+=|src=", page)
        assert "<b>" not in page
    page = feedback_page(one, [one])
    assert "<h2>Build <code>f</code></h2>" in page
    assert "there is no <code>f</code> in 'str.__len__'" in page
    assert "only <code>x &lt; 1</code>" in page
    assert "`" not in page


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(http://x)}{a}",
        r"\class{a" + '" onclick="alert(1)}{x}',
        r"\left( x",
        "{" * 5_000,
        "<img src=x onerror=alert(1)>",
    ],
)
def test_a_formula_can_bring_nothing_onto_a_page(tex):
    for shown in (formula(tex), as_html(f"a ${tex}$ b"), line_as_html(f"a ${tex}$ b")):
        tags = re.findall(r"<\s*/?\s*([\w-]+)([^>]*)>", shown)
        assert {name for name, _ in tags} <= {"p", "span", "code", "math", "mrow", "mi", "mo", "mn", "mtext", "mstyle"}
        assert not any(re.search(r"href|style=|\bon\w+=|url", attributes) for _, attributes in tags)


def test_a_page_has_a_name_that_every_disk_takes():
    names = ["ä" * 127, "ä" * 126 + "b", "../../etc", "a/b", "=2+3 <b>", "José", ".", "con?"]
    files = [_file_name(name) for name in names]
    assert len(set(files)) == len(names)
    assert all(
        len(f".{file}.html.12345678.tmp".encode()) < 255 and "/" not in file and not file.startswith(".") for file in files
    )
    assert _file_name("José") == "José"


def test_a_name_of_255_bytes_gets_its_page(tmp_path):
    from press.notebooks import write_atomic

    write_atomic(tmp_path / f"{_file_name('ä' * 127)}.html", json.dumps("page"))
    assert len(list(tmp_path.iterdir())) == 1
