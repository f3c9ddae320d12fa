"""Every claim holds, and fails when its breaker changes one line of the library."""

from dataclasses import replace

import pytest

from dynlib.publish import breakers
from dynlib.teaching.claims import rows

SOURCES = {id: sources for sources in breakers.pages() for source in sources for id in breakers.claims_in(source)}
TESTED = [id for id, row in rows().items() if row.status == "tested"]


@pytest.fixture(scope="module")
def runner():
    with breakers.Runner() as runner:
        yield runner


@pytest.mark.slow
@pytest.mark.parametrize("id", TESTED)
def test_claim_fails_under_its_breaker(runner, id):
    assert runner.check(id, SOURCES[id], rows()[id]) is None


def test_cells_are_cut_down_to_what_the_claim_needs():
    sources = ["setup = 1", "a = 1", "b = 2", "def f():\n    return a", "claim('x', f())", "claim('y', b)"]
    assert breakers.cells_for(sources, "x") == ["setup = 1", "a = 1", "def f():\n    return a", "claim('x', f())"]
    assert breakers.cells_for(sources, "y") == ["setup = 1", "b = 2", "claim('y', b)"]


@pytest.mark.slow
def test_a_breaker_that_breaks_nothing_is_found(runner):
    row = rows()["held-step"]
    harmless = replace(row, breaker=replace(row.breaker, new=row.breaker.old + "  # the same"))
    assert runner.check("held-step", SOURCES["held-step"], harmless) == "held-step: under its breaker it holds"
    gone = replace(row, breaker=replace(row.breaker, old="    no such line"))
    assert "stands 0 times" in runner.check("held-step", SOURCES["held-step"], gone)
