"""Checks of "mismatch", "speeds" and "retune": what is left of HiPPO-LegS when only its diagonal part is kept."""

from collections.abc import Callable

import numpy as np

from dynlib.diagonal_ssm import legs_matrices, s4d_legs
from dynlib.diagonal_ssm.legs_limit import l2_distance
from dynlib.teaching.checks import Refused, call, compare
from dynlib_kernels.engine import torch

FREQUENCIES = (
    # angular frequencies omega, N; whole ones too, where a product that is taken on the wrong axis vanishes
    ([10.0], 64),
    ([-2.0, 0.5, 5.0, 17.0, 80.0], 7),
    ([0.25, 3.0], 1),
    ([1.0, 100.0, 30.0], 20),
)
ORDERS = (6, 2, 4, 16, 64)
MODES = (
    [-0.5 + 1j],
    [-0.3 + 2.5j, -1.2 + 0.4j, -0.7 - 6.0j],
    s4d_legs(2).tolist(),
    s4d_legs(16).tolist(),
    s4d_legs(64).tolist(),
)


def check_mismatch(answer: Callable) -> str:
    """Exercise "mismatch": ``answer(omega, N)`` is the relative error of S4D-LegS at angular frequencies omega.

    omega is (k,) float64 without zeros, and the result too.
    """
    for omega, N in FREQUENCIES:
        omega = np.array(omega)
        legs = legs_matrices(N)
        A, A_normal, B = (part.numpy() for part in (legs.A, legs.A_normal, legs.B))
        z = 1j * omega[:, None, None] * np.eye(N)
        full, diagonal = (np.linalg.solve(z - a, b[:, None])[:, 0, 0] for a, b in ((A, B + 0j), (A_normal, B / 2 + 0j)))
        got = call(answer, omega, N, shape=omega.shape)
        try:
            compare(got, np.abs(diagonal / full - 1), _mismatch_symptoms(omega, N))
        except Refused as refused:
            raise Refused(f"with N = {N}: {refused}") from None
    return f"check_mismatch: accepted for {len(FREQUENCIES)} orders N"


def _mismatch_symptoms(omega: np.ndarray, N: int) -> list:
    def product(z: np.ndarray, first: int = 0, shift: int = 1) -> np.ndarray:
        k = np.arange(first, first + N)
        return ((z[:, None] - k) / (z[:, None] + k + shift)).prod(1)

    R, late, flat, real = product(1j * omega), product(1j * omega, 1), product(1j * omega, 0, 0), product(np.abs(omega))
    return [
        ("far above N the error should settle at one half; yours goes to 1", np.abs(R)),
        ("far above N the error should settle at one half; yours grows without bound", np.abs(R / (1 - R))),
        ("right at very low and very high frequencies, wrong between them: lengths of complex numbers do not add",
            np.abs(R) / (1 + np.abs(R))),
        ("at low frequencies both models agree; your error does not vanish there", np.abs(late / (1 + late))),
        ("your error does not fall when N grows", np.abs(flat / (1 + flat))),
        ("your error vanishes at whole numbers; an oscillation e^(iωt) sits on another axis", np.abs(real / (1 + real))),
    ]


def check_speeds(answer: Callable) -> str:
    """Exercise "speeds": ``answer(N)`` are the N/2 speeds of S4D-LegS, (N/2,) float64, largest first; N is even."""
    for N in ORDERS:
        A_normal = legs_matrices(N).A_normal.numpy()
        want = np.linalg.eigvalsh(-1j * (A_normal + np.eye(N) / 2))[: N // 2 - 1 : -1]
        odd = 2 * np.arange(N // 2) + 1
        leading = N**2 / (odd * np.pi)
        symptoms = [
            ("the right speeds, slowest first", want[::-1]),
            ("the fastest is too fast by about half a radian a second, and the slow ones by more", leading),
            ("the fast ones are nearly right, the slow ones are not, and some turn backwards", leading - odd * np.pi / 6),
            ("every speed is too slow, the fastest by about N/π", N / np.pi * (N / odd - 1)),
            ("the slowest stands still, and the fastest is too slow by a factor of about 1 − 1/N", _crossings(N, 0.0, odd)),
            ("the slowest stands still, and each other one lies between two right ones", _crossings(N, 0.5, odd + 1)),
        ]
        got = call(answer, N, shape=(N // 2,))
        try:
            compare(got, want, symptoms)
        except Refused as refused:
            raise Refused(f"with N = {N}: {refused}") from None
    return f"check_speeds: accepted for {len(ORDERS)} orders N"


def _crossings(N: int, shift: float, quarters: np.ndarray) -> np.ndarray:
    """Where Σ_k arctan((k + shift)/ω) falls through ``quarters`` · π/2, by bisection."""
    k = np.arange(N) + shift
    low, high = np.zeros(len(quarters)), np.full(len(quarters), float(N**2))
    for _ in range(100):
        middle = (low + high) / 2
        early = np.arctan(k / middle[:, None]).sum(1) > quarters * np.pi / 2
        low, high = np.where(early, middle, low), np.where(early, high, middle)
    return middle


def check_retune(answer: Callable) -> str:
    """Exercise "retune": ``answer(modes)`` are the weights r for which 2 Re Σ r_m e^{λ_m t} is nearest to e^{−t} in L2(0, ∞).

    modes and the result are (modes,) complex128; the modes are distinct and not real, one of each conjugate pair.
    """
    for case in MODES:
        modes = np.array(case)
        want = _nearest(modes)
        every = np.concatenate([modes, modes.conj()])
        gram = -1 / (every.conj()[:, None] + every)
        alone = np.linalg.solve(-1 / (modes.conj()[:, None] + modes), 1 / (1 - modes.conj()))
        overlap = 1 / (1 - every.conj())
        constant, growing = (np.linalg.solve(gram, x)[: len(modes)] for x in (-1 / every.conj(), 1 / (1 + every.conj())))
        bilinear = np.linalg.solve(-1 / (every[:, None] + every), overlap)[: len(modes)]
        symptoms = [
            ("the kernel comes out upside down", -want),
            ("every weight is twice as large as it should be", 2 * want),
            ("the modes turn the wrong way round", want.conj()),
            ("a mode times itself should give the square of a length, a positive number; here it does not", bilinear),
            ("each mode is fitted as if its conjugate were not there", alone),
            ("these weights fit a kernel that never fades", constant),
            ("these weights fit something that grows", growing),
        ]
        got = call(answer, modes, shape=modes.shape, dtype=np.complex128)
        try:
            compare(got, want, symptoms)
        except Refused as refused:
            raise Refused(f"with {len(modes)} mode(s): {refused}") from None
    miss = l2_distance(torch.from_numpy(modes), torch.from_numpy(got), 0)
    return f"check_retune: accepted on {len(MODES)} sets of modes; {2 * len(modes)} of S4D-LegS now miss by {miss:.5f}"


def _nearest(modes: np.ndarray) -> np.ndarray:
    """The best weights in closed form, without a system of equations.

    What is missed is orthogonal to every mode. So its Laplace transform vanishes at −λ̄_j, and it has poles at λ_j and at −1
    with residue 1 there: β/(z+1) Π_j (z + λ̄_j)/(z − λ_j). The weights are minus the residues at λ_m.
    """
    every = np.concatenate([modes, modes.conj()])
    ratio = (modes[:, None] + every.conj()) / np.where(modes[:, None] == every, 1, modes[:, None] - every)
    beta = ((1 + every) / (1 - every.conj())).prod().real
    return -beta / (modes + 1) * ratio.prod(1)
