"""How far a gradient reaches: the norm of ∂y_i/∂x_j by the distance i − j, in closed form.

linear       J_ij = C A^{i−j} B                     falls at least like κ ρ^{i−j} when A is stable (``forgetting_bound``)
softmax      J_ij = α_ij V [I + (x_j − x̄_i)(W_Kᵀ q_i)ᵀ], j < i: the distance is not in it. But α_ij has to be won against i − 1
             others: α ≥ ½ takes a logit of log(i − 1) more than theirs, and random inputs get about 1/i.
gated SSM    J_ij = e^{−Σ_{j<k≤i} Δ_k} [Δ_j I + σ(z_j)(x_j − e^{−Δ_j} h_{j−1}) wᵀ]: tokens with Δ ≈ 0 in between keep it whole

So the border does not run between attention and state space models, but between gates that see the input and a stable linear
system. ``jacobian_row`` finds any of them by differentiation.
"""

import math
from collections.abc import Callable

from dynlib.head_count.layers import attention_weights, gated_ssm
from dynlib.head_count.operators import spectral_radius
from dynlib_kernels.arguments.scalars import check_counts, check_has, check_number
from dynlib_kernels.arguments.systems import check_system
from dynlib_kernels.arguments.tensors import check_shapes
from dynlib_kernels.engine import torch


