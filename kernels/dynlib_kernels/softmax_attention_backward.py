"""The backward of causal softmax attention: two kernels, and what they share with the forward in `softmax_attention`.

    δ_i = g_i·out_i,    p_ij = exp(s_ij − lse_i),    t_ij = p_ij (g_i·v_j − δ_i)        for j ≤ i, otherwise 0
    grad_q_i = scale Σ_j t_ij k_j,    grad_k_j = scale Σ_i t_ij q_i,    grad_v_j = Σ_i p_ij g_i

q, k (B, H, L, n); v, out, g (B, H, L, d); lse, δ (B, H, L). A program of the first kernel owns a block of queries and sums over
the blocks of keys before it; it also stores δ. A program of the second owns a block of keys and sums over the blocks of queries
after it. Each makes p again, so the scores are computed twice more, and no cell of a result belongs to two programs.

Bytes, flops and error bounds stand with the forward. The formulas are those of FlashAttention, arXiv:2205.14135, appendix B.
"""

import math

from dynlib_kernels.engine import torch
from dynlib_kernels.language import tl, triton

__all__ = ["backward", "tiles"]


def tiles(n: int, d: int, dtype: torch.dtype) -> dict[str, int]:
    """The tile of one program: BL rows by BN ≥ n or BD ≥ d entries.

    Parameters
    ----------
    n, d : int
        Entries of a query and of a value.
    dtype : torch.dtype
        Of q, k and v.

    Returns
    -------
    dict of str to int
        "BL", "BN" and "BD", powers of two ≥ 16; fewer rows where they are long.
    """
    BN, BD = (max(16, 1 << (width - 1).bit_length()) for width in (n, d))
    return {"BL": 32 if max(BN, BD) * dtype.itemsize <= 256 else 16, "BN": BN, "BD": BD}


@triton.jit
def softmax_attention_backward_queries(
    q,
    k,
    v,
    out,
    lse,
    g,
    delta,
    grad_q,
    L,
    n,
    d,
    scale: "fp64",  # type: ignore[name-defined]  # noqa: F821  (a name of Triton's)
    BL: tl.constexpr,
    BN: tl.constexpr,
    BD: tl.constexpr,
):
    """One program: one head and BL queries, their δ and grad_q. Grid (B H P,)."""
    i_h, i_q = tl.program_id(0).to(tl.int64) // tl.cdiv(L, BL), tl.program_id(0) % tl.cdiv(L, BL) * BL
    o_l, o_n, o_d = tl.arange(0, BL), tl.arange(0, BN), tl.arange(0, BD)  # (BL,), (BN,), (BD,)
    o_ln, o_ld = o_l[:, None] * n + o_n[None, :], o_l[:, None] * d + o_d[None, :]  # (BL, BN), (BL, BD) within a block
    m_n, m_d = o_n[None, :] < n, o_d[None, :] < d  # (1, BN), (1, BD)
    i_row, m_q = i_h * L + i_q, i_q + o_l[:, None] < L  # (), (BL, 1)
    b_q = tl.load(q + i_row * n + o_ln, mask=m_q & m_n, other=0.0)  # (BL, BN)
    b_g = tl.load(g + i_row * d + o_ld, mask=m_q & m_d, other=0.0)  # (BL, BD)
    b_out = tl.load(out + i_row * d + o_ld, mask=m_q & m_d, other=0.0)  # (BL, BD)
    b_lse = tl.load(lse + i_row + o_l, mask=i_q + o_l < L, other=0.0)  # (BL,)
    b_delta = tl.sum(b_g.to(b_lse.dtype) * b_out.to(b_lse.dtype), 1)  # (BL,)
    tl.store(delta + i_row + o_l, b_delta, mask=i_q + o_l < L)
    b_scale = tl.full([1, 1], scale, lse.dtype.element_ty)  # (1, 1)
    b_gq = tl.zeros([BL, BN], lse.dtype.element_ty)  # (BL, BN)
    for i_k in range(0, i_q + BL, BL):
        i_row, m_k = i_h * L + i_k, i_k + o_l[:, None] < L  # (), (BL, 1)
        b_k = tl.load(k + i_row * n + o_ln, mask=m_k & m_n, other=0.0)  # (BL, BN)
        b_v = tl.load(v + i_row * d + o_ld, mask=m_k & m_d, other=0.0)  # (BL, BD)
        m_s = i_q + o_l[:, None] >= i_k + o_l[None, :]  # (BL, BL) queries by keys
        b_s = tl.dot(b_q, tl.trans(b_k), input_precision="ieee") * b_scale  # (BL, BL)
        b_p = tl.exp(tl.where(m_s, b_s, float("-inf")) - b_lse[:, None])  # (BL, BL)
        b_t = b_p * (tl.dot(b_g, tl.trans(b_v), input_precision="ieee") - b_delta[:, None])  # (BL, BL)
        b_gq += tl.dot(b_t.to(b_k.dtype), b_k, input_precision="ieee")  # (BL, BN)
    i_row = i_h * L + i_q
    tl.store(grad_q + i_row * n + o_ln, (b_gq * b_scale).to(grad_q.dtype.element_ty), mask=m_q & m_n)


