"""The one parse of MyST: every form of a directive is found, every line is where it says, and a solution goes whole."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell

from press.chapter import read_page
from press.myst import Node, inline, parse
from press.notebooks import all_notebooks
from press.solutions import solution_parts, unmatched_gates, without_solutions

REPO = Path(__file__).resolve().parents[2]

# In `forms` the answer is the word `secret`; `others` look like a solution and are none.
FORMS, NO_FORMS = tomllib.loads((REPO / "tests/press/solution_forms.toml").read_text()).values()


def text_of(cells):
    return "\n".join(cell.source for cell in cells)


@pytest.mark.parametrize("form", FORMS)
def test_a_solution_is_dropped_in_every_form(form):
    cells = [new_markdown_cell(f"Before.\n\n{FORMS[form]}"), new_markdown_cell("After.")]
    kept = text_of(without_solutions(cells))
    assert "secret" not in kept
    assert "solution" not in kept.lower()
    for word in ("Before", "After", "first", "last", "between", "Stated"):
        assert word not in text_of(cells) or word in kept or "gate never" in form
    assert "secret" in "\n".join(part.text for parts in solution_parts(cells) for part in parts)
    assert cells[0].source.endswith(FORMS[form])  # what was given is as it was


@pytest.mark.parametrize("form", NO_FORMS)
def test_what_only_looks_like_a_solution_stays(form):
    cell = new_markdown_cell(NO_FORMS[form])
    assert without_solutions([cell]) == [cell]


def test_what_stands_around_a_solution_keeps_its_place():
    text = "> - a\n>\n>   ```{solution} x\n>   secret\n>   ```\n>   b\n\n1. ```{solution} y\n   s\n   ```\n   c\n2. d"
    assert without_solutions([new_markdown_cell(text)])[0].source == "> - a\n>\n>\n>   b\n\n1.\n   c\n2. d"


def test_gates_reach_over_cells_of_every_kind():
    start, end = "```{solution-start} a-b\n:class: dropdown\n```", ":::{solution-end}\n:::"
    cells = [
        new_markdown_cell(f"Before.\n\n{start}\n\nsecret"),
        new_code_cell("secret = 1"),
        new_markdown_cell("secret ```` secret\n\n> secret"),
        new_code_cell("secret = 2"),
        new_markdown_cell(f"- secret\n\n{end}\n\nAfter."),
        new_code_cell("x = 1"),
    ]
    assert [cell.source for cell in without_solutions(cells)] == ["Before.", "After.", "x = 1"]
    assert list(unmatched_gates(cells)) == []
    assert list(unmatched_gates(cells[:4])) == [(1, "solution-start")]
    assert list(unmatched_gates(cells[4:])) == [(1, "solution-end")]
    assert list(unmatched_gates([cells[0], *cells])) == [(1, "solution-start")]
    assert list(unmatched_gates([new_markdown_cell("```{exercise-start} T\n```")])) == [(1, "exercise-start")]
    assert [cell.source for cell in without_solutions(cells[:4])] == ["Before."]


def test_cells_tagged_solution_and_the_text_between_them_go():
    answer = [new_code_cell("secret", metadata={"tags": ["solution"]}) for _ in range(2)]
    cells = [answer[0], new_markdown_cell("secret, between"), answer[1], new_markdown_cell("After."), new_code_cell("y")]
    assert without_solutions(cells) == cells[3:]
    stated = new_markdown_cell("```{exercise} T\n:label: x\n\nStated.\n```")
    assert without_solutions([answer[0], stated, answer[1]]) == [stated]


def test_kinds_arguments_options_and_lines():
    tree = parse(
        "# Title {eq}`x`\n\n1. ```{Exercise} A *title*\n   ---\n   label: a-b\n   open:\n   alt: |\n     two\n     lines"
        "\n   ---\n   Text.\n\n   $$ a $$ (m)\n   ```\n\n:::{note}\n:::: inside\n:::\n"
    )
    exercise, note = tree.of_kind("exercise", "note")
    assert (exercise.argument, exercise.options) == ("A *title*", {"label": "a-b", "open": "", "alt": "two\nlines"})
    assert (exercise.start, exercise.end, exercise.first, exercise.lines) == (2, 14, 10, ["Text.", "", "$$ a $$ (m)"])
    assert [(node.kind, node.start, node.end) for node in exercise.children] == [
        ("paragraph", 10, 11),
        ("math_block_label", 12, 13),
    ]
    assert [(node.kind, node.markup, node.text) for node in tree.of_kind("heading")] == [("heading", "#", "Title {eq}`x`")]
    assert (note.options, note.lines) == ({}, [":::: inside"])  # colons that begin a fence are no option
    assert parse("```{a}\n:b: *x: y\n:c\n```").children[0].options == {"b": "*x: y"}  # no YAML: line by line
    assert [token.type for token in inline("A $x$ {doc}`b`")] == ["text", "math_inline", "text", "myst_role"]


def test_roles_are_where_they_say():
    text = (
        "> # About {doc}`a`\n>\n> `{doc}`a`` is code, {doc}`a` and\n> {doc}`a\n> b`.\n\n| x | y \\| {eq}`p` | {eq}`p` |\n"
        "|---|---|---|\n| {eq}`p` | {eq}`p` | |\n\n-\ta\n\n\t{doc}`tab`"
    )
    tree = parse(text)
    assert [tree.text[start:end] for _, start, end in tree.role_places()] == [
        "{doc}`a`",
        "{doc}`a`",
        "{doc}`a\n> b`",
        *["{eq}`p`"] * 4,
        "{doc}`tab`",
    ]
    assert tree.rewritten((start, end, "R") for _, start, end in tree.role_places()) == (
        "> # About R\n>\n> `{doc}`a`` is code, R and\n> R.\n\n| x | y \\| R | R |\n|---|---|---|\n| R | R | |\n\n-\ta\n\n\tR"
    )


def rebuilt(node: Node) -> list[str]:
    """The node's lines, put together again from its children: what is theirs from them, what stands around it from here."""
    out = list(node.lines)
    for child in node.children:
        if not child.is_directive:
            continue
        for k, (line, new) in enumerate(zip(child.lines, rebuilt(child), strict=True)):
            at = child.first + k - node.first
            assert node.start <= child.start < child.first + len(child.lines) <= child.end <= max(node.end, child.end)
            assert out[at].endswith(line) or not line.strip()
            out[at] = out[at][: len(out[at]) - len(line)] + new
    return out


