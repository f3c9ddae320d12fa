"""A page with one prediction of each kind, built as the book is, with a widget that they lock."""

import shutil
import subprocess
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, writes

from dynlib.teaching.claims import rows
from dynlib.teaching.explore import Choice, Explore, Frame, Lines, Slider

REPO = Path(__file__).parents[2]
BOOK = REPO / "book"

# Any rows will do whose values differ: the page takes its truth from them, and so do the tests.
NUMBERS = [row for row in rows().values() if row.status == "tested" and not isinstance(row.value, bool) and row.value > 0][:3]
NUMBER, OTHER, THIRD = NUMBERS
FILE = "dynlib/diagonal_ssm/data/digits.csv"

TEXT = """\
# Asked

```{{predict}} number
:name: echo
:unit: %
:scale: 100
:format: .1f
:claim: {number}
:widget: echo
:answers: modes=64, law=Real; modes=16
With 32 **real** factors $e^{{-t}}$ the best fit misses the echo. Double the state to 64. By how much does it miss then?
---
By {{ours}}`{number}*100:.1f` %: doubling the state changed almost nothing, because real exponentials look alike.
```

```{{predict}} number
:name: slide
:range: 0 100 5
:claim: {other}
How many?
---
It is {{ours}}`{other}`.
```

```{{predict}} choice
:name: law
:choices: Real, $e^{{-t}}$ | Inv | LegS
:right: Inv
:claim: {number}
Which of the three laws comes closest to the echo?
---
The second one, because its frequencies are spread.
```

```{{predict}} ranking
:name: order
:choices: Real | Inv | LegS
:claim: {number} {other} {third}
Put the three laws in the order of their error.
---
So it is, because the first one only fades.
```
{curve}
After all of them.
"""
CURVE = """
```{{predict}} curve
:name: learning
:widget: echo
:panel: 0
:answers: modes=64, law=Inv
:on: modes=32, law=Real
:column: {file}:accuracy
:over: {file}:epoch
:where: init=lin, method=zoh, decay=exp, train_modes=True, seed=0
:claim: {number}
How does the accuracy rise from pass to pass?
---
It rises early, because the modes hardly move.
```
"""


def text(curve: bool = True) -> str:
    ids = {"number": NUMBER.id, "other": OTHER.id, "third": THIRD.id}
    return TEXT.format(curve=CURVE.format(file=FILE, **ids) if curve else "", **ids)


def frame(modes, law):
    x = [1.0 * k for k in range(1, 21)]
    return Frame([{"accuracy": [k / (k + modes / 8) for k in x]}], f"{modes:g} modes, {law}.")


def widget() -> str:
    panel = Lines(
        title="accuracy", series=["accuracy"], x=[1.0 * k for k in range(1, 21)], xlim=(0, 20), ylim=(0, 1), xlabel="epoch"
    )
    controls = [Slider("modes", [16, 32, 64], start=32), Choice("law", ["Real", "Inv"])]
    return Explore(title="An echo", controls=controls, panels=[panel], frame=frame).html


# until widgets have it themselves: what a prediction asks of one
FAKE = """<script>
(() => {
  const root = document.getElementById("explore-echo"), locks = new Map(), says = [["16", "32", "64"], ["Real", "Inv"]];
  const labels = ["modes", "law"], inputs = () => [...root.querySelectorAll("[data-control]")];
  const state = () => ({ modes: says[0][+inputs()[0].value], law: says[1][inputs().slice(1).findIndex((i) => i.checked)] });
  const svg = () => root.querySelector("[data-panel] svg:last-of-type");
  const locked = () => [...locks.values()].flat().some((rule) => Object.entries(rule).every(([l, v]) => state()[l] === v));
  const update = () => root.classList.toggle("locked", locked());
  root.addEventListener("input", update);
  Object.assign(root.dynlib, {
    lock(key, rules) { locks.set(key, rules); update(); },
    unlock(key) { locks.delete(key); update(); },
    locked, state,
    show(rule) {
      if (rule.modes) inputs()[0].value = says[0].indexOf(rule.modes);
      inputs()[0].dispatchEvent(new Event("input", { bubbles: true }));
      if (rule.law) inputs()[1 + says[1].indexOf(rule.law)].click();
    },
    overlay(panel, curve) { root.curve = curve; },
    toData(panel, x, y) {
      const box = svg().getBoundingClientRect();
      return { x: (20 * (x - box.left)) / box.width, y: 1 - (y - box.top) / box.height };
    },
  });
  root.dispatchEvent(new CustomEvent("dynlib:ready", { bubbles: true }));
})();
</script>"""


def build(folder: Path, source: str, live: str) -> Path:
    """Build a book of one page; returns the page."""
    for name in ("_ext", "_static", "_vendor", "references.bib"):
        (folder / name).symlink_to(BOOK / name)
    shutil.copy(BOOK / "_config.yml", folder)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    shown = new_output("display_data", {"text/html": live, "text/plain": "An echo"})
    cells = [new_markdown_cell(source), new_code_cell("picture", outputs=[shown], execution_count=1)]
    metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    (folder / "index.ipynb").write_text(writes(new_notebook(cells=cells, metadata=metadata)))
    command = [REPO / ".venv-book/bin/jupyter-book", "build", "-q", "-W", "-n", "--keep-going", "."]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "_build/html/index.html"
