"""Sums over the eigenmodes of gradient flow, without the table of modes by times that they sum.

    E[r, t] = Σ_k w[r, k] f(λ[r, k], t)

w, λ (R, K): weights and rates, λ ≥ 0, of R independent spectra (seeds, say); t (T,) times, t ≥ 0; E (R, T). What f can be:

    "decay"     e^{−2λt}              what is left of a squared error that the mode had at the start
    "learned"   1 − e^{−λt}           how far the mode has come; with w = 1 the effective number of parameters
    "overlap"   e^{−λt}(1 − e^{−λt})  one times the other
    "noise"     (1 − e^{−λt})²/λ      label noise that the mode has fitted; 0 at λ = 0, where its slope in λ is t²

Gradient flow on ½‖y − wX‖² moves a mode's weight as z(t) = z(0) e^{−λt} + (z̄ + ε/√λ)(1 − e^{−λt}), with the teacher's z̄ and the
label noise ε in that mode. So each curve is a few of these sums; here d = z̄ − z(0), and σ² is the noise's variance:
    generalization   ‖w̄ − w‖² = Σ d² "decay" + Σ ε² "noise" − Σ 2 (d ε/√λ) "overlap"; its mean Σ d² "decay" + Σ σ² "noise"
    training         ‖y − wX‖² = Σ (√λ d + ε)² "decay", over all directions of the labels
    zero modes       λ = 0 is a mode like the others: "decay" stays 1, the rest 0; its weight for "overlap" is 0
    weight decay γ   λ + γ in place of λ, and (√λ ε − γ z̄)/(λ + γ) in place of ε/√λ; times the root of the rate, in place of ε
Two "decay" sums with the same rates make one call: stack their weights along R and expand λ.

With g = ∂loss/∂E:  grad_w = Σ_t g f,  grad_λ = w Σ_t g ∂f/∂λ,  grad_t = Σ_r g ∂E/∂t: one more forward, with ∂f/∂t in place
of f, and torch's sum over r.

Bytes moved (s = 4 or 8 a value; P = ⌈T/32⌉ blocks of times, M = ⌈K/32⌉ blocks of modes)
    forward     2 s R K P for w and λ, 2 s R T for t and E
    backward    4 s R K for w, λ and their gradients, 2 s R T M for t and g
Each pair of a mode and a time, 1024 R M P with the padding, takes one exp and up to 40 operations: these set the pace.

Error with u = 2⁻²⁴ (float32) or 2⁻⁵³ (float64), to first order in u, where nothing underflows:
    |E − exact|          ≤ u Σ_k (M + 64 + 6 λ t) |w f|        6 λ t only for "decay" and "overlap"
    |gradient − exact|   ≤ u Σ (B + 80 + 6 λ t) |each term|    B = P for w and λ, M + R for t; both terms of a slope count
Relative to the sum of sizes at the same t: a curve of positive terms that falls by thirty powers of ten keeps its digits.
Why. Let x = λt. The product rounds by u, and so does its product with log₂ e inside exp, whose own error is 4 u: in all
(4 + 3 x) u for e = e^{−x}. Where x ≥ ½, 1 − e loses (4 + 3 x)/(eˣ − 1) ≤ 9 u to cancellation and u to rounding. Where x < ½
it is x φ, with φ = (1 − e)/x = 1 − x/2 (1 − x/3 (… (1 − x/n))). The terms alternate and fall, so that what is left out is at
most xⁿ/(n + 1)!, below u/50 for n = 9 and n = 15; a step adds u and y ≤ x/2 times 3 u and the error before it, 3 u in all. So
11 u for 1 − e, x's own u included; 14 u for φ, whose quotient may add 3 u; 27 u for "noise" = t (1 − e) φ, which never divides
by λ, and 34 u of t² φ (2 e + φ) for its slope t² φ (2 e − φ). Then the product with w or g, and the sum: each place of a tile
adds one term of each block (M u), and its 32 places are added at the end.

Advani, Saxe, Sompolinsky, "High-dimensional dynamics of generalization error in neural networks", 2020, arXiv:1710.03667.
"""

import math
from functools import partial

