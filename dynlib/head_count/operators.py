"""A sequence map as a table of operators: y_i = Σ_j W_ij x_j, every entry W_ij a matrix (p, d).

A linear state space model s_i = A s_{i−1} + B x_i, y_i = C s_i has a table that is constant along its diagonals,
W_ij = M_{i−j} with the lag operators M_τ = C A^τ B. Time is the first axis: x (n, d), y (n, p); n is the length of a sequence.
"""

from collections.abc import Callable

import numpy as np

from dynlib_kernels.arguments.scalars import check_cells, check_count, check_has
from dynlib_kernels.arguments.systems import check_system
from dynlib_kernels.arguments.tensors import check_numbers, check_shapes
from dynlib_kernels.engine import torch


def lag_operators(A: torch.Tensor, B: torch.Tensor, C: torch.Tensor, n: int, D: torch.Tensor | None = None) -> torch.Tensor:
    """M_τ = C A^τ B for τ = 0 … n−1: from an input to the output τ steps later.

    This is the impulse response. M_0 also gets the skip D. Complex numbers: each mode stands for
    itself and its conjugate, as in S4D, so the pair sums to M_τ = 2 Re(C A^τ B). Give one mode of
    each pair. A mode that happens to be real is counted twice like the others: halve its C.

    Parameters
    ----------
    A : (N, N) or (N,) tensor
        The state matrix, or a diagonal.
    B : (N, d) tensor
        How the state is fed.
    C : (p, N) tensor
        How it is read.
    n : int
        How many lags, at least 1.
    D : (p, d) real tensor, optional
        The skip, left out for none.

    Returns
    -------
    (n, p, d) real tensor
        M, of the common precision.

    Raises
    ------
    ValueError
        For n < 1, shapes that do not fit, half precision, nan, inf, and an A whose powers overflow.

    Notes
    -----
    Cost: n N² d multiplications, n N d for a diagonal A, and n p N d to read.
    """
    A, B, C = check_system("lag_operators", A, B, C)
    n = check_count("lag_operators", "n", n)
    state, lags = B, []
    for _ in range(check_cells("lag_operators", n, C.shape[0] * B.shape[1], "n")):
        lags.append(C @ state)
        state = A[:, None] * state if A.ndim == 1 else A @ state
    M = torch.stack(lags)
    M = 2 * M.real if M.is_complex() else M
    if D is not None:
        check_shapes("lag_operators", C=(C.real, "p N"), B=(B.real, "N d"), D=(D, "p d"))
        M = torch.cat([M[:1] + D.to(M.dtype), M[1:]])
    if not torch.isfinite(M).all():
        raise ValueError(
            f"lag_operators: A has the spectral radius {spectral_radius(A):.4g}, and its powers overflow within "
            f"n = {n} steps of {M.dtype}; make it at most 1, or n smaller"
        )
    return M


def spectral_radius(A: torch.Tensor) -> float:
    """The largest modulus of an eigenvalue of A. The system forgets when it is below 1.

    Parameters
    ----------
    A : (N, N) or (N,) tensor
        The state matrix, or a diagonal.

    Returns
    -------
    float
        The radius.

    Raises
    ------
    ValueError
        For another shape, nan and inf.
    """
    check_shapes("spectral_radius", real=False, A=(A, "N" if isinstance(A, torch.Tensor) and A.ndim == 1 else "N N"))
    modes = A if A.ndim == 1 else torch.linalg.eigvals(A)
    return modes.abs().max().item()


def operator_rows(M: torch.Tensor) -> torch.Tensor:
    """The operators as vectors, one a row. Their rank is the dimension of the operators' span.

    Parameters
    ----------
    M : (…, p, d) tensor
        The operators.

    Returns
    -------
    (rows, p d) tensor
        The vectors.

    Raises
    ------
    ValueError
        For fewer than two axes.
    """
    if check_numbers("operator_rows", "M", M).ndim < 2:
        raise ValueError(f"operator_rows: M has shape {tuple(M.shape)}; its last two axes are an operator's, (p, d)")
    return M.reshape(-1, M.shape[-2] * M.shape[-1])


def operator_table(M: torch.Tensor) -> torch.Tensor:
    """The table of a system whose lag operators are M: W_ij = M_{i−j}, and 0 above the diagonal.

    Parameters
    ----------
    M : (n, p, d) real tensor
        Lag operators.

    Returns
    -------
    (n, n, p, d) tensor
        W.

    Raises
    ------
    ValueError
        For another shape, complex numbers, nan and inf.
    """
    n = check_shapes("operator_table", M=(M, "n p d"))["n"]
    lag = torch.arange(n, device=M.device)[:, None] - torch.arange(n, device=M.device)
    return torch.where((lag >= 0)[:, :, None, None], M[lag.clamp(min=0)], torch.zeros_like(M[0]))


def interaction_operators(layer: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """J_ij = ∂y_i/∂x_j at the input x: the response of output i to a small impulse at input j.

    For a linear layer this is its table W. For any other it is not: attention's Jacobian also holds
    the impulse's effect on the weights. ``secant_operators`` gives operators that do add up to the
    output.

    Parameters
    ----------
    layer : callable
        From (n, d) to (n, p), made of torch's differentiable operations.
    x : (n, d) real tensor
        The input.

    Returns
    -------
    (n, n, p, d) tensor
        J.

    Raises
    ------
    ValueError
        For an x that is no real sequence, and a layer that answers in another shape.
    """
    _check_layer("interaction_operators", layer, x)
    # Row by row: torch.func would do it at once, but takes seconds to load.
    return torch.autograd.functional.jacobian(layer, x).permute(0, 2, 1, 3)


def secant_operators(layer: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, *, points: int = 16) -> torch.Tensor:
    """W_ij(x) = ∫₀¹ J_ij(t x) dt: operators for a layer that is not linear.

    With them y(x) − y(0) = Σ_j W_ij(x) x_j. The integral is by Gauss and Legendre's rule; for a
    smooth layer its error falls exponentially with ``points``.

    Parameters
    ----------
    layer : callable
        As in ``interaction_operators``.
    x : (n, d) real tensor
        As in ``interaction_operators``.
    points : int, default 16
        Of the rule, at least 1.

    Returns
    -------
    (n, n, p, d) tensor
        W.

    Raises
    ------
    ValueError
        As ``interaction_operators``, and for points below 1.
    """
    points = check_count("secant_operators", "points", points)
    _check_layer("secant_operators", layer, x)
    nodes, weights = np.polynomial.legendre.leggauss(points)
    mean = sum(
        float(w) / 2 * torch.autograd.functional.jacobian(layer, (1 + float(t)) / 2 * x)
        for t, w in zip(nodes, weights, strict=True)
    )
    return mean.permute(0, 2, 1, 3)


def _check_layer(where: str, layer, x: torch.Tensor) -> None:
    n = check_shapes(where, x=(x, "n d"))["n"]
    check_has(where, "layer", layer, "__call__", like="a function from (n, d) to (n, p) tensors")
    y = layer(x)
    if y.ndim != 2 or len(y) != n:
        raise ValueError(f"{where}: layer answers {tuple(x.shape)} with {tuple(y.shape)}; it must map (n, d) to (n, p)")
