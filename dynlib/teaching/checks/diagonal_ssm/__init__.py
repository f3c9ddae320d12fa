"""Checks of the exercises of chapter 1.

kernel      one system's answer to a pulse, and the FFT that applies it
softmax     DSS, S4D with weights that depend on the length, and where it breaks
legs        the diagonal model that is left of HiPPO-LegS
"""

from dynlib.teaching.checks.diagonal_ssm.kernel import check_kernel, check_points
from dynlib.teaching.checks.diagonal_ssm.legs import check_mismatch, check_retune, check_speeds
from dynlib.teaching.checks.diagonal_ssm.softmax import check_poles, check_weights

__all__ = [
    "check_kernel",
    "check_mismatch",
    "check_points",
    "check_poles",
    "check_retune",
    "check_speeds",
    "check_weights",
]
