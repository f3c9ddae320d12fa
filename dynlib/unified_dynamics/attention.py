"""Attention as the loop: scores that separate, ζ(q_i, k_j) = φ(q_i)ᵀψ(k_j) / η_i, make the normaliser the decay.

    Λ_i = η_{i−1}/η_i,    B_i = (1/η_i) (I ⊗ ψ(k_i)) W_V,    C_i = I ⊗ φ(q_i)ᵀ,    η_{−1} = 1

The decays telescope: from step j to i they leave η_j/η_i, times the 1/η_j that was written, which is 1/η_i. (In the paper the
main text's equation 15b divides by η_{i−1}; its appendix B has the η_i that is right.)

For every form d is the number of channels, n the number of features, N = n d the state. Arguments come in the order queries,
keys, normaliser or degree, value matrix: W_V (d, d) says how many channels there are, and ``torch.eye(d)`` takes values v = u.

Scores are q·k as they stand, as in ``dynlib_kernels.linear_attention``: what should be divided by √n, divide q. Only the cut-off
softmax takes a ``scale``, 1/√m unless told, as ``dynlib_kernels.softmax_attention`` and ``online_softmax`` do.
"""

import itertools
import math

from dynlib.unified_dynamics.dsf import DSF
from dynlib_kernels.arguments.scalars import check_count, check_heads, check_number
from dynlib_kernels.arguments.tensors import check_axes, check_numbers, check_overflow, check_shapes
from dynlib_kernels.engine import torch
from dynlib_kernels.softmax_attention import default_scale


def elu_plus_one(x: torch.Tensor) -> torch.Tensor:
    """elu(x) + 1 = e^x for x < 0 and 1 + x for x ≥ 0.

    Written so: elu(x) + 1 itself is e^x − 1 + 1, which float32 rounds to exactly 0 below x = −17.3,
    and a normaliser made of zeros is zero. This form keeps its digits down to x = −87 in float32.

    Parameters
    ----------
    x : real tensor
        Any shape.

    Returns
    -------
    tensor
        The shape of x.
    """
    check_axes("elu_plus_one", x=(x, "..."))
    return torch.exp(x.clamp(max=0)) + torch.relu(x)


def taylor_features(x: torch.Tensor, degree: int) -> torch.Tensor:
    """All monomials of x up to a degree p, weighted so that φ(q)·φ(k) is e^{q·k}, cut off.

    φ(q)·φ(k) = Σ_{r ≤ p} (q·k)^r / r!. The monomial x^e has weight 1/√(e_1! … e_m!): (q·k)^r / r! =
    Σ_{|e| = r} q^e k^e / (e_1! … e_m!).

    Parameters
    ----------
    x : (…, m) real tensor
        The last axis is the vector.
    degree : int
        p, at least 0.

    Returns
    -------
    (…, C(m + p, p)) tensor
        Constant first.

    Raises
    ------
    ValueError
        For a degree below 0, nan or inf, and an x without an axis.
    """
    degree = check_count("taylor_features", "degree", degree, least=0)
    if check_numbers("taylor_features", "x", x).ndim < 1:
        raise ValueError("taylor_features: x has no axis; its last axis is the vector: (…, m)")
    return check_overflow("taylor_features", _monomials(x, degree), x=x)


def _monomials(x: torch.Tensor, degree: int) -> torch.Tensor:
    """As ``taylor_features``, unchecked."""
    features = [torch.ones_like(x[..., :1])]
    for r in range(1, degree + 1):
        factors = list(itertools.combinations_with_replacement(range(x.shape[-1]), r))
        weights = [1 / math.sqrt(math.prod(math.factorial(chosen.count(c)) for c in set(chosen))) for chosen in factors]
        monomials = x[..., torch.tensor(factors, device=x.device)].prod(-1)
        features.append(monomials * torch.tensor(weights, dtype=x.dtype, device=x.device))
    return torch.cat(features, -1)


