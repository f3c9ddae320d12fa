"""The sum that linear attention and all its gradients are, chunk by chunk, forwards or backwards in time.

    y_i = Σ_{j≤i} P_ij (a_i·b_j) x_j,    P_ij = exp(Σ_{j<r≤i} log_decay_r)

a, b (B, H, L, n); x, y (B, H, L, d); log_decay (B, H, L) or none. What lies inside a chunk of C steps goes by a masked table of
C × C scores, what lies before it by the carried state Σ P b_j x_jᵀ. `dynlib_kernels.linear_attention` says how exact that is.
"""

import math

from dynlib_kernels.cost import Cost
from dynlib_kernels.engine import torch
from dynlib_kernels.language import tl, triton

__all__ = [
    "CHUNK",
    "high",
    "launch",
    "launch_cost",
    "linear_attention_dk",
    "linear_attention_dq",
    "linear_attention_dv",
    "linear_attention_forward",
]

CHUNK = 16  # steps in a chunk: C
BLOCK = 32  # most channels of x in one program: BD


def high(dtype: torch.dtype) -> torch.dtype:
    """The dtype to compute in.

    Parameters
    ----------
    dtype : torch.dtype
        Of the input.

    Returns
    -------
    torch.dtype
        float64 for float64, otherwise float32.
    """
    return torch.float64 if dtype == torch.float64 else torch.float32


def _padded(size: int) -> int:
    """The tile's width for an axis: a power of two, and at least 16 for tl.dot."""
    return max(16, 2 ** (size - 1).bit_length())


