"""Exact softmax attention as a recurrence over its cache, safe for scores of any size."""

import math

from dynlib_kernels.arguments.scalars import check_number
from dynlib_kernels.arguments.tensors import check_shapes
from dynlib_kernels.engine import torch
from dynlib_kernels.softmax_attention import default_scale


def online_softmax(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, scale: float | None = None) -> torch.Tensor:
    """Softmax attention, key after key.

    y_i = Σ_{j ≤ i} e^{x_ij} v_j / Σ_{j ≤ i} e^{x_ij} with scores x_ij = scale q_i·k_j. The largest
    score so far is divided out. The same call as ``dynlib_kernels.softmax_attention``, for one
    sequence and head.

    For one query the sums are a loop with Λ = 1 that writes e^{x_j} v_j and e^{x_j}, and overflows.
    The gauge T_j = e^{−m_j}, with m_j = max(x_0 … x_j), turns Λ into e^{m_{j−1} − m_j} ≤ 1 and the
    write into e^{x_j − m_j} ≤ 1; the quotient of the two sums does not change.

    This is not a small state. A query needs every key again, so before step i the model must keep
    all i pairs (k_j, v_j), i (m + d) numbers: the sums here are carried for all L queries at once,
    because all are known.

    Parameters
    ----------
    q, k : (L, m) tensor
        Queries and keys.
    v : (L, d) tensor
        Values.
    scale : float, optional
        1/√m if left out.

    Returns
    -------
    (L, d) tensor
        The output.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan or inf, and scores that overflow themselves.

    Notes
    -----
    Cost: L² (m + d) in L steps. Memory: L (d + 2) numbers, the score matrix never, without
    gradients; with gradients, L times that.

    References
    ----------
    .. [1] Milakov and Gimelshein, 2018.
    """
    size = check_shapes("online_softmax", q=(q, "L m"), k=(k, "L m"), v=(v, "L d"))
    scale = check_number("online_softmax", "scale", default_scale(q, scale), -math.inf)
    q, queries = scale * q, torch.arange(size["L"], device=q.device)
    top = torch.full_like(q[:, 0], -torch.inf)  # the largest score so far
    total, mixed = torch.zeros_like(top), torch.zeros_like(v)  # sums of e^{score − top}, alone and times v
    for j in range(size["L"]):
        score = q @ k[j]
        if not torch.isfinite(score.detach()).all():
            raise ValueError(
                f"online_softmax: scores with key {j} overflow {score.dtype} at scale = {scale:g}; make scale, q or k smaller"
            )
        score = torch.where(queries >= j, score, -torch.inf)  # a query does not hear later keys
        higher = torch.maximum(top, score.detach())  # the gauge: no gradient passes through it
        shrink, weight = torch.exp(top - higher), torch.exp(score - higher)
        total, mixed, top = shrink * total + weight, shrink[:, None] * mixed + weight[:, None] * v[j], higher
    return mixed / total[:, None]
