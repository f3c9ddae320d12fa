"""The claims of the prologue and of the kernels' page hold, and fail when their breaker changes one place of the library."""

import pytest

ROOMS = ("prologue", "kernels")


@pytest.mark.slow
def test_claim_fails_under_its_breaker(problem, claim_id):
    assert problem(claim_id) is None
