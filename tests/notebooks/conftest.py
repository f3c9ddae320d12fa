"""What the tests of each room's breakers share; they stand in one file a room, so that workers can divide them."""

import pytest

from dynlib.teaching.claims import rows
from press import breakers

SOURCES = {id: sources for sources in breakers.pages() for source in sources for id in breakers.claims_in(source)}


def pytest_generate_tests(metafunc):
    """``claim_id`` runs through the tested claims of the module's ROOMS, ``<room>.toml`` and ``<room>_*.toml``."""
    if "claim_id" in metafunc.fixturenames:
        wanted = metafunc.module.ROOMS
        ids = [id for id, row in rows().items() if row.status == "tested" and row.room.startswith(wanted)]
        metafunc.parametrize("claim_id", ids)


@pytest.fixture(scope="module")
def runner():
    with breakers.Runner() as runner:
        yield runner


@pytest.fixture
def problem(runner):
    """Returns a function that says, in a line, what is wrong with a claim or its breaker; None if nothing is."""
    return lambda id: runner.check(id, SOURCES[id], rows()[id])
