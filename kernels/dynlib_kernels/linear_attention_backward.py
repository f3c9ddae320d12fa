"""The gradients of linear attention: why three of them are linear attention again, and the two small kernels that the rest needs.

With P_ij = exp(Σ_{j<r≤i} a_r) for the log decays a, and g = ∂loss/∂out, the sum out_i = Σ_{j≤i} P_ij (q_i·k_j) v_j has

    dq_i = Σ_{j≤i} P_ij (g_i·v_j) k_j        the sum itself, of g, v and k
    dk_j = Σ_{i≥j} P_ij (v_j·g_i) q_i        the sum backwards in time, of v, g and q
    dv_j = Σ_{i≥j} P_ij (k_j·q_i) g_i        the sum backwards in time, of k, q and g

Backwards in time the carried state is dS = ∂loss/∂S. No state is kept for it, and no table of scores.

Normalised, out_i = num_i / η_i with η_i = Σ_{j≤i} P_ij (q_i·k_j), which is the same sum for a v that is 1 in one further channel.
The gradient of num is w_i = g_i / η_i, that of η is ρ_i = −(g_i·out_i) / η_i. So w takes the place of g, and ρ and 1 are one
further entry of the two vectors that are multiplied first: (w_i·v_j + ρ_i) in dq and dk. `normaliser_gradient` makes w and ρ.

The decay: let c_i = Σ_{r≤i} a_r, so that P_ij = exp(c_i − c_j). Each term T_ij = P_ij (q_i·k_j)(w_i·v_j + ρ_i) of the loss adds
itself to ∂/∂c_i and takes itself from ∂/∂c_j. Summed over j the T_ij are q_i·dq_i, summed over i they are k_j·dk_j:

    ∂loss/∂c_i = q_i·dq_i − k_i·dk_i,    ∂loss/∂a_r = Σ_{i≥r} ∂loss/∂c_i

Normalised, q_i·dq_i = w_i·num_i + ρ_i η_i = 0, as it must be: no multiple of q_i changes out_i. `decay_gradient` does both steps.
The terms with j ≥ r cancel in the second sum, so its error is one of all T_ij with i ≥ r, not only of those with j < r. Therefore
it is summed in float64, and dq and dk come to it unrounded where the input is in half precision.

Error in float32, with E as in `dynlib_kernels.linear_attention`, for each sum its own: E_r of the decay is
Σ_{i≥r} (|q_i|·E[dq_i] + |k_i|·E[dk_i] + (n + 2) u (|q_i|·|dq_i| + |k_i|·|dk_i|)), and one rounding. Normalised, w_i is off by
Δw_i = |w_i| (E[η_i] / η_i + 2 u), ρ_i by Δw_i·|out_i| + |w_i|·Δout_i + (d + 1) u |w_i|·|out_i|, and the sums, of absolute values,
carry that on. Float16 has rounded out: 2⁻¹¹ |out_i| more in Δout_i.
"""

import math

from dynlib_kernels.engine import torch
from dynlib_kernels.language import tl, triton

__all__ = ["decay_gradient", "normaliser_gradient"]

BL = 32  # steps in one tile of these two kernels


@triton.jit
def linear_attention_normaliser(g, out, eta, w, rho, L, d, BL: tl.constexpr, BD: tl.constexpr):
    """w = g/η and ρ = −(g·out)/η. One program: BL steps of one row of (batch, head). Grid (B·H, ⌈L/BL⌉)."""
    i_bh, i_l = tl.program_id(0).to(tl.int64), tl.program_id(1)
    o_l = i_l * BL + tl.arange(0, BL)  # (BL,)
    o_d = tl.arange(0, BD)  # (BD,)
    m_l = o_l < L  # (BL,)
    m_ld = m_l[:, None] & (o_d < d)[None, :]  # (BL, BD)
    o_r = i_bh * L + o_l  # (BL,) the step's row among all
    o_x = o_r[:, None] * d + o_d[None, :]  # (BL, BD)
    b_eta = tl.load(eta + o_r, mask=m_l, other=1.0)  # (BL,)
    b_w = tl.load(g + o_x, mask=m_ld, other=0.0).to(b_eta.dtype) / b_eta[:, None]  # (BL, BD)
    b_out = tl.load(out + o_x, mask=m_ld, other=0.0).to(b_eta.dtype)  # (BL, BD)
    tl.store(w + o_x, b_w, mask=m_ld)
    tl.store(rho + o_r, -tl.sum(b_w * b_out, 1), mask=m_l)


