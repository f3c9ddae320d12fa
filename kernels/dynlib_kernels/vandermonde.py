"""The convolution kernel of a diagonal state space model, without the table of exponentials that it sums.

    K[h, l] = 2 Re Σ_n c[h, n] exp(l z[h, n]),        l = 0 … L−1

z, c (H, N) complex: the modes (Δ·a) and their weights, one of each conjugate pair; K (H, L) real.
With g = ∂loss/∂K, and gradients as torch writes them (∂/∂Re + i ∂/∂Im),

    grad_c = 2 conj(S),    S[h, n] = Σ_l g[h, l] exp(l z[h, n])
    grad_z = 2 conj(c T),  T[h, n] = Σ_l l g[h, l] exp(l z[h, n])

Two levels. Write a lag as l = B a + j with 0 ≤ j < B, here B = 32. Then exp(l z) = exp(B a z) exp(j z): two small tables, one
over a and one over j, and the sum over n is their matrix product. The table (H, N, L) of the plain form is never stored.

Bytes moved (r = 4 for complex64, 8 for complex128; P = ⌈L / 512⌉ blocks of lags, M = ⌈N / 16⌉ blocks of modes)
    forward    2 r H N P for z, as much for c, and r H L for K
    backward   2 r H N for each of z, c, grad_z and grad_c, and r H L M for g
Flops of the matrix products: forward 2¹⁵ H M P, backward 2¹⁶ H M P.
Exponentials, instead of H N L: forward 768 H M P, backward 16 H M (32 + 16 P).

Error for Re z ≤ 0, with u = 2⁻²⁴ (complex64) or 2⁻⁵³ (complex128), at every lag and for any length:
    |K − exact|      ≤ 2 (2 N + 48) u Σ_n |c[h, n]|
    |grad_c − exact| ≤ 2 (P + 96) u Σ_l |g[h, l]|
    |grad_z − exact| ≤ 2 (P + 98) u |c[h, n]| Σ_l l |g[h, l]|
Why. Multiplied out, the phase l·Im z would lose l |Im z| u. Here it is counted in whole 2⁻³² of a turn, by integers that wrap
around exactly, and only the remainder is rounded: 10 u, whatever l. Then 4 u for cos, sin and their product with the size, 4 u
for exp, and 2 |x| eˣ u ≤ 2 u/e for its exponent x = l·Re z. Two such entries, the product with c and the last rounding make 48 u;
a sum of m products adds m u (2 N of them forward; backward 32 and 16 within a block, then P blocks).
The integers come from Im z in float64. For complex128 that is no finer than the input, and 4 l |Im z| u more must be allowed.

Gu, Gupta, Goel, Ré, "On the parameterization and initialization of diagonal state space models", 2022, arXiv:2206.11893.
"""

import math
from functools import partial

from dynlib_kernels.arguments.launches import COMPLEX, check_dtype, check_finite, check_tensor, warn_if_slow
from dynlib_kernels.arguments.scalars import check_cells, check_count, check_counts, whole
from dynlib_kernels.arguments.tensors import check_axes, check_broadcast
from dynlib_kernels.arguments.values import looked_at
from dynlib_kernels.cost import Cost
from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.engine import MODE, torch
from dynlib_kernels.language import tl, triton
from dynlib_kernels.precision import full_precision

__all__ = ["cost", "error_bound", "vandermonde", "vandermonde_ref"]

TILE = {"BA": 16, "BJ": 32, "BN": 16}  # a program's tile: BA·BJ lags by BN modes; B of the docstring is BJ
BLOCK = TILE["BA"] * TILE["BJ"]  # lags in one block
TURN = tl.constexpr(2 * math.pi)
UNITS = tl.constexpr(2.0**32)  # units of phase in a turn: an int32 wraps around exactly when the phase does


