"""census: each rule, silent on a book that keeps it and loud, with file and cell, on one that breaks it."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from press.__main__ import main
from press.canonical import canonical, source_sha
from press.census import BOOK_RULES, PAGE_RULES, census, first_edition
from press.myst import parse
from press.notebooks import dumps
from press.pictures import DARK
from press.prose import measure

PNG = "iVBORw0KGgo="
SETUP = "# The first cell.\nfrom dynlib.teaching import claim, setup\n\nseed = setup()"


def ran_code(source, *outputs, tags=()):
    return new_code_cell(source, outputs=list(outputs), execution_count=1, metadata={"tags": list(tags)} if tags else {})


def setup_cell(source=SETUP, tags=("setup", "hide-cell", "nbval-ignore-output")):
    return ran_code(source, tags=tags)


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def shown(**data):
    return new_output("display_data", {name.replace("_", "/"): value for name, value in data.items()})


def store(root, name, *cells, setup=None, **dynamics):
    """Store a page as if normalise had run it; a string is prose."""
    cells = [new_markdown_cell(c) if isinstance(c, str) else c for c in cells]
    nb = new_notebook(cells=[setup or setup_cell(), *cells])
    nb.metadata["dynamics"] = nbformat.from_dict({"source_sha": source_sha(nb), "seconds": 1.0, "peak_mib": 100, **dynamics})
    path = root / "book" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dumps(canonical(nb)))
    return path


@pytest.fixture
def book(root):
    """A book without findings: one chapter, its claim made once, and a page at the top level."""
    store(root, "alpha/index.ipynb", "# Fading", ran_code('claim("fades", 1)', printed("✓ fades\n")))
    store(root, "prologue.ipynb", "# The table", ran_code("def f(x):\n    return x\n\n\nprint(f(1))", printed("1\n")))
    return root


def found(root, rule):
    return [str(f) for f in census(root) if f.rule == rule]


def test_a_good_book_has_no_findings(book, capsys):
    assert census(book) == []
    assert main(["--root", str(book), "census"]) == 0
    assert capsys.readouterr().out == ""


VISIBLE = "x = 1"
LONG = "\n".join("x = 1" for _ in range(26))
TOO_LONG = "\n".join("x = 1" for _ in range(71))
DRAWN = {
    "image/png": {"alt": "a line", "width": 557},
    "dynamics": {
        "caption": "The line rises.",
        "drawn": {"wide": {"size": [4.8, 2.8], "crossed": [], "texts": [["a", 0, 0, 1, 0.2, 9.2], ["b", 0, 0.19, 1, 0.4, 9.2]]}},
    },
}
WIDGET = shown(text_html='<div id="x1" class="dynlib-explore">…</div>')
TIMED = {"tags": ("nbval-ignore-output", "timing")}

# rule, cells after the setup cell (cell 1), what the finding says
PAGE_CASES = [
    ("has_count", [new_code_cell("x = 1")], "cell 2: was not executed"),
    ("cell_length", [ran_code(LONG)], "cell 2: has 26 lines; a visible cell has at most 25"),
    ("cell_length", [ran_code(TOO_LONG, tags=["hide-input"])], "cell 2: has 71 lines; a folded cell has at most 70"),
    ("prose_between", [ran_code(VISIBLE), ran_code("y = 1")], "cell 3: follows the visible code of cell 2"),
    ("prose_between", [ran_code(VISIBLE), ran_code("z = 1", tags=["hide-cell"]), ran_code("y = 1")], "cell 4: follows"),
    ("parses", [ran_code("x = = 1")], "cell 2: is not Python"),
    ("no_bare_except", [ran_code("try:\n    x = 1\nexcept:\n    pass")], "cell 2: has a bare except"),
    ("ignored_outputs", [ran_code("x", tags=["nbval-ignore-output"])], "cell 2: ignores its output; only"),
    ("ignored_outputs", [ran_code("x", **TIMED), "b", ran_code("y", **TIMED), ran_code("z", **TIMED)], "cell 5: is one of 3"),
    ("ignored_outputs", [ran_code("setup()", tags=["setup", "nbval-ignore-output"])], "cell 2: is a second cell"),
    ("ignored_outputs", [ran_code('claim("fades", 1)', **TIMED)], "cell 2: ignores its output and calls claim"),
    ("ignored_outputs", [ran_code("print(check_kernel(f))", **TIMED)], "cell 2: ignores its output and calls check_kernel"),
    ("ignored_outputs", [ran_code("t.Explore(title=1)", **TIMED)], "cell 2: ignores its output and calls t.Explore"),
    ("ignored_outputs", [ran_code("figures.show(f, alt='x')", **TIMED)], "cell 2: ignores its output and calls figures.show"),
    ("ignored_outputs", [ran_code("x = 1", tags=["nbval-skip"])], "cell 2: has the tag nbval-skip"),
    ("ignored_outputs", [ran_code("x = 1", tags=["raises-exception"])], "cell 2: has the tag raises-exception"),
    ("ignored_outputs", [ran_code("# NBVAL_IGNORE_OUTPUT\nx = 1")], "cell 2: has the comment NBVAL_IGNORE_OUTPUT"),
    ("definitions_used", [ran_code("def g(n):\n    return g(n - 1)")], "cell 2: defines g, which is never called"),
    ("definitions_used", [ran_code("class G:\n    def m(self):\n        return 1")], "cell 2: defines G"),
    ("widgets", [ran_code("w", WIDGET, WIDGET), "then", ran_code("v", WIDGET)], "has 3 widgets; a page has at most 2"),
    ("clean_outputs", [ran_code("x", printed("careful\n", "stderr"))], "cell 2: prints to stderr: careful"),
    ("clean_outputs", [ran_code("x", printed("UserWarning: old\n"))], "cell 2: shows a warning"),
    ("clean_outputs", [ran_code("x", printed("Traceback (most recent call last):\n"))], "cell 2: shows a traceback"),
    ("clean_outputs", [ran_code("x", printed("saved to /tmp/x.png\n"))], "cell 2: shows a path of one machine"),
    ("clean_outputs", [ran_code("x", shown(text_plain="'/root'"))], "cell 2: shows a path of one machine (/root)"),
    ("clean_outputs", [ran_code("x", shown(text_html="<p>/home/me</p>"))], "cell 2: shows a path"),
    ("clean_outputs", [ran_code("x", printed("C:\\Users\\me"))], "cell 2: shows a path"),
    ("output_length", [ran_code("x", printed("line\n" * 41))], "cell 2: has an output of 41 lines"),
    ("output_length", [ran_code("x", shown(text_plain="line\n" * 41))], "cell 2: has an output of 41 lines"),
    ("alt_text", [ran_code("plt.plot()", shown(image_png=PNG))], "cell 2: shows a picture without alt text; use figures.show"),
    ("alt_text", ["![](plot.png)"], "cell 2: shows a picture without alt text"),
    ("alt_text", ["```{figure} plot.png\nA caption.\n```"], "cell 2: shows a picture without alt text"),
    ("gates", ["```{solution-start} alpha-leak\n```", ran_code("1")], "cell 2: has a {solution-start} without its other half"),
    ("gates", ["```{exercise-start} A\n```\n\n```{exercise-end}\n```\n\n```{solution-end}\n```"], "cell 2: has a {solution-end}"),
    ("readable_directives", ["> ```{eval-rst}\n> .. solution:: alpha-leak\n> ```"], "cell 2: has an {eval-rst} block"),
    ("index_budget", ["word " * 701], "has 701 words; an index has at most 700"),
    ("index_budget", ["$$ a $$\n\nand\n\n```{math}\nb\n```\n\n$$ c $$"], "has 3 displayed formulas; an index has at most 2"),
]


@pytest.mark.parametrize(("rule", "cells", "says"), PAGE_CASES)
def test_page_rules(book, rule, cells, says):
    assert found(book, rule) == []
    store(book, "alpha/index.ipynb", *cells)
    findings = found(book, rule)
    assert len(findings) == 1
    assert findings[0].startswith("book/alpha/index.ipynb: " + says)


def test_derive_budget(book):
    boxes = "\n\n".join("```{prf:theorem} T\n:label: t\n\nTrue.\n```" for _ in range(4))
    store(book, "alpha/derive_more.ipynb", "word " * 3001, boxes)
    assert found(book, "derive_budget") == [
        "book/alpha/derive_more.ipynb: has 3009 words; a derivation has at most 3000 unfolded",
        "book/alpha/derive_more.ipynb: has 4 theorem boxes; a derivation has at most 3 unfolded".removesuffix(" unfolded"),
    ]


LEVEL = ":difficulty: 2\n:minutes: 20"
STATED = "````{{exercise}} Leak\n:label: {}\n{}\n\nWrite it.\n````"
GOOD = STATED.format("alpha-leak", LEVEL)
STUB = 'def leak(x):\n    """x."""\n    raise NotImplementedError'
SOLVED = 'def leak(x):\n    """x."""\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n\n\nleak(1)'


EXERCISE_CASES = [
    # rule, statement, solution, what the finding says
    ("exercise_statements", STATED.format("alpha-leak", ""), SOLVED, "cell 2: holds the exercise 'alpha-leak'"),
    ("exercise_statements", STATED.format("alpha-leak", ":difficulty: 4\n:minutes: 20"), SOLVED, "cell 2: holds the exercise"),
    ("exercise_statements", STATED.format("alpha-leak", ":difficulty: 2\n:minutes: many"), SOLVED, "cell 2: holds the exercise"),
    (
        "exercise_statements",
        STATED.format("alpha-leak", LEVEL + "\n:open:"),
        SOLVED,
        "cell 2: holds the exercise 'alpha-leak', which",
    ),
    ("exercise_statements", STATED.format("alpha-other", LEVEL), SOLVED, "cell 2: holds the exercise 'alpha-other', which"),
    (
        "exercise_statements",
        "- " + STATED.format("beta-leak", LEVEL).replace("````", ":::").replace("\n", "\n  "),
        SOLVED,
        "cell 2: holds the exercise 'Leak' without a label",
    ),
    ("exercise_statements", STATED.format("beta-leak", LEVEL), SOLVED, "cell 2: holds the exercise 'Leak' without a label"),
    ("exercise_solutions", GOOD, SOLVED.replace("    ### BEGIN SOLUTION\n", ""), "cell 4: is the solution of leak and must have"),
    ("exercise_solutions", GOOD, SOLVED.replace("    return x\n", ""), "cell 4: is the solution of leak, and nothing stands"),
    ("exercise_solutions", GOOD, SOLVED.replace("    ###", "    x = 1\n    ###", 1), "cell 4: is the solution of leak, and"),
]


@pytest.mark.parametrize(("rule", "statement", "solution", "says"), EXERCISE_CASES)
def test_exercise_rules(book, rule, statement, solution, says):
    def page(statement, solution):
        store(
            book,
            "alpha/exercises.ipynb",
            statement,
            ran_code(STUB, tags=["exercise"]),
            ran_code(solution, tags=["solution", "hide-cell"]),
        )

    page(GOOD, SOLVED)
    assert found(book, "exercise_statements") == found(book, "exercise_solutions") == []
    page(statement, solution)
    findings = found(book, rule)
    assert len(findings) == 1
    assert findings[0].startswith("book/alpha/exercises.ipynb: " + says)
    page(statement + "\n\nTo write: everything.", solution)  # a chapter that is not written yet has no findings
    assert found(book, rule) == []


def test_what_is_allowed_is_not_found(book):
    """The nearest things to a finding that are none."""
    picture = new_output("display_data", {"image/png": PNG, DARK: PNG}, metadata=DRAWN)
    store(
        book,
        "alpha/run.ipynb",
        "word " * 600 + "$$ a $$ $$ b $$",
        ran_code("\n".join("x = 1" for _ in range(15)), printed("line\n" * 40)),
        "and",
        ran_code("%matplotlib inline\ndef kernel():\n    raise NotImplementedError", tags=["exercise"]),
        ran_code("def kernel():\n    return 1\n\n\nmap(kernel, [])", tags=["hide-cell"]),
        ran_code("class M:\n    def forward(self):\n        return 1\n\n\nM()", tags=["hide-cell"]),
        ran_code("try:\n    x\nexcept NameError:\n    pass", WIDGET, WIDGET, tags=["hide-input"]),
        ran_code("y", printed("see https://example.org/home/x and a/tmp/b; no warning, ratio 3/work"), tags=["hide-input"]),
        "and",
        ran_code("t", **TIMED),
        "more",
        ran_code("u", **TIMED),
        "![a line](a.png)",
        ran_code("p", picture),
        seconds=117.0,
        peak_mib=2048,
        setup=setup_cell("import numpy as np\n" + SETUP.replace("claim, setup", "(\n    claim,\n    setup,\n)")),
    )
    assert census(book) == []


def changed(caption=None, **drawn):
    about = {"drawn": {"wide": DRAWN["dynamics"]["drawn"]["wide"] | drawn}} | ({"caption": caption} if caption else {})
    metadata = {"image/png": DRAWN["image/png"], "dynamics": about}
    return new_output("display_data", {"image/png": PNG, DARK: PNG}, metadata=metadata)


@pytest.mark.parametrize(
    ("rule", "picture", "says"),
    [
        ("figure_caption", changed(), "shows a figure without a caption"),
        (
            "figure_caption",
            new_output("display_data", {"image/png": PNG}, metadata={"image/png": {"alt": "a line"}}),
            "shows a picture that is not drawn for a dark page",
        ),
        (
            "figure_texts",
            changed("It rises.", texts=[["a", 0, 0, 1, 0.2, 8.5]]),
            "shows a figure (wide) in which 'a' is 6.6 points",
        ),
        ("figure_texts", changed("It rises.", texts=[["a", 4, 0, 4.9, 0.2, 9.2]]), "shows a figure (wide) in which 'a' runs out"),
        (
            "figure_texts",
            changed("It rises.", texts=[["a", 0, 0, 1, 0.2, 9.2], ["b", 1.01, 0, 2, 0.2, 9.2]]),
            "shows a figure (wide) in which 'a' and 'b' run into each other",
        ),
        ("figure_texts", changed("It rises.", crossed=["a"]), "shows a figure (wide) in which a curve runs through 'a'"),
    ],
)
def test_figures_of_the_second_edition(book, rule, picture, says):
    store(book, "alpha/run.ipynb", ran_code("p", picture))
    (finding,) = found(book, rule)
    assert finding.startswith(f"book/alpha/run.ipynb: cell 2: {says}")
    (book / "press").mkdir(exist_ok=True)
    (book / "press/first_edition.txt").write_text("alpha/run\n")
    assert found(book, rule) == []


def widget(name="w", *words):
    """A stored widget, and what it says in its frames."""
    pool = list(words) or ["It is 1 step."]
    data = json.dumps({"name": name, "pool": pool, "frames": [[k] for k in range(len(pool))], "panels": [], "controls": []})
    return shown(text_html=f'<div class="dynlib-explore" id="x"><script type="application/json">{data}</script></div>')


@pytest.mark.parametrize(
    ("rule", "widgets", "says"),
    [
        ("widget_name", [widget(None)], "shows a widget without a name"),
        ("widget_name", [widget("a"), widget("b"), widget("a")], "shows one of 2 widgets named 'a'"),
        ("widget_words", [widget("a", "It is.", "linear attention wins.")], "has a caption that is no whole sentence"),
        ("widget_words", [widget("a", "It is.", "It ends")], "has a caption that is no whole sentence"),
        ("widget_words", [widget("a", "It has 1 heads.")], "has a caption with the plural of one: '1 heads'"),
    ],
)
def test_widgets_of_the_second_edition(book, rule, widgets, says):
    store(book, "alpha/run.ipynb", *(part for k, made in enumerate(widgets) for part in (ran_code(f"w{k}", made), "then")))
    findings = found(book, rule)
    assert findings
    assert all(says in finding for finding in findings)
    (book / "press").mkdir(exist_ok=True)
    (book / "press/first_edition.txt").write_text("alpha/run\n")
    assert found(book, rule) == []


@pytest.mark.parametrize("words", ["It is 1 loss.", "α is 0.1 steps.", "1 head, 10 heads.", "“Lin” misses by 62 % (of 1)."])
def test_what_is_right_in_a_caption_is_left_alone(book, words):
    store(book, "alpha/run.ipynb", ran_code("w", widget("a", words)), "then")
    assert found(book, "widget_words") == []


def test_the_list_of_old_pages_names_pages():
    root = Path(__file__).parents[2]
    named = first_edition(root)
    assert [
        name for name in named if not any((root / "book" / name).with_suffix(end).exists() for end in (".md", ".ipynb"))
    ] == []
    assert len((root / "press/first_edition.txt").read_text(encoding="utf-8").split()) == len(named)


GLOSSARY = """\
# Glossary