@triton.jit
def linear_attention_decay(q, dq, k, dk, grad, L, n, NORMALISE: tl.constexpr, BL: tl.constexpr, BN: tl.constexpr):
    """grad_r = Σ_{i≥r} (q_i·dq_i − k_i·dk_i), from the last step to the first. One program: one (batch, head). Grid (B·H,)."""
    i_bh = tl.program_id(0).to(tl.int64)
    o_n = tl.arange(0, BN)  # (BN,)
    b_carry = tl.zeros([1], tl.float64)  # (1,) the sum over all later tiles
    for s in range(0, L, BL):
        o_s = s + tl.arange(0, BL)  # (BL,) steps, counted from the end
        m_s = o_s < L  # (BL,)
        m_x = m_s[:, None] & (o_n < n)[None, :]  # (BL, BN)
        o_r = i_bh * L + L - 1 - o_s  # (BL,)
        o_x = o_r[:, None] * n + o_n[None, :]  # (BL, BN)
        b_dk = tl.load(dk + o_x, mask=m_x, other=0.0)  # (BL, BN)
        b_c = -tl.sum(tl.load(k + o_x, mask=m_x, other=0.0).to(b_dk.dtype) * b_dk, 1)  # (BL,)
        if not NORMALISE:
            b_dq = tl.load(dq + o_x, mask=m_x, other=0.0)  # (BL, BN)
            b_c += tl.sum(tl.load(q + o_x, mask=m_x, other=0.0).to(b_dq.dtype) * b_dq, 1)  # (BL,)
        b_c = b_c.to(tl.float64)  # (BL,)
        b_sum = b_carry + tl.cumsum(b_c, 0)  # (BL,)
        tl.store(grad + o_r, b_sum.to(grad.dtype.element_ty), mask=m_s)
        b_carry += tl.sum(b_c, 0, keep_dims=True)  # (1,)


def normaliser_gradient(g: torch.Tensor, out: torch.Tensor, eta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Launch the kernel for the gradients of numerator and normaliser; nothing is checked.

    Parameters
    ----------
    g, out : (B, H, L, d) tensor
        ∂loss/∂out and the output, contiguous.
    eta : (B, H, L) tensor
        η, contiguous.

    Returns
    -------
    w : (B, H, L, d) tensor
        g/η, in the dtype of η.
    rho : (B, H, L) tensor
        ρ = −(g·out)/η, in the dtype of η.
    """
    B, H, L, d = g.shape
    w, rho = torch.empty_like(g, dtype=eta.dtype), torch.empty_like(eta)
    linear_attention_normaliser[(B * H, math.ceil(L / BL))](g, out, eta, w, rho, L, d, BL=BL, BD=2 ** (d - 1).bit_length())
    return w, rho


def decay_gradient(q: torch.Tensor, dq: torch.Tensor, k: torch.Tensor, dk: torch.Tensor, normalise: bool) -> torch.Tensor:
    """Launch the kernel for the gradient of log_decay; nothing is checked.

    Parameters
    ----------
    q, dq, k, dk : (B, H, L, n) tensor
        Queries and keys with their gradients, contiguous.
    normalise : bool
        Whether the output was divided; then q·dq is 0.

    Returns
    -------
    (B, H, L) tensor
        The gradient, in the dtype of dk.
    """
    B, H, L, n = q.shape
    grad = torch.empty(B, H, L, dtype=dk.dtype, device=q.device)
    linear_attention_decay[(B * H,)](q, dq, k, dk, grad, L, n, NORMALISE=normalise, BL=BL, BN=2 ** (n - 1).bit_length())
    return grad
