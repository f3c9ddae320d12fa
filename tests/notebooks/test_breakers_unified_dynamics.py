"""Chapter 2's claims hold, and fail when their breaker changes one place of the library."""

import pytest

ROOMS = ("unified_dynamics",)


@pytest.mark.slow
def test_claim_fails_under_its_breaker(problem, claim_id):
    assert problem(claim_id) is None
