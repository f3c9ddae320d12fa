"""The trap: one head whose weights may look at the input as they please reproduces every output of a system of any rank.

y_i = Σ_j W_ij(X) x_j does not determine W when it depends on X. Take any value V and choose, for this one input, weights with
V Σ_j α_ij x_j = y_i: p equations for i + 1 unknowns. But these weights do not change when the input is halved, α(εX) = α(X), so
they have no limit as X → 0 unless they are constant. Weights that are continuous at 0, such as any softmax, cannot do this: their
Jacobian at 0 is Σ_h α^h_ij(0) V_h, and that of the system is M_{i−j}; so they need H ≥ r heads.
"""

from dynlib.head_count.operators import operator_table
from dynlib_kernels.arguments.tensors import check_shapes
from dynlib_kernels.engine import torch


def imitating_weights(M: torch.Tensor, x: torch.Tensor, V: torch.Tensor | None = None) -> torch.Tensor:
    """Weights of ONE head with Σ_j α_ij V x_j = y_i, the outputs of the system M for this input.

    They are the smallest such.

    Parameters
    ----------
    M : (n, p, d) real tensor
        Lag operators.
    x : (n, d) real tensor
        The input.
    V : (p, d) real tensor, optional
        The value, M_0 if left out.

    Returns
    -------
    (n, n) float64 tensor
        α, 0 above the diagonal.

    Raises
    ------
    ValueError
        For shapes that do not fit, and where the first i + 1 inputs do not suffice: p ≤ 2 outputs
        are reached from the start with V = M_0, more of them not before there are p inputs.
    """
    sizes = check_shapes("imitating_weights", M=(M, "n p d"), x=(x, "n d"))
    V = M[0] if V is None else V
    check_shapes("imitating_weights", M=(M, "n p d"), V=(V, "p d"))
    M, x, V = M.to(torch.float64), x.to(torch.float64), V.to(torch.float64)
    wanted = torch.einsum("ijpd,jd->ip", operator_table(M), x)
    heard = x @ V.T
    alpha = torch.zeros(sizes["n"], sizes["n"], dtype=torch.float64)
    for i in range(sizes["n"]):
        alpha[i, : i + 1] = torch.linalg.pinv(heard[: i + 1].T) @ wanted[i]
    missed = torch.linalg.vector_norm(alpha @ heard - wanted, dim=1)
    worst = int(missed.argmax())
    if missed[worst] > 1e-8 * torch.linalg.vector_norm(wanted):
        raise ValueError(
            f"imitating_weights: M has p = {sizes['p']} outputs, and at i = {worst} the {worst + 1} inputs of x heard "
            "through V do not span them; take p ≤ 2 and V = M_0, or inputs in general position"
        )
    return alpha
