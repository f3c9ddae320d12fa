"""What a fixed set of modes can do: the best kernel that their weighted sum reaches."""

import math
from dataclasses import dataclass

from dynlib.diagonal_ssm.discretization import discretize_zoh
from dynlib_kernels.arguments.scalars import check_cells, check_count, check_number, check_share
from dynlib_kernels.arguments.tensors import check_numbers
from dynlib_kernels.engine import torch


@dataclass(frozen=True)
class KernelFit:
    """A least-squares fit of a target kernel.

    Attributes
    ----------
    kernel : (L,) float64 tensor
        The fit.
    coefficients : tensor
        One a column of the normalised mode matrix.
    error : float
        The norm of what is missed over the norm of the target.
    rank : int
        How many directions of the modes were used.
    """

    kernel: torch.Tensor
    coefficients: torch.Tensor
    error: float
    rank: int


def mode_matrix(A: torch.Tensor, dt: float, L: int) -> torch.Tensor:
    """The impulse responses of the single modes, one column a number that the state keeps.

    Each column has norm 1. A real mode gives one column, a complex one two (real part, minus
    imaginary part), so that a kernel K_l = 2 Re Σ_n c_n B_bar_n A_bar_n^l is a weighted sum of
    columns. A column that is zero throughout is left out.

    Parameters
    ----------
    A : (modes,) tensor
        As ``discretize_zoh`` takes it.
    dt : float
        Step size, > 0.
    L : int
        Samples, at least 1.

    Returns
    -------
    (L, numbers) float64 tensor
        The columns.

    Raises
    ------
    ValueError
        As ``discretize_zoh``, and for L < 1.
    """
    L = check_count("mode_matrix", "L", L)
    check_numbers("mode_matrix", "A", A)
    check_number("mode_matrix", "dt", dt, 0, open_end=True)
    A_bar, B_bar = discretize_zoh(A.to(torch.complex128 if A.is_complex() else torch.float64), dt)
    E = B_bar * A_bar ** torch.arange(L, dtype=torch.float64)[:, None]
    M = torch.cat([E.real, -E.imag], 1) if E.is_complex() else E
    norm = torch.linalg.vector_norm(M, dim=0)
    alive = norm > 1e-14
    if not alive.any():
        raise ValueError(f"mode_matrix: dt = {dt!r} leaves nothing of any mode of A, all columns are 0; give a dt near 1/|A|")
    return M[:, alive] / norm[alive]


def bump(L: int, lag: float, width: float) -> torch.Tensor:
    """A Gaussian bump e^{−(l−lag)²/(2 width²)}, l = 0 … L−1: an echo after ``lag`` steps.

    Parameters
    ----------
    L : int
        Samples.
    lag : float
        The middle of the bump, in steps.
    width : float
        Its standard deviation, in steps, > 0.

    Returns
    -------
    (L,) float64 tensor
        The bump.

    Raises
    ------
    ValueError
        If width is not positive.
    """
    L = check_cells("bump", check_count("bump", "L", L), 1, "L")
    lag, width = check_number("bump", "lag", lag, -math.inf), check_number("bump", "width", width, 0, open_end=True)
    if width < 1e-150:
        raise ValueError(f"bump: width = {width!r} has no square; give at least 1e-150 lags")
    return torch.exp(-0.5 * ((torch.arange(L, dtype=torch.float64) - lag) / width) ** 2)


def fit_kernel(target: torch.Tensor, A: torch.Tensor, dt: float, *, precision: float = 1e-7) -> KernelFit:
    """The kernel nearest to ``target`` by least squares.

    It is sought among the weighted sums of the modes' impulse responses. Directions of the modes
    whose singular value is below ``precision`` times the largest are lost in the noise and are not
    used.

    Parameters
    ----------
    target : (L,) real tensor
        Finite, not zero throughout.
    A : (modes,) tensor
        As in ``mode_matrix``.
    dt : float
        As in ``mode_matrix``.
    precision : float, default 1e-7
        The relative precision with which the state can be read, in (0, 1). The default is that of
        float32.

    Returns
    -------
    KernelFit
        The fit.

    Raises
    ------
    ValueError
        For a target that is not a finite non-zero vector, and a precision outside (0, 1).
    """
    target = _checked_target("fit_kernel", target)
    precision = check_share("fit_kernel", "precision", precision)  # float32 has 1e-7, float64 1e-16
    U, s, Vh = torch.linalg.svd(mode_matrix(A, dt, len(target)), full_matrices=False)
    rank = int((s > precision * s[0]).sum())
    parts = U[:, :rank].T @ target
    kernel = U[:, :rank] @ parts
    error = torch.linalg.vector_norm(kernel - target) / torch.linalg.vector_norm(target)
    return KernelFit(kernel, Vh[:rank].T @ (parts / s[:rank]), error.item(), rank)


def exact_real_error(target: torch.Tensor, N: int, dt: float) -> float:
    """What ``fit_kernel`` would miss with S4D-Real if numbers had no rounding.

    With s_l = e^{−l dt} the mode of rate n is the power s^n, so that the N modes span the polynomials
    of degree N without a constant. An orthonormal basis of them is built by Arnoldi's process: the
    next direction is s times the last one, made orthogonal to those before. No power is formed and no
    digit is lost.

    Parameters
    ----------
    target : (L,) real tensor
        Finite, not zero throughout.
    N : int
        How many modes, with the rates 1 … N; at least 1, and below L.
    dt : float
        Step size, > 0, so small that the samples s_l differ: at most 20/L.

    Returns
    -------
    float
        The norm of what is missed over the norm of the target.

    Raises
    ------
    ValueError
        As ``fit_kernel``; for N ≥ L, and for a dt above 20/L.

    References
    ----------
    .. [1] Brubeck, Nakatsukasa and Trefethen, "Vandermonde with Arnoldi", 2021.
    """
    target = _checked_target("exact_real_error", target)
    L, N = len(target), check_count("exact_real_error", "N", N)
    dt = check_number("exact_real_error", "dt", dt, 0, open_end=True)
    if N >= L:
        raise ValueError(f"exact_real_error: N = {N} modes reach any {L} samples exactly; give N below {L}")
    if dt * L > 20:
        raise ValueError(f"exact_real_error: dt = {dt!r} lets e^(-l dt) vanish within {L} samples; give at most 20/L")
    s = torch.exp(-dt * torch.arange(L, dtype=torch.float64))
    basis = [s / torch.linalg.vector_norm(s)]
    while len(basis) < N:
        Q, new = torch.stack(basis, 1), s * basis[-1]
        for _ in range(2):  # twice is enough: Kahan and Parlett
            new = new - Q @ (Q.T @ new)
        basis.append(new / torch.linalg.vector_norm(new))
    Q = torch.stack(basis, 1)
    return (torch.linalg.vector_norm(target - Q @ (Q.T @ target)) / torch.linalg.vector_norm(target)).item()


def _checked_target(where: str, target: torch.Tensor) -> torch.Tensor:
    """A target kernel in float64, after it was checked."""
    check_numbers(where, "target", target)
    if target.is_complex():
        raise ValueError(f"{where}: target is {target.dtype}; give a real kernel: target.real")
    if target.ndim != 1 or not torch.isfinite(target).all() or not target.any():
        raise ValueError(f"{where}: target of shape {tuple(target.shape)} must be a finite vector that is not zero throughout")
    target = target.double()
    if not 1e-150 < target.abs().max() < 1e150:
        raise ValueError(f"{where}: target holds up to {target.abs().max():.3g}; give sizes from 1e-150 to 1e150")
    return target
