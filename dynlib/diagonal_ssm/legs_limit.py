"""What is left of HiPPO-LegS when its low-rank part is dropped: the limit N → ∞ of S4D-LegS, exactly.

K_n is the n-th kernel of LegS, D_n that of the diagonal model (A_normal, B/2) of order N, n < N; a hat is its Laplace transform.
    R_N(z) = Π_{k<N} (z−k)/(z+k+1)                           ``remainder``
    K_n(t) = √(2n+1) e^{−t} P_n(2e^{−t} − 1)                 ``legs_basis``; P_n Legendre's polynomials; the same for every N
    K̂_n(z) = √(2n+1) Π_{k<n}(z−k) / Π_{k≤n}(z+k+1)           ``legs_transfer``
    D̂_n(z) = K̂_n(z) / (1 + R_N(z))                           ``diagonal_transfer``; by Sherman and Morrison, for P Pᵀ = B Bᵀ/2
At angular frequency ω, |R_N(iω)| = |ω|/√(ω² + N²): low frequencies agree, high ones never do, and ‖D_n − K_n‖ → √(2n+1)/2 in L2.

The poles of D̂_n are where R_N = −1: on the line −1/2 ± iω with Σ_k arctan((k+½)/ω_m) = (2m+1)π/2. The residue of D̂_n there
is ¼|v_m* B|² K̂_n, with |v_m* B|² = 4/Σ_k (2k+1)/((k+½)² + ω_m²) = −4 / (d log R_N/dz). So the whole model has a closed form,
without an eigen-solver:
    D_n(t) = 2 Re Σ_m ¼ |v_m* B|² K̂_n(λ_m) e^{λ_m t}          ``legs_spectrum``, ``input_energy``, ``diagonal_model``

The theorem is theorem 3 of Gu, Gupta, Goel and Ré (2022); the ratio, the spectrum, the residues and the failure in L2 are ours.
"""

import math

import numpy as np
import scipy.linalg

from dynlib.diagonal_ssm.inits import check_even
from dynlib.diagonal_ssm.legs import legs_matrices
from dynlib_kernels.arguments.scalars import check_count, check_number
from dynlib_kernels.arguments.tensors import check_axes, check_numbers, check_overflow
from dynlib_kernels.engine import torch

MOST_DEGREE = 1_000_000


def check_index(where: str, n: int) -> int:
    """n as an int, a whole number of at least 0.

    Parameters
    ----------
    where : str
        The function that asks; the error begins with it.
    n : int
        The degree of a Legendre polynomial.

    Returns
    -------
    int
        n.

    Raises
    ------
    ValueError
        Otherwise.
    """
    n = check_count(where, "n", n, least=0, why=", the degree of a Legendre polynomial")
    if n > MOST_DEGREE:
        raise ValueError(f"{where}: n = {n} is a degree that takes as many steps; it must be at most {MOST_DEGREE}")
    return n


def legendre(n: int, x: torch.Tensor) -> torch.Tensor:
    """P_n(x) by Bonnet's recurrence (n+1) P_{n+1} = (2n+1) x P_n − n P_{n−1}.

    It is stable for |x| ≤ 1; P_{−1} = 1.

    Parameters
    ----------
    n : int
        The degree.
    x : tensor
        Any shape.

    Returns
    -------
    tensor
        The shape of x.
    """
    n = check_index("legendre", n)
    check_axes("legendre", x=(x, "..."))
    before, now = x, torch.ones_like(x)  # P_{−1} is multiplied by 0
    for k in range(n):
        before, now = now, ((2 * k + 1) * x * now - k * before) / (k + 1)
    return now


def legs_basis(n: int, t: torch.Tensor) -> torch.Tensor:
    """K_n(t), the n-th kernel of HiPPO-LegS; K_n(0) = √(2n+1), and its squares integrate to 1/2.

    Parameters
    ----------
    n : int
        At least 0.
    t : real tensor
        Times ≥ 0, any shape.

    Returns
    -------
    tensor
        The shape of t.

    Raises
    ------
    ValueError
        For n or t below 0.
    """
    n = check_index("legs_basis", n)
    if check_numbers("legs_basis", "t", t).is_complex():
        raise ValueError(f"legs_basis: t is {t.dtype}; give real times: t.real")
    if (t < 0).any():
        raise ValueError(f"legs_basis: t = {t.min().item():g} must be at least 0; a kernel starts at 0")
    s = torch.exp(-t)
    return math.sqrt(2 * n + 1) * s * legendre(n, 2 * s - 1)