from dynlib_kernels.arguments.launches import REALS, check_dtype, check_finite, check_size, check_tensor, warn_if_slow
from dynlib_kernels.arguments.scalars import check_choice, check_counts
from dynlib_kernels.arguments.tensors import check_axes, check_broadcast, check_one_dtype
from dynlib_kernels.arguments.values import looked_at
from dynlib_kernels.cost import Cost
from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.elementary import exprel
from dynlib_kernels.engine import MODE, torch
from dynlib_kernels.language import tl, triton
from dynlib_kernels.precision import full_precision

__all__ = ["FUNCTIONS", "cost", "error_bound", "spectral", "spectral_ref"]

FUNCTIONS = ("decay", "learned", "overlap", "noise")
TILE = {"BT": 32, "BK": 32}  # a program's tile: BT times by BK modes
SERIES = {torch.float32: 9, torch.float64: 15}  # n of the docstring
SMALL = tl.constexpr(0.5)  # below it 1 − e^{−x} comes from the series


def cost(R: int, K: int, T: int, f: str, dtype: torch.dtype = torch.float32) -> dict[str, Cost]:
    """What one call moves and computes, in closed form.

    Parameters
    ----------
    R, K, T : int
        Spectra, modes of each, and times.
    f : str
        One of `FUNCTIONS`.
    dtype : torch.dtype, default torch.float32
        Of all numbers.

    Returns
    -------
    dict of str to Cost
        "forward"; "backward", the kernel for w and λ (a gradient in t is one more "forward");
        "plain", `spectral_ref` forward, operation by operation as torch runs it, most of them on
        the table (R, K, T).
    """
    R, K, T = check_counts("spectral.cost", R=R, K=K, T=T)
    check_dtype("spectral.cost", dtype, REALS)
    check_choice("spectral.cost", "f", f, FUNCTIONS)
    s = dtype.itemsize
    P, M = math.ceil(T / TILE["BT"]), math.ceil(K / TILE["BK"])
    modes, times, sums, table = s * R * K, s * T, s * R * T, s * R * K * T
    exp = {"exp": R * P * M * TILE["BT"] * TILE["BK"]}
    reads, writes = {"decay": (3, 3), "learned": (4, 4), "overlap": (8, 7), "noise": (10, 8)}[f]  # tables
    functions = {"decay": ("exp",), "learned": ("expm1",), "overlap": ("exp", "expm1"), "noise": ("expm1",)}[f]
    plain = Cost(
        reads={"w": modes, "lam": modes, "t": times, "table": reads * table},
        writes={"table": writes * table, "E": sums},
        calls=dict.fromkeys(functions, R * K * T),
    )
    if f == "noise":  # and where λ = 0, one byte each; the λ to divide by; λ t²
        plain.reads.update(lam=3 * modes, t=2 * times, zero=2 * R * K, positive=modes)
        plain.writes.update(zero=R * K, positive=modes)
    return {
        "forward": Cost(reads={"w": P * modes, "lam": P * modes, "t": R * times}, writes={"E": sums}, calls=exp),
        "backward": Cost(
            reads={"w": modes, "lam": modes, "t": R * M * times, "g": M * sums},
            writes={"grad_w": modes, "grad_lam": modes},
            calls=exp,
        ),
        "plain": plain,
    }


def error_bound(w: torch.Tensor, lam: torch.Tensor, t: torch.Tensor, f: str) -> torch.Tensor:
    """The bound of the module's docstring on |E − exact|, by way of the table.

    Parameters
    ----------
    w, lam : (R, K) tensor
        Weights and rates.
    t : (T,) tensor
        Times.
    f : str
        One of `FUNCTIONS`.

    Returns
    -------
    (R, T) float64 tensor
        The bound. What underflows is added.
    """
    check_axes("error_bound", w=(w, "R K"), lam=(lam, "R K"), t=(t, "T"))
    limits = torch.finfo(w.dtype)
    size, rate, time = w.abs().double(), lam.double(), t.double()
    bound = (math.ceil(w.shape[-1] / TILE["BK"]) + 64) * spectral_ref(size, rate, time, f)
    if f in ("decay", "overlap"):
        bound = bound + 6 * time * spectral_ref(size * rate, rate, time, f)
    return limits.eps / 2 * bound + limits.tiny * (1 + size).sum(-1, keepdim=True) * (1 + time)


