"""Causal softmax attention without its table of scores: a recurrence over blocks of keys, kept finite by a change of gauge.

    out_i = Σ_{j ≤ i} p_ij v_j,    p_ij = exp(s_ij − lse_i),    s_ij = scale q_i·k_j,    lse_i = log Σ_{j ≤ i} exp(s_ij)

q, k (B, H, L, n) and v, out (B, H, L, d), with n, d ≤ 128. Along the keys j, row i is a recurrence with two states:

    h_j = h_{j−1} + exp(s_ij) v_j,    z_j = z_{j−1} + exp(s_ij),    out_i = h_i / z_i.

exp(s) overflows. But T_j h_j and T_j z_j have the same quotient for any T_j > 0: a gauge change of the recurrence, by which its
transition 1 becomes T_j / T_{j−1} and its input T_j exp(s_ij). In the gauge T_j = exp(−m_j), m_j the largest score so far, both
exponents m_{j−1} − m_j and s_ij − m_j are ≤ 0: online softmax. Here one step takes a block of keys, and lse_i = m_i + log z_i.
The trap is −∞ − (−∞) = NaN, in a row that has seen no key yet; so the first block is the one with key 0, which every row sees.

With g = ∂loss/∂out, δ_i = g_i·out_i and t_ij = p_ij (g_i·v_j − δ_i), where p is made again from lse,

    grad_v_j = Σ_i p_ij g_i,    grad_k_j = scale Σ_i t_ij q_i,    grad_q_i = scale Σ_j t_ij k_j.

`dynlib_kernels.softmax_attention_backward` has two kernels for that, and no atomics.

Bytes and work, for each of the B H heads. A block has BL rows (32; 16 where a row takes more than 256 bytes), n and d are padded
to powers of two BN, BD ≥ 16, and of the P = ⌈L / BL⌉ blocks only pairs on or below the diagonal meet. A number takes r bytes, one
of lse and δ a bytes.
    bytes    forward r (L + S) (n + d) + a L, where S = L + BL P (P − 1) / 2 is how many keys are read
             backward r (P + 5) L (n + d) + 2 a (L + R), where R = P L − BL P (P − 1) / 2 is how many queries are read
    flops    BL² P (P + 1) times BN + BD forward, 4 BN + 3 BD backward
    exp      BL (BL + 1) P (P + 1) / 2 forward, BL² P (P + 1) backward

Error in float32, u = 2⁻²⁴, to first order in u and underflow aside. Over j ≤ i, let x = |scale| max_ij Σ_c |q_ic k_jc| and
y_i = max_j Σ_c |g_ic v_jc|. Then with E = (3 n + 25) x + 3 BL + 13 P + d + 22 + 8 log L,
    |out − exact| ≤ 2 u E Σ_j p_ij |v_j|                      |grad_v − exact| ≤ 2 u E Σ_i p_ij |g_i|
    |grad_q − exact| ≤ 2 u E |scale| y_i Σ_j p_ij |k_j|       |grad_k − exact| ≤ 2 u E |scale| Σ_i p_ij y_i |q_i|
Why, all in u. A score is off by (n + 2) x. exp(e), with the rounding of e, is relatively off by 4 + 3 |e|; the exponents that a
weight meets, s − m and then every m_{j−1} − m_j, add up to at most 2 x, and at most P of them are not 0: (n + 8) x + 4 P + 4.
A sum over keys adds BL + 2 P. Numerator and denominator both have these, and the division 4: out is off by
2 ((n + 8) x + BL + 6 P + 6), lse by (n + 9) x + BL + 6 P + 8 + 5 log L, p by (2 n + 17) x + BL + 6 P + 12 + 8 log L, g·v by d y,
δ by d y and out's error. |t| ≤ 2 p y has the errors of both its factors and 4 p y, and the last sum adds BL + P + 2.
In float16 and bfloat16 sums are kept in float32, while p and t are rounded before they are multiplied, and so are the results:
6 w more, beside 2 u E, with w = 2⁻¹¹ and 2⁻⁸.

Milakov, Gimelshein, "Online normalizer calculation for softmax", 2018, arXiv:1805.02867. Dao, Fu, Ermon, Rudra, Ré,
"FlashAttention: fast and memory-efficient exact attention with IO-awareness", 2022, arXiv:2205.14135.
"""

