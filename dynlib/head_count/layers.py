"""Small layers to ask for their operators: x (n, d) to y (n, p), as functions of their weights. All are causal.

A layer of one matrix at every position, W_ij = δ_ij W, has interaction rank 1; a convolution that of its taps. What has a
nonlinearity has other operators at every position: ask ``interaction_operators`` or ``secant_operators``.

Each raises a ``ValueError`` for shapes that do not fit, complex numbers, nan and inf.
"""

import math
from typing import Any

from dynlib_kernels.arguments.scalars import check_number
from dynlib_kernels.arguments.tensors import check_overflow, check_shapes
from dynlib_kernels.elementary import softplus
from dynlib_kernels.engine import torch
from dynlib_kernels.precision import full_precision


@full_precision
def feed_forward(x: torch.Tensor, W_in: torch.Tensor, W_out: torch.Tensor) -> torch.Tensor:
    """y_i = W_out tanh(W_in x_i), every position by itself.

    Parameters
    ----------
    x : (n, d) real tensor
        The input.
    W_in : (m, d) real tensor
        The first matrix.
    W_out : (p, m) real tensor
        The second.

    Returns
    -------
    (n, p) tensor
        The output.
    """
    check_shapes("feed_forward", x=(x, "n d"), W_in=(W_in, "m d"), W_out=(W_out, "p m"))
    return torch.tanh(x @ W_in.T) @ W_out.T


@full_precision
def convolution(x: torch.Tensor, taps: torch.Tensor) -> torch.Tensor:
    """y_i = Σ_{τ<K} T_τ x_{i−τ}, with zeros before the start.

    Parameters
    ----------
    x : (n, d) real tensor
        The input.
    taps : (K, p, d) real tensor
        T.

    Returns
    -------
    (n, p) tensor
        The output.
    """
    check_shapes("convolution", x=(x, "n d"), taps=(taps, "K p d"))
    padded = torch.cat([x.new_zeros(len(taps) - 1, x.shape[1]), x])
    return sum(padded[len(taps) - 1 - lag : len(padded) - lag] @ tap.T for lag, tap in enumerate(taps))


@full_precision
def tanh_rnn(x: torch.Tensor, A: torch.Tensor, B: torch.Tensor, C: torch.Tensor) -> torch.Tensor:
    """s_i = tanh(A s_{i−1} + B x_i), y_i = C s_i.

    Parameters
    ----------
    x : (n, d) real tensor
        The input.
    A : (N, N) real tensor
        How the state feeds itself.
    B : (N, d) real tensor
        How it is fed.
    C : (p, N) real tensor
        How it is read.

    Returns
    -------
    (n, p) tensor
        The output.
    """
    check_shapes("tanh_rnn", x=(x, "n d"), A=(A, "N N"), B=(B, "N d"), C=(C, "p N"))
    state, outputs = torch.zeros_like(B[:, 0]), []
    for step in x:
        state = torch.tanh(A @ state + B @ step)
        outputs.append(C @ state)
    return torch.stack(outputs)


@full_precision
def kan(x: torch.Tensor, coefficients: torch.Tensor, centres: torch.Tensor, width: float = 1.0) -> torch.Tensor:
    """A Kolmogorov–Arnold layer: y_i[p] = Σ_d f_pd(x_i[d]), every f_pd a sum of Gaussian bumps.

    Parameters
    ----------
    x : (n, d) real tensor
        The input.
    coefficients : (p, d, bumps) real tensor
        How large each bump is.
    centres : (bumps,) real tensor
        Where the bumps stand.
    width : float, default 1
        Of a bump, > 0.

    Returns
    -------
    (n, p) tensor
        The output.

    Raises
    ------
    ValueError
        As the others, and for a width that is not positive and finite.
    """
    check_shapes("kan", x=(x, "n d"), coefficients=(coefficients, "p d m"), centres=(centres, "m"))
    width = check_number("kan", "width", width, 0, open_end=True)
    bumps = torch.exp(-0.5 * ((x[..., None] - centres) / width) ** 2)
    return torch.einsum("ndb,pdb->np", bumps, coefficients)


@full_precision
def attention_weights(x: torch.Tensor, W_Q: torch.Tensor, W_K: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """α^h_ij = softmax over j ≤ i of q_i·k_j + bias_ij. No 1/√m: put it into W_Q.

    Parameters
    ----------
    x : (n, d) real tensor
        The input.
    W_Q, W_K : (H, m, d) real tensor
        What makes queries and keys.
    bias : (H, n, n) real tensor, optional
        Added to the logits.

    Returns
    -------
    (H, n, n) tensor
        The weights.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan and inf.
    """
    shapes: dict[str, Any] = {"x": (x, "n d"), "W_Q": (W_Q, "H m d"), "W_K": (W_K, "H m d")}
    if bias is not None:
        shapes["bias"] = (bias, "H n n")
    check_shapes("attention_weights", **shapes)
    scores = torch.einsum("nd,hmd,hme,ke->hnk", x, W_Q, W_K, x)
    scores = scores if bias is None else scores + bias
    check_overflow("attention_weights", scores, x=x, W_Q=W_Q, W_K=W_K)
    future = torch.ones(len(x), len(x), dtype=torch.bool, device=x.device).triu(1)
    return torch.softmax(scores.masked_fill(future, -torch.inf), -1)


@full_precision
def attention_layer(
    x: torch.Tensor, W_Q: torch.Tensor, W_K: torch.Tensor, values: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """y_i = Σ_h Σ_{j≤i} α^h_ij V_h x_j.

    Parameters
    ----------
    x : (n, d) real tensor
        As in ``attention_weights``.
    W_Q, W_K : (H, m, d) real tensor
        As in ``attention_weights``.
    values : (H, p, d) real tensor
        V.
    bias : (H, n, n) real tensor, optional
        As in ``attention_weights``.

    Returns
    -------
    (n, p) tensor
        The output.
    """
    check_shapes("attention_layer", x=(x, "n d"), W_Q=(W_Q, "H m d"), W_K=(W_K, "H m d"), values=(values, "H p d"))
    return torch.einsum("hij,hpd,jd->ip", attention_weights(x, W_Q, W_K, bias), values, x)


@full_precision
def gated_ssm(x: torch.Tensor, gate: torch.Tensor, offset: float = 0.0) -> torch.Tensor:
    """h_i = e^{−Δ_i} h_{i−1} + Δ_i x_i with one step Δ_i for all channels; y = h.

    Δ_i = softplus(gate·x_i + offset). The selective state space model at its smallest: a token with
    a very negative gate neither writes nor forgets.

    Parameters
    ----------
    x : (n, d) real tensor
        The input.
    gate : (d,) real tensor
        What the step sizes read.
    offset : float, default 0
        Added to it.

    Returns
    -------
    (n, d) tensor
        The states.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan and inf.
    """
    check_shapes("gated_ssm", x=(x, "n d"), gate=(gate, "d"))
    offset = check_number("gated_ssm", "offset", offset, -math.inf)
    steps = softplus(x @ gate + offset)
    state, states = torch.zeros_like(x[0]), []
    for token, step in zip(x, steps, strict=True):
        state = torch.exp(-step) * state + step * token
        states.append(state)
    return check_overflow("gated_ssm", torch.stack(states), x=x, gate=gate, offset=offset)