def legs_cell_averages(n: int, dt: float, L: int) -> torch.Tensor:
    """The averages of K_n over [l dt, (l+1) dt], l < L: what zero-order hold sees of it.

    Those of the diagonal model are ``ssm_kernel(*diagonal_model(N, n), dt, L) / dt``.

    Parameters
    ----------
    n : int
        At least 0.
    dt : float
        The length of a cell, > 0.
    L : int
        The number of cells, at least 1.

    Returns
    -------
    (L,) float64 tensor
        The averages.

    Raises
    ------
    ValueError
        For n < 0, dt ≤ 0 and L < 1.
    """
    n = check_index("legs_cell_averages", n)
    dt = check_number("legs_cell_averages", "dt", dt, 0, open_end=True)
    # K_n dt = −√(2n+1) P_n(2s − 1) ds with s = e^{−t}: the mean of a polynomial over a cell of s. Gauss's rule gives it without a
    # difference of antiderivatives, whose digits go as dt goes to 0.
    nodes, weights = (torch.from_numpy(x) for x in np.polynomial.legendre.leggauss(n // 2 + 1))
    width = -math.expm1(-dt)  # of a cell, over the s where it begins
    s = torch.exp(-dt * torch.arange(check_count("legs_cell_averages", "L", L), dtype=torch.float64))
    means = legendre(n, 2 * s[:, None] * (1 - width * (1 + nodes) / 2) - 1) @ weights / 2
    return math.sqrt(2 * n + 1) * s * (width / dt) * means


def remainder(N: int, z: torch.Tensor) -> torch.Tensor:
    """R_N(z) = Π_{k<N} (z−k)/(z+k+1): 0 at z = 0 … N−1, poles at −1 … −N.

    Its modulus is 1 on Re z = −1/2.

    Parameters
    ----------
    N : int
        At least 1.
    z : tensor
        Any shape, real or complex.

    Returns
    -------
    complex128 tensor
        The shape of z.

    Raises
    ------
    ValueError
        For N < 1.
    """
    k = torch.arange(check_count("remainder", "N", N), dtype=torch.float64)
    z = check_numbers("remainder", "z", z).to(torch.complex128)[..., None]
    return ((z - k) / (z + k + 1)).prod(-1)


def legs_transfer(n: int, z: torch.Tensor) -> torch.Tensor:
    """K̂_n(z) = √(2n+1) R_n(z)/(z+n+1), the transform of ``legs_basis``.

    Parameters
    ----------
    n : int
        At least 0.
    z : tensor
        Any shape, real or complex.

    Returns
    -------
    complex128 tensor
        The shape of z.

    Raises
    ------
    ValueError
        For n < 0.
    """
    n = check_index("legs_transfer", n)
    z = check_numbers("legs_transfer", "z", z).to(torch.complex128)
    return math.sqrt(2 * n + 1) * (remainder(n, z) if n else 1) / (z + n + 1)


def diagonal_transfer(N: int, n: int, z: torch.Tensor) -> torch.Tensor:
    """D̂_n(z) = K̂_n(z)/(1 + R_N(z)), for n < N.

    Parameters
    ----------
    N : int
        The order of the model, at least 1.
    n : int
        Which kernel, 0 … N−1.
    z : tensor
        Any shape, real or complex.

    Returns
    -------
    complex128 tensor
        The shape of z.

    Raises
    ------
    ValueError
        For N < 1, and n outside 0 … N−1.
    """
    return legs_transfer(_below("diagonal_transfer", n, N), z) / (1 + remainder(N, z))


def relative_error(N: int, omega: torch.Tensor) -> torch.Tensor:
    """|D̂_n/K̂_n − 1| = |R/(1+R)| at z = iω, the same for every n.

    It is at most r/(1−r) with r = |ω|/√(ω² + N²), about ω/N.

    Parameters
    ----------
    N : int
        At least 1.
    omega : real tensor
        Radians in a unit of time, any shape.

    Returns
    -------
    float64 tensor
        The shape of omega.

    Raises
    ------
    ValueError
        For N < 1.
    """
    R = remainder(N, 1j * check_numbers("relative_error", "omega", omega).to(torch.complex128))
    return (R / (1 + R)).abs()


def legs_spectrum(N: int) -> torch.Tensor:
    """The speeds ω_m of S4D-LegS, from Σ_k arctan((k+½)/ω_m) = (2m+1)π/2 by Newton's method.

    They lie in (0, N²/((2m+1)π)), because arctan x < x. For fixed m and large N, ω_m = N²/((2m+1)π)
    − (2m+1)π/6 + O(1/N²).

    Parameters
    ----------
    N : int
        Even.

    Returns
    -------
    (N/2,) float64 tensor
        Largest first.

    Raises
    ------
    ValueError
        When N is odd or below 2.

    Notes
    -----
    The sum falls and is convex, so the steps from 0 never pass a root, and end where rounding does:
    7 of them for N = 2, 18 for N = 2048, with N operations a speed each.
    """
    N = check_even("legs_spectrum", N)
    k, odd = torch.arange(N, dtype=torch.float64) + 0.5, 2 * torch.arange(N // 2, dtype=torch.float64) + 1
    omega = torch.zeros_like(odd)
    while True:
        above = torch.arctan(k / omega[:, None]).sum(1) - odd * math.pi / 2
        step = above / (k / (k**2 + omega[:, None] ** 2)).sum(1)
        if (omega + step <= omega).all():
            return omega
        omega = torch.maximum(omega, omega + step)


def bulk_fraction(c: torch.Tensor) -> torch.Tensor:
    """The share of modes with ω > c N, for N → ∞: (2/π)(arctan(1/c) − (c/2) ln(1 + 1/c²)).

    Parameters
    ----------
    c : real tensor
        A speed over N, > 0, any shape.

    Returns
    -------
    tensor
        The shape of c.

    Raises
    ------
    ValueError
        Where c is not positive.
    """
    if check_numbers("bulk_fraction", "c", c).is_complex():
        raise ValueError(f"bulk_fraction: c is {c.dtype}; give real numbers: c.real")
    if not (c > 0).all():
        raise ValueError(f"bulk_fraction: c = {c.min().item():g} must be positive; it is a speed over N")
    above = torch.where(c < 1, torch.log1p(c**2) - 2 * torch.log(c), torch.log1p(1 / c.clamp(min=1) ** 2))  # log(1 + 1/c²)
    return 2 / math.pi * (torch.atan2(torch.ones_like(c), c) - c / 2 * above)


def input_energy(N: int) -> torch.Tensor:
    """|v_m* B|² = 4/Σ_k (2k+1)/((k+½)² + ω_m²): how strongly B drives mode m.

    (B/2: a quarter of it.) The largest is near (2N/π)².

    Parameters
    ----------
    N : int
        As in ``legs_spectrum``.

    Returns
    -------
    (N/2,) float64 tensor
        Largest speed first.

    Raises
    ------
    ValueError
        As ``legs_spectrum``.
    """
    N = check_even("input_energy", N)
    k, omega = torch.arange(N, dtype=torch.float64) + 0.5, legs_spectrum(N)
    return 4 / (2 * k / (k**2 + omega[:, None] ** 2)).sum(1)


def diagonal_model(N: int, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Modes λ and weights r of D_n(t) = 2 Re Σ_m r_m e^{λ_m t}.

    They are A and C for ``ssm_kernel``, ``run`` and ``l2_distance``.

    Parameters
    ----------
    N : int
        The order of the model, even.
    n : int
        Which kernel, n < N.

    Returns
    -------
    λ, r : (N/2,) complex128 tensor
        Each, largest speed first.

    Raises
    ------
    ValueError
        For odd N, and n outside 0 … N−1.
    """
    n, N = _below("diagonal_model", n, N), check_even("diagonal_model", N)
    omega = legs_spectrum(N)
    modes = torch.complex(torch.full_like(omega, -0.5), omega)
    return modes, input_energy(N) / 4 * legs_transfer(n, modes)


def diagonal_basis(N: int, n: int, t: torch.Tensor) -> torch.Tensor:
    """D_n(t), the n-th kernel of S4D-LegS with N modes; D_n(0) = √(2n+1)/2, half of K_n(0).

    Parameters
    ----------
    N : int
        As in ``diagonal_model``.
    n : int
        As in ``diagonal_model``.
    t : tensor
        Times, any shape.

    Returns
    -------
    float64 tensor
        The shape of t.

    Raises
    ------
    ValueError
        As ``diagonal_model``.
    """
    modes, weights = diagonal_model(N, n)
    return 2 * (torch.exp(check_numbers("diagonal_basis", "t", t)[..., None] * modes) @ weights).real


def l2_distance(modes: torch.Tensor, weights: torch.Tensor, n: int) -> float:
    """‖D − K_n‖ in L2(0, ∞) for any model D(t) = 2 Re Σ_m r_m e^{λ_m t}, in closed form.

    ‖D‖² = −Σ_ij r_i r_j/(λ_i + λ_j) over all modes and their conjugates, ⟨D, K_n⟩ = 2 Re Σ_m r_m
    K̂_n(−λ_m), ‖K_n‖² = 1/2.

    Parameters
    ----------
    modes : (modes,) complex128 tensor
        λ, with Re λ < 0.
    weights : (modes,) complex128 tensor
        r.
    n : int
        At least 0.

    Returns
    -------
    float
        The distance.

    Raises
    ------
    ValueError
        When modes and weights are not vectors of one length, and for a mode that does not decay.
    """
    for name, x in (("modes", modes), ("weights", weights)):
        if check_numbers("l2_distance", name, x).shape != modes.shape or x.ndim != 1:
            raise ValueError(f"l2_distance: {name} has shape {tuple(x.shape)}; modes and weights must be vectors of one length")
    if (modes.real >= 0).any():
        raise ValueError(f"l2_distance: modes has a real part of {modes.real.max().item():g}; the integral needs Re λ < 0")
    modes, weights = modes.to(torch.complex128), weights.to(torch.complex128)
    both, doubled = torch.cat([modes, modes.conj()]), torch.cat([weights, weights.conj()])
    own = -(doubled[:, None] * doubled / (both[:, None] + both)).sum().real
    shared = 2 * (weights * legs_transfer(n, -modes)).sum().real
    distance = (own + 0.5 - 2 * shared).clamp(min=0).sqrt()
    return check_overflow("l2_distance", distance, modes=modes, weights=weights).item()


def l2_distance_lyapunov(N: int) -> torch.Tensor:
    """‖D_n − K_n‖ for all n < N at once, by another route.

    That is the Gramian of both models side by side, x' = M x + b u: M G + G Mᵀ + b bᵀ = 0, and the
    squared distance is G_nn + G_{N+n,N+n} + 2 G_{n,N+n} with b = (B/2, −B).

    Parameters
    ----------
    N : int
        Even.

    Returns
    -------
    (N,) float64 tensor
        The distances.

    Raises
    ------
    ValueError
        When N is odd or below 2.

    Notes
    -----
    Cost: O(N³).
    """
    legs = legs_matrices(check_even("l2_distance_lyapunov", N))
    M = scipy.linalg.block_diag(legs.A_normal.numpy(), legs.A.numpy())
    b = np.concatenate([legs.B.numpy() / 2, -legs.B.numpy()])
    G = torch.from_numpy(scipy.linalg.solve_continuous_lyapunov(M, -np.outer(b, b)))
    squared = G.diagonal()[:N] + G.diagonal()[N:] + 2 * G[:N, N:].diagonal()
    return squared.clamp(min=0).sqrt()


def _below(where: str, n: int, N: int) -> int:
    if check_index(where, n) >= check_count(where, "N", N):
        raise ValueError(f"{where}: n = {n} must be below N = {N}; a model of order N has the kernels 0 … N−1")
    return int(n)
