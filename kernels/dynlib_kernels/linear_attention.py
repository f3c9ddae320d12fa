"""Causal linear attention with decay: L steps with a state of n × d numbers instead of a table of L × L scores.

    out_i = Σ_{j≤i} P_ij (q_i·k_j) v_j,    P_ij = exp(Σ_{j<r≤i} log_decay_r)

q, k (B, H, L, n); v, out (B, H, L, d); log_decay (B, H, L) ≤ 0, for every head and step. No decay (P = 1) is linear attention,
one constant a head is RetNet, a decay computed from the input is SSD (Mamba-2). Normalised, out_i is divided by
η_i = Σ_{j≤i} P_ij (q_i·k_j); then q and k should be positive features.

As a recurrence: S_i = exp(log_decay_i) S_{i−1} + k_i v_iᵀ, out_i = S_iᵀ q_i. One program takes C = 16 steps at a time: what lies
inside the chunk by a masked table of C × C scores, what lies before it by the carried state S, and η by a carried vector of n
numbers. Every exponent is a sum over j < r ≤ i of numbers of one sign, not a difference of longer sums: nothing cancels, nothing
overflows, and log_decay = −∞ (forget everything before this step) is as good as any other value.
The gradients are three such sums again, two of them backwards in time: see `linear_attention_backward`. What is kept for them:
q, k, v, log_decay and, normalised, out and η. No scores and no states: one a chunk would be n d / C more numbers a step.

Bytes moved, with s bytes a number of q, k, v and r of log_decay and η (8 for float64, else 4). A program has up to 32 of the d
channels, so q, k and log_decay are read D = ⌈d/32⌉ times:
    forward    B H L (2 n D s + 2 d s + r D [decay] + r [normalised])
    backward   three times that, with n and d changing places, and two small kernels: in `cost`
Flops of the matrix products: 2 C (C (BN + BD) + 2 BN BD) a chunk and program, where BN × BD is a padded state. Forward there are
B H D ⌈L/C⌉ of these: linear in L. Exponentials: C² + 2 C + 1 each. All is computed in float32, for float64 in float64.

Error in float32, u = 2⁻²⁴, K = ⌈L/C⌉ chunks, to first order in u and underflow aside, with √P_ij, half the log decay:
    |out_i − exact| ≤ E_i = (n + 2 C + 6 K + 14) u Σ_{j≤i} √P_ij (|q_i|·|k_j|) |v_j|
    normalised, for q, k ≥ 0: (E_i + |out_i| E_i[v = 1]) / η_i + 2 u |out_i|
Why, all in u. A score is a sum of n products: n. The sum over a chunk: C. Two exponentials with their products, 5 each, and for
each chunk that the state passes 4 for exp, 1 for its product, 1 for the addition: 6 K + 12. An exponent x is a sum of at most C
numbers of one sign, then multiplied by log₂ e: (C + 2) |x|, and |x| eˣ ≤ 0.74 √eˣ, whatever the decay: C + 2. The same holds for
dq, dk and dv, with d in place of n in the first two. Half precision rounds the results once more.

Katharopoulos, Vyas, Pappas, Fleuret, "Transformers are RNNs", 2020, arXiv:2006.16236; Dao, Gu, "Transformers are SSMs", 2024,
arXiv:2405.21060; Sieber et al., "Understanding the differences in foundation models", 2024, arXiv:2405.15731.
"""

import math
from functools import partial

from dynlib_kernels import linear_attention_backward as gradients
from dynlib_kernels import linear_attention_chunks as chunks
from dynlib_kernels.arguments.launches import HALVES, REALS, check_dtype, check_size, check_tensor, warn_if_slow
from dynlib_kernels.arguments.scalars import check_counts
from dynlib_kernels.arguments.tensors import check_axes, check_broadcast, check_one_dtype
from dynlib_kernels.arguments.values import looked_at
from dynlib_kernels.cost import Cost
from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.engine import MODE, torch
from dynlib_kernels.linear_attention_chunks import CHUNK, high
from dynlib_kernels.precision import full_precision

__all__ = ["cost", "error_bound", "linear_attention", "linear_attention_ref"]

WIDEST = 128  # the longest n or d; over 64 some registers spill, beyond 128 a state would not fit on a T4