```{glossary}
decay
  What is lost, see {term}`mode`.

mode
  What moves
  by itself.
```
"""


def test_glossary(book):
    (book / "book/glossary.md").write_text(GLOSSARY)
    store(book, "alpha/run.ipynb", "# Run\n\nA {term}`mode` has a\n{term}`decay <Decay>`.")
    assert found(book, "glossary") == found(book, "glossary_used") == []
    store(book, "alpha/run.ipynb", "# Run\n\n> A {term}`mode` has a {term}`rate`.")
    assert found(book, "glossary") == ["book/alpha/run.ipynb: cell 2: links 'rate', which the glossary does not explain"]
    (book / "book/glossary.md").write_text(GLOSSARY.replace("decay", "turn"))
    assert found(book, "glossary")[1] == "book/glossary.md: has 'mode' after 'turn'; entries stand in the order of the alphabet"


def test_glossary_used(book):
    (book / "book/glossary.md").write_text(GLOSSARY)
    store(book, "alpha/run.ipynb", "# Run\n\nA {term}`mode`.")
    assert found(book, "glossary_used") == [
        "book/glossary.md: explains 'decay', which no page links: use {term}`decay` where it comes first"
    ]


def test_glossary_once(book):
    store(book, "alpha/run.ipynb", "# Run\n\nA {term}`mode`, and {term}`modes <mode>`.")
    assert found(book, "glossary_once") == [
        "book/alpha/run.ipynb: cell 2: links 'mode' again; a page links a word where it comes first"
    ]


def test_no_widget_state(book):
    path = book / "book/alpha/index.ipynb"
    nb = json.loads(path.read_text())
    nb["metadata"]["widgets"] = {"state": {}}
    nb["cells"][2]["outputs"].append(
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "w"},
        }
    )
    path.write_text(json.dumps(nb))
    assert [f.partition(".ipynb: ")[2] for f in found(book, "no_widget_state")] == [
        "stores widget state, which breaks it on GitHub: run normalise",
        "cell 3: stores a widget view: run normalise",
    ]


def test_alt_text_that_the_page_does_not_show(book):
    picture = new_output("display_data", {"image/png": PNG}, metadata={"image/png": {"alt": "a line"}})
    path = store(book, "alpha/run.ipynb", ran_code("p", picture))
    assert found(book, "alt_text") == []
    nb = json.loads(path.read_text())
    nb["cells"][1]["metadata"]["mystnb"]["image"]["alt"] = "another"
    path.write_text(json.dumps(nb))
    assert len(found(book, "alt_text")) == 1


def test_executed(book):
    path = store(book, "alpha/run.ipynb", "# Run")
    path.write_text(path.read_text().replace("# Run", "# Ran"))
    assert found(book, "executed") == ["book/alpha/run.ipynb: its source changed since it was executed: run normalise"]


@pytest.mark.parametrize(
    ("setup", "says"),
    [
        (setup_cell(tags=["hide-cell", "nbval-ignore-output"]), "cell 1: must begin with the setup cell"),
        (setup_cell("from elsewhere import setup\n\nseed = setup()"), "cell 1: is the setup cell and must import"),
        (setup_cell(tags=["setup", "nbval-ignore-output"]), "cell 1: is the setup cell and must be tagged"),
        (setup_cell(tags=["setup", "hide-cell"]), "cell 1: is the setup cell and must be tagged"),
        (setup_cell(SETUP + "\nx = 1"), "cell 1: has a setup cell that differs"),
        (setup_cell(SETUP.replace("setup()", "setup(1)")), "cell 1: has a setup cell that differs"),
    ],
)
def test_setup_cell(book, setup, says):
    store(book, "alpha/run.ipynb", setup=setup)
    assert [f.partition(".ipynb: ")[2][: len(says)] for f in found(book, "setup_cell")] == [says]


def test_headings(book):
    store(book, "alpha/exercises.ipynb", "# Fading")
    assert found(book, "headings") == [
        "book/alpha/index.ipynb: has the heading 'Fading', as book/alpha/exercises.ipynb has; name the chapter in it"
    ]
    store(book, "alpha/exercises.ipynb", "# Exercises: Fading")
    assert found(book, "headings") == []


def test_no_copies(book):
    body = '(x, n=2):\n    """{}"""\n    return x ** n\n\n\nprint({}(2))'
    store(book, "alpha/run.ipynb", ran_code("def power" + body.format("One.", "power")))
    assert found(book, "no_copies") == []
    store(book, "alpha/more.ipynb", ran_code("def raised" + body.format("Other words.", "raised")))
    assert found(book, "no_copies") == [
        "book/alpha/run.ipynb: cell 2: copies power from book/alpha/more.ipynb, cell 2; move it into the library"
    ]


def test_time_and_memory(book):
    store(book, "alpha/run.ipynb", seconds=119.5, peak_mib=2049)
    assert found(book, "time_and_memory") == [
        "book/alpha: takes 120 s; a room's notebooks take at most 120 s together",
        "book/alpha/run.ipynb: needs 2049 MiB; a notebook needs at most 2048 MiB",
    ]
    for k in range(11):
        store(book, f"room{k}/index.ipynb", seconds=110.0)
    assert found(book, "time_and_memory")[0].startswith("book: takes 1332 s")


def test_data_size(book):
    (book / "dynlib/alpha/data/a.csv").write_bytes(b"1\n" * 3_900_000)
    assert found(book, "data_size") == []
    (book / "dynlib/beta/data/b.csv").write_bytes(b"1\n" * 200_000)
    assert found(book, "data_size") == ["dynlib/alpha/data/a.csv: is the largest of 8.2 MB of package data; at most 8 MB"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ('claim("fade", 1)', "cell 2: claims 'fade', which stands in no claims file"),
        ('claim("fades", 1)', "cell 2: claims 'fades' again, after book/alpha/index.ipynb, cell 3"),
        ('claim(id="fades", ours=1)', "cell 2: claims 'fades' again"),
        ('name = "fades"\nclaim(name, 1)', "cell 2: calls claim without its id as a string"),
        ('claim("needs-a-gpu", 1)', "cell 2: claims 'needs-a-gpu', whose status is 'not_run'"),
    ],
)
def test_claims_in_notebooks(book, call, says):
    with (book / "dynlib/teaching/claims/alpha.toml").open("a") as file:
        file.write('\n[needs-a-gpu]\nstatus = "not_run"\n')
    assert found(book, "claims") == []
    store(book, "alpha/run.ipynb", ran_code(call))
    findings = found(book, "claims")
    assert len(findings) == 1
    assert findings[0].startswith("book/alpha/run.ipynb: " + says)


def test_claims_in_files(book):
    store(book, "alpha/index.ipynb", "# Fading")
    assert found(book, "claims") == ["dynlib/teaching/claims/alpha.toml: row 'fades' is tested, but no notebook claims it"]
    store(book, "alpha/index.ipynb", ran_code('claim("fades", 1)'))
    (book / "dynlib/teaching/claims/beta.toml").write_text('[fades]\nstatus = "tested"\n')
    assert found(book, "claims") == [
        "dynlib/teaching/claims/beta.toml: claim 'fades' stands already in dynlib/teaching/claims/alpha.toml"
    ]
    (book / "dynlib/teaching/claims/beta.toml").write_text("[other]\nstatus = \n")
    assert found(book, "readable")[0].startswith("dynlib/teaching/claims/beta.toml: Invalid value (at line 2")


@pytest.mark.parametrize("words", ["../shar·ed/x.md", "`shar·ed/`", "DESIGN·.md", "/wo·rk/main", "proto·types/x"])
def test_working_words(book, words):
    """The dots keep these lines from being findings themselves."""
    (book / "README.md").write_text("# A book\n\n" + words.replace("·", ""))
    findings = found(book, "working_words")
    assert len(findings) == 1
    assert findings[0].startswith("README.md: line 3 mentions ")


def test_working_words_in_a_notebook_but_not_in_what_is_built(book):
    (book / "book/_build/x.md").write_text("shar·ed/x".replace("·", ""))
    (book / "README.md").write_text("weight-shar·ed/untied nets work/rest; https://a.org/wo·rk/x".replace("·", ""))
    assert found(book, "working_words") == []
    store(book, "alpha/run.ipynb", "from ../shar·ed/x".replace("·", ""))
    assert len(found(book, "working_words")) == 1


def test_json_and_unreadable_notebook(book, capsys):
    (book / "book/alpha/more.ipynb").write_text("{")
    assert main(["--root", str(book), "census", "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["file"] == "book/alpha/more.ipynb"
    assert "is not a notebook" in finding["message"]


ASKED = "```{{predict}} choice\n:name: fade\n:claim: fades\n:choices: a | b\n:right: b\n{}\nWhich of 2?\n---\n{}\n```"


@pytest.fixture
def asks(book):
    """Store a page with a prediction, and give what a rule finds in it; ``tests/press/test_predictions.py`` has every case."""

    def asks(rule, options="", answer="The second."):
        assert found(book, rule) == []
        store(book, "alpha/run.ipynb", ASKED.format(options, answer))
        return found(book, rule)

    return asks


def test_predictions_ask_what_they_can_answer(asks):
    assert asks("predictions") == []
    assert "cell 2: {predict} choice has no option :unit:" in asks("predictions", ":unit: %")[0]


def test_predicted_widgets_stand_on_the_page(asks):
    (finding,) = asks("predicted_widgets", ":widget: echo\n:answers: law=Real")
    assert "cell 2: asks 'fade' on the widget 'echo'; the page has none" in finding


def test_typed_numbers_are_no_answer(asks):
    assert "cell 2: answers 'fade' with a typed 61.7" in asks("typed_numbers", answer="One of 2, by 61.7 %.")[0]


def test_ours_prints_a_number(book):
    store(book, "alpha/run.ipynb", "It is {ours}`faded`.")
    assert found(book, "ours") == ["book/alpha/run.ipynb: cell 2: claim 'faded' stands in no claims file"]


def test_every_rule_has_a_test():
    """Page rules have a case above or a test of their own name; book rules have tests that begin with their name."""
    tests = [name.removeprefix("test_") for name in globals() if name.startswith("test_")]
    cases = {rule for rule, *_ in PAGE_CASES + EXERCISE_CASES}
    untested = [
        rule.__name__
        for rule in PAGE_RULES + BOOK_RULES
        if rule.__name__ not in cases and not any(test.startswith(rule.__name__) for test in tests)
    ]
    assert untested == []


PROSE = """\
(label)=
# Two words

