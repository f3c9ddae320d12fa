"""The gradients of the locally connected layer: formulas, bytes and bounds stand in `dynlib_kernels.local_conv`.

Here is also what its forward shares with them: the size of a tile, and how a row and an entry become an address in x.
"""

import math

from dynlib_kernels.engine import torch
from dynlib_kernels.language import tl, triton

__all__ = ["BD", "BO", "BR", "grad_w", "grad_x", "part_rows", "patch_begin", "patch_entry"]

BR, BO, BD = 32, 16, 32  # a tile's rows, outputs (in grad_x: columns) and terms of the sum (in grad_w: rows are summed)
PARTS = 64  # at most so many programs share the sum of a shared grad_w
SUM = 32  # entries of grad_w in one program that adds their parts


@triton.jit
def patch_begin(o_p, W, PW, SH: tl.constexpr, SW: tl.constexpr):
    """Where in a channel of x the patch at position o_p begins; shaped like o_p."""
    return o_p // PW * SH * W + o_p % PW * SW


@triton.jit
def patch_entry(o_d, H, W, KH: tl.constexpr, KW: tl.constexpr):
    """Where in a sample of x entry o_d = (c, s_h, s_w) of a patch lies, from where the patch begins; shaped like o_d."""
    return o_d // (KH * KW) * (H * W) + o_d // KW % KH * W + o_d % KW