def cost(H: int, N: int, L: int, dtype: torch.dtype = torch.complex64) -> dict[str, Cost]:
    """What one call moves and computes, in closed form.

    Parameters
    ----------
    H, N, L : int
        Channels, modes of each, and lags.
    dtype : torch.dtype, default torch.complex64
        Of z and c.

    Returns
    -------
    dict of str to Cost
        "forward"; "backward"; "plain", `vandermonde_ref` forward, operation by operation as torch
        runs it: the table (H, N, L) is written by z·l, read and written by exp, and read by the
        product with c.
    """
    H, N, L = check_counts("vandermonde.cost", H=H, N=N, L=L)
    check_dtype("vandermonde.cost", dtype, COMPLEX)
    r = dtype.itemsize // 2
    P, M = math.ceil(L / BLOCK), math.ceil(N / TILE["BN"])
    modes, lags, table = 2 * r * H * N, r * H * L, 2 * r * H * N * L
    dot = 2 * BLOCK * TILE["BN"]
    forward, backward = H * M * P * TILE["BN"] * (TILE["BA"] + TILE["BJ"]), H * M * TILE["BN"] * (TILE["BJ"] + P * TILE["BA"])
    return {
        "forward": Cost(
            reads={"z": P * modes, "c": P * modes},
            writes={"K": lags},
            dot_flops=2 * dot * H * M * P,
            calls=dict.fromkeys(("exp", "cos", "sin"), forward),
        ),
        "backward": Cost(
            reads={"z": modes, "c": modes, "g": M * lags},
            writes={"grad_z": modes, "grad_c": modes},
            dot_flops=4 * dot * H * M * P,
            calls=dict.fromkeys(("exp", "cos", "sin"), backward),
        ),
        "plain": Cost(
            reads={"z": modes, "c": modes, "lags": r * L, "table": 2 * table, "sum": lags},
            writes={"lags": r * L, "table": 2 * table, "sum": 2 * lags, "K": lags},
            calls=dict.fromkeys(("exp", "cos", "sin"), H * N * L),
        ),
    }


def error_bound(z: torch.Tensor, c: torch.Tensor, L: int) -> torch.Tensor:
    """The bound of the module's docstring on |K − exact|, for Re z ≤ 0.

    Parameters
    ----------
    z, c : (H, N) complex tensor
        Modes and weights.
    L : int
        Lags.

    Returns
    -------
    (H, 1) float64 tensor
        On the device of z.
    """
    check_axes("error_bound", kind="complex", z=(z, "H N"), c=(c, "H N"))
    L = check_count("error_bound", "L", L)
    u = torch.finfo(z.dtype).eps / 2
    input_phase = 4 * L * z.imag.abs().max().double() if z.dtype == torch.complex128 else 0
    return 2 * (2 * z.shape[1] + 48 + input_phase) * u * c.abs().double().sum(1, keepdim=True)


def vandermonde_ref(z: torch.Tensor, c: torch.Tensor, L: int) -> torch.Tensor:
    """The plain form, by way of the table (..., N, L).

    Parameters
    ----------
    z, c : (..., N) complex tensor
        Modes and weights.
    L : int
        Lags.

    Returns
    -------
    (..., L) real tensor
        K, in the precision of the input.
    """
    check_axes("vandermonde_ref", kind="complex", z=(z, "... N"), c=(c, "... N"))
    check_broadcast("vandermonde_ref", z=z.shape[:-1], c=c.shape[:-1])
    L = check_cells("vandermonde_ref", check_count("vandermonde_ref", "L", L), z.numel(), "L")
    lags = torch.arange(L, device=z.device, dtype=z.real.dtype)
    table = torch.exp(z[..., None] * lags)  # (..., N, L)
    return 2 * torch.einsum("...n,...nl->...l", c, table).real


@triton.jit
def _load_complex(x, o, m):
    """x[o], stored as pairs: real and imaginary part, shaped like o, zero where the mask m is false."""
    return tl.load(x + 2 * o, mask=m, other=0.0), tl.load(x + 2 * o + 1, mask=m, other=0.0)


@triton.jit
def _powers(b_re, b_im, o_l):
    """exp(l z): real and imaginary part. b_re, b_im and the lags o_l broadcast: (1, BN) with (BA, 1) gives (BA, BN)."""
    b_turns = b_im.to(tl.float64) * (1 / TURN)  # like b_im: turns per lag; few values, so float64 is cheap
    b_units = (b_turns - tl.floor(b_turns)) * UNITS  # like b_im, in [0, 2³²]
    b_whole = tl.floor(b_units).to(tl.int64).to(tl.int32)  # like b_im, modulo one turn
    b_rest = (b_units - tl.floor(b_units)).to(b_re.dtype)  # like b_im, in [0, 1]
    o_x = o_l.to(b_re.dtype)  # like o_l
    b_phase = ((o_l * b_whole).to(b_re.dtype) + o_x * b_rest) * (TURN / UNITS)  # (BA, BN), in [−π, π] and a little
    b_size = tl.exp(b_re * o_x)  # (BA, BN)
    return b_size * tl.cos(b_phase), b_size * tl.sin(b_phase)