import math
import numbers
from functools import partial

from dynlib_kernels.arguments.launches import HALVES, REALS, check_dtype, check_size, check_tensor, warn_if_slow
from dynlib_kernels.arguments.scalars import check_counts
from dynlib_kernels.arguments.tensors import check_axes, check_broadcast, check_one_dtype
from dynlib_kernels.cost import Cost
from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.engine import MODE, torch
from dynlib_kernels.language import tl, triton
from dynlib_kernels.precision import full_precision
from dynlib_kernels.softmax_attention_backward import backward, tiles

__all__ = ["cost", "error_bounds", "softmax_attention", "softmax_attention_ref"]

WIDEST = 128  # entries of a query, key or value; the tiles of wider ones leave the registers and the shared memory


def cost(B: int, H: int, L: int, n: int, d: int, dtype: torch.dtype = torch.float32) -> dict[str, Cost]:
    """What one call moves and computes, in closed form.

    Parameters
    ----------
    B, H, L, n, d : int
        Batch, heads, steps, entries of a query and of a value.
    dtype : torch.dtype, default torch.float32
        Of q, k and v.

    Returns
    -------
    dict of str to Cost
        "forward"; "backward"; "plain", `softmax_attention_ref` forward, operation by operation as
        torch runs it: the table (B, H, L, L) is written by q·k, read and written by the mask and by
        softmax, and read by the product with v; the mask (L, L) is made in two steps.
    """
    B, H, L, n, d = check_counts("softmax_attention.cost", B=B, H=H, L=L, n=n, d=d)
    check_dtype("softmax_attention.cost", dtype, (*REALS, *HALVES))
    r, a, heads = dtype.itemsize, accumulator(dtype).itemsize, B * H
    BL, BN, BD = tiles(n, d, dtype).values()
    P = math.ceil(L / BL)
    pairs, ahead = P * (P + 1) // 2, BL * P * (P - 1) // 2
    S, R = L + ahead, P * L - ahead  # rows of keys read by queries, of queries read by keys
    row_n, row_d, row = r * heads * n, r * heads * d, a * heads  # bytes of one row of every head
    dot, table = 2 * heads * pairs * BL**2, r * heads * L**2
    return {
        "forward": Cost(
            reads={"q": L * row_n, "k": S * row_n, "v": S * row_d},
            writes={"out": L * row_d, "lse": L * row},
            dot_flops=dot * (BN + BD),
            calls={"exp": heads * pairs * BL * (BL + 1), "log": heads * P * BL},
        ),
        "backward": Cost(
            reads={
                "q": (L + R) * row_n,
                "k": (L + S) * row_n,
                "v": (L + S) * row_d,
                "g": (L + R) * row_d,
                "out": L * row_d,
                "lse": (L + R) * row,
                "delta": R * row,
            },
            writes={"grad_q": L * row_n, "grad_k": L * row_n, "grad_v": L * row_d, "delta": L * row},
            dot_flops=dot * (4 * BN + 3 * BD),
            calls={"exp": 2 * heads * pairs * BL**2},
        ),
        "plain": Cost(
            reads={"q": 2 * L * row_n, "k": L * row_n, "v": L * row_d, "table": 3 * table, "mask": 2 * L**2},
            writes={"q": L * row_n, "out": L * row_d, "table": 3 * table, "mask": 2 * L**2},
            dot_flops=2 * heads * L**2 * (n + d),
            calls={"exp": heads * L**2},
        ),
    }


