"""The stored answers of this room's checks are the library's, by the formulas that it integrates."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from dynlib import generalization as library
from dynlib.teaching.exercises import Refused, generalization


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("error", library.generalization_error),
        ("fitted", library.training_error),
        ("end", library.asymptotic_error),
        ("moment", library.mode_stopping_time),
        ("small", lambda n, p, snr: mean if math.isfinite(mean := library.finite_size_asymptotic_error(n, p, snr)) else 0.0),
        ("half", lambda target, s0: brentq(lambda t: library.logistic_mode(t, target, s0) - target / 2, 0, 50, xtol=1e-13)),
    ],
)
def test_the_library_gives_the_same_answers(name, answer):
    assert "accepted" in getattr(generalization, f"check_{name}")(lambda *arguments: np.asarray(answer(*arguments), dtype=float))


def test_the_least_load_is_where_the_library_has_its_least_error():
    def by_search(snr):
        loads = np.linspace(0, 0.999, 200_001)[1:]
        at = loads[np.argmin(library.asymptotic_error(loads, snr))]
        want = max(0.0, 1 - 1 / math.sqrt(snr))
        assert at == pytest.approx(want, abs=1e-5)
        return want

    assert "accepted" in generalization.check_lowest(by_search)


@pytest.mark.parametrize(
    ("name", "answer", "symptom"),
    [
        ("error", lambda t, alpha, snr, inr: 1.5, "with t = 3.0, alpha = 0.5, snr = 5.0, inr = 1.0: it is 1.5, expected 4.67037"),
        ("end", lambda alpha, snr: 0.5, "with alpha = 0.6, snr = 5.0: it is 0.5, expected 4.5"),
        ("moment", lambda lam, snr: np.ones(len(lam)), r"entry \[0\] is 1, expected 4.87902"),
        ("small", lambda n, p, snr: np.inf, "inf"),
    ],
)
def test_what_fits_no_known_mistake_is_named(name, answer, symptom):
    with pytest.raises(Refused, match=symptom):
        getattr(generalization, f"check_{name}")(answer)
