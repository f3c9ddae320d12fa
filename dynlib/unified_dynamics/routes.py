"""Two sums over the past, each by three routes: step by step, over all pairs, and in chunks.

One decay for the whole state:                 y_i = Σ_{j ≤ i} exp(Σ_{j < s ≤ i} log_decay_s) (q_i · k_j) v_j
One decay for each number of the state:        h_i = exp(log_decay_i A) ⊙ h_{i−1} + v_i ⊗ k_i,    y_i = h_i q_i

The loop keeps one state and waits L times. All pairs wait for nothing and keep L² numbers. Chunks of Q steps take all pairs
within a chunk and carry one state from chunk to chunk: L/Q waits, L Q numbers, so that memory grows in proportion to L.

Arguments, their order and the spelling of decays (logarithms, at most 0) are those of ``dynlib_kernels.linear_attention``,
without its axis of heads: q and k (batch, L, n), v (batch, L, d). Nothing is divided by √n: mixers divide q.
"""

import math

from dynlib.scan import scan_chunked
from dynlib_kernels.arguments.scalars import check_choice, check_count
from dynlib_kernels.arguments.tensors import check_axes, check_broadcast, check_numbers, check_range, check_scalar, check_shapes
from dynlib_kernels.arguments.values import looked_at
from dynlib_kernels.engine import functional, torch
from dynlib_kernels.linear_attention import linear_attention_ref
from dynlib_kernels.precision import full_precision

CHUNK = 64


@full_precision
def scalar_memory(q, k, v, log_decay=None, *, route: str = "chunked", chunk: int = CHUNK) -> torch.Tensor:
    """The first sum by the named route.

    Chunked: all pairs within a chunk, and one state S (n, d) carried between chunks; chunk (chunk +
    n + d) numbers for each of them, so memory in proportion to L. The decays stay logarithms until
    they are summed, and pairs with j > i are masked before exp: nothing overflows, and log_decay =
    −∞ (forget all) is allowed. Each sum Σ log_decay is formed by itself, not as a difference of two
    running sums, so that one strong decay does not cost the weak ones after it their digits.

    Parameters
    ----------
    q, k : (batch, L, n) tensor
        Queries and keys.
    v : (batch, L, d) tensor
        Values.
    log_decay : (batch, L) tensor, optional
        At most 0; None for no decay.
    route : str, default "chunked"
        "chunked", "quadratic" (``linear_attention_ref`` of ``dynlib_kernels``) or "loop".
    chunk : int, default 64
        At least 1.

    Returns
    -------
    (batch, L, d) tensor
        The output.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan or inf, L = 0, a log_decay above 0, a chunk below 1, an
        unknown route.

    References
    ----------
    .. [1] Dao and Gu, "Transformers are SSMs", 2024, section 6.
    """
    where = "scalar_memory"
    check_choice(where, "route", route, ("chunked", "quadratic", "loop"))
    chunk = check_count(where, "chunk", chunk)
    check_shapes(where, q=(q, "batch L n"), k=(k, "batch L n"), v=(v, "batch L d"))
    if log_decay is not None:
        check_axes(where, q=(q, "batch L n"), log_decay=(log_decay, "..."))
    if log_decay is not None and log_decay.shape != q.shape[:2]:
        raise ValueError(f"{where}: log_decay has shape {tuple(log_decay.shape)}; it must be (batch, L) = {tuple(q.shape[:2])}")
    if log_decay is not None and looked_at() and not (log_decay <= 0).all():
        raise ValueError(f"{where}: log_decay holds {log_decay.max().item():.3g}; it must be at most 0, or what is kept grows")
    if route == "chunked":
        return _scores_in_chunks(q, k, v, log_decay, chunk)
    if route == "loop":
        return _scores_by_steps(q, k, v, log_decay)
    decay = None if log_decay is None else log_decay[:, None]
    return linear_attention_ref(q[:, None], k[:, None], v[:, None], log_decay=decay)[:, 0]


def _scores_by_steps(q, k, v, log_decay):
    state, out = q.new_zeros(*q.shape[:-2], q.shape[-1], v.shape[-1]), []
    for i in range(q.shape[-2]):
        kept = state if log_decay is None else log_decay[..., i, None, None].exp() * state
        state = kept + k[..., i, :, None] * v[..., i, None, :]
        out.append((q[..., i, None, :] @ state)[..., 0, :])
    return torch.stack(out, -2)


def _scores_in_chunks(q, k, v, log_decay, chunk):
    L = q.shape[-2]
    Q = min(chunk, L)
    P = math.ceil(L / Q)
    if P * Q > L:  # silence at the end; an empty pad would copy
        q, k, v = (functional.pad(x, (0, 0, 0, P * Q - L)) for x in (q, k, v))
        log_decay = log_decay if log_decay is None else functional.pad(log_decay, (0, P * Q - L))
    q, k, v = (x.unflatten(-2, (P, Q)) for x in (q, k, v))
    scores = q @ k.mT  # (..., P, Q, Q)
    if log_decay is None:
        scores = scores.tril()
    else:
        log_decay = log_decay.unflatten(-1, (P, Q))
        between = _sums_between(log_decay)
        scores = scores * between.exp()
    y = scores @ v
    if P > 1:
        if log_decay is None:
            state = (k.mT @ v)[..., :-1, :, :].cumsum(-3)  # after each chunk but the last: (..., P−1, n, d)
        else:
            since_start = log_decay.cumsum(-1)
            kept = since_start[..., None, None, :-1, -1].exp()  # of a state, over one whole chunk: (..., 1, 1, P−1)
            added = (k * between[..., -1, :, None].exp()).mT @ v
            state = scan_chunked(kept, added[..., :-1, :, :].movedim(-3, -1)).movedim(-1, -3)
            q = q * since_start[..., None].exp()
        y = torch.cat([y[..., :1, :, :], y[..., 1:, :, :] + q[..., 1:, :, :] @ state], -3)
    return y.flatten(-3, -2)[..., :L, :]


