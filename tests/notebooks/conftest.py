"""What the tests of each room's breakers share; they stand in one file a room, so that workers can divide them."""

from pathlib import Path

import pytest

from dynlib.teaching.claims.registry import read_all
from press import breakers

ROOT = Path(__file__).parents[2]
ROWS = read_all(ROOT / "dynlib/teaching/claims")
SOURCES = {id: sources for sources in breakers.pages(ROOT) for source in sources for id in breakers.claims_in(source)}


def pytest_generate_tests(metafunc):
    """``claim_id`` runs through the tested claims of the module's ROOMS (``<room>.toml``, ``<room>_*.toml``); each is a proof."""
    if "claim_id" in metafunc.fixturenames:
        found = [(room, row) for room in metafunc.module.ROOMS for row in ROWS.values() if row.room.startswith(room)]
        metafunc.parametrize("claim_id", [_param(room, row) for room, row in found if row.status == "tested"])


def _param(room, row):
    own = breakers.own(SOURCES[row.id], row)
    return pytest.param(row.id, marks=pytest.mark.proof(room=room, key=f"claim {row.id}", own=own))


@pytest.fixture(scope="module")
def runner():
    with breakers.Runner(ROOT) as runner:
        yield runner


@pytest.fixture
def problem(runner, proof):
    """Returns a function that says, in a line, what is wrong with a claim or its breaker; None if nothing is."""

    def tell(id):
        problem, outcome = runner.prove(SOURCES[id], ROWS[id])
        proof.saw(outcome.seen, outcome.files)
        return problem

    return tell
