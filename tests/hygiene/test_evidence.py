"""What a claim's number rests on: a stored file is misread only where nothing else can be done, and the row says so."""

import collections
from pathlib import Path

from dynlib.teaching.claims import rows
from press import breakers

REPO = Path(__file__).parents[2]
TESTED = {id: row for id, row in rows().items() if row.status == "tested"}
PAGES = {id: page for page in breakers.pages(REPO) for source in page for id in breakers.claims_in(source)}


def misreads(breaker) -> bool:
    """Whether a breaker changes how stored files are read, or how they are compared, and none of the science."""
    return breaker.module.startswith("dynlib.sweep") or "json.loads" in breaker.old


def test_only_stored_rows_break_the_reader_of_stored_files():
    assert [id for id, row in TESTED.items() if misreads(row.breaker) != (row.evidence == "stored")] == []


def test_few_rows_rest_on_stored_runs_alone():
    assert collections.Counter(row.evidence for row in TESTED.values())["stored"] <= 30


def test_a_row_is_recomputed_where_it_says_so():
    """The cells that a recomputed claim needs make a run again; those of a stored one read a file and do not."""
    for id, row in TESTED.items():
        cells = "\n".join(breakers.cells_for(PAGES[id], id))
        if row.evidence == "recomputed":
            assert "verified(" in cells, id
        if row.evidence == "stored":
            assert cells.count("read_runs(") > cells.count("verified("), id