@triton.jit
def softmax_attention_backward_keys(
    q,
    k,
    v,
    lse,
    g,
    delta,
    grad_k,
    grad_v,
    L,
    n,
    d,
    scale: "fp64",  # type: ignore[name-defined]  # noqa: F821  (a name of Triton's)
    BL: tl.constexpr,
    BN: tl.constexpr,
    BD: tl.constexpr,
):
    """One program: one head and BL keys with their values, grad_k and grad_v. Grid (B H P,)."""
    i_h, i_k = tl.program_id(0).to(tl.int64) // tl.cdiv(L, BL), tl.program_id(0) % tl.cdiv(L, BL) * BL
    o_l, o_n, o_d = tl.arange(0, BL), tl.arange(0, BN), tl.arange(0, BD)  # (BL,), (BN,), (BD,)
    o_ln, o_ld = o_l[:, None] * n + o_n[None, :], o_l[:, None] * d + o_d[None, :]  # (BL, BN), (BL, BD) within a block
    m_n, m_d = o_n[None, :] < n, o_d[None, :] < d  # (1, BN), (1, BD)
    i_row, m_k = i_h * L + i_k, i_k + o_l[:, None] < L  # (), (BL, 1)
    b_k = tl.load(k + i_row * n + o_ln, mask=m_k & m_n, other=0.0)  # (BL, BN)
    b_v = tl.load(v + i_row * d + o_ld, mask=m_k & m_d, other=0.0)  # (BL, BD)
    b_scale = tl.full([1, 1], scale, lse.dtype.element_ty)  # (1, 1)
    b_gk = tl.zeros([BL, BN], lse.dtype.element_ty)  # (BL, BN)
    b_gv = tl.zeros([BL, BD], lse.dtype.element_ty)  # (BL, BD)
    for i_q in range(i_k, L, BL):
        i_row, m_q = i_h * L + i_q, i_q + o_l[:, None] < L  # (), (BL, 1)
        b_q = tl.load(q + i_row * n + o_ln, mask=m_q & m_n, other=0.0)  # (BL, BN)
        b_g = tl.load(g + i_row * d + o_ld, mask=m_q & m_d, other=0.0)  # (BL, BD)
        b_lse = tl.load(lse + i_row + o_l, mask=i_q + o_l < L, other=0.0)  # (BL,) beyond L: s = 0, p = 1 and g = 0
        b_delta = tl.load(delta + i_row + o_l, mask=i_q + o_l < L, other=0.0)  # (BL,)
        m_s = i_k + o_l[:, None] <= i_q + o_l[None, :]  # (BL, BL) keys by queries
        b_s = tl.dot(b_k, tl.trans(b_q), input_precision="ieee") * b_scale  # (BL, BL)
        b_p = tl.exp(tl.where(m_s, b_s, float("-inf")) - b_lse[None, :])  # (BL, BL)
        b_gv += tl.dot(b_p.to(b_g.dtype), b_g, input_precision="ieee")  # (BL, BD)
        b_t = b_p * (tl.dot(b_v, tl.trans(b_g), input_precision="ieee") - b_delta[None, :])  # (BL, BL)
        b_gk += tl.dot(b_t.to(b_q.dtype), b_q, input_precision="ieee")  # (BL, BN)
    i_row = i_h * L + i_k
    tl.store(grad_k + i_row * n + o_ln, (b_gk * b_scale).to(grad_k.dtype.element_ty), mask=m_k & m_n)
    tl.store(grad_v + i_row * d + o_ld, b_gv.to(grad_v.dtype.element_ty), mask=m_k & m_d)


def backward(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, out: torch.Tensor, lse: torch.Tensor, g: torch.Tensor, scale: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Launch both kernels; nothing is checked.

    Parameters
    ----------
    q, k : (B, H, L, n) tensor
        Queries and keys, contiguous.
    v : (B, H, L, d) tensor
        Values, contiguous.
    out : (B, H, L, d) tensor
        The output of the forward.
    lse : (B, H, L) tensor
        Its second result.
    g : (B, H, L, d) tensor
        ∂loss/∂out, contiguous.
    scale : float
        The factor of the scores.

    Returns
    -------
    grad_q, grad_k, grad_v : tensors
        Shaped like q, k, v.
    """
    (B, H, L, n), d = q.shape, v.shape[-1]
    grad_q, grad_k, grad_v, delta = (torch.empty_like(x) for x in (q, k, v, lse))
    tile = tiles(n, d, q.dtype)
    grid, options = (B * H * math.ceil(L / tile["BL"]),), {**tile, "num_warps": 8, "num_stages": 1}
    softmax_attention_backward_queries[grid](q, k, v, out, lse, g, delta, grad_q, L, n, d, scale, **options)
    softmax_attention_backward_keys[grid](q, k, v, lse, g, delta, grad_k, grad_v, L, n, d, scale, **options)
    return grad_q, grad_k, grad_v