BOOK = [read_page(REPO, path) for path in all_notebooks(REPO)]


@pytest.mark.parametrize("page", BOOK, ids=lambda page: page.name)
def test_every_text_of_the_book_is_the_same_after_a_round_trip(page):
    directives = 0
    for number, tree in page.texts:
        source = page.nb.cells[number - 1].source
        assert tree.rewritten([]) == source
        assert "\n".join(rebuilt(tree)) == source
        for node in [tree, *tree.walk()]:
            directives += node.is_directive
            for role, start, end in node.role_places():
                assert node.text[start:end] == f"{{{role.meta['name']}}}`{role.content}`"
            same = [(*node.place(c.start, c.end), _dedented(node, c)) for c in node.children if c.is_directive]
            assert node.rewritten(same) == node.text
    text = "\n".join(page.nb.cells[number - 1].source for number, _ in page.texts)
    assert directives == len(re.findall(r"^[ >-]*(?:`{3,}|~{3,}|:{3,})\{", text, re.M))


def _dedented(node: Node, child: Node) -> str:
    start, end = node.place(child.start, child.end)
    head = start - (node.text.rfind("\n", 0, start) + 1)
    first, *more = node.text[start:end].split("\n")
    return "\n".join([first, *(line[head:] for line in more)])


@st.composite
def documents(draw, depth=0, fence=9):
    """A text of nested boxes, lists, quotations and code in which words are open or, inside a solution at any depth, secret."""

    def block(secret, depth, fence):
        kind = draw(st.sampled_from(["words", "words", "code", "box", "list", "quote", "solution"][: 7 if depth < 4 else 3]))
        word = "secret" if secret else "open"
        if kind == "words":
            return [f"{word} *{word}* `{word}`", word][: draw(st.integers(1, 2))]
        if kind == "code":
            return [f"{'`' * fence}python", f"```{{solution}} {word}" if fence > 3 else word, "```" * (fence > 3), "`" * fence]
        lines = text(secret or kind == "solution", depth + 1, fence - 1)
        if kind == "list":
            bullet = draw(st.sampled_from(["-", "*", "12."]))
            return [f"{bullet} {lines[0]}", *((" " * (len(bullet) + 1) + line).rstrip() for line in lines[1:])]
        if kind == "quote":
            return [f"> {line}".rstrip() for line in lines]
        mark = draw(st.sampled_from("`~:")) * fence
        options = draw(st.sampled_from([[], [":class: dropdown", ""], ["---", "class: dropdown", "---"]]))
        return [f"{mark}{{{'solution' if kind == 'solution' else 'note'}}} a-b", *options, *lines, mark]

    def text(secret, depth, fence):
        lines = []
        for _ in range(draw(st.integers(1, 3))):
            lines += ["", *block(secret, depth, fence)] if lines else block(secret, depth, fence)
        return lines

    return "\n".join(text(False, depth, fence))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(documents())
def test_nothing_secret_stays_and_nothing_open_goes(text):
    kept = text_of(without_solutions([new_markdown_cell(text)]))
    assert "secret" not in kept
    assert kept.count("open") == text.count("open")
    assert "\n".join(rebuilt(parse(text))) == text
    assert text_of(without_solutions([new_markdown_cell(kept)])) == kept