def cost(
    B: int, H: int, L: int, n: int, d: int, dtype: torch.dtype = torch.float32, decay: bool = False, normalise: bool = False
) -> dict[str, Cost]:
    """What one call moves and computes, in closed form; tensors go by the kernels' arguments.

    Parameters
    ----------
    B, H, L, n, d : int
        Batch, heads, steps, entries of a query and of a value.
    dtype : torch.dtype, default torch.float32
        Of q, k and v.
    decay : bool, default False
        Whether a log_decay is given, and its gradient wanted.
    normalise : bool, default False
        As in `linear_attention`.

    Returns
    -------
    dict of str to Cost
        "forward"; "backward"; "plain", `linear_attention_ref` forward, operation by operation as
        torch runs it: tables (B, H, L, L) of scores and of exponents, written and read again by
        each operation.
    """
    B, H, L, n, d = check_counts("linear_attention.cost", B=B, H=H, L=L, n=n, d=d)
    check_dtype("linear_attention.cost", dtype, (*REALS, *HALVES))
    s, r, T = dtype.itemsize, high(dtype).itemsize, B * H * L
    decays, rho = {"log_decay": r} if decay else {}, {"rho": r} if normalise else {}
    w, x = (r if normalise else s), (r if decay else s)  # bytes of w, which takes the place of g, and of dq and dk
    forward = [chunks.launch_cost(B, H, L, n, d, {"q": s, "k": s}, {"v": s}, {"out": s}, decays)]
    backward = [
        chunks.launch_cost(B, H, L, d, n, {"w": w, "v": s}, {"k": s}, {"dq": x}, decays | rho),
        chunks.launch_cost(B, H, L, d, n, {"v": s, "w": w}, {"q": s}, {"dk": x}, decays | rho, reverse=True),
        chunks.launch_cost(B, H, L, n, d, {"k": s, "q": s}, {"w": w}, {"dv": s}, decays, reverse=True),
    ]
    if normalise:
        forward.append(Cost(writes={"eta": T * r}))
        backward.append(Cost({"g": T * d * s, "out": T * d * s, "eta": T * r}, {"w": T * d * r, "rho": T * r}))
    if decay:
        both = {"k": T * n * s, "dk": T * n * r}
        backward.append(Cost(both if normalise else both | {"q": T * n * s, "dq": T * n * r}, {"grad": T * r}))
    return {"forward": _total(forward), "backward": _total(backward), "plain": _plain_cost(T, L, n, d, s, r, decay, normalise)}


def _total(costs):
    reads, writes, calls = (
        {name: sum(part.get(name, 0) for part in parts) for part in parts for name in part}
        for parts in zip(*((each.reads, each.writes, each.calls) for each in costs), strict=True)
    )
    return Cost(reads, writes, sum(each.dot_flops for each in costs), calls)


def _plain_cost(T, L, n, d, s, r, decay, normalise):
    table, mask = s * T * L, L * L
    reads = {
        "q": T * n * s,
        "k": T * n * s,
        "v": T * d * s,
        "mask": (2 + 2 * decay) * mask,
        "scores": (2 + 2 * decay + normalise) * table,
    }
    writes = {"scores": (2 + decay) * table, "mask": (2 + decay) * mask, "out": T * d * s}
    if decay:
        steps, rounded = r * T * L, s < r  # in half precision the exponentials are rounded once more
        reads |= {"log_decay": T * r, "steps": (2 + rounded) * steps}
        writes |= {"steps": 3 * steps + rounded * table}
    if normalise:
        reads |= {"eta": T * s, "out": T * d * s}
        writes |= {"eta": T * s, "out": 2 * T * d * s}
    return Cost(reads, writes, calls={"exp": T * L} if decay else {})


def error_bound(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, log_decay: torch.Tensor | None = None) -> torch.Tensor:
    """E of the module's docstring for the sum that is not normalised.

    Parameters
    ----------
    q, k : (B, H, L, n) tensor
        Queries and keys.
    v : (B, H, L, d) tensor
        Values.
    log_decay : tensor, optional
        Broadcastable to (B, H, L), ≤ 0.

    Returns
    -------
    (B, H, L, d) float64 tensor
        The bound.
    """
    _check_attention("error_bound", q, k, v, log_decay, mixed=True)
    u = torch.finfo(high(q.dtype)).eps / 2
    half = None if log_decay is None else log_decay.double() / 2
    size = linear_attention_ref(q.double().abs(), k.double().abs(), v.double().abs(), half)
    return (q.shape[3] + 2 * CHUNK + 6 * math.ceil(q.shape[2] / CHUNK) + 14) * u * size