@triton.jit
def _walk(
    a,
    b,
    x,
    log_decay,
    rho,
    y,
    eta,
    L,
    n,
    d,
    ACC: tl.constexpr,
    REVERSE: tl.constexpr,
    C: tl.constexpr,
    BN: tl.constexpr,
    BD: tl.constexpr,
):
    """y_i = Σ_{j≤i} P_ij (a_i·b_j) x_j; REVERSE: Σ_{j≥i} P_ji (a_i·b_j) x_j, by walking from the last step to the first.

    a, b (B·H, L, n), x, y (B·H, L, d); log_decay, rho, eta (B·H, L) or None. With rho, a_i and b_j have one further entry: ρ and
    1, if REVERSE 1 and ρ. With eta, y is divided by η_i = Σ_j P_ij (a_i·b_j), and η stored.
    One program: one (batch, head) and BD channels of x, every step. Grid (B·H, ⌈d/BD⌉).
    """
    i_bh, i_d = tl.program_id(0).to(tl.int64), tl.program_id(1)
    o_c = tl.arange(0, C)  # (C,)
    o_n = tl.arange(0, BN)  # (BN,)
    o_d = i_d * BD + tl.arange(0, BD)  # (BD,)
    m_n = o_n < n  # (BN,)
    m_d = o_d < d  # (BD,)
    m_past = o_c[:, None] >= o_c[None, :]  # (C, C) row i, column j: j ≤ i
    m_between = o_c[:, None] > o_c[None, :]  # (C, C) row r, column j: j < r
    b_S = tl.zeros([BN, BD], ACC)  # (BN, BD) Σ P b_j x_jᵀ over all chunks before
    b_sum_b = tl.zeros([BN], ACC)  # (BN,) Σ P b_j, for η
    b_sum_x = tl.zeros([BD], ACC)  # (BD,) Σ P x_j, times the further entry of b_j
    for s in range(0, L, C):
        o_s = s + o_c  # (C,) steps, counted in the direction of the walk
        m_s = o_s < L  # (C,)
        o_r = i_bh * L + (L - 1 - o_s if REVERSE else o_s)  # (C,) the step's row among all
        m_a = m_s[:, None] & m_n[None, :]  # (C, BN)
        b_a = tl.load(a + o_r[:, None] * n + o_n[None, :], mask=m_a, other=0.0).to(ACC)  # (C, BN)
        m_b = m_n[:, None] & m_s[None, :]  # (BN, C)
        b_b = tl.load(b + o_r[None, :] * n + o_n[:, None], mask=m_b, other=0.0).to(ACC)  # (BN, C) transposed
        m_x = m_s[:, None] & m_d[None, :]  # (C, BD)
        o_x = o_r[:, None] * d + o_d[None, :]  # (C, BD)
        b_x = tl.load(x + o_x, mask=m_x, other=0.0).to(ACC)  # (C, BD)
        b_P = tl.dot(b_a, b_b, input_precision="ieee")  # (C, C) scores
        if rho is not None:
            b_rho = tl.load(rho + o_r, mask=m_s, other=0.0)  # (C,)
            b_one = tl.full([C], 1.0, ACC)  # (C,)
            b_left = b_one if REVERSE else b_rho  # (C,) the further entry of a_i
            b_right = b_rho if REVERSE else b_one  # (C,) the further entry of b_j
            b_P += b_left[:, None] * b_right[None, :]  # (C, C)
        if log_decay is not None:
            # P_ij takes the decays of j < r ≤ i; backwards in time, where i < j, those of i < r ≤ j: the row after each
            m_r = m_s & (o_s > 0) if REVERSE else m_s  # (C,)
            b_r = tl.load(log_decay + o_r + (1 if REVERSE else 0), mask=m_r, other=0.0)  # (C,)
            b_steps = tl.where(m_between, b_r[:, None], 0.0)  # (C, C) the decay r where j < r
            b_P *= tl.exp(tl.cumsum(b_steps, 0))  # (C, C)
            b_before = tl.exp(tl.cumsum(b_r, 0))  # (C,) from the chunk's start to i
            b_after = tl.exp(tl.sum(b_steps, 0))  # (C,) from j to the chunk's end
            b_a *= b_before[:, None]  # (C, BN)
            b_b *= b_after[None, :]  # (BN, C)
            if rho is not None:
                b_left *= b_before  # (C,)
                b_right *= b_after  # (C,)
        b_P = tl.where(m_past, b_P, 0.0)  # (C, C)
        b_y = tl.dot(b_P, b_x, input_precision="ieee")  # (C, BD) from inside the chunk
        b_y += tl.dot(b_a, b_S, input_precision="ieee")  # (C, BD) from before it
        if rho is not None:
            b_y += b_left[:, None] * b_sum_x[None, :]  # (C, BD)
        if eta is not None:
            b_eta = tl.sum(b_P, 1) + tl.sum(b_a * b_sum_b[None, :], 1)  # (C,)
            tl.store(eta + o_r, b_eta, mask=m_s & (i_d == 0))
            b_y /= tl.where(m_s, b_eta, 1.0)[:, None]  # (C, BD)
        tl.store(y + o_x, b_y.to(y.dtype.element_ty), mask=m_x)
        if log_decay is not None:
            b_all = tl.exp(tl.sum(b_r, 0))  # () from the chunk's start to its end
            b_S *= b_all
            b_sum_b *= b_all
            b_sum_x *= b_all
        b_S += tl.dot(b_b, b_x, input_precision="ieee")  # (BN, BD)
        if eta is not None:
            b_sum_b += tl.sum(b_b, 1)  # (BN,)
        if rho is not None:
            b_sum_x += tl.sum(b_right[:, None] * b_x, 0)  # (BD,)


@triton.jit
def linear_attention_forward(
    q, k, v, log_decay, out, eta, L, n, d, ACC: tl.constexpr, C: tl.constexpr, BN: tl.constexpr, BD: tl.constexpr
):
    """out_i = Σ_{j≤i} P_ij (q_i·k_j) v_j, divided by η_i if eta is given."""
    _walk(q, k, v, log_decay, None, out, eta, L, n, d, ACC, False, C, BN, BD)