@triton.jit
def vandermonde_forward(z, c, K, N, L, BA: tl.constexpr, BJ: tl.constexpr, BN: tl.constexpr):
    """One program: one h and BA·BJ consecutive lags. Grid (H, P)."""
    i_h, i_l = tl.program_id(0).to(tl.int64), tl.program_id(1)
    o_a = (i_l * BA + tl.arange(0, BA)) * BJ  # (BA,) the lags B a
    o_j = tl.arange(0, BJ)  # (BJ,)
    b_K = tl.zeros([BA, BJ], K.dtype.element_ty)  # (BA, BJ)
    for n in range(0, N, BN):
        o_n = n + tl.arange(0, BN)  # (BN,)
        m_n = o_n < N  # (BN,) beyond N: c = 0 and z = 0, which add nothing
        b_zr, b_zi = _load_complex(z, i_h * N + o_n, m_n)  # (BN,)
        b_cr, b_ci = _load_complex(c, i_h * N + o_n, m_n)  # (BN,)
        b_pr, b_pi = _powers(b_zr[None, :], b_zi[None, :], o_a[:, None])  # (BA, BN) exp(B a z)
        b_vr, b_vi = _powers(b_zr[:, None], b_zi[:, None], o_j[None, :])  # (BN, BJ) exp(j z)
        b_ur = b_cr[None, :] * b_pr - b_ci[None, :] * b_pi  # (BA, BN) c exp(B a z)
        b_ui = b_cr[None, :] * b_pi + b_ci[None, :] * b_pr  # (BA, BN)
        b_K += tl.dot(b_ur, b_vr, input_precision="ieee")  # (BA, BJ) real part of the product of both tables
        b_K -= tl.dot(b_ui, b_vi, input_precision="ieee")  # (BA, BJ)
    o_l = o_a[:, None] + o_j[None, :]  # (BA, BJ)
    tl.store(K + i_h * L + o_l, 2 * b_K, mask=o_l < L)


@triton.jit
def vandermonde_backward(z, c, g, grad_z, grad_c, N, L, BA: tl.constexpr, BJ: tl.constexpr, BN: tl.constexpr):
    """One program: one h, BN modes and every lag, so nothing is shared between programs. Grid (H, M)."""
    i_h, i_n = tl.program_id(0).to(tl.int64), tl.program_id(1)
    o_n = i_n * BN + tl.arange(0, BN)  # (BN,)
    m_n = o_n < N  # (BN,)
    o_j = tl.arange(0, BJ)  # (BJ,)
    b_zr, b_zi = _load_complex(z, i_h * N + o_n, m_n)  # (BN,)
    b_cr, b_ci = _load_complex(c, i_h * N + o_n, m_n)  # (BN,)
    b_vr, b_vi = _powers(b_zr[None, :], b_zi[None, :], o_j[:, None])  # (BJ, BN) exp(j z)
    b_sr = tl.zeros([BN], g.dtype.element_ty)  # (BN,) S
    b_si = tl.zeros([BN], g.dtype.element_ty)  # (BN,)
    b_tr = tl.zeros([BN], g.dtype.element_ty)  # (BN,) T
    b_ti = tl.zeros([BN], g.dtype.element_ty)  # (BN,)
    for l in range(0, L, BA * BJ):
        o_a = l + tl.arange(0, BA) * BJ  # (BA,)
        o_l = o_a[:, None] + o_j[None, :]  # (BA, BJ)
        b_g = tl.load(g + i_h * L + o_l, mask=o_l < L, other=0.0)  # (BA, BJ)
        b_lg = o_l.to(b_g.dtype) * b_g  # (BA, BJ)
        b_pr, b_pi = _powers(b_zr[None, :], b_zi[None, :], o_a[:, None])  # (BA, BN) exp(B a z)
        b_wr = tl.dot(b_g, b_vr, input_precision="ieee")  # (BA, BN) Σ_j g exp(j z)
        b_wi = tl.dot(b_g, b_vi, input_precision="ieee")  # (BA, BN)
        b_sr += tl.sum(b_pr * b_wr - b_pi * b_wi, 0)  # (BN,)
        b_si += tl.sum(b_pr * b_wi + b_pi * b_wr, 0)  # (BN,)
        b_wr = tl.dot(b_lg, b_vr, input_precision="ieee")  # (BA, BN) Σ_j l g exp(j z)
        b_wi = tl.dot(b_lg, b_vi, input_precision="ieee")  # (BA, BN)
        b_tr += tl.sum(b_pr * b_wr - b_pi * b_wi, 0)  # (BN,)
        b_ti += tl.sum(b_pr * b_wi + b_pi * b_wr, 0)  # (BN,)
    o_c = 2 * (i_h * N + o_n)  # (BN,)
    tl.store(grad_c + o_c, 2 * b_sr, mask=m_n)
    tl.store(grad_c + o_c + 1, -2 * b_si, mask=m_n)
    tl.store(grad_z + o_c, 2 * (b_cr * b_tr - b_ci * b_ti), mask=m_n)
    tl.store(grad_z + o_c + 1, -2 * (b_cr * b_ti + b_ci * b_tr), mask=m_n)


