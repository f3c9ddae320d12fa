"""What the checks of this room say of answers that no list of mistakes foresees; the library's answers."""

import re

import numpy as np
import pytest
import torch

from dynlib.diagonal_ssm import legs_matrices, s4d_legs
from dynlib.diagonal_ssm.legs_limit import l2_distance
from dynlib.teaching.exercises import Refused, diagonal_ssm
from dynlib.teaching.exercises.diagonal_ssm.speeds import turning


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


def test_the_matrices_of_the_two_models_give_the_stored_mismatch():
    def by_matrices(omega, N):
        legs = legs_matrices(N)
        A, A_normal, B = (part.numpy() for part in (legs.A, legs.A_normal, legs.B))
        z = 1j * omega[:, None, None] * np.eye(N)
        full, diagonal = (np.linalg.solve(z - a, b[:, None])[:, 0, 0] for a, b in ((A, B + 0j), (A_normal, B / 2 + 0j)))
        return np.abs(diagonal / full - 1)

    assert "accepted" in diagonal_ssm.check_mismatch(by_matrices)


def test_the_library_has_the_speeds_and_the_distance_of_the_checks():
    assert "accepted" in diagonal_ssm.check_speeds(lambda N: s4d_legs(N).imag.numpy())
    assert turning(16) == pytest.approx(s4d_legs(16).imag.numpy(), rel=1e-12)

    def by_least_squares(modes):
        every = np.r_[modes, modes.conj()]
        found = np.linalg.solve(-1 / (every.conj()[:, None] + every), 1 / (1 - every.conj()))[: len(modes)]
        distances.append(l2_distance(torch.from_numpy(modes), torch.from_numpy(found), 0))
        return found

    distances = []
    said = diagonal_ssm.check_retune(by_least_squares)
    assert re.search(r"miss by (0\.\d+)$", said)[1] == f"{distances[-1]:.5f}"
