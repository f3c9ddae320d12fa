"""Checks of "weights" and "poles": DSS, whose kernel is a softmax over time."""

from collections.abc import Callable

import numpy as np

from dynlib.teaching.checks import Refused, call, compare

SYSTEMS = (
    # weights w, modes A, dt, L
    ([1.0 + 0j], [-0.5 + 1j * np.pi], 0.1, 4),
    ([1.0 - 1j, 0.2 + 3j, -1.5j], [-0.5 + 2j, -0.1 - 7j, -2.0 + 0.5j], 0.03, 7),
    ([0.3 - 2.0j], [-1.0 + 0j], 0.05, 1),
    ([2.0 + 1j, -1.0 + 0j], [-0.2 + 1j, -0.2 + 40j], 0.2, 33),
)
TURNS = (
    # speed omega, L, count
    (np.pi, 4, 3),
    (-7.0, 8, 3),
    (2.0, 2, 5),
    (0.3, 3, 1),
    (40.0, 7, 13),
)


def check_weights(answer: Callable) -> str:
    """Exercise "weights": ``answer(w, A, dt, L)`` are the weights C with which the zero-order-hold kernel is that of DSS.

    w and A are (modes,) complex128, and so is the result.
    """
    for case in SYSTEMS:
        w, A, dt, L = np.array(case[0]), np.array(case[1]), *case[2:]
        held = np.exp(A * dt) - 1                                           # A B_bar
        total = np.exp(np.outer(np.arange(L), A) * dt).sum(0)                # what the softmax divides by, term by term
        want = w / (held * total)
        longer = total + np.exp(L * A * dt)
        symptoms = [
            ("the answer knows nothing of L; the softmax divides by a sum over all L steps", w / held),
            ("the kernel comes out upside down", -want),
            ("these are the weights for a sequence that is one step longer", w / (held * longer)),
            ("each weight is off by the factor 1/A_n of its own mode; compare what the two kernels are multiplied by", want / A),
            ("the kernel would be right with B_bar = 1/A; count the factors that depend on dt alone", w / total),
            ("the larger the sum over the steps, the larger this weight; it should be smaller", w * held * total),
        ]
        got = call(answer, w, A, dt, L, shape=w.shape, dtype=np.complex128)
        try:
            compare(got, want, symptoms)
        except Refused as refused:
            raise Refused(f"with {len(w)} mode(s), dt = {dt}, L = {L}: {refused}") from None
    return f"check_weights: accepted on {len(SYSTEMS)} systems"


def check_poles(answer: Callable) -> str:
    """Exercise "poles": ``answer(omega, L, count)`` are the smallest dt > 0 where 1 + e^{iωdt} + … + e^{i(L−1)ωdt} = 0.

    The result is (count,) float64, smallest first.
    """
    for omega, L, count in TURNS:
        # The sum is a polynomial in e^{iωdt}: its roots, then the same angles after whole turns.
        angles = np.sort(np.angle(np.roots(np.ones(L))) % (2 * np.pi))
        want = (angles + 2 * np.pi * np.arange(count)[:, None]).ravel()[:count] / abs(omega)
        every = 2 * np.pi * np.arange(count + 1) / (L * abs(omega))
        symptoms = [
            ("one of these is no time step at all", every[:-1]),
            ("at one of these all L terms are 1, and their sum is L", every[1:]),
            ("at these the mode turns whole circles in one step: the L terms are 1, and their sum is L", every[1:] * L),
            ("the first of these is too early: there the L terms reach around half a circle and have not closed it", want / 2),
            ("time runs backwards; the mode turns the other way round", -want),
            ("these do not depend on how fast the mode turns", want * abs(omega)),
        ]
        got = call(answer, omega, L, count, shape=(count,))
        try:
            compare(got, want, symptoms)
        except Refused as refused:
            raise Refused(f"with omega = {omega:.4g}, L = {L}, count = {count}: {refused}") from None
    return f"check_poles: accepted on {len(TURNS)} modes"