def _sums_between(x: torch.Tensor) -> torch.Tensor:
    """Σ_{j < s ≤ i} x_s as (..., i, j), −∞ for j > i; x (..., Q)."""
    Q = x.shape[-1]
    sums = x[..., None].expand(*x.shape, Q).tril(-1).cumsum(-2)
    return sums.masked_fill(torch.ones(Q, Q, dtype=torch.bool, device=x.device).triu(1), -math.inf)


@full_precision
def diagonal_memory(q, k, v, log_decay, A=1.0, *, route: str = "chunked", chunk: int = CHUNK) -> torch.Tensor:
    """The second sum by the named route.

    Chunked: with one number a channel, n = 1, ``dynlib.scan.scan_chunked``. With more, all that
    does not wait (decays, writes, reads) is done for a whole chunk at a time, and one fused
    multiplication and addition a step is left: on a CPU the L d n numbers are soon more work than
    the waiting, and a scan, which touches each of them several times, takes longer. Only the states
    of one chunk are held at once; with gradients all L d n are kept for the way back. Quadratic: L²
    d n numbers, so for small L.

    Parameters
    ----------
    q, k : (batch, L, n) tensor
        Queries and keys.
    v : (batch, L, d) tensor
        Values.
    log_decay : (batch, L, d or 1, n or 1) tensor
        At most 0 and finite. Its product with A is the logarithm of the decay (S6 has a step size
        for each channel and step, and rates A).
    A : float or (d, n) tensor, default 1
        At least 0.
    route : str, default "chunked"
        "chunked", "quadratic" or "loop".
    chunk : int, default 64
        At least 1.

    Returns
    -------
    (batch, L, d) tensor
        The output.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan or inf, L = 0, a log_decay above 0, A below 0, a chunk below
        1, an unknown route.
    """
    where = "diagonal_memory"
    forms = {"chunked": _memory_in_chunks, "quadratic": _memory_of_pairs, "loop": _memory_by_steps}
    check_choice(where, "route", route, forms)
    chunk = check_count(where, "chunk", chunk)
    check_shapes(where, q=(q, "batch L n"), k=(k, "batch L n"), v=(v, "batch L d"))
    A = A if isinstance(A, torch.Tensor) and A.ndim else check_scalar(where, "A", A)
    A = check_numbers(where, "A", A).to(v.device, v.dtype if not A.is_complex() else None)
    for name, x in (("log_decay", log_decay), ("A", A)):
        if check_numbers(where, name, x).dtype != v.dtype:
            raise ValueError(f"{where}: {name} is {x.dtype} but v is {v.dtype}; give both one dtype: {name}.to(v)")
    full, given = (*v.shape, k.shape[-1]), log_decay.shape
    if len(given) != 4 or given[:2] != full[:2] or check_broadcast(where, log_decay=given, A=A.shape, **{"(v, k)": full}) != full:
        raise ValueError(
            f"{where}: log_decay has shape {tuple(given)} and A {tuple(A.shape)}; log_decay must be (batch, L, d or "
            f"1, n or 1) and A () or (d, n), with (batch, L, d, n) = {full}"
        )
    check_range(where, -math.inf, 0, log_decay=log_decay)
    check_range(where, 0, A=A)
    return forms[route](q, k, v, log_decay, A, chunk)


def _memory_by_steps(q, k, v, log_decay, A, _):
    h, out = v.new_zeros(*v.shape[:-2], v.shape[-1], k.shape[-1]), []
    for i in range(v.shape[-2]):
        h = (log_decay[..., i, :, :] * A).exp() * h + v[..., i, :, None] * k[..., i, None, :]
        out.append((h @ q[..., i, :, None])[..., 0])
    return torch.stack(out, -2)


def _memory_in_chunks(q, k, v, log_decay, A, chunk):
    if k.shape[-1] == 1:
        decay = (log_decay * A).exp()[..., 0].mT
        return (scan_chunked(decay, (v * k).mT) * q.mT).mT
    h, out = v.new_zeros(()), []
    pieces = log_decay.split(chunk, -3), *(part.split(chunk, -2) for part in (v, k, q))
    for r, a, b, c in zip(*pieces, strict=True):
        states = []
        for decay, written in zip((r * A).exp().unbind(-3), (a[..., :, None] * b[..., None, :]).unbind(-3), strict=True):
            h = torch.addcmul(written, decay, h)
            states.append(h)
        out.append((torch.stack(states, -3) @ c[..., None])[..., 0])
    return torch.cat(out, -2)


def _memory_of_pairs(q, k, v, log_decay, A, _):
    between = _sums_between((log_decay * A).movedim(-3, -1))  # (..., d or 1, n or 1, i, j)
    pairs = q.mT[..., :, :, None] * k.mT[..., :, None, :]  # (..., n, i, j)
    table = (between.exp() * pairs[..., None, :, :, :]).sum(-3)  # (..., d or 1, i, j)
    return (table @ v.mT[..., None])[..., 0].mT