def error_bounds(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, g: torch.Tensor, scale: float | None = None
) -> dict[str, torch.Tensor]:
    """The bounds of the module's docstring; for float64 u is 2⁻⁵³.

    Parameters
    ----------
    q, k : (B, H, L, n) tensor
        As in `softmax_attention`.
    v : (B, H, L, d) tensor
        As in `softmax_attention`.
    g : (B, H, L, d) tensor
        ∂loss/∂out.
    scale : float, optional
        1/√n if None.

    Returns
    -------
    dict of str to float64 tensor
        "out", "grad_q", "grad_k" and "grad_v", each shaped like what it bounds.

    Notes
    -----
    Makes tables (B, H, L, L).
    """
    check_axes("error_bounds", mixed=True, q=(q, "B H L n"), k=(k, "B H L n"), v=(v, "B H L d"), g=(g, "B H L d"))
    _check_scale(scale)
    L, n, d = *q.shape[-2:], v.shape[-1]
    BL, scale, u = tiles(n, d, q.dtype)["BL"], default_scale(q, scale), torch.finfo(accumulator(q.dtype)).eps / 2
    rounded = 3 * torch.finfo(q.dtype).eps if q.dtype in HALVES else 0
    q, k, v, g = (x.detach().double() for x in (q, k, v, g))
    p = softmax_attention_ref(q, k, torch.eye(L, dtype=q.dtype, device=q.device).expand(*q.shape[:2], L, L), scale)
    q, k, v, g = (x.abs() for x in (q, k, v, g))
    x = abs(scale) * (q @ k.mT).tril().amax()
    y = (g @ v.mT).tril().amax(-1, keepdim=True)  # (B, H, L, 1)
    E = (3 * n + 25) * x + 3 * BL + 13 * math.ceil(L / BL) + d + 22 + 8 * math.log(L)
    sizes = {"out": p @ v, "grad_q": abs(scale) * y * (p @ k), "grad_k": abs(scale) * p.mT @ (y * q), "grad_v": p.mT @ g}
    return {name: (2 * u * E + rounded) * size for name, size in sizes.items()}


def accumulator(dtype: torch.dtype) -> torch.dtype:
    """The dtype of lse, δ and every sum: float64 for float64, otherwise float32.

    Parameters
    ----------
    dtype : torch.dtype
        Of q, k and v.

    Returns
    -------
    torch.dtype
        float32 or float64.
    """
    return torch.promote_types(dtype, torch.float32)


def default_scale(q: torch.Tensor, scale: float | None) -> float:
    """The scale that is meant: 1/√n, n the entries of a query, unless one is given.

    Parameters
    ----------
    q : (..., n) tensor
        Queries.
    scale : float or None
        What was given.

    Returns
    -------
    float
        The scale.
    """
    return 1 / math.sqrt(q.shape[-1]) if scale is None else scale


def softmax_attention_ref(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float | None = None) -> torch.Tensor:
    """The plain form, by way of tables (..., L, L).

    Parameters
    ----------
    q, k : (..., L, n) tensor
        Queries and keys.
    v : (..., L, d) tensor
        Values.
    scale : float, optional
        1/√n if None.

    Returns
    -------
    (..., L, d) tensor
        out, in the dtype of the input.
    """
    check_axes("softmax_attention_ref", q=(q, "... L n"), k=(k, "... L n"), v=(v, "... L d"))
    check_broadcast("softmax_attention_ref", q=q.shape[:-2], k=k.shape[:-2], v=v.shape[:-2])
    _check_scale(scale)
    L = q.shape[-2]
    scores = torch.einsum("...in,...jn->...ij", default_scale(q, scale) * q, k)  # (..., L, L)
    future = torch.ones(L, L, dtype=torch.bool, device=q.device).triu(1)  # (L, L)
    return torch.einsum("...ij,...jd->...id", torch.softmax(scores.masked_fill(future, -torch.inf), -1), v)