def spectral_ref(w: torch.Tensor, lam: torch.Tensor, t: torch.Tensor, f: str) -> torch.Tensor:
    """The plain form, by way of the table (..., K, T); its gradients are right at λ = 0 too.

    Parameters
    ----------
    w, lam : (..., K) tensor
        Weights and rates.
    t : (T,) tensor
        Times.
    f : str
        One of `FUNCTIONS`.

    Returns
    -------
    (..., T) tensor
        E, in the precision of the input.
    """
    check_axes("spectral_ref", w=(w, "... K"), lam=(lam, "... K"), t=(t, "T"))
    check_broadcast("spectral_ref", w=w.shape[:-1], lam=lam.shape[:-1])
    check_choice("spectral_ref", "f", f, FUNCTIONS)
    x = lam[..., None] * t  # (..., K, T)
    if f == "decay":
        table = torch.exp(-2 * x)
    elif f == "learned":
        table = -torch.expm1(-x)
    elif f == "overlap":
        table = torch.exp(-x) * -torch.expm1(-x)
    else:
        learned, zero = -torch.expm1(-x), (lam == 0)[..., None]
        positive = lam[..., None].masked_fill(zero, 1)  # 0/0 is NaN, in the gradient even where not chosen
        table = torch.where(zero, x * t, learned / positive * learned)  # near λ = 0 it is λ t²: slope t² at 0
    return torch.einsum("...k,...kt->...t", w, table)


@triton.jit
def _mode(b_lam, b_t, F: tl.constexpr, BY: tl.constexpr, N: tl.constexpr):
    """f and ∂f/∂λ, or ∂f/∂t if BY is "t", of modes b_lam (1, BK) at times b_t (BT, 1): (BT, BK) each. N: the series' last n."""
    b_x = b_lam * b_t  # (BT, BK)
    b_e = tl.exp(-b_x)  # (BT, BK)
    if F == "decay":
        b_f = b_e * b_e  # (BT, BK)
        b_dx = -2 * b_f  # (BT, BK) ∂f/∂x
    else:
        m_small = b_x < SMALL  # (BT, BK)
        b_s = tl.where(m_small, b_x, 0.0)  # (BT, BK)
        b_p = 1 - b_s * (1.0 / N)  # (BT, BK) the innermost bracket of φ
        for i in tl.static_range(N - 2):
            b_p = 1 - b_s * (1.0 / (N - 1 - i)) * b_p  # (BT, BK)
        b_q = tl.where(m_small, b_x * b_p, 1 - b_e)  # (BT, BK) 1 − e^{−x}
        if F == "learned":
            b_f, b_dx = b_q, b_e  # (BT, BK)
        elif F == "overlap":
            b_f, b_dx = b_e * b_q, b_e * (2 * b_e - 1)  # (BT, BK)
    if F == "noise":
        b_p = tl.where(m_small, b_p, b_q / tl.where(m_small, 1.0, b_x))  # (BT, BK) φ
        b_f = b_t * b_q * b_p  # (BT, BK)
        b_d = 2 * b_q * b_e if BY == "t" else b_t * b_t * b_p * (2 * b_e - b_p)  # (BT, BK)
    else:
        b_d = (b_lam if BY == "t" else b_t) * b_dx  # (BT, BK)
    return b_f, b_d


@triton.jit
def spectral_forward(
    w, lam, t, E, K, T, F: tl.constexpr, N: tl.constexpr, SLOPE: tl.constexpr, BT: tl.constexpr, BK: tl.constexpr
):
    """One program: one spectrum r and BT times. E, or with SLOPE ∂E/∂t. Grid (R, P)."""
    i_r, i_t = tl.program_id(0).to(tl.int64), tl.program_id(1)
    o_t = i_t * BT + tl.arange(0, BT)  # (BT,)
    m_t = o_t < T  # (BT,)
    b_t = tl.load(t + o_t, mask=m_t, other=0.0)  # (BT,)
    b_E = tl.zeros([BT, BK], E.dtype.element_ty)  # (BT, BK) added up over modes at the end
    for k in range(0, K, BK):
        o_k = k + tl.arange(0, BK)  # (BK,)
        m_k = o_k < K  # (BK,) beyond K: w = 0 and λ = 0, which add nothing
        b_w = tl.load(w + i_r * K + o_k, mask=m_k, other=0.0)  # (BK,)
        b_lam = tl.load(lam + i_r * K + o_k, mask=m_k, other=0.0)  # (BK,)
        b_f, b_dt = _mode(b_lam[None, :], b_t[:, None], F, "t", N)  # (BT, BK)
        b_E += b_w[None, :] * (b_dt if SLOPE else b_f)  # (BT, BK)
    tl.store(E + i_r * T + o_t, tl.sum(b_E, 1), mask=m_t)


