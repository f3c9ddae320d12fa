"""``{predict}`` and ``{ours}``: what is read of a block, what the notebook form shows, and what the lint refuses."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dynlib.teaching.claims import rows
from dynlib.teaching.claims.registry import Row
from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Slider
from press.book import Book
from press.chapter import Page
from press.myst import parse
from press.ours import Ours, read_ours, written
from press.plain import plain
from press.predictions import read_prediction
from press.prose import measure
from press.rules_predict import RULES
from press.text import from_myst, to_myst

ROWS = {
    "echo": {"status": "tested", "value": 0.617, "tolerance": 0.0002, "source": "runs.csv"},
    "bigger": {"status": "tested", "value": 2.5, "tolerance": 0.1},
    "small": {"status": "tested", "value": 0.01, "tolerance": 0.001},
    "holds": {"status": "tested", "value": True, "tolerance": 0},
    "nothing": {"status": "tested", "value": 0, "tolerance": 0},
    "missing": {"status": "not_run"},
}
TYPED = {
    id: Row(id, "alpha", "", row.get("source", ""), "", "", row["status"], row.get("value"), row.get("tolerance"))
    for id, row in ROWS.items()
}
LIVE = Explore(
    name="echo",
    title="An echo",
    controls=[Slider("modes", [16, 32, 64], unit="modes", start=32), Choice("law", ["Real", "Inv"])],
    panels=[Lines(series=["loss"], x=[1.0, 2.0], xlim=(0, 5), ylim=(0, 9))],
    frame=lambda modes, law: Frame([{"loss": [3.0, 2.0]}], "It falls."),
).html


def block(kind="number", answer="It is {ours}`echo*100:.1f` %.", question="With 32 modes it is much. With 64?", **options):
    options = {"name": "echo-64", "claim": "echo"} | options
    lines = [f":{name}: {value}" for name, value in options.items() if value is not None]
    return "\n".join([f"```{{predict}} {kind}", *lines, question, "---", answer, "```"])


def asked(*args, **options):
    return read_prediction(parse(block(*args, **options)).children[0])


@pytest.fixture
def findings(tmp_path):
    """What the lint says of a page with these texts."""
    (tmp_path / "runs.csv").write_text("# made by\nstep,seed,loss\n1,0,3\n2,0,2\n1,1,9\n2,1,9\n")

    def look(*texts):
        cells = [new_markdown_cell(text) for text in texts]
        cells.append(new_code_cell("w", outputs=[new_output("display_data", {"text/html": LIVE})]))
        page = Page("index.ipynb", tmp_path / "index.ipynb", None, new_notebook(cells=cells))
        book = Book(tmp_path, [page], {id: ("alpha.toml", row) for id, row in ROWS.items()})
        return [message for rule in RULES for _, _, message in rule(book)]

    return look


def test_the_halves_are_told_apart_by_the_first_rule_outside_a_fence():
    text = "Before.\n\n````{predict} number\n:name: a\n\nAsk $x$?\n\n```\n---\n```\n---\nSay {ours}`echo`.\n````\n\nAfter."
    node = parse(text).of_kind("predict")[0]
    question, answer = node.children
    assert (question.kind, answer.kind) == ("question", "answer")
    assert [child.kind for child in question.children] == ["paragraph", "fence"]
    assert text.split("\n")[answer.first] == "Say {ours}`echo`."
    assert [role.content for child in answer.children for role in child.roles] == ["echo"]


def test_a_block_survives_as_text_and_its_words_count():
    source = block(question="One two three?", answer="Four five.")
    (cell,) = from_myst(to_myst(new_notebook(cells=[new_markdown_cell(source)]))).cells
    assert cell.source == source
    assert measure(parse(source)).words == 5 + 1  # and the kind


def test_options_are_read():
    made = asked(unit="%", scale="100", widget="echo", answers="modes=64, law=Real; modes=16")
    assert made.slug == "predict-echo-64"
    assert made.answers == [{"modes": "64", "law": "Real"}, {"modes": "16"}]
    assert made.ours.value(TYPED) == pytest.approx(61.7)
    assert made.unit == "%"


def test_the_right_choice_and_order_come_from_the_rows():
    three = {"choices": "a | b | c", "claim": "echo bigger small"}
    assert asked("choice", **three).right(TYPED) == 1
    assert asked("choice", **three, order="rising").right(TYPED) == 2
    assert asked("choice", choices="a | b", claim="holds", right="b").right(TYPED) == 1
    assert asked("ranking", **three).places(TYPED) == [1, 0, 2]
    assert asked("ranking", **three, order="rising").places(TYPED) == [1, 2, 0]
    assert asked("ranking", choices="a | b | c", claim="echo bigger echo").places(TYPED) == [1, 0, 1]


def test_a_curve_comes_from_its_file(tmp_path):
    (tmp_path / "runs.csv").write_text("# made by\nstep,seed,loss\n2,0,2\n1,0,3\n1,1,9\n")
    curve = {"widget": "echo", "answers": "modes=64", "column": "runs.csv:loss", "over": "runs.csv:step"}
    assert asked("curve", **curve, where="seed=0").curve(tmp_path) == ([1, 2], [3, 2])
    with pytest.raises(ValueError, match="3 rows are meant"):
        asked("curve", **curve).curve(tmp_path)
    with pytest.raises(ValueError, match="no column 'speed'"):
        asked("curve", **curve | {"column": "runs.csv:speed"}).curve(tmp_path)


REFUSED = [
    ({"kind": "guess"}, "the kind is one of"),
    ({"claim": None}, "needs the option :claim:"),
    ({"choices": "a | b"}, "has no option :choices:"),
    ({"name": "Echo 64"}, "must be small letters"),
    ({"claim": "echo small"}, "must be one id"),
    ({"scale": "much"}, ":scale: is a number"),
    ({"range": "0 100"}, ":range: three numbers"),
    ({"range": "100 0 1"}, "must be least, greatest"),
    ({"widget": "echo"}, "go together"),
    ({"widget": "echo", "answers": "modes"}, "must be LABEL=VALUE"),
    ({"kind": "choice", "choices": "a"}, "at least two different"),
    ({"kind": "choice", "choices": "a | b", "right": "c"}, ":right: must be one of the choices"),
    ({"kind": "choice", "choices": "a | b"}, "has 1 ids for 2 choices"),
    ({"kind": "ranking", "choices": "a | b", "claim": "echo small", "order": "best"}, ":order: best must be one of"),
    ({"kind": "ranking", "choices": "a | b", "claim": "echo small", "ends": "best"}, ":ends: must be two words"),
    ({"kind": "curve"}, "needs the option :widget:"),
    ({"answer": ""}, "has no answer"),
]


@pytest.mark.parametrize(("options", "says"), REFUSED)
def test_a_block_that_cannot_be_read_says_why(options, says, findings):
    assert findings(block()) == []
    with pytest.raises(ValueError, match=says):
        asked(**options)
    (message,) = findings(block(**options))
    assert says in message


CURVE = {"kind": "curve", "widget": "echo", "answers": "modes=64", "column": "runs.csv:loss", "over": "runs.csv:step"}
FOUND = [
    ({"claim": "nowhere"}, "claim 'nowhere' stands in no claims file"),
    ({"claim": "missing"}, "is 'not_run'"),
    ({"claim": "holds"}, "has the value yes or no, which backs no number"),
    ({"claim": "nothing"}, "has the value 0, which backs no number"),
    ({"answer": "It is {ours}`holds`."}, "has the value yes or no"),
    ({"answer": "It is {ours}`echo times`."}, "must be a claim's id"),
    ({"kind": "choice", "choices": "a | b", "claim": "echo echo"}, "is not the only right choice"),
    ({"kind": "ranking", "choices": "a | b", "claim": "echo small"}, "stand in the right order already"),
    ({**CURVE, "where": "seed=0", "claim": "small"}, "is not about runs.csv"),
    ({**CURVE, "where": "seed=5"}, "0 rows are meant"),
    ({"widget": "other", "answers": "modes=64"}, "on the widget 'other'; the page has echo"),
    ({"widget": "echo", "answers": "size=64"}, "has no control 'size'; it has modes, law"),
    ({"widget": "echo", "answers": "modes=65"}, "cannot be '65'; it can be 16 modes | 32 modes | 64 modes"),
    ({"widget": "echo", "answers": "law=Real"}, "begins with the answer"),
    ({**CURVE, "where": "seed=0", "panel": "1"}, "has no panel 1 with axes"),
    ({"answer": "It is 61.7 %."}, "with a typed 61.7"),
    ({"answer": "It is $61.7\\,\\%$."}, "with a typed 61.7"),
    ({"answer": "It is `61.7`."}, "with a typed 61.7"),
    ({"answer": "It is\n\n- 17\n- less"}, "with a typed 17"),
    ({"answer": "It is <b>17</b>."}, "with a typed 17"),
    ({"answer": "About 3x as much."}, "with a typed 3"),
    ({"answer": "They are seventy-two degrees apart."}, "with a typed seventy-two"),
    ({"answer": "A Million times."}, "with a typed Million"),
]


@pytest.mark.parametrize(("options", "says"), FOUND)
def test_the_lint_finds(options, says, findings):
    (message,) = findings(block(**options))
    assert says in message


def test_the_lint_finds_a_name_twice(findings):
    (message,) = findings(block(), block())
    assert "a second prediction 'echo-64'" in message


FINE = [
    "Of the 64 modes 32 are enough.",  # numbers of the question
    "S4D and float32 on CIFAR-10 in 2D, see chapter 3 and {cite:t}`gu2022s4d`.",
    "Two of the three are ten times nearer, twice as many.",
    "It is $2^{-n}$, and $$ x = 3 y $$",
    "It is {ours}`echo*100:.1f` %, {ours}`bigger/2` times.",
]


@pytest.mark.parametrize("answer", FINE)
def test_the_lint_lets_pass(answer, findings):
    assert findings(block(answer=answer)) == []


def test_a_good_block_of_each_kind_has_no_findings(findings):
    locked = {"widget": "echo", "answers": "modes=64, law=Real; modes=16 modes"}
    ranked = {"claim": "small echo bigger", "choices": "a | b | c"}
    good = [
        block(**locked, scale="100", unit="%", range="0 100 5"),
        block("choice", name="law", claim="holds", choices="a | b", right="b"),
        block("ranking", name="order", **ranked, ends="worst | best"),
        block(**CURVE | {"name": "learning", "where": "seed=0"}, on="modes=32"),
    ]
    assert findings(*good) == []


def test_numbers_are_written_as_the_books_sentences_have_them():
    cases = [(61.7, ""), (1000.0, ""), (-0.08, ""), (1.4e-5, ""), (62.31, ".1f"), (12345.6, ",.0f"), (0.98764, "")]
    assert [written(*case) for case in cases] == ["61.7", "1,000", "−0.08", "1.4 · 10⁻⁵", "62.3", "12,346", "0.9876"]
    assert read_ours("echo*100:.1f") == Ours("echo", 100, ".1f")
    assert read_ours("a-b / 4") == Ours("a-b", 0.25)
    assert Ours("echo", 100, ".0f").printed(TYPED) == (62, 0.5)
    assert Ours("small", 1e-3).printed(TYPED) == (1e-5, pytest.approx(5e-6))
    for wrong in ("", "echo*", "echo:.1q", "echo*x", "a b"):
        with pytest.raises(ValueError, match="must be a claim's id"):
            read_ours(wrong)


def test_the_notebook_form_is_a_question_and_a_fold():
    number = next(row for row in rows().values() if row.status == "tested" and not isinstance(row.value, bool) and row.value > 0)
    source = block("choice", f"It is {{ours}}`{number.id}`.", claim=number.id, choices="a | $b$", right="a")
    text = plain(f"Before.\n\n{source}\n\nAfter {{ours}}`{number.id}*2`.", {}, {})
    assert text == (
        "Before.\n\n> **Predict first: one of these**\n>\n> With 32 modes it is much. With 64?\n>\n> - a\n> - $b$\n\n"
        f"<details><summary>The answer</summary>\n\nIt is {written(number.value)}.\n\n</details>\n\n"
        f"After {written(2 * number.value)}."
    )
