"""A reader runs a cell again, or the whole page: every page bears it, and shows again what it showed before."""

import json
import re
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from dynlib.sweep.dependencies import closure
from press.breaker_child import OWN, ROWS
from press.canonical import canonical
from press.execute import HANG
from press.notebooks import all_notebooks, code_cells, describe, label, read, tags

REPO = Path(__file__).resolve().parents[2]
PAGES = {label(REPO, path): read(path) for path in all_notebooks(REPO)}

# Asked after the last cell: the files of the library that the page imported.
FILES = f"""
import json, sys
print(json.dumps([m.__file__ for n, m in sys.modules.items() if n.partition(".")[0] in {OWN} and m.__file__]))
"""


def shown(cell: NotebookNode) -> str:
    """What a cell shows, pictures too; addresses in memory aside."""
    data = [out.get("text") or out.get("data") for out in canonical(new_notebook(cells=[cell])).cells[0].outputs]
    return re.sub(r"\b0x[0-9a-f]{6,16}\b", "ADDRESS", json.dumps(data, sort_keys=True))


def run_again(nb: NotebookNode, folder: Path) -> tuple[list[str], list[str]]:
    """Run each code cell twice in a row and then the page once more, in one kernel.

    Returns what went wrong, a line for each fault, and the files of the library that took part.
    """
    cells = code_cells(nb)
    twice = [(number, cell) for number, cell in cells for _ in range(2)]
    ran = [new_code_cell(cell.source) for _, cell in (*twice, *cells)]
    probe = new_code_cell(FILES)
    client = NotebookClient(
        new_notebook(cells=[*ran, probe]),
        coalesce_streams=True,
        timeout=HANG,
        kernel_name="python3",
        allow_errors=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    runs = zip(cells, ran[: len(twice) : 2], ran[1 : len(twice) : 2], ran[len(twice) :], strict=True)
    faults = []
    for (number, cell), first, second, again in runs:
        for when, run in (("run once", first), ("run twice", second), ("in the page run again", again)):
            errors = [out for out in run.outputs if out.output_type == "error"]
            faults += [f"{describe(number, cell)}, {when}: {error.ename}: {error.evalue}" for error in errors]
            if not errors and "nbval-ignore-output" not in tags(cell) and shown(run) != shown(first):
                faults.append(f"{describe(number, cell)}, {when}: it shows something else")
    return faults, json.loads(probe.outputs[0].text)


def took_part(files: list[str]) -> list[str]:
    """The imported files and what lies beside them as data, relative to the repository, and this test's own."""
    modules = {Path(file) for file in files}
    data = {path for init in modules if init.name == "__init__.py" for path in (init.parent / "data").glob("*")}
    found = {path.relative_to(REPO).as_posix() for path in modules | data if path.is_relative_to(REPO)}
    return sorted(found.union(closure(REPO, Path(__file__))) - {name for name in found if name.startswith(ROWS)})


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [pytest.param(name, marks=pytest.mark.proof(own=[cell.source for _, cell in code_cells(nb)])) for name, nb in PAGES.items()],
)
def test_every_cell_can_be_run_twice_and_the_page_again(page, proof):
    faults, files = run_again(PAGES[page], (REPO / page).parent)
    assert faults == []
    proof.saw("every cell ran twice, and the page again", took_part(files))


def test_what_goes_on_from_an_earlier_cell_is_found(tmp_path):
    cells = ["n = 1", "n += 1\nprint(n)", "if n > 3:\n    raise ValueError(n)", "print(6 * 7)"]
    nb = new_notebook(cells=[new_code_cell(source) for source in cells])
    faults, _ = run_again(nb, tmp_path)
    assert faults == [
        "cell 2 (`n += 1`), run twice: it shows something else",
    ]
