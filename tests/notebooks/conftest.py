"""What the tests of each room's breakers share; they stand in one file a room, so that workers can divide them."""

import pytest

from dynlib.teaching.claims import rows
from press import breakers

SOURCES = {id: sources for sources in breakers.pages() for source in sources for id in breakers.claims_in(source)}


def pytest_generate_tests(metafunc):
    """``claim_id`` runs through the tested claims of the module's ROOMS, ``<room>.toml`` and ``<room>_*.toml``; each is a proof."""
    if "claim_id" in metafunc.fixturenames:
        found = [(room, row) for room in metafunc.module.ROOMS for row in rows().values() if row.room.startswith(room)]
        metafunc.parametrize("claim_id", [
            pytest.param(row.id, marks=pytest.mark.proof(room=room, key=f"claim {row.id}", own=breakers.own(SOURCES[row.id], row)))
            for room, row in found if row.status == "tested"
        ])


@pytest.fixture(scope="module")
def runner():
    with breakers.Runner() as runner:
        yield runner


@pytest.fixture
def problem(runner, proof):
    """Returns a function that says, in a line, what is wrong with a claim or its breaker; None if nothing is."""

    def tell(id):
        problem, outcome = runner.prove(SOURCES[id], rows()[id])
        proof.saw(outcome.seen, outcome.files)
        return problem

    return tell