% a comment of five words here
Text with $x + y$ and `code here` and {eq}`ref-one`, [a link](https://example.org/long/path).

$$ a = b $$ (eq-a)

````{prf:theorem} Its title
:label: t

Inside text.

```{admonition} Deep
:class: tip

Deeper.
```
````

```{dropdown} Hidden title
Hidden words $$ c $$
```

:::{admonition} Folded
---
class: dropdown tip
---
Folded words.

```{prf:theorem}
Folded theorem.
```
:::

```python
not = words
```

```{math}
:label: m
c = d
```

\\begin{align}
a &= b
\\end{align}
"""


def test_prose():
    prose = measure(parse(PROSE))
    # Two words | Text with and and reference a link | Its title Inside text Deep Deeper
    assert (prose.words, prose.formulas, prose.boxes) == (2 + 7 + 6, 3, 1)


def test_prose_pictures():
    def bare(text):
        return measure(parse(text)).bare_pictures

    assert bare("![](a.png) ![a line](b.png)") == 1
    assert bare("```{figure} a.png\n:alt: a line\n\nCaption words.\n```") == 0
    assert bare("```{dropdown} More\n\n:::{image} a.png\n:::\n```") == 1  # folded pictures are shown too
    assert measure(parse("```{figure} a.png\n:alt: a line\n\nCaption words.\n```")).words == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1. one\n2. two\n\n> three\n\n| four | `x` |\n|---|---|\n| five {doc}`x` | $y$ |", 6),  # a list's numbers are none
        ("- ~~~{note} one\n  ---\n  class: tip\n  ---\n  two\n  ~~~", 2),
        ("- ````{note} one\n  :class: dropdown\n\n  two\n  ````\n- three", 1),
        ("::::\n:::{tip}\none\n:::\n::::\n\n```{solution} a-label\ntwo\n```", 2),
        ("Term\n: one *two*th\n\n<b>three</b> <!-- four -->", 4),
    ],
)
def test_prose_in_every_form(text, words):
    assert measure(parse(text)).words == words