def jacobian_row(layer: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """∂y/∂x_j of the last output, for all inputs j, by differentiation.

    Parameters
    ----------
    layer : callable
        From (n, d) to (n, p), made of torch's differentiable operations.
    x : (n, d) real tensor
        The input.

    Returns
    -------
    (n, p, d) tensor
        The row.

    Raises
    ------
    ValueError
        For an x of another shape, nan and inf.
    """
    check_shapes("jacobian_row", x=(x, "n d"))
    check_has("jacobian_row", "layer", layer, "__call__", like="a function from (n, d) to (n, p) tensors")
    return torch.autograd.functional.jacobian(lambda inputs: layer(inputs)[-1], x).permute(1, 0, 2)


def jacobian_profile(row: torch.Tensor) -> torch.Tensor:
    """The spectral norms of a row of Jacobians, by distance: entry τ is ‖∂y_{n−1}/∂x_{n−1−τ}‖.

    Parameters
    ----------
    row : (n, p, d) real tensor
        In the order of the inputs. Lag operators are in the order of distance: give M.flip(0).

    Returns
    -------
    (n,) tensor
        The norms.

    Raises
    ------
    ValueError
        For another shape, complex numbers, nan and inf.
    """
    check_shapes("jacobian_profile", row=(row, "n p d"))
    return torch.linalg.matrix_norm(row, 2).flip(0)


def forgetting_bound(A: torch.Tensor, B: torch.Tensor, C: torch.Tensor) -> tuple[float, float]:
    """κ and ρ with ‖C A^τ B‖ ≤ κ ρ^τ for all τ.

    κ = ‖C S‖ ‖S⁻¹ B‖ for A = S Λ S⁻¹, ρ the spectral radius. κ is large when A is far from normal:
    then the gradient may grow for long before it falls.

    Parameters
    ----------
    A, B, C : tensor
        As ``lag_operators`` takes them; complex modes stand for pairs and double κ.

    Returns
    -------
    κ, ρ : float
        The bound.

    Raises
    ------
    ValueError
        For shapes that do not fit, ρ ≥ 1, and an A that is not diagonalisable to working precision.
    """
    A, B, C = check_system("forgetting_bound", A, B, C)
    rho = spectral_radius(A)
    if rho >= 1:
        raise ValueError(f"forgetting_bound: A has the spectral radius {rho:.6g} and does not forget; make it smaller than 1")
    factor = 2 if A.is_complex() else 1
    if A.ndim == 2:
        S = torch.linalg.eig(A).eigenvectors
        condition = torch.linalg.cond(S).item()
        if not condition < 1e10:
            raise ValueError(
                f"forgetting_bound: A has eigenvectors of condition {condition:.1e} and is not diagonalisable to "
                "working precision; split equal eigenvalues by a little, or look at lag_operators itself"
            )
        B, C = torch.linalg.solve(S, B.to(S.dtype)), C.to(S.dtype) @ S
    return factor * (torch.linalg.matrix_norm(C, 2) * torch.linalg.matrix_norm(B, 2)).item(), rho


def softmax_jacobian(x: torch.Tensor, W_Q: torch.Tensor, W_K: torch.Tensor, V: torch.Tensor) -> torch.Tensor:
    """J_ij of the last output of one softmax head, for all inputs j, in closed form.

    x̄ = Σ_m α_m x_m is the mean input. j < i: α_j V [I + (x_j − x̄)(W_Kᵀ q_i)ᵀ]. The last token is
    also the query: its J has V Σ_m α_m (x_m − x̄)(W_Qᵀ k_m)ᵀ more.

    Parameters
    ----------
    x : (n, d) real tensor
        The input.
    W_Q, W_K : (m, d) real tensor
        Logits are q·k, no 1/√m.
    V : (p, d) real tensor
        The value.

    Returns
    -------
    (n, p, d) tensor
        The row of Jacobians.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan and inf.
    """
    check_shapes("softmax_jacobian", x=(x, "n d"), W_Q=(W_Q, "m d"), W_K=(W_K, "m d"), V=(V, "p d"))
    alpha = attention_weights(x, W_Q[None], W_K[None])[0, -1]
    heard = x - alpha @ x
    direction = W_K.T @ (W_Q @ x[-1])
    inner = torch.eye(x.shape[1], dtype=x.dtype, device=x.device) + heard[:, :, None] * direction
    row = alpha[:, None, None] * (V @ inner)
    query = V @ torch.einsum("n,nd,ne->de", alpha, heard, x @ W_K.T @ W_Q)
    return torch.cat([row[:-1], row[-1:] + query])


def gated_jacobian(x: torch.Tensor, gate: torch.Tensor, offset: float = 0.0) -> torch.Tensor:
    """J_ij of the last output of ``gated_ssm``, for all inputs j, in closed form.

    Parameters
    ----------
    x : (n, d) real tensor
        As in ``gated_ssm``.
    gate : (d,) real tensor
        As in ``gated_ssm``.
    offset : float, default 0
        As in ``gated_ssm``.

    Returns
    -------
    (n, d, d) tensor
        The row of Jacobians.

    Raises
    ------
    ValueError
        As ``gated_ssm``.
    """
    states = gated_ssm(x, gate, offset)
    logits = x @ gate + float(offset)
    steps = torch.nn.functional.softplus(logits)
    before = torch.cat([torch.zeros_like(states[:1]), states[:-1]])
    kept = torch.exp(-(steps.flip(0).cumsum(0).flip(0) - steps))  # by the tokens after j
    own = steps[:, None, None] * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    through_gate = torch.sigmoid(logits)[:, None] * (x - torch.exp(-steps)[:, None] * before)
    return kept[:, None, None] * (own + through_gate[:, :, None] * gate)


def highway_input(n: int, distance: int, gain: float, d: int = 4) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """An input whose last token looks for one token ``distance`` steps before it, and finds it.

    It finds it with a logit of ``gain``. The last token is e_1, the one looked for e_2, all others
    0; W_Q reads e_1 with the gain, W_K reads e_2. All other logits are 0, so α of the token is
    e^gain/(e^gain + n − 1) wherever it stands.

    Parameters
    ----------
    n : int
        The length, at least 2.
    distance : int
        0 < distance < n.
    gain : float
        The logit.
    d : int, default 4
        Channels, at least 2.

    Returns
    -------
    x, W_Q, W_K : (n, d), (1, d) and (1, d) float64 tensor
        The input, and the head's matrices.

    Raises
    ------
    ValueError
        For values outside these ranges.
    """
    n, distance, d = _check_distance("highway_input", n, distance, d)
    gain = check_number("highway_input", "gain", gain, -math.inf)  # log(n) makes the weight about one half
    x = torch.zeros(n, d, dtype=torch.float64)
    x[-1, 0] = x[-1 - distance, 1] = 1
    W_Q, W_K = torch.zeros(2, 1, d, dtype=torch.float64)
    W_Q[0, 0], W_K[0, 1] = gain, 1
    return x, W_Q, W_K


def quiet_input(n: int, distance: int, logit: float, d: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """An input for ``gated_ssm`` in which one token opens the gate, and all others do not.

    The one token stands ``distance`` steps before the last; it is e_1 with the gate's logit 2; all
    others are silent but for their own ``logit``. Very negative, they neither write nor forget, and
    the one token is kept whole.

    Parameters
    ----------
    n : int
        The length, at least 2.
    distance : int
        0 < distance < n.
    logit : float
        The gate's logit of all other tokens.
    d : int, default 4
        Channels, at least 2.

    Returns
    -------
    x, gate : (n, d) and (d,) float64 tensor
        The input, and the gate's weights.

    Raises
    ------
    ValueError
        For values outside these ranges.
    """
    n, distance, d = _check_distance("quiet_input", n, distance, d)
    logit = check_number("quiet_input", "logit", logit, -math.inf)  # -20 shuts the gate to 2e-9
    x = torch.zeros(n, d, dtype=torch.float64)
    x[:, 1] = logit
    x[-1 - distance, 0], x[-1 - distance, 1] = 1, 2
    gate = torch.zeros(d, dtype=torch.float64)
    gate[1] = 1
    return x, gate


def _check_distance(where: str, n: int, distance: int, d: int) -> list[int]:
    counts = check_counts(where, n=n, distance=distance, d=d)
    if distance >= n or d < 2:
        raise ValueError(f"{where}: distance = {distance} must be below n = {n}, and d = {d} at least 2")
    return counts