@triton.jit
def softmax_attention_forward(
    q,
    k,
    v,
    out,
    lse,
    L,
    n,
    d,
    scale: "fp64",  # type: ignore[name-defined]  # noqa: F821  (a name of Triton's)
    BL: tl.constexpr,
    BN: tl.constexpr,
    BD: tl.constexpr,
):
    """One program: one head and BL queries. Grid (B H P,), along one axis because the others end at 65,535."""
    i_h, i_q = tl.program_id(0).to(tl.int64) // tl.cdiv(L, BL), tl.program_id(0) % tl.cdiv(L, BL) * BL
    o_l, o_n, o_d = tl.arange(0, BL), tl.arange(0, BN), tl.arange(0, BD)  # (BL,), (BN,), (BD,)
    o_ln, o_ld = o_l[:, None] * n + o_n[None, :], o_l[:, None] * d + o_d[None, :]  # (BL, BN), (BL, BD) within a block
    m_n, m_d = o_n[None, :] < n, o_d[None, :] < d  # (1, BN), (1, BD)
    i_row, m_q = i_h * L + i_q, i_q + o_l[:, None] < L  # (), (BL, 1)
    b_q = tl.load(q + i_row * n + o_ln, mask=m_q & m_n, other=0.0)  # (BL, BN)
    b_scale = tl.full([1, 1], scale, lse.dtype.element_ty)  # (1, 1)
    b_m = tl.full([BL], float("-inf"), lse.dtype.element_ty)  # (BL,) the largest score so far; the gauge is exp(−b_m)
    b_z = tl.zeros([BL], lse.dtype.element_ty)  # (BL,) z in this gauge
    b_h = tl.zeros([BL, BD], lse.dtype.element_ty)  # (BL, BD) h in this gauge
    for i_k in range(0, i_q + BL, BL):
        i_row, m_k = i_h * L + i_k, i_k + o_l[:, None] < L  # (), (BL, 1)
        b_k = tl.load(k + i_row * n + o_ln, mask=m_k & m_n, other=0.0)  # (BL, BN)
        b_v = tl.load(v + i_row * d + o_ld, mask=m_k & m_d, other=0.0)  # (BL, BD)
        m_s = i_q + o_l[:, None] >= i_k + o_l[None, :]  # (BL, BL) keys beyond L are future, too
        b_s = tl.dot(b_q, tl.trans(b_k), input_precision="ieee") * b_scale  # (BL, BL)
        b_s = tl.where(m_s, b_s, float("-inf"))  # (BL, BL)
        b_new = tl.maximum(b_m, tl.max(b_s, 1))  # (BL,) finite: key 0 is in the first block
        b_gauge = tl.exp(b_m - b_new)  # (BL,) T_j / T_{j−1}; exp(−∞) = 0 in the first block
        b_p = tl.exp(b_s - b_new[:, None])  # (BL, BL)
        b_z = b_z * b_gauge + tl.sum(b_p, 1)  # (BL,)
        b_h = b_h * b_gauge[:, None] + tl.dot(b_p.to(b_v.dtype), b_v, input_precision="ieee")  # (BL, BD)
        b_m = b_new  # (BL,)
    i_row = i_h * L + i_q
    tl.store(out + i_row * d + o_ld, (b_h / b_z[:, None]).to(out.dtype.element_ty), mask=m_q & m_d)
    tl.store(lse + i_row + o_l, b_m + tl.log(b_z), mask=i_q + o_l < L)