@triton.jit
def spectral_backward(w, lam, t, g, grad_w, grad_lam, K, T, F: tl.constexpr, N: tl.constexpr, BT: tl.constexpr, BK: tl.constexpr):
    """One program: one spectrum r, BK modes and every time. Grid (R, M)."""
    i_r, i_k = tl.program_id(0).to(tl.int64), tl.program_id(1)
    o_k = i_k * BK + tl.arange(0, BK)  # (BK,)
    m_k = o_k < K  # (BK,)
    b_w = tl.load(w + i_r * K + o_k, mask=m_k, other=0.0)  # (BK,)
    b_lam = tl.load(lam + i_r * K + o_k, mask=m_k, other=0.0)  # (BK,)
    b_sw = tl.zeros([BT, BK], g.dtype.element_ty)  # (BT, BK) Σ g f, added up over times at the end
    b_sl = tl.zeros([BT, BK], g.dtype.element_ty)  # (BT, BK) Σ g ∂f/∂λ
    for j in range(0, T, BT):
        o_t = j + tl.arange(0, BT)  # (BT,)
        m_t = o_t < T  # (BT,) beyond T: g = 0 and t = 0
        b_t = tl.load(t + o_t, mask=m_t, other=0.0)  # (BT,)
        b_g = tl.load(g + i_r * T + o_t, mask=m_t, other=0.0)  # (BT,)
        b_f, b_dlam = _mode(b_lam[None, :], b_t[:, None], F, "lam", N)  # (BT, BK)
        b_sw += b_g[:, None] * b_f  # (BT, BK)
        b_sl += b_g[:, None] * b_dlam  # (BT, BK)
    tl.store(grad_w + i_r * K + o_k, tl.sum(b_sw, 0), mask=m_k)
    tl.store(grad_lam + i_r * K + o_k, b_w * tl.sum(b_sl, 0), mask=m_k)


def forward(w: torch.Tensor, lam: torch.Tensor, t: torch.Tensor, f: str, slope: bool = False) -> torch.Tensor:
    """Launch the forward kernel; nothing is checked.

    Parameters
    ----------
    w, lam : (R, K) tensor
        Weights and rates, contiguous.
    t : (T,) tensor
        Times, contiguous.
    f : str
        One of `FUNCTIONS`.
    slope : bool, default False
        Whether ∂E/∂t is wanted in place of E.

    Returns
    -------
    (R, T) tensor
        E, or ∂E/∂t.
    """
    (R, K), (T,) = w.shape, t.shape
    E = w.new_empty(R, T)
    spectral_forward[(R, math.ceil(T / TILE["BT"]))](w, lam, t, E, K, T, F=f, N=SERIES[w.dtype], SLOPE=slope, **TILE)
    return E


