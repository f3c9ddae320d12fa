"""HiPPO-LegS, and the diagonal model that is left of it when its low-rank part is dropped.

LegS ("scaled Legendre") is the dense model x' = A x + B u whose state holds the Legendre coefficients of the past, seen
through a window that fades like e^{−t}. A is not normal: its eigenvectors are so nearly parallel (condition 8e10 at N = 16) that
diagonalising it is hopeless in floating point. But A = A_normal − P Pᵀ, and A_normal = −I/2 + a skew-symmetric matrix is normal.
S4D-LegS keeps A_normal with the input B/2 and forgets P Pᵀ. In what sense that is nearly the same model: ``legs_limit``.

Sources: Gu, Dao, Ermon, Rudra and Ré (2020), "HiPPO", for LegS; Gu, Gupta, Goel and Ré (2022), theorem 3, for B/2.
"""

from dataclasses import dataclass

from dynlib.diagonal_ssm.inits import check_even
from dynlib_kernels.arguments.scalars import check_count
from dynlib_kernels.engine import torch


@dataclass(frozen=True)
class LegS:
    """The matrices of order N, float64.

    Attributes
    ----------
    A : (N, N) tensor
        The state matrix.
    B : (N,) tensor
        The input vector.
    P : (N,) tensor
        The low-rank part.
    A_normal : (N, N) tensor
        A + P Pᵀ.
    """

    A: torch.Tensor
    B: torch.Tensor
    P: torch.Tensor
    A_normal: torch.Tensor


def legs_matrices(N: int) -> LegS:
    """The matrices of HiPPO-LegS and its low-rank part.

    A_nk = −√((2n+1)(2k+1)) below the diagonal, −(n+1) on it, 0 above; B_n = √(2n+1); P_n =
    √(n+1/2).

    Parameters
    ----------
    N : int
        The order, at least 1.

    Returns
    -------
    LegS
        A, B, P and A_normal.

    Raises
    ------
    ValueError
        When N is not a whole number of at least 1.
    """
    n = torch.arange(check_count("legs_matrices", "N", N), dtype=torch.float64)
    B = torch.sqrt(2 * n + 1)
    A = -torch.tril(torch.outer(B, B), -1) - torch.diag(n + 1)
    P = torch.sqrt(n + 0.5)
    return LegS(A, B, P, A + torch.outer(P, P))


def s4d_legs(N: int) -> torch.Tensor:
    """S4D-LegS: the eigenvalues of A_normal with positive imaginary part, fastest first.

    A_n = −1/2 + iω_n.

    Parameters
    ----------
    N : int
        How many real numbers are kept, even.

    Returns
    -------
    (N/2,) complex128 tensor
        The modes.

    Raises
    ------
    ValueError
        When N is odd or below 2.
    """
    return legs_eigen(N)[0]


def s4d_legs_input(N: int) -> torch.Tensor:
    """The input weights |v_n* B|/2 that belong to ``s4d_legs``.

    They are real, because the phases of eigenvectors are a convention. The official code takes V*B
    without the 1/2, with the phases that its eigen-solver happens to return (almost purely
    imaginary), and clips the imaginary part to ±2: at N = 64 that changes 22 of the 64 modes, so
    its "S4D-LegS" is another model.

    Parameters
    ----------
    N : int
        As in ``s4d_legs``.

    Returns
    -------
    (N/2,) float64 tensor
        The weights, fastest mode first.

    Raises
    ------
    ValueError
        As ``s4d_legs``.
    """
    return legs_eigen(N)[1]


def legs_eigen(N: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Diagonalise A_normal.

    K_n(t) = 2 Re Σ_m V_nm e^{A_m t} B_m is the n-th kernel of the model (A_normal, B/2). −i
    (A_normal + I/2) is Hermitian, so ``eigh`` is exact to rounding. Each eigenvector is turned
    until B_m > 0: then V and B do not depend on the machine.

    Parameters
    ----------
    N : int
        As in ``s4d_legs``.

    Returns
    -------
    A : (N/2,) complex128 tensor
        The modes.
    B : (N/2,) float64 tensor
        Their input weights.
    V : (N, N/2) complex128 tensor
        The eigenvectors.

    Raises
    ------
    ValueError
        As ``s4d_legs``.
    """
    legs = legs_matrices(check_even("s4d_legs", N))
    omega, V = torch.linalg.eigh(-1j * (legs.A_normal + 0.5 * torch.eye(N, dtype=torch.float64)))
    omega, V = omega[N // 2 :].flip(0), V[:, N // 2 :].flip(1)
    B = V.mH @ legs.B.to(V.dtype) / 2
    return torch.complex(torch.full_like(omega, -0.5), omega), B.abs(), V * (B / B.abs())
