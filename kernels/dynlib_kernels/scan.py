"""The linear recurrence x_t = a_t x_{t−1} + b_t: tiles of 128 steps, each solved at once, and the state carried between them.

a, b, x (R, L), time last; initial (R,) is x_{−1}; all real or all complex. One program walks along one row. Two steps are one:
(a₂, b₂) after (a₁, b₁) is (a₂ a₁, a₂ b₁ + b₂). This rule is associative, so T = 128 steps take log₂ T = 7 joins in turn, not 128.
With g = ∂loss/∂x, and gradients as torch writes them (∂/∂Re + i ∂/∂Im), the same walk backwards in time gives

    λ_t = g_t + conj(a_{t+1}) λ_{t+1},    grad_b_t = λ_t,    grad_a_t = λ_t conj(x_{t−1}),    grad_initial = conj(a_0) λ_0

Bytes moved (r = 4, 8, 8, 16 for float32, float64, complex64, complex128)
    forward    r R (3 L + 1): each a and b is read once, each x written once
    backward   r R (5 L + 1): each a, x and g is read once, grad_a and grad_b are written once
    plain      8 r R L: the product and the state of every step come and go, and at the end the states are stacked
Flops: 3 a join of real steps, 14 of complex ones, at most log₂ T joins a step. Rows run side by side, the tiles of a row wait
for each other: few rows leave a GPU idle.

Error. Let X_t = Σ_r |a_t|…|a_{r+1}| |b_r|, the initial state among the terms (the scan of the magnitudes), Λ_t the same for g
backwards, u = 2⁻²⁴ in single and 2⁻⁵³ in double precision, and κ = 1 for real, √5 for complex numbers. To first order in u,
    |x_t − exact| ≤ E u X_t,    |grad_b_t − exact| ≤ E u Λ_t,    |grad_initial − exact| ≤ E u |a_0| Λ_0,
    |grad_a_t − exact| ≤ 2 E u Λ_t X_{t−1},                      E = κ L + min(L, T) + ⌈L / T⌉.
Why. The term b_r reaches x_t through t − r products, wherever the brackets are, each rounded once (κ: Brent, Percival and
Zimmermann, 2007). It meets less than min(L, T) sums in a tile, in any order of the joins (a GPU's tree: at most 2 log₂ T = 14),
and one where the state is carried in, a tile. grad_a multiplies two such values, whose products are L together with the last.
One limit: the product of up to T factors a stands by itself. Where it overflows there may be NaN although x is small.

Blelloch, "Prefix sums and their applications", 1990; within a neural network Martin and Cundy, 2018, arXiv:1709.04057.
"""

import math
import numbers

from dynlib_kernels.arguments.launches import COMPLEX, REALS, check_dtype, check_tensor, warn_if_slow
from dynlib_kernels.arguments.scalars import check_counts
from dynlib_kernels.arguments.tensors import check_axes, check_broadcast, check_one_dtype
from dynlib_kernels.cost import Cost
from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.engine import MODE, torch
from dynlib_kernels.language import tl, triton
from dynlib_kernels.precision import full_precision

__all__ = ["cost", "error_bound", "scan", "scan_ref"]

TILE = {"BT": 128, "num_warps": 1}  # T of the docstring is BT; four steps to a thread, so that all joins stay in one warp
LONGEST = 2**30 - TILE["BT"]  # offsets within a row, in reals, are int32


def cost(R: int, L: int, dtype: torch.dtype = torch.float32) -> dict[str, Cost]:
    """What one call moves, in closed form.

    Parameters
    ----------
    R, L : int
        Rows, and steps of each.
    dtype : torch.dtype, default torch.float32
        Of all numbers.

    Returns
    -------
    dict of str to Cost
        "forward"; "backward"; "plain", `scan_ref` forward, operation by operation as torch runs it:
        product, sum, and the stack of all states.
    """
    R, L = check_counts("scan.cost", R=R, L=L)
    check_dtype("scan.cost", dtype, (*REALS, *COMPLEX))
    row, steps = dtype.itemsize * R, dtype.itemsize * R * L
    return {
        "forward": Cost(reads={"a": steps, "b": steps, "initial": row}, writes={"x": steps}),
        "backward": Cost(
            reads={"a": steps, "initial": row, "g": steps} | ({"x": steps - row} if L > 1 else {}),
            writes={"grad_a": steps, "grad_b": steps, "grad_initial": row},
        ),
        "plain": Cost(
            reads={"a": steps, "before": steps, "product": steps, "b": steps, "states": steps},
            writes={"product": steps, "states": steps, "x": steps},
        ),
    }


