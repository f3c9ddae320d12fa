"""What the checks of this room say of answers that no list of mistakes foresees."""

import numpy as np
import pytest

from dynlib.teaching.checks import Refused, diagonal_ssm


def _stops(*arguments):
    return 1 / 0


@pytest.mark.parametrize(
    ("answer", "symptom"),
    [
        (_stops, "it stops with ZeroDivisionError"),
        (lambda *a: None, "returns None"),
        (lambda *a: np.zeros(a[-1] + 1), "expected"),
        (lambda *a: np.full(a[-1], np.nan), "nan"),
        (lambda *a: np.zeros(a[-1], complex), "complex"),
        (np.zeros(4), "the function itself"),
    ],
)
def test_what_cannot_be_compared_is_named(answer, symptom):
    with pytest.raises(Refused, match=symptom):
        diagonal_ssm.check_kernel(answer)


@pytest.mark.parametrize(
    ("name", "answer", "symptom"),
    [
        ("weights", lambda w, A, dt, L: w.real, "dtype float64, expected complex128"),
        ("points", lambda L, M: True, "dtype bool"),
        ("points", lambda L, M: 2.5 * L, "22.5 is no number of points"),
        ("points", lambda L, M: 0, "0 is no number of points"),
        ("points", lambda L, M: L - 1, "outputs are wrong"),
        ("mismatch", lambda omega, N: 0 * omega + 0.2, r"entry \[0\] is 0.2, expected 0.137"),
    ],
)
def test_what_fits_no_known_mistake_is_named(name, answer, symptom):
    with pytest.raises(Refused, match=symptom):
        getattr(diagonal_ssm, f"check_{name}")(answer)
