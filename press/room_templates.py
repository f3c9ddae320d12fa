"""What a new chapter is made of: the anatomy's headings, each with a line that says what belongs there.

``@NAME@`` and ``@TITLE@`` are filled in. A line that still begins with ``MARK`` keeps the chapter's first test red.
"""

from press.chapter import TO_WRITE as MARK

SETUP = """\
# Setup: the book's library, one thread, a fixed seed.
from dynlib.teaching import setup

seed = setup()"""

# page -> markdown cells; the setup cell comes after the first.
PAGES = {
    "index": [
        "# @TITLE@",
        f"{MARK} the question, in plain words and without a formula.",
        f"{MARK} the picture, one cell with an Explore that answers the question when it is moved.",
        f"```{{admonition}} Before you move anything\n{MARK} the prediction, one number to guess.\n```",
        f"{MARK} the surprise, within a screen of the prediction.",
        f"{MARK} one sentence to take away.",
        f"```{{admonition}} About this chapter\n:class: dropdown\n\n{MARK} paper, minutes, prerequisites, "
        "what you will be able to do, notation map.\n```",
    ],
    "derive": [
        "# @TITLE@: the derivation",
        f"## The smallest case\n\n{MARK} the smallest case by hand.",
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
        "# @TITLE@: exercises",
        "````{exercise}\n:label: @NAME@-first\n:difficulty: 1\n:minutes: 15\n:open:\n\n"
        f"{MARK} one exercise for each promised verb, impossible without the chapter's idea.\n````",
        "````{solution} @NAME@-first\n:class: dropdown\n\n"
        f"{MARK} the solution in prose; its code in a folded cell below.\n````",
    ],
}

LIBRARY = '''\
"""@TITLE@: the science of this chapter, in modules named by concept."""
'''

CLAIMS = """\
# The claims of @TITLE@. One table an id; each tested row is claimed exactly once in book/@NAME@.
# What each field means stands in the module that reads this file.
"""

EXERCISES = '''\
"""The exercises of @TITLE@, one module each."""

from dynlib.teaching.exercises import found_in

__all__, __getattr__ = found_in(__name__, __path__)
'''

TEST = '''\
"""The first test of @TITLE@. It stays red until the chapter is written; then replace it by tests of dynlib.@NAME@."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_chapter_is_written():
    left = []
    for path in sorted((ROOT / "book" / "@NAME@").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            left += [f"{path.name}: {line.strip()}" for line in cell["source"] if line.startswith("@MARK@")]
    assert not left, "make edit ROOM=@NAME@, and write:\\n" + "\\n".join(left)
'''