def forward(z: torch.Tensor, c: torch.Tensor, L: int) -> torch.Tensor:
    """Launch the forward kernel; nothing is checked.

    Parameters
    ----------
    z, c : (H, N) complex tensor
        Modes and weights, contiguous.
    L : int
        Lags.

    Returns
    -------
    (H, L) real tensor
        K.
    """
    H, N = z.shape
    K = torch.empty(H, L, dtype=z.real.dtype, device=z.device)
    vandermonde_forward[(H, math.ceil(L / BLOCK))](torch.view_as_real(z), torch.view_as_real(c), K, N, L, **TILE)
    return K


def backward(z: torch.Tensor, c: torch.Tensor, g: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Launch the backward kernel; nothing is checked.

    Parameters
    ----------
    z, c : (H, N) complex tensor
        Modes and weights, contiguous.
    g : (H, L) real tensor
        ∂loss/∂K, contiguous.

    Returns
    -------
    grad_z, grad_c : (H, N) complex tensors
        The gradients.
    """
    (H, N), L = z.shape, g.shape[1]
    grad_z, grad_c = torch.empty_like(z), torch.empty_like(c)
    pairs = [torch.view_as_real(x) for x in (z, c, grad_z, grad_c)]
    vandermonde_backward[(H, math.ceil(N / TILE["BN"]))](*pairs[:2], g, *pairs[2:], N, L, **TILE)
    return grad_z, grad_c


def _plain(z, c, L):
    """The plain form in complex128, so that the error bound holds for it too."""
    return vandermonde_ref(z.to(torch.complex128), c.to(torch.complex128), L).to(z.real.dtype)


@full_precision
def vandermonde(z: torch.Tensor, c: torch.Tensor, L: int) -> torch.Tensor:
    """Sum modes into a kernel: K[h, l] = 2 Re Σ_n c[h, n] exp(l z[h, n]) for l < L.

    Differentiable in z and c; what is more than a gradient takes the plain form.
    Growing modes (Re z > 0) are allowed as long as nothing
    overflows, but the error bound above is for Re z ≤ 0.

    Without a GPU it runs in Triton's interpreter, slowly: about a millisecond a number of the
    result. Without Triton the plain form runs instead, in complex128, so that the error bound holds
    there too.

    Parameters
    ----------
    z : (H, N) complex64 or complex128 tensor
        Modes, on `dynlib_kernels.DEVICE`, of any stride.
    c : (H, N) tensor
        Weights, of the same dtype and device.
    L : int
        Lags, at least 1.

    Returns
    -------
    (H, L) float32 or float64 tensor
        K.

    Raises
    ------
    ValueError
        For another device, dtype or shape, an empty or non-finite input, L < 1, or modes that
        overflow.
    """
    L = _check(z, c, L)
    if MODE == "torch":
        return _plain(z, c, L)
    warn_if_slow("vandermonde", len(z) * L)
    by_hand = ByHand(
        plain=partial(_plain, L=L),
        forward=lambda z, c: (forward(z, c, L), ()),
        backward=lambda g, inputs, kept, needed: backward(inputs[0], inputs[1], g.contiguous()),
    )
    return differentiable(by_hand, z.resolve_conj().contiguous(), c.resolve_conj().contiguous())


def _check(z, c, L):
    """Refuse what the docstring says; return L as an int."""
    check_tensor("z", z, "(H, N)", COMPLEX)
    check_tensor("c", c, "(H, N)", COMPLEX)
    if z.shape != c.shape or z.dtype != c.dtype or z.device != c.device:
        raise ValueError(
            f"z is {tuple(z.shape)} {z.dtype} on {z.device} but c is {tuple(c.shape)} {c.dtype} on {c.device}; "
            "give both the same shape, dtype and device: c.expand_as(z).to(z)"
        )
    longest = 65535 * BLOCK  # the second axis of a CUDA grid ends there
    if whole(L) is None or not 1 <= L <= longest:
        raise ValueError(f"L is {L!r}; the number of lags must be an int from 1 to {longest}")
    check_finite(z=z, c=c)
    growth = z.detach().real.max().item() if looked_at() else 0
    if growth * (L + BLOCK) > math.log(torch.finfo(z.dtype).max):
        raise ValueError(f"max Re z = {growth:.3g} overflows {z.real.dtype} within L = {L} lags; keep Re z ≤ 0: a decaying mode")
    return whole(L)
