"""The recurrence x_t = a_t x_{t−1} + b_t in three forms, and its gradient: the same recurrence backwards in time.

Gradient. With g = ∂loss/∂x, the adjoint λ_t = g_t + conj(a_{t+1}) λ_{t+1} starts at the end, and
    grad_b_t = λ_t,    grad_a_t = λ_t conj(x_{t−1}),    grad_initial = conj(a_0) λ_0
(torch's convention: ∂/∂Re + i ∂/∂Im). Only a and x are kept for it: 2 L numbers a sequence. Differentiable any number of times.

Rounding. Let X_t = Σ_r |a_t|…|a_{r+1}| |b_r| (the scan of the magnitudes), u = 2⁻²⁴ in float32 and 2⁻⁵³ in float64, and κ = 1 for
real, √5 for complex numbers. To first order in u each form keeps
    |x_t − exact| ≤ (κ L + s) u X_t,    s the additions that wait for each other: L, 2 log₂ L or 2 √L + 1.
The term b_r has met t − r products, each rounded once in any order (κ: Brent, Percival and Zimmermann, 2007), and at most s sums.
So the error relative to X_t grows at most like L: 16,384 steps of float32 keep three digits of X_t at worst. Errors of either
sign cancel: about 0.4 √L u X_t is seen, and for a plain sum (a = 1) in the two short forms about u X_t.
A leak |a| ≤ ρ < 1 ends the growth, for errors are forgotten too: from a zero state
    |x_t − exact| ≤ 2 κ u max|b| / (1−ρ)²    for all L; the associative form 2 log₂ L u max|b| / (1−ρ) more.

Overflow. The two short forms multiply factors before a state meets them: a_t … a_s of up to L or √L steps stands by itself. With
|a| ≤ 1 it never overflows. Where |a| > 1 for long it may, though all states are small (nothing was written yet, or an a of 0
resets): ∞ · 0 is nan. So a result that is not finite is computed again step by step. Within a layer and where torch traces,
numbers are not looked at (``dynlib_kernels.arguments.values``), and it stays nan.
"""

import math
import numbers
from functools import partial

from dynlib_kernels.arguments.scalars import check_count
from dynlib_kernels.arguments.tensors import check_broadcast, check_numbers
from dynlib_kernels.arguments.values import looked_at, traced
from dynlib_kernels.derivatives import is_many
from dynlib_kernels.engine import torch
from dynlib_kernels.precision import full_precision
from dynlib_kernels.scan import scan_ref


@full_precision
def scan_sequential(a: torch.Tensor, b: torch.Tensor, initial: torch.Tensor | None = None) -> torch.Tensor:
    """Run x_t = a_t x_{t−1} + b_t, one step after the other: the definition.

    Parameters
    ----------
    a : number or (..., L) tensor
        The factors, real or complex, broadcast against b; a number, or (..., 1), where a is
        constant in time.
    b : (..., L) tensor
        The inputs, real or complex, broadcast against a.
    initial : (...) tensor or number, optional
        x_{−1}, without the time axis; zero if left out.

    Returns
    -------
    (..., L) tensor
        The states, of the common shape and dtype.

    Raises
    ------
    ValueError
        For half precision or integers, nan or inf, an empty input, and shapes that do not fit.

    Notes
    -----
    Cost: L multiplications and additions a sequence, L steps that wait for each other. Memory:
    twice x.
    """
    return _scan(scan_ref, *arguments("scan_sequential", a, b, initial))


@full_precision
def scan_associative(a: torch.Tensor, b: torch.Tensor, initial: torch.Tensor | None = None) -> torch.Tensor:
    """Run the same recurrence by halving the sequence.

    Join each pair of steps into one, solve the half as long recurrence, fill in between. Two steps
    are one step: (a₂, b₂) after (a₁, b₁) is (a₂ a₁, a₂ b₁ + b₂). This rule is associative, which is
    all it needs.

    Parameters
    ----------
    a : number or (..., L) tensor
        The factors, as in ``scan_sequential``.
    b : (..., L) tensor
        The inputs.
    initial : (...) tensor or number, optional
        x_{−1}, without the time axis; zero if left out.

    Returns
    -------
    (..., L) tensor
        The states, of the common shape and dtype.

    Raises
    ------
    ValueError
        As ``scan_sequential``.

    Notes
    -----
    Cost: 3 L multiplications, 2 ⌈log₂ L⌉ steps that wait for each other. Memory: about 5 L numbers
    while it runs.

    Where the product of many factors overflows, it runs step by step, see the module's text.

    References
    ----------
    .. [1] Blelloch, "Prefix sums and their applications", 1990.
    """
    return _scan(_associative, *arguments("scan_associative", a, b, initial))


@full_precision
def scan_chunked(a: torch.Tensor, b: torch.Tensor, initial: torch.Tensor | None = None, *, chunk: int | None = None):
    """Run the same recurrence in chunks of Q steps.

    All chunks at once from a zero state, then the state carried from chunk to chunk.

    Parameters
    ----------
    a : number or (..., L) tensor
        The factors, as in ``scan_sequential``.
    b : (..., L) tensor
        The inputs.
    initial : (...) tensor or number, optional
        x_{−1}, without the time axis; zero if left out.
    chunk : int, optional
        Q ≥ 1, by default ⌈√L⌉, which makes Q + L/Q least.

    Returns
    -------
    (..., L) tensor
        The states, of the common shape and dtype.

    Raises
    ------
    ValueError
        As ``scan_sequential``, and for a chunk below 1.

    Notes
    -----
    Cost: 3 L multiplications, Q + L/Q steps that wait for each other. Memory: about 4 L numbers
    while it runs.

    Where the product of Q factors overflows, it runs step by step, see the module's text.
    """
    if chunk is not None:
        chunk = check_count("scan_chunked", "chunk", chunk)
    return _scan(partial(_chunked, chunk=chunk), *arguments("scan_chunked", a, b, initial))


