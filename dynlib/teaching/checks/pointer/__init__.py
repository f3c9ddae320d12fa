"""Checks of the exercises on answers that point: each names the symptom, not the solution."""

from dynlib.teaching.checks.pointer.judging import check_canonical, check_judge, check_least
from dynlib.teaching.checks.pointer.scoring import check_fed, check_forbidden, check_scores, check_surest
from dynlib.teaching.checks.pointer.touring import check_shortest

__all__ = [
    "check_canonical",
    "check_fed",
    "check_forbidden",
    "check_judge",
    "check_least",
    "check_scores",
    "check_shortest",
    "check_surest",
]