def error_bound(a: torch.Tensor, b: torch.Tensor, initial: torch.Tensor) -> torch.Tensor:
    """The bound of the module's docstring on |x − exact|.

    Parameters
    ----------
    a, b : (..., L) tensor
        Factors and inputs, of one dtype with initial.
    initial : (...) tensor
        x_{−1}.

    Returns
    -------
    (..., L) float64 tensor
        The bound.
    """
    _check_recurrence("error_bound", a, b, initial)
    if not (b.is_floating_point() or b.is_complex()):
        raise ValueError(f"error_bound: b is {b.dtype}; give the floating numbers that the scan rounds to: b.double()")
    L, kappa = b.shape[-1], math.sqrt(5) if b.is_complex() else 1
    size = scan_ref(*(x.detach().abs().double() for x in (a, b, initial)))
    return (kappa * L + min(L, TILE["BT"]) + math.ceil(L / TILE["BT"])) * torch.finfo(b.dtype).eps / 2 * size


def _check_recurrence(where, a, b, initial):
    """Shapes and dtypes alone."""
    check_axes(where, kind="any", mixed=True, a=(a, "... L"), b=(b, "... L"), initial=(initial, "..."))
    check_broadcast(where, a=a.shape[:-1], b=b.shape[:-1], initial=initial.shape)


def scan_ref(a: torch.Tensor, b: torch.Tensor, initial: torch.Tensor) -> torch.Tensor:
    """The plain form, one step after the other.

    Parameters
    ----------
    a, b : (..., L) tensor
        Factors and inputs.
    initial : (...) tensor
        x_{−1}.

    Returns
    -------
    (..., L) tensor
        x, in the precision of the input.
    """
    _check_recurrence("scan_ref", a, b, initial)
    now, states = initial, []
    for a_t, b_t in zip(a.unbind(-1), b.unbind(-1), strict=True):
        now = a_t * now + b_t
        states.append(now)
    return torch.stack(states, -1)