def arguments(where: str, a, b: torch.Tensor, initial) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Check a, b and initial, and return them in one dtype, with shapes that broadcast.

    Parameters
    ----------
    where : str
        The function that asks.
    a : number or (..., L) tensor
        The factors; a number stands for a constant a.
    b : (..., L) tensor
        The inputs.
    initial : (...) tensor, number or None
        The state before the first step; a number stands for the same in every sequence, None for
        zero.

    Returns
    -------
    a, b, initial : tensors
        Of one dtype; a has at least the time axis.

    Raises
    ------
    ValueError
        For half precision or integers, nan or inf, an empty input, a b without axes, and shapes
        that do not broadcast.
    """
    check_numbers(where, "b", b)
    if b.ndim < 1:
        raise ValueError(f"{where}: b has no axis; its last axis is time: (..., L)")
    a = check_numbers(where, "a", _tensor(a, b))
    a = a[None] if a.ndim == 0 else a
    initial = check_numbers(where, "initial", _tensor(0.0 if initial is None else initial, b))
    shape = check_broadcast(where, a=a.shape, b=b.shape)
    check_broadcast(where, **{"a and b without time": shape[:-1], "initial": initial.shape})
    dtype = torch.promote_types(torch.promote_types(a.dtype, b.dtype), initial.dtype)
    return a.to(dtype), b.to(dtype), initial.to(dtype)


def _tensor(x, like: torch.Tensor):
    if not isinstance(x, numbers.Number):
        return x
    dtype = like.dtype if isinstance(x, numbers.Real) else torch.promote_types(like.dtype, torch.complex64)
    return torch.tensor(x, dtype=dtype, device=like.device)


def _scan(form, a, b, initial):
    batch, L = torch.broadcast_shapes(a.shape[:-1], b.shape[:-1], initial.shape), max(a.shape[-1], b.shape[-1])
    if form is not scan_ref and looked_at():
        form = partial(_or_step_by_step, form)
    inputs = a.expand(*batch, L), b.expand(*batch, L), initial.expand(batch)
    return form(*inputs) if traced() else _Scan.apply(form, *inputs)


class _Scan(torch.autograd.Function):
    """One of the forms below forwards, and the same form on the reversed sequence backwards."""

    @staticmethod
    def forward(ctx, form, a, b, initial):
        x = form(a, b, initial)
        ctx.form = form
        ctx.save_for_backward(a, initial, x)
        return x

    @staticmethod
    def backward(ctx, g):
        a, initial, x = ctx.saved_tensors
        a_next = torch.cat([a[..., 1:], torch.zeros_like(a[..., :1])], -1)  # a_{t+1}; the last one meets a zero state
        form = scan_ref if is_many(g) else ctx.form  # of the three only this one is made of steps that take many
        adjoint = _Scan.apply(form, a_next.conj().flip(-1), g.flip(-1), torch.zeros_like(initial)).flip(-1)
        x_before = torch.cat([initial[..., None], x[..., :-1]], -1)
        return None, adjoint * x_before.conj(), adjoint, a[..., 0].conj() * adjoint[..., 0]


def _or_step_by_step(form, a, b, initial):
    """By the form; step by step where that overflows, which may be on the way only: see the module's text."""
    x = form(a, b, initial)
    return x if x.isfinite().all() else scan_ref(a, b, initial)


def _associative(a, b, initial):
    b = torch.cat([(b[..., :1] + a[..., :1] * initial[..., None]), b[..., 1:]], -1)
    return _pairs(a, b)


def _pairs(a, b):
    if b.shape[-1] == 1:
        return b
    a_even, a_odd, b_even, b_odd = a[..., 0::2], a[..., 1::2], b[..., 0::2], b[..., 1::2]
    half = b_odd.shape[-1]
    x_odd = _pairs(a_odd * a_even[..., :half], a_odd * b_even[..., :half] + b_odd)
    x_even = torch.cat([b[..., :1], a_even[..., 1:] * x_odd[..., : a_even.shape[-1] - 1] + b_even[..., 1:]], -1)
    return torch.cat([torch.stack([x_even[..., :half], x_odd], -1).flatten(-2), x_even[..., half:]], -1)


def _chunked(a, b, initial, chunk):
    L = b.shape[-1]
    Q = min(chunk or math.isqrt(L - 1) + 1, L)
    P = -(-L // Q)
    a, b = (torch.nn.functional.pad(v, (0, P * Q - L)).unflatten(-1, (P, Q)) for v in (a, b))
    local, decay = [b[..., 0]], [a[..., 0]]  # the chunk from a zero state, and a_t … a_start
    for j in range(1, Q):
        local.append(a[..., j] * local[-1] + b[..., j])
        decay.append(a[..., j] * decay[-1])
    carried = [initial]  # the state in which each chunk starts
    for p in range(1, P):
        carried.append(decay[-1][..., p - 1] * carried[-1] + local[-1][..., p - 1])
    x = torch.addcmul(torch.stack(local, -1), torch.stack(decay, -1), torch.stack(carried, -1)[..., None])
    return x.flatten(-2)[..., :L]
