"""Checks of the exercises of chapter 3.

count       how many heads a machine needs, and how the number grows with the length
heads       the heads themselves, and what fewer of them miss
silence     what softmax heads are for the softest inputs, and heads whose weights are not negative
"""

from dynlib.teaching.checks.head_count.count import check_count, check_lengths
from dynlib.teaching.checks.head_count.heads import check_heads, check_miss
from dynlib.teaching.checks.head_count.silence import check_lift, check_silent

__all__ = ["check_count", "check_heads", "check_lengths", "check_lift", "check_miss", "check_silent"]
