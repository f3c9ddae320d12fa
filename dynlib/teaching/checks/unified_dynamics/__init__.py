"""Checks of the exercises of chapter 2.

loop      RetNet as a loop, and the paper's misprint mended from outside
size      how many numbers a loop keeps, and how many a table asks for
gate      which tables are those of normalised attention
"""

from dynlib.teaching.checks.unified_dynamics.gate import check_gate
from dynlib.teaching.checks.unified_dynamics.loop import check_mend, check_retnet
from dynlib.teaching.checks.unified_dynamics.size import check_needed, check_state

__all__ = ["check_gate", "check_mend", "check_needed", "check_retnet", "check_state"]