@triton.jit
def _load(x, o, m, C: tl.constexpr):
    """A tile of numbers of C reals each, as all functions below take it: (re,) or (re, im). Zero where the mask m is false."""
    b_x = tl.load(x + o, mask=m, other=0.0)  # (BT·C,)
    return (b_x,) if C == 1 else tl.split(tl.reshape(b_x, (b_x.shape[0] // 2, 2)))  # (BT,) each


@triton.jit
def _store(x, o, b_x, m):
    """The reverse of _load."""
    b_flat = b_x[0] if len(b_x) == 1 else tl.reshape(tl.join(b_x[0], b_x[1]), (2 * b_x[0].shape[0],))  # (BT·C,)
    tl.store(x + o, b_flat, mask=m)


@triton.jit
def _conj(x):
    return x if len(x) == 1 else (x[0], -x[1])


@triton.jit
def _times_plus(a, x, b):
    """a x + b."""
    if len(x) == 1:
        return (a[0] * x[0] + b[0],)
    else:
        return (a[0] * x[0] - a[1] * x[1] + b[0], a[0] * x[1] + a[1] * x[0] + b[1])


@triton.jit
def _join_real(a, b, c, d):
    """Step (c, d) after step (a, b), as one step. The interpreter calls this once a step: so it calls nothing else."""
    return c * a, c * b + d


@triton.jit
def _join_complex(a_re, a_im, b_re, b_im, c_re, c_im, d_re, d_im):
    """The same for complex numbers."""
    return (
        c_re * a_re - c_im * a_im,
        c_re * a_im + c_im * a_re,
        c_re * b_re - c_im * b_im + d_re,
        c_re * b_im + c_im * b_re + d_im,
    )


@triton.jit
def _solve(a, b, s, REVERSE: tl.constexpr):
    """The states of a tile that is entered in state s, and the one in which it is left: a, b tiles (BT,), s (1,)."""
    C: tl.constexpr = len(a)
    BT: tl.constexpr = a[0].shape[0]
    b_ab = tl.associative_scan(a + b, 0, _join_real if C == 1 else _join_complex, reverse=REVERSE)  # (BT,)
    b_x = _times_plus(b_ab[:C], s, b_ab[C:])  # (BT,)
    m_last = tl.arange(0, BT) == (0 if REVERSE else BT - 1)  # (BT,)
    b_last = ()
    for c in tl.static_range(C):
        b_last += (tl.sum(tl.where(m_last, b_x[c], 0.0), 0, keep_dims=True),)  # type: ignore[assignment]  # (1,), it grows
    return b_x, b_last


@triton.jit
def scan_forward(a, b, initial, x, L, BT: tl.constexpr, C: tl.constexpr):
    """One program: one row, from its first tile to its last. Grid (R,). No step before L meets what lies beyond."""
    i_r = tl.program_id(0).to(tl.int64)
    o_1 = tl.arange(0, C)  # (C,) one number
    b_s = _load(initial, i_r * C + o_1, o_1 < C, C)  # (1,) the state before the tile
    for t in range(0, L, BT):
        o_t = t * C + tl.arange(0, BT * C)  # (BT·C,) reals within the row
        m_t = o_t < L * C  # (BT·C,)
        o_x = i_r * L * C + o_t  # (BT·C,)
        b_x, b_s = _solve(_load(a, o_x, m_t, C), _load(b, o_x, m_t, C), b_s, False)  # (BT,), (1,)
        _store(x, o_x, b_x, m_t)


@triton.jit
def scan_backward(a, x, g, initial, grad_a, grad_b, grad_initial, L, BT: tl.constexpr, C: tl.constexpr):
    """One program: one row, from its last tile to its first. Grid (R,). Beyond the end a, g and λ are zero."""
    i_r = tl.program_id(0).to(tl.int64)
    P = tl.cdiv(L, BT)
    b_s = (tl.zeros([1], g.dtype.element_ty),) * C  # (1,) λ of the step after the tile
    for i_t in range(P):
        o_t = (P - 1 - i_t) * BT * C + tl.arange(0, BT * C)  # (BT·C,) reals within the row
        m_t = o_t < L * C  # (BT·C,)
        m_before = m_t & (o_t >= C)  # (BT·C,) steps that have one before them
        o_x = i_r * L * C + o_t  # (BT·C,)
        b_a = _conj(_load(a, o_x + C, o_t < L * C - C, C))  # (BT,) conj(a_{t+1})
        b_l, b_s = _solve(b_a, _load(g, o_x, m_t, C), b_s, True)  # (BT,) λ_t, (1,)
        b_x = _conj(_load(x, o_x - C, m_before, C))  # (BT,) conj(x_{t−1})
        _store(grad_a, o_x, _times_plus(b_l, b_x, (0.0, 0.0)), m_before)
        _store(grad_b, o_x, b_l, m_t)
    o_1 = tl.arange(0, C)  # (C,) one number: the first step follows the initial state
    m_1 = o_1 < C  # (C,)
    b_a = _conj(_load(a, i_r * L * C + o_1, m_1, C))  # (1,) conj(a_0)
    b_x = _conj(_load(initial, i_r * C + o_1, m_1, C))  # (1,) conj(x_{−1})
    _store(grad_a, i_r * L * C + o_1, _times_plus(b_s, b_x, (0.0, 0.0)), m_1)
    _store(grad_initial, i_r * C + o_1, _times_plus(b_a, b_s, (0.0, 0.0)), m_1)


def _dense(*tensors):
    """Each with its numbers side by side in memory, as they are: torch conjugates and negates by a mark on the tensor."""
    return [x.resolve_conj().resolve_neg().contiguous() for x in tensors]


def _reals(*tensors):
    """Each as the kernel sees it: a complex number is two reals."""
    return [torch.view_as_real(x) if x.is_complex() else x for x in tensors]


def forward(a: torch.Tensor, b: torch.Tensor, initial: torch.Tensor) -> torch.Tensor:
    """Launch the forward kernel; nothing is checked.

    Parameters
    ----------
    a, b : (R, L) tensor
        Factors and inputs, contiguous.
    initial : (R,) tensor
        x_{−1}, contiguous.

    Returns
    -------
    (R, L) tensor
        x.
    """
    (R, L), x = b.shape, torch.empty_like(b)
    scan_forward[(R,)](*_reals(a, b, initial, x), L, C=1 + b.is_complex(), **TILE)
    return x


def backward(a: torch.Tensor, x: torch.Tensor, g: torch.Tensor, initial: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Launch the backward kernel; nothing is checked.

    Parameters
    ----------
    a : (R, L) tensor
        Factors, contiguous.
    x : (R, L) tensor
        The states that `forward` returned.
    g : (R, L) tensor
        ∂loss/∂x, contiguous.
    initial : (R,) tensor
        x_{−1}, contiguous.

    Returns
    -------
    grad_a, grad_b, grad_initial : tensors
        The gradients, shaped like a, b and initial.
    """
    (R, L), grads = a.shape, (torch.empty_like(a), torch.empty_like(a), torch.empty_like(initial))
    scan_backward[(R,)](*_reals(a, x, g, initial, *grads), L, C=1 + a.is_complex(), **TILE)
    return grads


def _plain(a, b, initial):
    """The plain form in double precision, so that the error bound holds for it too."""
    return scan_ref(*(x.to(torch.promote_types(x.dtype, torch.float64)) for x in (a, b, initial))).to(b.dtype)


def _forward(a, b, initial):
    x = forward(a, b, initial)
    return x, (x,)


def _backward(g, inputs, kept, needed):
    a, _, initial = inputs
    return backward(a, *kept, *_dense(g), initial)


@full_precision
def scan(a: torch.Tensor | complex, b: torch.Tensor, initial: torch.Tensor | complex | None = None) -> torch.Tensor:
    """Run x_t = a_t x_{t−1} + b_t along the last axis.

    Differentiable in a, b and initial; what is more than a gradient takes the plain form.
    What is broadcast is first written out in full.

    Without a GPU it runs in Triton's interpreter, slowly: about a millisecond a number of the
    result. Without Triton the plain form runs instead, in double precision, so that the error bound
    holds there too.

    Parameters
    ----------
    a : (..., L) tensor or number
        Factors: float32, float64, complex64 or complex128, on `dynlib_kernels.DEVICE`, of any
        stride; broadcast against b.
    b : (..., L) tensor
        Inputs, of the same kinds; broadcast against a.
    initial : (...) tensor or number, optional
        x_{−1}, without the time axis; zero if left out.

    Returns
    -------
    (..., L) tensor
        x, of the common shape and dtype.

    Raises
    ------
    ValueError
        For another device or dtype, an empty input, shapes that do not broadcast, or L > 2³⁰ − 128.

    Notes
    -----
    Infinity and NaN are not looked for, since that would cost another pass: they spread to the
    later steps of their row, and nowhere else.
    """
    a, b, initial = _arguments(a, b, initial)
    if MODE == "torch":
        return _plain(a, b, initial)
    warn_if_slow("scan", b.numel())
    rows = _dense(a.reshape(-1, b.shape[-1]), b.reshape(-1, b.shape[-1]), initial.reshape(-1))
    return differentiable(ByHand(_plain, _forward, _backward), *rows).reshape(b.shape)


def _arguments(a, b, initial) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """a, b (..., L) and initial (...), checked, of one dtype and of the full shape."""
    b = _tensor("b", b, b)
    a, initial = _tensor("a", a, b), _tensor("initial", 0.0 if initial is None else initial, b)
    if b.ndim == 0:
        raise ValueError("b has no axis; its last axis is time: (..., L)")
    try:
        *front, L = torch.broadcast_shapes(a.shape, b.shape)
        batch = torch.broadcast_shapes(front, initial.shape)
    except RuntimeError:
        raise ValueError(
            f"a {tuple(a.shape)}, b {tuple(b.shape)} and initial {tuple(initial.shape)} do not broadcast; align a, "
            "b (..., L) and initial (...), which has no time, from the last axis; 1 where one repeats"
        ) from None
    if L > LONGEST:
        raise ValueError(f"L is {L}; one call takes up to {LONGEST} steps: give its last state as `initial` of the next call")
    dtype = torch.promote_types(torch.promote_types(a.dtype, b.dtype), initial.dtype)
    a, b, initial = a.to(dtype).expand(*batch, L), b.to(dtype).expand(*batch, L), initial.to(dtype).expand(batch)
    check_one_dtype(b=b, a=a, initial=initial)
    return a, b, initial


def _tensor(name, x, like):
    """x as a tensor, checked but for its shape; a number takes dtype and device of `like`."""
    if isinstance(x, numbers.Number) and x is not like:
        dtype = like.dtype if isinstance(x, numbers.Real) else torch.promote_types(like.dtype, torch.complex64)
        x = torch.tensor(x, dtype=dtype, device=like.device)
    row = x[None] if isinstance(x, torch.Tensor) and x.ndim == 0 else x
    check_tensor(name, row, f"({'…, ' * (getattr(row, 'ndim', 1) - 1)}…)", REALS + COMPLEX)
    return x
