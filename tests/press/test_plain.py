"""The prose of a page without MyST: what any notebook can show."""

import nbformat
import pytest

from press.plain import plain, plain_cells, read_citations

CITED = {"gu2022": "Gu et al. (2022)", "hinton": "Hinton (1986)"}


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Plain $x$ and `code`.", "Plain $x$ and `code`."),
        ("````{exercise} Leak\n:label: a-leak\n\nWrite it.\n````", "### Exercise: Leak\n\nWrite it."),
        ("```{admonition} Before\n:class: tip\n\nGuess.\n\n- one\n```", "> **Before**\n>\n>\n> Guess.\n>\n> - one"),
        ("```{admonition} About\n:class: dropdown\n\nText.\n```", "<details><summary>About</summary>\n\n\nText.\n\n</details>"),
        (
            "````{prf:theorem} Rank\n:label: t\n\nTrue.\n\n```{prf:proof}\nSo.\n```\n````",
            "> **Theorem: Rank**\n>\n>\n> True.\n>\n> > **Proof**\n> >\n> > So.",
        ),
        ("$$ a = b $$ (one)\n\nsee {eq}`one`", "$$ a = b \\tag{one} $$\n\nsee (one)"),
        ("```{math}\n:label: m\nc = d\n```", "$$\nc = d\n$$"),
        ("By {cite:t}`gu2022`; seen {cite:p}`gu2022,hinton`.", "By Gu et al. (2022); seen (Gu et al., 2022, Hinton, 1986)."),
        ("{doc}`The run <run>`, {doc}`/notation`, {doc}`derive`", "The run, notation, derive"),
        ("{prf:ref}`t` and {ref}`here <x>`", "Rank and here"),
        ("(anchor)=\n% a comment\nText", "Text"),
        ("```python\nx = 1\n```", "```python\nx = 1\n```"),
        ("```{admonition} Open\nnever closed", "> **Open**\n>\n> never closed"),
        (
            ":::{exercise} Leak\n---\nlabel: a-leak\ndifficulty: 2\nminutes: 15\nopen:\n---\nWrite it.\n:::",
            "### Exercise: Leak\n\nOpen. Write it.\n\n*Difficulty 2 of 3 · about 15 minutes (an estimate).*",
        ),
        ("~~~{exercise} List\n:open:\n\n- one\n~~~", "### Exercise: List\n\nOpen.\n\n- one"),
        (
            "```{exercise-start} Leak\n:difficulty: 1\n:minutes: 5\n```\n\nWrite.\n\n:::{exercise-end}\n:::",
            "### Exercise: Leak\n\n\n*Difficulty 1 of 3 · about 5 minutes (an estimate).*\n\nWrite.",
        ),
        (
            "~~~~{solution} t\n:class: dropdown\n\n:::{tip}\n{doc}`run`\n:::\n~~~~",
            "<details><summary>Solution: Rank</summary>\n\n> **Tip**\n>\n> run\n\n</details>",
        ),
        (
            "- one {eq}`a`\n\n  ```{tip} Two\n  > {eq}`b`\n  ```\n\n> > :::{math}\n> > a\n> > :::",
            "- one (a)\n\n  > **Two**\n  >\n  > > (b)\n\n> > $$\n> > a\n> > $$",
        ),
        ("`` {doc}`x` `` is code, {doc}`x` is not", "`` {doc}`x` `` is code, x is not"),
        ("````md\n```{exercise} Shown\n```\n````", "````md\n```{exercise} Shown\n```\n````"),
        ("> (anchor)=\n> $$\n> a\n> $$ (m)\n\n::: wide\n{eq}`m`\n:::", ">\n> $$\n> a\n> \\tag{m} $$\n\n(m)"),
        ("```{code-block} python\nx = 1\n```", "```python\nx = 1\n```"),
    ],
)
def test_plain(markdown, text):
    got = plain(markdown, CITED, {"t": "Rank"})
    assert "\n".join(line for line in got.splitlines() if line.strip("> ")) == "\n".join(
        line for line in text.splitlines() if line.strip("> ")
    )


def test_titles_are_found_across_cells():
    cells = [
        nbformat.v4.new_markdown_cell("```{prf:lemma} Two sums\n:label: two\n\nText.\n```"),
        nbformat.v4.new_markdown_cell("By {prf:ref}`two`."),
    ]
    plain_cells(cells, {})
    assert cells[1].source == "By Two sums."


def test_citations_are_read_from_bibtex(tmp_path):
    path = tmp_path / "a.bib"
    path.write_text(
        "@article{one,\n  author = {Gu, Albert and Goel, Karan and R{\\'e}, Christopher},\n  year = {2022},\n}\n"
        "@misc{two,\n  author = {Ada Lovelace and Charles Babbage},\n}\n"
    )
    assert read_citations(path) == {"one": "Gu et al. (2022)", "two": "Lovelace and Babbage"}
    assert read_citations(tmp_path / "none.bib") == {}
