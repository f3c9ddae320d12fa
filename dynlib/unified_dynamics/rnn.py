"""Gated recurrent networks as the loop: one number a channel (n = 1), gated by the input only.

A gate that depends on the previous output, or a tanh around the state, would leave the loop: it would not be linear in h.
"""

from dynlib.unified_dynamics.dsf import DSF
from dynlib_kernels.arguments.tensors import check_axes, check_range, check_shapes
from dynlib_kernels.engine import torch


def qlstm(forget: torch.Tensor, input: torch.Tensor, output: torch.Tensor, W_u: torch.Tensor) -> DSF:
    """The LSTM without feedback and without tanh.

    h_i = f_i ⊙ h_{i−1} + i_i ⊙ (W_u u_i), y_i = o_i ⊙ h_i. B_i = diag(i_i) W_u is a product of
    matrices (the paper prints the entrywise one, which would keep W_u's diagonal only).

    Parameters
    ----------
    forget, input, output : (L, d) tensor
        Gates in [0, 1].
    W_u : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        With n = 1.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan, inf, and a gate outside [0, 1].

    References
    ----------
    .. [1] Sieber et al., 2024, equations 8 and 20.
    """
    check_shapes("qlstm", forget=(forget, "L d"), input=(input, "L d"), output=(output, "L d"), W_u=(W_u, "d d"))
    check_range("qlstm", 0, 1, forget=forget, input=input, output=output)
    return DSF(forget[..., None], input[..., None], output[..., None], W_u)


def rglru(decay: torch.Tensor, gate: torch.Tensor) -> DSF:
    """The real-gated linear recurrent unit.

    h_i = a_i ⊙ h_{i−1} + √(1 − a_i²) ⊙ g_i ⊙ u_i, y_i = h_i. In Griffin a_i = e^{−8 r_i
    softplus(Λ)} with gates r_i and g_i. At a_i = 1 the square root has no finite gradient.

    Parameters
    ----------
    decay : (L, d) tensor
        a, in [0, 1].
    gate : (L, d) tensor
        g, in [0, 1].

    Returns
    -------
    DSF
        With n = 1.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan, inf, and entries outside [0, 1].

    References
    ----------
    .. [1] De et al., "Griffin", 2024.
    .. [2] Sieber et al., 2024, equations 9, 10 and 21.
    """
    check_shapes("rglru", decay=(decay, "L d"), gate=(gate, "L d"))
    check_range("rglru", 0, 1, decay=decay, gate=gate)
    write = torch.sqrt((1 - decay) * (1 + decay)) * gate  # as 1 − a² it would lose its digits near a = 1
    return DSF(decay[..., None], write[..., None], torch.ones_like(write[..., None]))


def reversed_sigmoid(x: torch.Tensor) -> torch.Tensor:
    """1/(1 + e^x) = σ(−x): the gate that S6's decay is in disguise.

    e^{−a softplus(x)} = reversed_sigmoid(x)^a, because e^{softplus(x)} = 1 + e^x. So with Δ =
    softplus(x) and a rate a, S6 decays by a forget gate with its weight's sign turned and a learnt
    exponent.

    Parameters
    ----------
    x : real tensor
        Any shape.

    Returns
    -------
    tensor
        The shape of x.

    References
    ----------
    .. [1] Sieber et al., 2024, equation 23, appendix I.
    """
    check_axes("reversed_sigmoid", x=(x, "..."))
    return torch.sigmoid(-x)
