"""Checks of the exercises of chapter 5.

looks      the overlap of a mean, what a blind dense net cannot beat, and patches that were never seen
training   turned filters, a gradient through copies, three steps with a threshold, and a learner that is not blind
"""

from dynlib.teaching.checks.locality.looks import check_bound, check_overlap, check_unseen
from dynlib.teaching.checks.locality.training import check_gradient, check_sparse, check_start, check_steps

__all__ = ["check_bound", "check_gradient", "check_overlap", "check_sparse", "check_start", "check_steps", "check_unseen"]