def _check_attention(where, q, k, v, log_decay, mixed=False):
    """Shapes and dtypes alone."""
    check_axes(where, mixed=mixed, q=(q, "B H L n"), k=(k, "B H L n"), v=(v, "B H L d"))
    if log_decay is not None:
        check_axes(where, log_decay=(log_decay, "..."))
        if check_broadcast(where, log_decay=log_decay.shape, q=q.shape[:3]) != q.shape[:3]:
            raise ValueError(
                f"{where}: log_decay has shape {tuple(log_decay.shape)}; it must broadcast to (B, H, L) = {tuple(q.shape[:3])}"
            )


def linear_attention_ref(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, log_decay: torch.Tensor | None = None, normalise: bool = False
) -> torch.Tensor:
    """The plain form, by way of the table of scores (B, H, L, L).

    Parameters
    ----------
    q, k : (B, H, L, n) tensor
        Queries and keys.
    v : (B, H, L, d) tensor
        Values.
    log_decay : tensor, optional
        Broadcastable to (B, H, L), ≤ 0.
    normalise : bool, default False
        Whether to divide by the sum of the weights.

    Returns
    -------
    (B, H, L, d) tensor
        out, in the precision of the input.
    """
    _check_attention("linear_attention_ref", q, k, v, log_decay)
    causal = torch.ones(q.shape[2], q.shape[2], dtype=torch.bool, device=q.device).tril()
    scores = torch.einsum("bhin,bhjn->bhij", q, k).where(causal, 0)  # (B, H, L, L)
    if log_decay is not None:
        steps = log_decay.expand(q.shape[:3])[..., None].where(causal.tril(-1), 0)  # (B, H, L, L): a_r in row r where j < r
        scores = scores * torch.exp(steps.cumsum(2)).to(q.dtype)  # Σ over j < r ≤ i
    out = torch.einsum("bhij,bhjd->bhid", scores, v)
    return out / scores.sum(-1, keepdim=True) if normalise else out


def forward(q, k, v, log_decay, normalise):
    """Launch the forward kernel; nothing is checked.

    Parameters
    ----------
    q, k : (B, H, L, n) tensor
        Queries and keys, contiguous.
    v : (B, H, L, d) tensor
        Values, contiguous.
    log_decay : (B, H, L) tensor or None
        Contiguous.
    normalise : bool
        Whether to divide by η.

    Returns
    -------
    out : (B, H, L, d) tensor
        The output.
    eta : (B, H, L) tensor or None
        η, if normalised.
    """
    eta = torch.empty(q.shape[:3], dtype=high(q.dtype), device=q.device) if normalise else None
    out = torch.empty_like(v)
    chunks.launch(chunks.linear_attention_forward, q, v, "n", q=q, k=k, v=v, log_decay=log_decay, out=out, eta=eta)
    return out, eta


def backward(g, q, k, v, log_decay, out, eta, decays=True):
    """Launch the backward kernels; nothing is checked.

    Parameters
    ----------
    g : (B, H, L, d) tensor
        ∂loss/∂out, contiguous.
    q, k : (B, H, L, n) tensor
        As `forward` took them.
    v : (B, H, L, d) tensor
        As `forward` took it.
    log_decay : (B, H, L) tensor or None
        As `forward` took it.
    out : (B, H, L, d) tensor
        As `forward` gave it.
    eta : (B, H, L) tensor or None
        As `forward` gave it.
    decays : bool, default True
        Whether the gradient of log_decay is wanted.

    Returns
    -------
    grad_q, grad_k, grad_v : tensors
        Shaped like q, k, v.
    grad_log_decay : (B, H, L) tensor or None
        None without a log_decay, or where it is not wanted.
    """
    w, rho = (g, None) if eta is None else gradients.normaliser_gradient(g, out, eta)
    decays = decays and log_decay is not None
    dtype = high(q.dtype) if decays else q.dtype  # unrounded for the gradient of log_decay
    dq, dk, dv = torch.empty_like(q, dtype=dtype), torch.empty_like(k, dtype=dtype), torch.empty_like(v)
    chunks.launch(chunks.linear_attention_dq, q, v, "d", w=w, v=v, k=k, log_decay=log_decay, rho=rho, dq=dq)
    chunks.launch(chunks.linear_attention_dk, q, v, "d", v=v, w=w, q=q, log_decay=log_decay, rho=rho, dk=dk)
    chunks.launch(chunks.linear_attention_dv, q, v, "n", k=k, q=q, w=w, log_decay=log_decay, dv=dv)
    grad = gradients.decay_gradient(q, dq, k, dk, eta is not None) if decays else None
    return dq.to(q.dtype), dk.to(k.dtype), dv, grad


def _plain(q, k, v, log_decay=None, *, normalise):
    """The plain form in at least float32, rounded once."""
    dtype = high(q.dtype)
    return linear_attention_ref(q.to(dtype), k.to(dtype), v.to(dtype), log_decay, normalise).to(v.dtype)