def separable_attention(phi_q: torch.Tensor, psi_k: torch.Tensor, eta: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """y_i = Σ_{j ≤ i} φ(q_i)·ψ(k_j) / η_i W_V u_j for features and a normaliser that are given.

    Parameters
    ----------
    phi_q, psi_k : (L, n) tensor
        The features of queries and keys.
    eta : (L,) tensor
        The normaliser, of one sign.
    W_V : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        With n states a channel.

    Raises
    ------
    ValueError
        For shapes that do not fit, for an η that vanishes or changes sign (between those steps the
        decay η_{i−1}/η_i passes through infinity), and for one that leaves the range of its dtype.

    References
    ----------
    .. [1] Sieber et al., 2024, equations 13 to 15 and appendix B.
    """
    check_shapes("separable_attention", phi_q=(phi_q, "L n"), psi_k=(psi_k, "L n"), eta=(eta, "L"), W_V=(W_V, "d d"))
    return _normalised("separable_attention", phi_q[:, None], psi_k[:, None], eta[:, None], W_V)


def elu_attention(q: torch.Tensor, k: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """Linear attention as it was first proposed: φ = ψ = elu + 1, and each row sums to 1.

    η_i = φ(q_i)·Σ_{j ≤ i} ψ(k_j). It is ``dynlib_kernels.linear_attention`` of φ(q) and φ(k) with
    ``normalise=True``, as a loop. Its decays η_{i−1}/η_i often exceed 1: they are no forgetting.

    Parameters
    ----------
    q, k : (L, n) tensor
        Queries and keys.
    W_V : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        As ``separable_attention``.

    Raises
    ------
    ValueError
        As ``separable_attention``.

    References
    ----------
    .. [1] Katharopoulos et al., 2020.
    .. [2] Sieber et al., 2024, equation 16.
    """
    check_shapes("elu_attention", q=(q, "L n"), k=(k, "L n"), W_V=(W_V, "d d"))
    phi, psi = elu_plus_one(q)[:, None], elu_plus_one(k)[:, None]
    return _normalised("elu_attention", phi, psi, _sum_of_scores(phi, psi), W_V)


def generalised_attention(q: torch.Tensor, k: torch.Tensor, W_V: torch.Tensor, *, eta: torch.Tensor | None = None) -> DSF:
    """Linear attention without feature maps: φ = q, ψ = k, and any normaliser.

    Without a normaliser it is ``dynlib_kernels.linear_attention`` of q and k, as a loop. The sum
    Σ_j q_i·k_j is no good normaliser here: it vanishes and changes sign.

    Parameters
    ----------
    q, k : (L, n) tensor
        Queries and keys.
    W_V : (d, d) tensor
        The value matrix.
    eta : (L,) tensor, optional
        The normaliser η; None for none, η = 1 and Λ = I.

    Returns
    -------
    DSF
        As ``separable_attention``.

    Raises
    ------
    ValueError
        As ``separable_attention``.

    References
    ----------
    .. [1] Sieber et al., 2024, equation 17.
    """
    check_shapes("generalised_attention", q=(q, "L n"), k=(k, "L n"), W_V=(W_V, "d d"))
    if eta is None:
        return DSF(torch.ones_like(q[:, None]), k[:, None], q[:, None], W_V)
    check_shapes("generalised_attention", q=(q, "L n"), eta=(eta, "L"))
    return _normalised("generalised_attention", q[:, None], k[:, None], eta[:, None], W_V)


def normalised_attention(q: torch.Tensor, k: torch.Tensor, log_eta: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """Generalised attention with η_i = e^{log_eta_i}; in the paper log_eta_i = W_η u_i.

    As η_i depends on step i only, it is un-normalised attention behind an output gate
    e^{−log_eta_i}: nothing is forgotten.

    Parameters
    ----------
    q, k : (L, n) tensor
        Queries and keys.
    log_eta : (L,) tensor
        The logarithm of the normaliser.
    W_V : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        As ``separable_attention``.

    Raises
    ------
    ValueError
        As ``separable_attention``.

    References
    ----------
    .. [1] Sieber et al., 2024, equation 22.
    """
    check_shapes("normalised_attention", q=(q, "L n"), k=(k, "L n"), log_eta=(log_eta, "L"), W_V=(W_V, "d d"))
    eta = torch.exp(log_eta)
    if not ((eta > 0) & torch.isfinite(eta)).all():
        raise ValueError(
            f"normalised_attention: log_eta runs from {log_eta.min().item():.4g} to {log_eta.max().item():.4g} and "
            f"its exponential out of the range of {eta.dtype}; give values nearer to 0"
        )
    return _normalised("normalised_attention", q[:, None], k[:, None], eta[:, None], W_V)


def truncated_softmax(q: torch.Tensor, k: torch.Tensor, degree: int, W_V: torch.Tensor, *, scale: float | None = None) -> DSF:
    """Softmax attention with e^{scale q·k} cut off after a degree p.

    It is a loop with n = C(m + p, p) states a channel. Use an even degree: those polynomials are
    positive everywhere, those of odd degree fall below 0 and so may η.

    Parameters
    ----------
    q, k : (L, m) tensor
        Queries and keys.
    degree : int
        p, at least 0.
    W_V : (d, d) tensor
        The value matrix.
    scale : float, optional
        Of the scores, 1/√m if left out, as in ``softmax_attention``.

    Returns
    -------
    DSF
        As ``separable_attention``.

    Raises
    ------
    ValueError
        As ``separable_attention`` and ``taylor_features``.

    References
    ----------
    .. [1] Sieber et al., 2024, lemma 1.
    """
    check_shapes("truncated_softmax", q=(q, "L m"), k=(k, "L m"), W_V=(W_V, "d d"))
    scale = check_number("truncated_softmax", "scale", default_scale(q, scale), -math.inf)
    degree = check_count("truncated_softmax", "degree", degree, least=0)
    phi, psi = (_monomials(x, degree)[:, None] for x in (scale * q, k))
    for x in (phi, psi):
        check_overflow("truncated_softmax", x, q=q, k=k, scale=scale)
    return _normalised("truncated_softmax", phi, psi, _sum_of_scores(phi, psi), W_V)


def multi_head_elu_attention(q: torch.Tensor, k: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """Linear attention (elu + 1) with s heads, each with its own η.

    Head r reads and writes channels r d/s to (r + 1) d/s − 1. The state is n d numbers as with one
    head; what grows with s is the number of different decays a step.

    Parameters
    ----------
    q, k : (L, s, n) tensor
        Queries and keys.
    W_V : (d, d) tensor
        The value matrix, d a multiple of s.

    Returns
    -------
    DSF
        As ``separable_attention``.

    Raises
    ------
    ValueError
        As ``separable_attention``.

    References
    ----------
    .. [1] Sieber et al., 2024, appendix G (with η_i for its η_{i−1} in B_i).
    """
    size = check_shapes("multi_head_elu_attention", q=(q, "L s n"), k=(k, "L s n"), W_V=(W_V, "d d"))
    width = check_heads("multi_head_elu_attention", size["d"], size["s"])
    phi, psi = elu_plus_one(q), elu_plus_one(k)
    phi, psi, eta = (x.repeat_interleave(width, 1) for x in (phi, psi, _sum_of_scores(phi, psi)))
    return _normalised("multi_head_elu_attention", phi, psi, eta, W_V)


def _sum_of_scores(phi: torch.Tensor, psi: torch.Tensor) -> torch.Tensor:
    """φ(q_i)·Σ_{j ≤ i} ψ(k_j): (L, s, n) to (L, s)."""
    return (phi * psi.cumsum(0)).sum(-1)


def _normalised(where: str, phi: torch.Tensor, psi: torch.Tensor, eta: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """phi and psi (L, 1 or d, n), eta (L, 1 or d), through the formulas above."""
    signs = torch.sign(eta.detach())
    if (signs == 0).any() or (signs != signs[:1]).any():
        low, high = eta.min().item(), eta.max().item()
        raise ValueError(
            f"{where}: eta, the normaliser, runs from {low:.3g} to {high:.3g}; it is divided by, so it must not "
            "vanish or change sign: use positive features (elu + 1, an even Taylor degree), e^…, or no normaliser"
        )
    decay = torch.cat([torch.ones_like(eta[:1]), eta[:-1]]) / eta
    sizes = torch.cat([eta, decay, 1 / eta]).detach().abs()
    if not (torch.isfinite(sizes) & (sizes >= torch.finfo(eta.dtype).tiny)).all():
        low, high = eta.detach().abs().min().item(), eta.detach().abs().max().item()
        raise ValueError(
            f"{where}: |η|, the sum of scores of q and k, or eta where it is given, runs from {low:.3g} to "
            f"{high:.3g}: η, 1/η_i or η_(i−1)/η_i leaves the range of "
            f"{eta.dtype}; bring η nearer to 1, or leave it out and divide the output by it"
        )
    return DSF(decay[..., None], psi / eta[..., None], phi, W_V)