def forward(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Launch the forward kernel; nothing is checked.

    Parameters
    ----------
    q, k : (B, H, L, n) tensor
        Queries and keys, contiguous.
    v : (B, H, L, d) tensor
        Values, contiguous.
    scale : float
        The factor of the scores.

    Returns
    -------
    out : (B, H, L, d) tensor
        The output.
    lse : (B, H, L) tensor
        In the dtype of `accumulator`.
    """
    (B, H, L, n), d = q.shape, v.shape[-1]
    tile = tiles(n, d, q.dtype)
    out, lse = torch.empty_like(v), torch.empty(B, H, L, dtype=accumulator(q.dtype), device=q.device)
    grid = (B * H * math.ceil(L / tile["BL"]),)
    softmax_attention_forward[grid](q, k, v, out, lse, L, n, d, scale, **tile, num_warps=8, num_stages=1)
    return out, lse


def _plain(q, k, v, scale):
    """The plain form in float64, so that the error bound holds for it too."""
    return softmax_attention_ref(q.double(), k.double(), v.double(), scale).to(q.dtype)


def _forward(q, k, v, scale):
    out, lse = forward(q, k, v, scale)
    return out, (out, lse)


def _backward(g, inputs, kept, needed, scale):
    (q, k, v), (out, lse) = inputs, kept
    return backward(q, k, v, out, lse, g.contiguous(), scale)


@full_precision
def softmax_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float | None = None) -> torch.Tensor:
    """Attend to the past: out_i = Σ_{j ≤ i} softmax_j(scale q_i·k_j) v_j, for every head.

    Differentiable in q, k and v; what is more than a gradient takes the plain form.

    Without a GPU it runs in Triton's interpreter, slowly: about a millisecond a number of the
    result. Without Triton the plain form runs instead, in float64, so that the error bound holds
    there too.

    Parameters
    ----------
    q, k : (B, H, L, n) float16, bfloat16 (on a GPU), float32 or float64 tensor
        Queries and keys, on `dynlib_kernels.DEVICE`, of any stride; n from 1 to 128.
    v : (B, H, L, d) tensor
        Values, of the same dtype and device; d from 1 to 128, not always equal to n.
    scale : float, optional
        The factor of the scores, 1/√n if None.

    Returns
    -------
    (B, H, L, d) tensor
        out, in the dtype of q.

    Raises
    ------
    ValueError
        For another device, dtype or shape, an empty input, n or d above 128, or a scale that is no
        finite number.

    Notes
    -----
    In float64 with n and d both above 64 the backward needs 66 KiB of shared memory, more than a T4
    has.

    NaN and infinity are not looked for, because that waits for the GPU: they spread as in the plain
    form.
    """
    _check(q, k, v, scale)
    scale = float(default_scale(q, scale))
    if MODE == "torch":
        return _plain(q, k, v, scale)
    warn_if_slow("softmax_attention", v.numel())
    by_hand = ByHand(
        plain=partial(_plain, scale=scale),
        forward=partial(_forward, scale=scale),
        backward=partial(_backward, scale=scale),
    )
    return differentiable(by_hand, q.contiguous(), k.contiguous(), v.contiguous())


def _check(q, k, v, scale):
    check_tensor("q", q, "(B, H, L, n)", (*REALS, *HALVES))
    check_tensor("k", k, "(B, H, L, n)", (*REALS, *HALVES))
    check_tensor("v", v, "(B, H, L, d)", (*REALS, *HALVES))
    check_one_dtype(q=q, k=k, v=v)
    for axis in range(4):
        check_size("k", k, axis, q.shape[axis], f"q has: {tuple(q.shape)}")
    for axis in range(3):
        check_size("v", v, axis, q.shape[axis], f"q has: {tuple(q.shape)}")
    for name, x in (("q", q), ("v", v)):
        if x.shape[-1] > WIDEST:
            raise ValueError(f"{name} has shape {tuple(x.shape)}; its last axis may have {WIDEST} entries: use more heads")
    _check_scale(scale)


def _check_scale(scale):
    if isinstance(scale, torch.Tensor):
        raise ValueError("scale is a Tensor; give a number, or put what is learnt into q: softmax_attention(scale * q, k, v, 1)")
    if scale is not None and (isinstance(scale, bool) or not isinstance(scale, numbers.Real) or not math.isfinite(scale)):
        raise ValueError(f"scale is {scale!r}; give a finite number, or None for 1/√n")
