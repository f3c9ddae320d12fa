"""Lag operators as heads: M_τ ≈ Σ_h c_h(τ) V_h, with H values V_h (p, d) and H weights c_h that depend on the distance only.

The error counts each lag as often as it occurs in a sequence of n steps:
    Σ_{i≥j} ‖W_ij − Σ_h c_h(i−j) V_h‖² = Σ_τ (n−τ) ‖M_τ − Σ_h c_h(τ) V_h‖²
which is also the mean square of the output for white noise as input. Its least value is the tail Σ_{h>H} σ_h² of the singular
values of the rows √(n−τ) vec(M_τ) (Eckart and Young): zero from H = r on, and not before. Weights that depend on i and j in any
other way do no better, because the best weights of a pair (i, j) are a projection of M_{i−j}, the same for all pairs of one lag.
"""

from dataclasses import dataclass

from dynlib.head_count.operators import operator_rows
from dynlib.head_count.rank import of_size, tail_squares, weighted_rows
from dynlib_kernels.arguments.scalars import check_count
from dynlib_kernels.arguments.systems import check_operators
from dynlib_kernels.arguments.tensors import check_overflow, check_shapes
from dynlib_kernels.engine import torch


@dataclass(frozen=True, eq=False)
class Factorization:
    """H heads, and their relative squared error for the operators they were made for.

    The error is measured on the result: Σ_τ (n−τ)‖M_τ − Σ_h c_h(τ) V_h‖² / Σ_τ (n−τ)‖M_τ‖².

    Attributes
    ----------
    values : (H, p, d) tensor
        V.
    coefficients : (H, n) tensor
        c.
    error : float
        The relative squared error.
    """

    values: torch.Tensor
    coefficients: torch.Tensor
    error: float

    @property
    def heads(self) -> int:
        """H."""
        return len(self.values)

    def operators(self) -> torch.Tensor:
        """Σ_h c_h(τ) V_h, (n, p, d)."""
        return torch.einsum("hn,hpd->npd", self.coefficients, self.values)


def check_heads_given(where: str, heads: Factorization) -> Factorization:
    """Return heads, after a check that they are a ``Factorization``.

    Parameters
    ----------
    where : str
        The function that asks.
    heads : Factorization
        The argument.

    Returns
    -------
    Factorization
        The same object.

    Raises
    ------
    ValueError
        For anything else.
    """
    if not isinstance(heads, Factorization):
        raise ValueError(f"{where}: heads is a {type(heads).__name__}; give a Factorization, such as factorize(M, H)")
    return heads


def measured(M: torch.Tensor, values: torch.Tensor, coefficients: torch.Tensor) -> Factorization:
    """The heads with these values and coefficients, and their error for the lag operators M.

    Parameters
    ----------
    M : (n, p, d) real tensor
        Lag operators.
    values : (H, p, d) real tensor
        V.
    coefficients : (H, n) real tensor
        c.

    Returns
    -------
    Factorization
        The heads with their error.

    Raises
    ------
    ValueError
        For shapes that do not fit, complex numbers, nan and inf, and an M that is zero throughout.
    """
    exact = _check_lags("measured", M)
    check_shapes("measured", mixed=True, M=(exact, "n p d"), values=(values, "H p d"), coefficients=(coefficients, "H n"))
    size = of_size(exact)
    exact, scaled = exact / size, coefficients.to(exact) / size  # squares of what is very large or small have no float
    missed = exact - torch.einsum("hn,hpd->npd", scaled, values.to(exact))
    check_overflow("measured", missed**2, M=M, values=values, coefficients=coefficients)
    error = (weighted_rows(missed) ** 2).sum() / (weighted_rows(exact) ** 2).sum()
    return Factorization(values, coefficients, error.item())


def factorize(M: torch.Tensor, H: int) -> Factorization:
    """The best H heads, by singular value decomposition. With H = r heads they are exact.

    Parameters
    ----------
    M : (n, p, d) real tensor
        Lag operators.
    H : int
        From 1 to min(n, p d).

    Returns
    -------
    Factorization
        In float64, values orthonormal. Their signs are not determined.

    Raises
    ------
    ValueError
        For another shape, complex numbers, nan, inf, an M that is zero throughout, and H outside
        its range.
    """
    exact = _check_lags("factorize", M)
    _check_head_count("factorize", H, exact)
    n = len(exact)
    U, s, Vh = torch.linalg.svd(weighted_rows(exact), full_matrices=False)
    weight = torch.arange(n, 0, -1, dtype=exact.dtype, device=exact.device).sqrt()
    return measured(exact, Vh[:H].reshape(H, *exact.shape[1:]), (U[:, :H] * s[:H] / weight[:, None]).T)


def error_floor(M: torch.Tensor) -> torch.Tensor:
    """The least relative squared error of H = 0, 1, …, min(n, p d) heads: Σ_{h>H} σ_h² / Σ σ_h².

    No weights do better.

    Parameters
    ----------
    M : (n, p, d) or (n, n, p, d) real tensor
        Lag operators, or a table.

    Returns
    -------
    (min(n, p d) + 1,) float64 tensor
        From 1 down to 0.

    Raises
    ------
    ValueError
        As ``factorize``.
    """
    return tail_squares(torch.linalg.svdvals(weighted_rows(check_operators("error_floor", M))))


def alternating_least_squares(
    M: torch.Tensor, H: int, *, steps: int = 300, generator: torch.Generator | None = None
) -> Factorization:
    """H heads by turns, from random values.

    The best coefficients for the values, then the best values for the coefficients. Another way to
    the same answer, which knows nothing of singular values. It can be slow where σ_H and σ_{H+1}
    are close.

    Parameters
    ----------
    M : (n, p, d) real tensor
        As in ``factorize``.
    H : int
        As in ``factorize``.
    steps : int, default 300
        Turns, at least 1.
    generator : torch.Generator, optional
        Of the first values, on the CPU.

    Returns
    -------
    Factorization
        As ``factorize``.

    Raises
    ------
    ValueError
        As ``factorize``, and for steps below 1.
    """
    exact = _check_lags("alternating_least_squares", M)
    _check_head_count("alternating_least_squares", H, exact)
    check_count("alternating_least_squares", "steps", steps)
    rows, target = operator_rows(exact), weighted_rows(exact)
    values = torch.randn(H, rows.shape[1], dtype=torch.float64, generator=generator).to(exact.device)
    for _ in range(steps):
        # Orthonormal values span the same space, and keep both regressions well conditioned.
        values = torch.linalg.qr(values.T).Q.T
        coefficients = target @ values.T
        values = torch.linalg.pinv(coefficients) @ target
    values = torch.linalg.qr(values.T).Q.T
    return measured(exact, values.reshape(H, *exact.shape[1:]), (rows @ values.T).T)


def _check_lags(where: str, M: torch.Tensor) -> torch.Tensor:
    exact = check_operators(where, M)
    if exact.ndim != 3:
        raise ValueError(f"{where}: M has shape {tuple(M.shape)}; give lag operators (n, p, d)")
    if not exact.any():
        raise ValueError(f"{where}: M is zero throughout, where a relative error is not defined; give an operator that is not 0")
    return exact


def _check_head_count(where: str, H: int, M: torch.Tensor) -> None:
    most = min(len(M), M.shape[1] * M.shape[2])
    if check_count(where, "H", H) > most:
        raise ValueError(f"{where}: H = {H} is more than min(n, p d) = {most}; that many heads are exact, more stay idle")
