"""The roofline reading, against rates worked out by hand."""

from collections import Counter

import pytest

from dynlib_kernels.check.roofline import GPUS, roof
from dynlib_kernels.check.sanitizer import Tally

T4, L4, A100, H100 = GPUS


def test_peaks_by_hand():
    assert T4.flops / T4.bandwidth == pytest.approx(25.3, abs=0.05)  # flops a byte where both take the same time
    assert H100.flops / H100.bandwidth == pytest.approx(20.0, abs=0.05)
    assert T4.flops / T4.functions == 8  # 64 lanes of two flops against 16 functions
    assert L4.flops / L4.functions == 16


def test_each_limit():
    moves = Tally(reads=Counter(x=10**9), pointwise=10**9)
    works = Tally(reads=Counter(x=10**9), dot_flops=10**11)
    calls = Tally(reads=Counter(x=10**9), dot_flops=10**11, calls=Counter(exp=10**11, cos=1))
    assert [roof(tally, L4).limit for tally in (moves, works, calls)] == ["memory", "memory", "functions"]
    assert [roof(tally, A100).limit for tally in (moves, works, calls)] == ["memory", "arithmetic", "functions"]


def test_shares():
    tally = Tally(reads=Counter(x=320), writes=Counter(y=320), dot_flops=8100, calls=Counter(exp=1012))
    share = roof(tally, T4).share  # 2, 1 and 1012 · 8 / 8100 nanoseconds
    assert share == pytest.approx({"memory": 1, "arithmetic": 0.5, "functions": 0.4998}, abs=1e-4)


def test_nothing_counted_is_refused():
    with pytest.raises(ValueError, match="must count at least one byte"):
        roof(Tally(), T4)
