"""The one parse of MyST: every form of a directive is found, every line is where it says, and a solution goes whole."""

import re
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

# Every way in which MyST-Parser, as book/_config.yml sets it, reads a solution; the answer is the word `secret`.
FORMS = {
    "backticks": "```{solution} a-b\nsecret\n```",
    "option lines": "```{solution} a-b\n:class: dropdown\n:label: c\n\nsecret\n```",
    "option block": "```{solution} a-b\n---\nclass: dropdown\nlabel: c\n---\nsecret\n```",
    "long fence": "``````{solution} a-b\nsecret\n``` \n`````\nsecret\n```````",
    "colon fence": ":::{solution} a-b\nsecret\n:::",
    "colon fence with options": "::::{solution} a-b\n:class: dropdown\n\n:::{note}\nsecret\n:::\n\nsecret\n::::",
    "tilde fence": "~~~{solution} a-b\nsecret\n```\nsecret\n~~~",
    "indented": "   ```{solution} a-b\n   secret\n   ```",
    "spaces in the first line": "```   {solution}   a-b  \nsecret\n```",
    "capitals": "```{Solution} a-b\nsecret\n```",
    "nested fences": "````{solution} a-b\n```{note}\nsecret\n```\n```python\nsecret\n```\nsecret\n````",
    "in an exercise": ":::::{exercise} T\n:label: a-b\n\nStated.\n\n````{solution} a-b\nsecret\n````\n:::::",
    "in an exercise in a box in a box": "::::::{note}\n`````{tip}\n:::{exercise} T\n```{solution} a-b\nsecret\n```\n:::\n`````\n::::::",
    "in a plain div": "::::\n:::{solution} a-b\nsecret\n:::\n::::",
    "in a list": "- first\n\n  ```{solution} a-b\n  secret\n  ```\n\n- last",
    "as a list's item": "1. ```{solution} a-b\n   secret\n\n   secret\n   ```\n2. last",
    "in a list in a list": "* a\n  + ```{solution} a-b\n    secret\n    ```\n  + b",
    "in a quotation": "> first\n>\n> ```{solution} a-b\n> secret\n> ```\n> last",
    "in a quotation in a list in a box": "```{note}\n- > :::{solution} a-b\n  > secret\n  > :::\n```",
    "in a definition": "Term\n: first\n\n  ```{solution} a-b\n  secret\n  ```",
    "in a footnote": "See[^1].\n\n[^1]: first\n\n    ```{solution} a-b\n    secret\n    ```",
    "in a field": ":term: first\n\n    ```{solution} a-b\n    secret\n    ```",
    "after an attribute": "{.wide}\n```{solution} a-b\nsecret\n```",
    "after a target": "(here)=\n```{solution} a-b\nsecret\n```",
    "straight after a paragraph": "first\n```{solution} a-b\nsecret\n```\nlast",
    "never closed": "```{solution} a-b\nsecret\n\nsecret",
    "never closed in a list": "- ```{solution} a-b\n  secret\n\n  secret",
    "two": "```{solution} a-b\nsecret\n```\nbetween\n```{solution} a-c\nsecret\n```",
    "tabs": "-\t```{solution} a-b\n\tsecret\n\t```",
    "gates": "```{solution-start} a-b\n:class: dropdown\n```\n\nsecret\n\n```{solution-end}\n```",
    "gates of colons": ":::{solution-start} a-b\n:::\nsecret\n:::{solution-end}\n:::",
    "gates in a list": "- ```{solution-start} a-b\n  ```\n- secret\n- ```{solution-end}\n  ```\n- last",
    "gate with a solution inside": "```{solution-start} a-b\n```\n:::{solution} a-c\nsecret\n:::\nsecret\n```{solution-end}\n```",
    "gate never closed": "```{solution-start} a-b\n```\n\nsecret",
}
# What looks like one and is none: the page shows these words as they stand.
NO_FORMS = {
    "code about it": "````md\n```{solution} a-b\nopen\n```\n````",
    "code in a directive": "````{code-block} md\n```{solution} a-b\nopen\n```\n````",
    "four spaces": "first\n\n    ```{solution} a-b\n    open\n    ```",
    "two marks": "``{solution} a-b\nopen\n``",
    "another name": "```{solutions} a-b\nopen\n```",
    "a role": "{solution}`open`",
}


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
    assert cells[0].source.endswith(FORMS[form])        # what was given is as it was


@pytest.mark.parametrize("form", NO_FORMS)
def test_what_only_looks_like_a_solution_stays(form):
    cell = new_markdown_cell(NO_FORMS[form])
    assert without_solutions([cell]) == [cell]


def test_what_stands_around_a_solution_keeps_its_place():
    text = "> - a\n>\n>   ```{solution} x\n>   secret\n>   ```\n>   b\n\n1. ```{solution} y\n   s\n   ```\n   c\n2. d"
    assert without_solutions([new_markdown_cell(text)])[0].source == "> - a\n>\n>\n>   b\n\n1.\n   c\n2. d"


