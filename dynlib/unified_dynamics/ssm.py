"""State space models as the loop: S6 (Mamba), SSD (Mamba-2), and models that do not change in time (S4D, LRU).

In S6 the step size Δ_i enters twice, as e^{−Δ_i A} and as Δ_i in what is written, and does not cancel as attention's η does.
What is written is Δ_i b_i, Euler's rule; the exact solution for an input held over the step would be (1 − e^{−Δ_i A})/A b_i.
Here A > 0 and the minus sign is written out, as in Sieber et al.; Mamba's code keeps A = −e^{A_log}, and chapter 1's modes have
Re A < 0. Arguments come in the order of that literature: step sizes Δ, writes b, reads c, rates A.
"""

from dynlib.unified_dynamics.dsf import DSF
from dynlib_kernels.arguments.scalars import check_count, check_heads
from dynlib_kernels.arguments.tensors import check_range, check_shapes
from dynlib_kernels.engine import torch


def s6(delta: torch.Tensor, b: torch.Tensor, c: torch.Tensor, A: torch.Tensor, skip: torch.Tensor | None = None) -> DSF:
    """The selective state space model: Λ_i = e^{−Δ_i A}, B_i = Δ_i ⊗ b_i, C_i = I ⊗ c_iᵀ.

    With A = 0 and Δ = 1 it is attention without a normaliser, keys b and queries c.

    Parameters
    ----------
    delta : (L, d) tensor
        Step sizes, ≥ 0.
    b, c : (L, n) tensor
        What is written and read.
    A : (d, n) tensor
        Rates ≥ 0 in 1/(unit of delta), 0 keeps for ever.
    skip : (L, d) or (1, d) tensor, optional
        D_i = diag(skip_i).

    Returns
    -------
    DSF
        With n states a channel.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan, inf, and a negative Δ or A.

    Notes
    -----
    Memory: decay and write, L d n numbers each.

    References
    ----------
    .. [1] Gu and Dao, 2023.
    .. [2] Sieber et al., 2024, equation 19.
    """
    check_shapes("s6", delta=(delta, "L d"), b=(b, "L n"), c=(c, "L n"), A=(A, "d n"))
    check_range("s6", 0, delta=delta, A=A)
    return DSF(torch.exp(-delta[..., None] * A), delta[..., None] * b[:, None], c[:, None], None, skip)


def ssd(delta: torch.Tensor, b: torch.Tensor, c: torch.Tensor, a: torch.Tensor, d: int) -> DSF:
    """State space duality: one decay e^{−a δ_i} a head for all its states.

    Head r holds channels r d/s to (r + 1) d/s − 1.

    Parameters
    ----------
    delta : (L, s) tensor
        Step sizes δ ≥ 0.
    b, c : (L, n) tensor
        What is written and read.
    a : (s,) tensor
        Rates ≥ 0.
    d : int
        Channels, a multiple of s.

    Returns
    -------
    DSF
        With n states a channel.

    Raises
    ------
    ValueError
        As ``s6``, and for channels that do not split over the heads.

    References
    ----------
    .. [1] Dao and Gu, 2024.
    .. [2] Sieber et al., 2024.
    """
    size = check_shapes("ssd", delta=(delta, "L s"), b=(b, "L n"), c=(c, "L n"), a=(a, "s"))
    check_range("ssd", 0, delta=delta, a=a)
    width = check_heads("ssd", check_count("ssd", "d", d), size["s"])
    decay, step = (x.repeat_interleave(width, 1)[..., None] for x in (torch.exp(-delta * a), delta))
    return DSF(decay, step * b[:, None], c[:, None])


def lti(A_bar: torch.Tensor, B_bar: torch.Tensor, C: torch.Tensor, D: torch.Tensor | None = None, *, L: int) -> DSF:
    """A model that is the same at every step, one for each channel.

    S4D, LRU, any diagonal linear filter. Complex modes stand for themselves and their conjugates,
    as in chapter 1: y = 2 Re Σ_n C_n h_n, so that the reads are 2 C.

    Parameters
    ----------
    A_bar, B_bar, C : (d, n) tensor
        Decays, writes and reads, real or complex.
    D : (d,) real tensor, optional
        The skip.
    L : int
        The number of steps, at least 1.

    Returns
    -------
    DSF
        With n states a channel.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan, inf, and L < 1.

    References
    ----------
    .. [1] Gu, Gupta, Goel and Ré, 2022.
    .. [2] Orvieto et al., 2023.
    """
    size = check_shapes("lti", real=False, A_bar=(A_bar, "d n"), B_bar=(B_bar, "d n"), C=(C, "d n"))
    if D is not None and check_shapes("lti", D=(D, "d"))["d"] != size["d"]:
        raise ValueError(f"lti: D has shape {tuple(D.shape)}; with {size['d']} channels it must be ({size['d']},)")
    turns = A_bar.is_complex() or B_bar.is_complex() or C.is_complex()
    decay = A_bar.expand(check_count("lti", "L", L), *A_bar.shape)
    return DSF(decay, B_bar[None], (2 * C if turns else C)[None], None, None if D is None else D[None])