@triton.jit
def linear_attention_dq(
    w, v, k, log_decay, rho, dq, L, d, n, ACC: tl.constexpr, C: tl.constexpr, BN: tl.constexpr, BD: tl.constexpr
):
    """dq_i = Σ_{j≤i} P_ij (w_i·v_j + ρ_i) k_j: what is called n in `_walk` is d here, and the other way round."""
    _walk(w, v, k, log_decay, rho, dq, None, L, d, n, ACC, False, C, BN, BD)


@triton.jit
def linear_attention_dk(
    v, w, q, log_decay, rho, dk, L, d, n, ACC: tl.constexpr, C: tl.constexpr, BN: tl.constexpr, BD: tl.constexpr
):
    """dk_j = Σ_{i≥j} P_ij (v_j·w_i + ρ_i) q_i."""
    _walk(v, w, q, log_decay, rho, dk, None, L, d, n, ACC, True, C, BN, BD)


@triton.jit
def linear_attention_dv(k, q, w, log_decay, dv, L, n, d, ACC: tl.constexpr, C: tl.constexpr, BN: tl.constexpr, BD: tl.constexpr):
    """dv_j = Σ_{i≥j} P_ij (k_j·q_i) w_i."""
    _walk(k, q, w, log_decay, None, dv, None, L, n, d, ACC, True, C, BN, BD)


def launch(kernel, q, v, over, /, **tensors):
    """Launch one of the four kernels with its tensors, by name; nothing is checked.

    Parameters
    ----------
    kernel : triton kernel
        The kernel.
    q : (B, H, L, n) tensor
        Gives L and n.
    v : (B, H, L, d) tensor
        Gives d.
    over : {"n", "d"}
        The axis of the products that are weights, "n" for q·k or "d" for w·v. The other axis is
        that of the result.
    **tensors : tensor or None
        The kernel's arguments, contiguous, as q and v are.
    """
    B, H, L, n = q.shape
    d = v.shape[3]
    inner, outer = (n, d) if over == "n" else (d, n)
    BD = min(BLOCK, _padded(outer))
    kernel[(B * H, math.ceil(outer / BD))](
        **tensors,
        L=L,
        n=n,
        d=d,
        ACC=tl.float64 if q.dtype == torch.float64 else tl.float32,
        C=CHUNK,
        BN=_padded(inner),
        BD=BD,
        num_warps=8,
        num_stages=1,
    )


def launch_cost(
    B: int,
    H: int,
    L: int,
    inner: int,
    outer: int,
    a: dict[str, int],
    x: dict[str, int],
    y: dict[str, int],
    scalars: dict[str, int],
    reverse: bool = False,
) -> Cost:
    """What one launch moves and computes, in closed form.

    Parameters
    ----------
    B, H, L : int
        Batch, heads, steps.
    inner, outer : int
        Sizes of the axes as in `launch`.
    a : dict of str to int
        The two factors of the weights, {name: bytes an element}, as the next three.
    x : dict of str to int
        What is summed.
    y : dict of str to int
        The result.
    scalars : dict of str to int
        log_decay and rho where there are any.
    reverse : bool, default False
        Whether the walk goes backwards in time.

    Returns
    -------
    Cost
        The counts.
    """
    T, D, BN, BD = B * H * L, math.ceil(outer / BLOCK), _padded(inner), min(BLOCK, _padded(outer))
    reads = {name: D * T * inner * size for name, size in a.items()} | {name: T * outer * size for name, size in x.items()}
    reads |= {name: D * T * size for name, size in scalars.items()}
    chunks, exps = B * H * D * math.ceil(L / CHUNK), 0
    if "log_decay" in scalars:
        exps = chunks * (CHUNK**2 + 2 * CHUNK + 1)
        reads["log_decay"] -= reverse * D * B * H * scalars["log_decay"]  # backwards in time the first step's is not needed
    return Cost(
        {name: size for name, size in reads.items() if size},
        {name: T * outer * size for name, size in y.items()},
        2 * CHUNK * (CHUNK * (BN + BD) + 2 * BN * BD) * chunks,
        {"exp": exps} if exps else {},
    )
