"""S4's kernel: a state matrix that is diagonal plus rank one (DPLR), by its values on the unit circle.

x' = (Λ − P P*) x + B u, y = C x, sampled by the bilinear rule. The powers of Λ − P P* are dense, but the transform

    K_hat(z) = Σ_{l<L} K_l z^l = 2 C~ [ (2/dt)(1 − z) − (1 + z)(Λ − P P*) ]⁻¹ B,    C~ = C (1 − A_bar^L),

needs no power where z^L = 1, and its inverse is that of a diagonal matrix and a correction of rank one (Woodbury). What remains
are four sums Σ_n v_n/(g(z) − λ_n), Cauchy products, at L points, and one inverse FFT. Gu, Goel and Ré, 2022, algorithm 1.

As everywhere here one of each conjugate pair is kept: N/2 modes stand for N real numbers.
"""

from dynlib.diagonal_ssm.discretization import check_modes
from dynlib.diagonal_ssm.kernel import check_weights
from dynlib.diagonal_ssm.legs import legs_eigen, legs_matrices
from dynlib_kernels.arguments.scalars import check_count, check_number
from dynlib_kernels.arguments.tensors import check_numbers, check_overflow
from dynlib_kernels.engine import torch


def dplr_kernel(A: torch.Tensor, P: torch.Tensor, B: torch.Tensor, C: torch.Tensor, dt: float, L: int) -> torch.Tensor:
    """The first L entries of the kernel of (Λ − P P*, B, C) under the bilinear rule.

    Parameters
    ----------
    A : (modes,) complex tensor
        Λ, one of each conjugate pair, Re A < 0.
    P, B : (modes,) complex tensor
        The direction of the rank-one part, and the input vector, in the eigenvectors of Λ.
    C : (modes,) complex tensor
        The truncated output weights C~, from ``truncated_weights``. S4 learns these themselves.
    dt : float
        The step size.
    L : int
        How many entries, the same L as for ``truncated_weights``.

    Returns
    -------
    (L,) real tensor
        The kernel.

    Raises
    ------
    ValueError
        As ``ssm_kernel``; for real modes, more than one row of them, and vectors of another shape.

    Notes
    -----
    Cost: 4 · N · (L/2 + 1) complex divisions and additions, as written O(N L) in time and memory; fast
    Cauchy products make it Õ(N + L). The FFT adds O(L log L).
    """
    A, P, B, C, dt, L = _checked("dplr_kernel", A, dt, L, P=P, B=B, C=C)
    angle = -2 * torch.pi / L * torch.arange(L // 2 + 1, dtype=A.real.dtype, device=A.device)
    z = torch.polar(torch.ones_like(angle), angle)  # half of the circle; the rest are conjugates
    resolvent = 1 / ((2 / dt) * (1 - z[:, None]) - (1 + z[:, None]) * A)  # (L/2 + 1, N), finite at z = −1 too
    CB, CP, PB, PP = ((resolvent * v).sum(-1) for v in (C * B, C * P, P.conj() * B, P.conj() * P))
    K = torch.fft.irfft(2 * (CB - (1 + z) * CP * PB / (1 + (1 + z) * PP)), L)
    return check_overflow("dplr_kernel", K, A=A, P=P, B=B, C=C, dt=dt)


def truncated_weights(A: torch.Tensor, P: torch.Tensor, C: torch.Tensor, dt: float, L: int) -> torch.Tensor:
    """C~ = C (1 − A_bar^L), the weights whose kernel ends after L steps: one dense power, once.

    Parameters
    ----------
    A, P : (modes,) complex tensor
        As in ``dplr_kernel``.
    C : (modes,) complex tensor
        The output weights.
    dt : float
        The step size.
    L : int
        Where the kernel is cut.

    Returns
    -------
    (modes,) complex tensor
        C~, of each conjugate pair one.

    Raises
    ------
    ValueError
        As ``dplr_kernel``.
    """
    modes = len(A) if isinstance(A, torch.Tensor) and A.ndim else 0
    A, P, C, dt, L = _checked("truncated_weights", A, dt, L, P=P, C=C)
    eye = torch.eye(len(A), dtype=A.dtype, device=A.device)
    half = dt / 2 * (torch.diag(A) - torch.outer(P, P.conj()))
    power = torch.linalg.matrix_power(torch.linalg.solve(eye - half, eye + half), L)
    return check_overflow("truncated_weights", (C - C @ power)[:modes], A=A, P=P, C=C, dt=dt)


def legs_dplr(N: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """HiPPO-LegS as diagonal plus rank one: A_LegS = V (Λ − P P*) V*, exactly.

    Parameters
    ----------
    N : int
        How many real numbers are kept, even.

    Returns
    -------
    A : (N/2,) complex128 tensor
        Λ, fastest mode first.
    P, B : (N/2,) complex128 tensor
        √(n + 1/2) and √(2n + 1) in the eigenvectors.
    V : (N, N/2) complex128 tensor
        The eigenvectors; C V are the output weights that belong to C.

    Raises
    ------
    ValueError
        When N is odd or below 2.
    """
    A, half_B, V = legs_eigen(N)
    B = 2 * half_B.to(V.dtype)
    return A, V.mH @ legs_matrices(N).P.to(V.dtype), B, V


def _checked(where: str, A, dt, L, **vectors) -> tuple:
    """All numbers with the conjugates written out, dt as a number, and L."""
    dt = check_number(where, "dt", dt, 0, open_end=True)
    check_modes(where, A, dt)
    if not A.is_complex() or A.ndim != 1:
        raise ValueError(f"{where}: A is {A.dtype} of shape {tuple(A.shape)}; give complex modes in one row: (modes,)")
    for name, v in vectors.items():
        check_numbers(where, name, v)
        if v.shape != A.shape:
            raise ValueError(f"{where}: {name} has shape {tuple(v.shape)}; with this A it must be {tuple(A.shape)}")
        check_weights(where, A, v, name)
    both = [torch.cat([v, v.conj()]).resolve_conj() for v in (A, *vectors.values())]
    return *both, dt, check_count(where, "L", L)
