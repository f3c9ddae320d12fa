"""What a new chapter is made of: the anatomy's headings, each with a line that says what belongs there, and one of everything.

``@NAME@``, ``@LABEL@`` and ``@TITLE@`` are filled in, here and in press/new_room. One module, one claim with its breaker,
one exercise with its mistakes and one test stand and pass; they show the form, and are replaced one by one. While a line still
begins with ``MARK``, no release hands the chapter out.
"""

from press.chapter import TO_WRITE as MARK

_SETUP = """\
# Setup: the book's library, one thread, a fixed seed.
@IMPORTS@from dynlib.teaching import @TEACHING@setup
@CHECKS@
seed = setup()"""
_CLAIM = """\
half = halved(1.0, 10)
claim("@LABEL@-halves", half[-1])"""
_FIGURE = """\
fig, ax = figures.subplots()
ax.semilogy(half, "o-")
ax.set(xlabel="step", ylabel="what is left")
figures.show(
    fig,
    alt="What is left against the step, on a log axis: a straight line "
    "from 1 at step 0 to a thousandth at step 10.",
    caption="Halving again and again is a straight line on a logarithmic axis.",
)"""
_STUB = """\
def first(start, steps):
    \"\"\"The values 0 to steps: start, then half of the last one at each step; (steps + 1,) float64.\"\"\"
"""
_SOLUTION = """\
    ### BEGIN SOLUTION
    return start * 0.5 ** np.arange(steps + 1)
    ### END SOLUTION


print(check_first(first))"""


def setup_cell(page: str) -> str:
    """The page's first code cell: the same everywhere, but for what it imports."""
    imports, teaching, checks = "", "", ""
    if page == "derive":
        imports, teaching = "from dynlib.@NAME@ import halved\n", "claim, figures, "
    if page == "exercises":
        imports, checks = "import numpy as np\n\n", "from dynlib.teaching.exercises.@NAME@ import check_first\n"
    return _SETUP.replace("@IMPORTS@", imports).replace("@TEACHING@", teaching).replace("@CHECKS@", checks)


# page -> cells, a text for Markdown, (source, tags) for code; the setup cell comes after the first.
PAGES: dict[str, list[str | tuple[str, list[str]]]] = {
    "index": [
        f"# @TITLE@\n\n```{{ways}}\n:needs: {MARK} what one needs to know\n```",
        f"{MARK} the question, in a sentence and without a formula.",
        f"{MARK} the picture, one cell with a named Explore that answers the question when it is moved, above the fold.",
        f"{MARK} the prediction, a `predict` block whose frames stay covered until the reader has committed.",
        f"{MARK} the surprise, within a screen of the prediction.",
        f"{MARK} one sentence to take away.",
        f"```{{admonition}} About this chapter\n:class: dropdown\n\n{MARK} paper, minutes, prerequisites, "
        "what you will be able to do, notation map.\n```",
    ],
    "derive": [
        "# @TITLE@: the derivation",
        f"## The smallest case\n\n{MARK} the smallest case by hand. After ten steps a number that halves is this small:",
        (_CLAIM, []),
        f"{MARK} a figure with a caption that says what to see in it.",
        (_FIGURE, ["hide-input"]),
        f"## Step by step\n\n{MARK} numbered steps, each checked by another route in a folded cell below it.",
        f"## The code\n\n{MARK} plain code of 5 to 15 lines, then the library's, and an assert that both agree.",
        f"## What to remember\n\n{MARK} five lines.",
        f"## What breaks this?\n\n{MARK} the next chapter's question.",
    ],
    "run": [
        "# @TITLE@: the experiments",
        f"## Real data\n\n{MARK} the experiment, every seed shown as a point.",
        f"## The same on a GPU\n\n{MARK} the GPU cell, where it changes what can be run.",
        f"## What the paper claims\n\n{MARK} each claim with the paper's value, ours, scale, verdict, why.",
        f"## Where it breaks\n\n{MARK} the limits, shown on purpose.",
    ],
    "more": [
        "# @TITLE@: for those who stay",
        f"## Further theorems\n\n{MARK} each with a proof, folded where it is over ten lines.",
        f"## Variants\n\n{MARK} what changes when a choice is made differently.",
        f"## Open questions\n\n{MARK} what nobody knows, as far as we know.",
    ],
    "exercises": [
        "# Exercises: @TITLE@",
        f"{MARK} one exercise for each promised verb, impossible without the chapter's idea.\n\n"
        "````{exercise} Half of what was\n:label: @LABEL@-first\n:difficulty: 1\n:minutes: 5\n\n"
        "Write `first(start, steps)`: a number that keeps half of itself at each step, from step 0 on. "
        "From 8, three steps give 8, 4, 2, 1.\n````",
        (_STUB + "    raise NotImplementedError\n\n\n# check_first(first)", ["exercise"]),
        "````{solution} @LABEL@-first\n:class: dropdown\n\nHalf, and half of that: a power of ½ for each step.\n````",
        (_STUB + _SOLUTION, ["solution", "hide-cell"]),
    ],
}