def backward(w: torch.Tensor, lam: torch.Tensor, t: torch.Tensor, g: torch.Tensor, f: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Launch the backward kernel; nothing is checked.

    Parameters
    ----------
    w, lam : (R, K) tensor
        Weights and rates, contiguous.
    t : (T,) tensor
        Times, contiguous.
    g : (R, T) tensor
        ∂loss/∂E, contiguous.
    f : str
        One of `FUNCTIONS`.

    Returns
    -------
    grad_w, grad_lam : (R, K) tensors
        The gradients.
    """
    (R, K), (T,) = w.shape, t.shape
    grad_w, grad_lam = torch.empty_like(w), torch.empty_like(lam)
    grid = (R, math.ceil(K / TILE["BK"]))
    spectral_backward[grid](w, lam, t, g, grad_w, grad_lam, K, T, F=f, N=SERIES[w.dtype], **TILE)
    return grad_w, grad_lam


def _plain(w, lam, t, f):
    """The plain form in float64, so that the error bound holds for it too; "noise" so that it has a second derivative at 0."""
    rate, time = lam.double(), t.double()
    if f != "noise":
        return spectral_ref(w.double(), rate, time, f).to(w.dtype)
    x = rate[..., None] * time
    return torch.einsum("...k,...kt->...t", w.double(), time * -torch.expm1(-x) * exprel(-x)).to(w.dtype)


def _backward(g, inputs, kept, needed, f):
    need_w, need_lam, need_t = needed
    grad_w, grad_lam = backward(*inputs, g.contiguous(), f) if need_w or need_lam else (None, None)
    return grad_w, grad_lam, (g * forward(*inputs, f, slope=True)).sum(0) if need_t else None


@full_precision
def spectral(w: torch.Tensor, lam: torch.Tensor, t: torch.Tensor, f: str) -> torch.Tensor:
    """Sum a function of the modes: E[r, t] = Σ_k w[r, k] f(lam[r, k], t).

    Differentiable in w, lam and t; what is more than a gradient takes the plain form.
    For spectra of different lengths pad w with 0.

    Without a GPU it runs in Triton's interpreter, slowly: about a millisecond a number of the
    result. Without Triton the plain form runs instead, in float64, so that the error bound holds
    there too.

    Parameters
    ----------
    w : (R, K) float32 or float64 tensor
        Weights, on `dynlib_kernels.DEVICE`, of any stride, as lam and t.
    lam : (R, K) tensor
        Rates ≥ 0; λt has no unit.
    t : (T,) tensor
        Times ≥ 0.
    f : str
        One of `FUNCTIONS`, see the module.

    Returns
    -------
    (R, T) tensor
        E.

    Raises
    ------
    ValueError
        For another f, device, dtype or shape, an empty or non-finite input, a negative λ or t, or
        an overflow.
    """
    _check(w, lam, t, f)
    if MODE == "torch":
        return _plain(w, lam, t, f)
    warn_if_slow("spectral", len(w) * len(t))
    by_hand = ByHand(
        plain=partial(_plain, f=f),
        forward=lambda w, lam, t: (forward(w, lam, t, f), ()),
        backward=partial(_backward, f=f),
    )
    return differentiable(by_hand, w.contiguous(), lam.contiguous(), t.contiguous())


def _check(w, lam, t, f):
    if f not in FUNCTIONS:
        raise ValueError(f"f is {f!r}; choose one of {', '.join(FUNCTIONS)}")
    for name, x, shape in (("w", w, "(R, K)"), ("lam", lam, "(R, K)"), ("t", t, "(T,)")):
        check_tensor(name, x, shape, REALS)
    check_one_dtype(w=w, lam=lam, t=t)
    check_size("lam", lam, 0, w.shape[0], "w has; expand what several spectra share: lam.expand_as(w)")
    check_size("lam", lam, 1, w.shape[1], "w has")
    for name, x, tile in (("w", w, "BK"), ("t", t, "BT")):
        longest = 65535 * TILE[tile]  # the second axis of a CUDA grid ends there
        if x.shape[-1] > longest:
            raise ValueError(f"{name} has {x.shape[-1]} entries on its last axis; {longest} is the most: split them over calls")
    if not looked_at():
        return
    check_finite(w=w, lam=lam, t=t)
    low_lam, rate, low_t, time = torch.stack([end for x in (lam, t) for end in x.detach().aminmax()]).tolist()
    for name, low in (("lam", low_lam), ("t", low_t)):
        if low < 0:
            raise ValueError(f"{name} goes down to {low:.3g}; it must be ≥ 0: {name}.clamp(min=0), if only rounding did that")
    if time * max(rate, time) > torch.finfo(t.dtype).max / 4:
        raise ValueError(f"t goes up to {time:.3g} and lam to {rate:.3g}: t·max(lam, t) overflows {t.dtype}; rescale time")