def _forward(q, k, v, log_decay=None, *, normalise):
    out, eta = forward(q, k, v, log_decay, normalise)
    return out, (out, eta) if normalise else ()


def _backward(g, inputs, kept, needed):
    q, k, v, *decay = inputs
    gradients = backward(g.contiguous(), q, k, v, *(decay or [None]), *(kept or (None, None)), decays=needed[-1])
    return gradients[: len(inputs)]


@full_precision
def linear_attention(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, log_decay: torch.Tensor | None = None, normalise: bool = False
) -> torch.Tensor:
    """Causal linear attention: out_i = Σ_{j≤i} exp(Σ_{j<r≤i} log_decay_r) (q_i·k_j) v_j.

    Or that divided by the sum of its weights. Differentiable; what is more than a
    gradient takes the plain form. Scores are q·k as they stand:
    divide q by √n where that is meant.

    Without a GPU it runs in Triton's interpreter, slowly: about a millisecond a number of the
    result.

    Parameters
    ----------
    q, k : (B, H, L, n) float16, bfloat16 (GPU only), float32 or float64 tensor
        Queries and keys, on `dynlib_kernels.DEVICE`, of any stride; n up to 128.
    v : (B, H, L, d) tensor
        Values, of the same dtype and device; d up to 128.
    log_decay : tensor, optional
        Broadcastable to (B, H, L), ≤ 0, in float32 (float64 with float64); −∞ forgets all before.
    normalise : bool, default False
        Whether to divide. Needs weights that do not sum to zero, so positive features. That is not
        checked; a zero sum gives NaN or infinity.

    Returns
    -------
    (B, H, L, d) tensor
        out, in the dtype of v.

    Raises
    ------
    ValueError
        For another device, dtype or shape, an empty input, n or d over 128, a normalise that is no
        bool, and a log_decay that is positive or NaN (the one look at numbers: with a log_decay it
        waits for the GPU).
    """
    _check(q, k, v, log_decay, normalise)
    if MODE == "torch":
        return _plain(q, k, v, log_decay, normalise=normalise)
    warn_if_slow("linear_attention", v.numel())
    inputs = [q.contiguous(), k.contiguous(), v.contiguous()]
    if log_decay is not None:
        inputs.append(log_decay.expand(q.shape[:3]).contiguous())
    return differentiable(
        ByHand(partial(_plain, normalise=normalise), partial(_forward, normalise=normalise), _backward), *inputs
    )


def _check(q, k, v, log_decay, normalise):
    dtypes = (*REALS, *HALVES)
    check_tensor("q", q, "(B, H, L, n)", dtypes)
    check_tensor("k", k, "(B, H, L, n)", dtypes)
    check_tensor("v", v, "(B, H, L, d)", dtypes)
    check_one_dtype(q=q, k=k, v=v)
    for axis, name in enumerate("BHLn"):
        check_size("k", k, axis, q.shape[axis], f"{name} of q has")
        if name != "n":
            check_size("v", v, axis, q.shape[axis], f"{name} of q has")
    for name, x in (("n of q", q), ("d of v", v)):
        if x.shape[3] > WIDEST:
            raise ValueError(f"{name} is {x.shape[3]}; this kernel takes up to {WIDEST}: more heads, or for v several calls")
    if not isinstance(normalise, bool):
        raise ValueError(f"normalise is {normalise!r}; give True or False")
    if log_decay is None:
        return
    if not isinstance(log_decay, torch.Tensor):
        raise ValueError(f"log_decay is a {type(log_decay).__name__}; give None or a tensor: torch.full((H, 1), {log_decay})")
    if log_decay.dtype != high(q.dtype) or log_decay.device != q.device:
        raise ValueError(
            f"log_decay is {log_decay.dtype} on {log_decay.device}; with q in {q.dtype} on {q.device} it must be "
            f"log_decay.to(q.device, {high(q.dtype)})"
        )
    full = tuple(q.shape[:3])
    aligned = zip(reversed(log_decay.shape), reversed(full), strict=False)
    if log_decay.ndim > 3 or any(size not in (1, wanted) for size, wanted in aligned):
        raise ValueError(
            f"log_decay has shape {tuple(log_decay.shape)}, which does not broadcast to (B, H, L) = {full}; one a "
            "head must be (H, 1)"
        )
    if looked_at() and not (log_decay <= 0).all().item():
        raise ValueError(f"log_decay holds {log_decay.max().item():.3g}; it must be ≤ 0, or weights grow: -log_decay.abs()")