@triton.jit
def local_conv_grad_x(
    w,
    g,
    grad_x,
    rows,
    row_tiles,
    col_tiles,
    Q,
    step,
    C,
    H,
    W,
    O,
    PH,
    PW,
    AW,
    KH: tl.constexpr,
    KW: tl.constexpr,
    SH: tl.constexpr,
    SW: tl.constexpr,
    JH: tl.constexpr,
    JW: tl.constexpr,
    BR: tl.constexpr,
    BN: tl.constexpr,
    BE: tl.constexpr,
):
    """One program: BR rows of one group, which has Q blocks of cells, by BN columns. Grid (G·row_tiles·col_tiles,).

    step: from one position's filters to the next in w, 0 where all positions share them.
    """
    i_n, i_r = tl.program_id(0) % col_tiles, tl.program_id(0) // col_tiles % row_tiles
    i_a = tl.program_id(0) // col_tiles // row_tiles * Q  # first block of the group, the only one unless shared
    P = PH * PW
    o_r = i_r * BR + tl.arange(0, BR)  # (BR,) row: sample and block
    o_b, o_a = (o_r // Q).to(tl.int64), i_a + o_r % Q  # (BR,)
    o_ah, o_aw = o_a // AW, o_a % AW  # (BR,)
    o_n = i_n * BN + tl.arange(0, BN)  # (BN,) column: channel and place in the block
    o_c, o_fh, o_fw = o_n // (SH * SW), o_n // SW % SH, o_n % SW  # (BN,)
    m_r, m_n = o_r < rows, o_c < C  # (BR,), (BN,)
    b_x = tl.zeros([BR, BN], grad_x.dtype.element_ty)  # (BR, BN)
    for e in range(0, O * JH * JW, BE):
        o_e = e + tl.arange(0, BE)  # (BE,) term: output and how many positions back
        o_o, o_jh, o_jw = o_e // (JH * JW), o_e // JW % JH, o_e % JW  # (BE,)
        o_ph, o_pw = o_ah[:, None] - o_jh[None, :], o_aw[:, None] - o_jw[None, :]  # (BR, BE)
        m_p = (o_ph >= 0) & (o_ph < PH) & (o_pw >= 0) & (o_pw < PW)  # (BR, BE)
        o_g = (o_b * O * P)[:, None] + (o_o * P)[None, :] + o_ph * PW + o_pw  # (BR, BE)
        b_g = tl.load(g + o_g, mask=m_p & m_r[:, None] & (o_o < O)[None, :], other=0.0)  # (BR, BE)
        o_sh, o_sw = o_jh[:, None] * SH + o_fh[None, :], o_jw[:, None] * SW + o_fw[None, :]  # (BE, BN)
        o_qh, o_qw = i_a // AW - o_jh, i_a % AW - o_jw  # (BE,) position whose filters are met, unless shared
        m_q = (step == 0) | ((o_qh >= 0) & (o_qh < PH) & (o_qw >= 0) & (o_qw < PW))  # (BE,)
        o_w = (o_qh * PW + o_qw).to(tl.int64) * step + o_o * (C * KH * KW)  # (BE,)
        o_w = o_w[:, None] + (o_c * (KH * KW))[None, :] + o_sh * KW + o_sw  # (BE, BN)
        m_w = (m_q & (o_o < O))[:, None] & m_n[None, :] & (o_sh < KH) & (o_sw < KW)  # (BE, BN)
        b_w = tl.load(w + o_w, mask=m_w, other=0.0)  # (BE, BN)
        b_x += tl.dot(b_g, b_w, input_precision="ieee")  # (BR, BN)
    o_h, o_v = (o_ah * SH)[:, None] + o_fh[None, :], (o_aw * SW)[:, None] + o_fw[None, :]  # (BR, BN) the cell
    o_x = (o_b * (C * H * W))[:, None] + (o_c * (H * W))[None, :] + o_h * W + o_v  # (BR, BN)
    tl.store(grad_x + o_x, b_x, mask=m_r[:, None] & m_n[None, :] & (o_h < H) & (o_v < W))


@triton.jit
def local_conv_grad_w(
    x,
    g,
    grad_w,
    rows,
    parts,
    part,
    out_tiles,
    entry_tiles,
    Q,
    C,
    H,
    W,
    O,
    P,
    PW,
    KH: tl.constexpr,
    KW: tl.constexpr,
    SH: tl.constexpr,
    SW: tl.constexpr,
    BR: tl.constexpr,
    BO: tl.constexpr,
    BD: tl.constexpr,
):
    """One program: BO outputs by BD entries of one group's filters, summed over `part` of its rows. grad_w (G·parts, O, D).

    Grid (G·parts·out_tiles·entry_tiles,).
    """
    i_d, i_o = tl.program_id(0) % entry_tiles, tl.program_id(0) // entry_tiles % out_tiles
    i_k = tl.program_id(0) // entry_tiles // out_tiles
    i_g, i_s = i_k // parts, i_k % parts
    D = C * KH * KW
    o_d = i_d * BD + tl.arange(0, BD)  # (BD,)
    o_o = i_o * BO + tl.arange(0, BO)  # (BO,)
    m_d, m_o = o_d < D, o_o < O  # (BD,), (BO,)
    o_s = patch_entry(o_d, H, W, KH, KW)  # (BD,)
    b_w = tl.zeros([BO, BD], grad_w.dtype.element_ty)  # (BO, BD)
    for r in range(i_s * part, tl.minimum(rows, (i_s + 1) * part), BR):
        o_r = r + tl.arange(0, BR)  # (BR,) row: sample and position
        m_r = o_r < rows  # (BR,)
        o_b, o_p = (o_r // Q).to(tl.int64), i_g * Q + o_r % Q  # (BR,)
        o_x = o_b * (C * H * W) + patch_begin(o_p, W, PW, SH, SW)  # (BR,)
        o_g = o_b * (O * P) + o_p  # (BR,)
        b_g = tl.load(g + (o_o * P)[:, None] + o_g[None, :], mask=m_o[:, None] & m_r[None, :], other=0.0)  # (BO, BR)
        b_x = tl.load(x + o_x[:, None] + o_s[None, :], mask=m_r[:, None] & m_d[None, :], other=0.0)  # (BR, BD)
        b_w += tl.dot(b_g, b_x, input_precision="ieee")  # (BO, BD)
    o_w = i_k.to(tl.int64) * O * D + (o_o * D)[:, None] + o_d[None, :]  # (BO, BD)
    tl.store(grad_w + o_w, b_w, mask=m_o[:, None] & m_d[None, :])


@triton.jit
def local_conv_sum(parts, grad_w, S, n, PARTS: tl.constexpr, SUM: tl.constexpr):
    """One program: SUM of the n entries of grad_w, the sum of S ≤ PARTS parts. parts (S, n). Grid (⌈n / SUM⌉,)."""
    o_s = tl.arange(0, PARTS)  # (PARTS,)
    o_w = tl.program_id(0) * SUM + tl.arange(0, SUM)  # (SUM,)
    o_p = o_s.to(tl.int64)[:, None] * n + o_w[None, :]  # (PARTS, SUM)
    b_p = tl.load(parts + o_p, mask=(o_s < S)[:, None] & (o_w < n)[None, :], other=0.0)  # (PARTS, SUM)
    tl.store(grad_w + o_w, tl.sum(b_p, 0), mask=o_w < n)


def grad_x(x: torch.Tensor, w: torch.Tensor, g: torch.Tensor, n) -> torch.Tensor:
    """Launch the kernel for ∂loss/∂x; nothing is checked.

    Parameters
    ----------
    x, w : tensor
        As in `local_conv`, contiguous.
    g : tensor
        ∂loss/∂y, contiguous.
    n : dynlib_kernels.local_conv.Layer
        Their sizes.

    Returns
    -------
    tensor
        The gradient, shaped like x.
    """
    out = torch.empty_like(x)
    G, Q, step = (1, n.A, 0) if n.shared else (n.A, 1, n.O * n.D)
    row_tiles, col_tiles = math.ceil(n.B * Q / BR), math.ceil(n.C * n.SH * n.SW / BO)
    local_conv_grad_x[(G * row_tiles * col_tiles,)](
        w,
        g,
        out,
        n.B * Q,
        row_tiles,
        col_tiles,
        Q,
        step,
        n.C,
        n.H,
        n.W,
        n.O,
        n.PH,
        n.PW,
        n.AW,
        n.KH,
        n.KW,
        n.SH,
        n.SW,
        n.JH,
        n.JW,
        BR,
        BO,
        BD,
    )
    return out


def part_rows(n) -> int:
    """Rows that one program of grad_w sums: all of them, unless the filters are shared.

    Parameters
    ----------
    n : dynlib_kernels.local_conv.Layer
        The sizes.

    Returns
    -------
    int
        The rows.
    """
    return BR * math.ceil(n.B * n.P / (BR * PARTS)) if n.shared else BR * math.ceil(n.B / BR)


def grad_w(x: torch.Tensor, w: torch.Tensor, g: torch.Tensor, n) -> torch.Tensor:
    """Launch the kernels for ∂loss/∂w; nothing is checked.

    A shared one is summed in parts, and then the parts are.

    Parameters
    ----------
    x, w : tensor
        As in `local_conv`, contiguous.
    g : tensor
        ∂loss/∂y, contiguous.
    n : dynlib_kernels.local_conv.Layer
        Their sizes.

    Returns
    -------
    tensor
        The gradient, shaped like w.
    """
    out = torch.empty_like(w)
    G, Q = (1, n.P) if n.shared else (n.P, 1)
    rows, part = n.B * Q, part_rows(n)
    parts = math.ceil(rows / part)
    out_tiles, entry_tiles = math.ceil(n.O / BO), math.ceil(n.D / BD)
    made = out if parts == 1 else out.new_empty(parts, n.O, n.D)
    local_conv_grad_w[(G * parts * out_tiles * entry_tiles,)](
        x,
        g,
        made,
        rows,
        parts,
        part,
        out_tiles,
        entry_tiles,
        Q,
        n.C,
        n.H,
        n.W,
        n.O,
        n.P,
        n.PW,
        n.KH,
        n.KW,
        n.SH,
        n.SW,
        BR,
        BO,
        BD,
    )
    if parts > 1:
        local_conv_sum[(math.ceil(out.numel() / SUM),)](made, out, parts, out.numel(), PARTS, SUM)
    return out