def test_gates_reach_over_cells_of_every_kind():
    start, end = "```{solution-start} a-b\n:class: dropdown\n```", ":::{solution-end}\n:::"
    cells = [new_markdown_cell(f"Before.\n\n{start}\n\nsecret"), new_code_cell("secret = 1"),
             new_markdown_cell("secret ```` secret\n\n> secret"), new_code_cell("secret = 2"),
             new_markdown_cell(f"- secret\n\n{end}\n\nAfter."), new_code_cell("x = 1")]
    assert [cell.source for cell in without_solutions(cells)] == ["Before.", "After.", "x = 1"]
    assert list(unmatched_gates(cells)) == []
    assert list(unmatched_gates(cells[:4])) == [(1, "solution-start")]
    assert list(unmatched_gates(cells[4:])) == [(1, "solution-end")]
    assert list(unmatched_gates([new_markdown_cell("```{exercise-start} T\n```")])) == [(1, "exercise-start")]
    assert [cell.source for cell in without_solutions(cells[:4])] == ["Before."]


def test_cells_tagged_solution_and_the_text_between_them_go():
    answer = [new_code_cell("secret", metadata={"tags": ["solution"]}) for _ in range(2)]
    cells = [answer[0], new_markdown_cell("secret, between"), answer[1], new_markdown_cell("After."), new_code_cell("y")]
    assert without_solutions(cells) == cells[3:]
    stated = new_markdown_cell("```{exercise} T\n:label: x\n\nStated.\n```")
    assert without_solutions([answer[0], stated, answer[1]]) == [stated]


def test_kinds_arguments_options_and_lines():
    tree = parse("# Title {eq}`x`\n\n1. ```{Exercise} A *title*\n   ---\n   label: a-b\n   open:\n   alt: |\n     two\n     lines\n   ---\n"
                 "   Text.\n\n   $$ a $$ (m)\n   ```\n\n:::{note}\n:::: inside\n:::\n")
    exercise, note = tree.of_kind("exercise", "note")
    assert (exercise.argument, exercise.options) == ("A *title*", {"label": "a-b", "open": "", "alt": "two\nlines"})
    assert (exercise.start, exercise.end, exercise.first, exercise.lines) == (2, 14, 10, ["Text.", "", "$$ a $$ (m)"])
    assert [(node.kind, node.start, node.end) for node in exercise.children] == [("paragraph", 10, 11), ("math_block_label", 12, 13)]
    assert [(node.kind, node.markup, node.text) for node in tree.of_kind("heading")] == [("heading", "#", "Title {eq}`x`")]
    assert (note.options, note.lines) == ({}, [":::: inside"])      # colons that begin a fence are no option
    assert parse("```{a}\n:b: *x: y\n:c\n```").children[0].options == {"b": "*x: y"}    # no YAML: line by line
    assert [token.type for token in inline("A $x$ {doc}`b`")] == ["text", "math_inline", "text", "myst_role"]


def test_roles_are_where_they_say():
    text = ("> # About {doc}`a`\n>\n> `{doc}`a`` is code, {doc}`a` and\n> {doc}`a\n> b`.\n\n| x | y \\| {eq}`p` | {eq}`p` |\n|---|---|---|\n"
            "| {eq}`p` | {eq}`p` | |\n\n-\ta\n\n\t{doc}`tab`")
    tree = parse(text)
    assert [tree.text[start:end] for _, start, end in tree.role_places()] == [
        "{doc}`a`", "{doc}`a`", "{doc}`a\n> b`", *["{eq}`p`"] * 4, "{doc}`tab`"]
    assert tree.rewritten((start, end, "R") for _, start, end in tree.role_places()) == (
        "> # About R\n>\n> `{doc}`a`` is code, R and\n> R.\n\n| x | y \\| R | R |\n|---|---|---|\n| R | R | |\n\n-\ta\n\n\tR")


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
            out[at] = out[at][:len(out[at]) - len(line)] + new
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
    assert directives == sum(len(re.findall(r"^[ >-]*(?:`{3,}|~{3,}|:{3,})\{", page.nb.cells[n - 1].source, re.M)) for n, _ in page.texts)


def _dedented(node: Node, child: Node) -> str:
    start, end = node.place(child.start, child.end)
    head = start - (node.text.rfind("\n", 0, start) + 1)
    first, *more = node.text[start:end].split("\n")
    return "\n".join([first, *(line[head:] for line in more)])


@st.composite
def documents(draw, depth=0, fence=9):
    """A text of nested boxes, lists, quotations and code in which words are open or, inside a solution at any depth, secret."""
    def block(secret, depth, fence):
        kind = draw(st.sampled_from(["words", "words", "code", "box", "list", "quote", "solution"][:7 if depth < 4 else 3]))
        word = "secret" if secret else "open"
        if kind == "words":
            return [f"{word} *{word}* `{word}`", word][:draw(st.integers(1, 2))]
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
