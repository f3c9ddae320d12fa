"""Linear systems and tables of operators, of chapter 3."""

from dynlib_kernels.arguments.tensors import check_numbers, check_shapes
from dynlib_kernels.engine import torch


def check_system(
    where: str, A: torch.Tensor, B: torch.Tensor, C: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return A, B and C in one dtype, after a check that they are a linear system.

    Parameters
    ----------
    where : str
        The function that asks.
    A : (N, N) or (N,) tensor
        The transition, or its diagonal; real or complex.
    B : (N, d) tensor
        What the input writes.
    C : (p, N) tensor
        What the output reads.

    Returns
    -------
    A, B, C : tensors
        In their common dtype.

    Raises
    ------
    ValueError
        For other shapes, half precision, nan and inf.
    """
    axes = "N" if isinstance(A, torch.Tensor) and A.ndim == 1 else "N N"
    check_shapes(where, real=False, mixed=True, A=(A, axes), B=(B, "N d"), C=(C, "p N"))
    dtype = torch.promote_types(torch.promote_types(A.dtype, B.dtype), C.dtype)
    return A.to(dtype), B.to(dtype), C.to(dtype)


def check_operators(where: str, M: torch.Tensor) -> torch.Tensor:
    """Return M in double precision, after a check that it holds real operators.

    Parameters
    ----------
    where : str
        The function that asks.
    M : (n, p, d) or (n, n, p, d) tensor
        A curve, or a table, of real operators.

    Returns
    -------
    float64 tensor
        M, detached.

    Raises
    ------
    ValueError
        For complex numbers, half precision, nan, inf, and another number of axes.
    """
    check_numbers(where, "M", M)
    if M.is_complex():
        raise ValueError(
            f"{where}: M is {M.dtype}; the span is taken over the real numbers: give M.real, or the real operators "
            "that lag_operators makes of complex modes"
        )
    if M.ndim not in (3, 4):
        raise ValueError(f"{where}: M has shape {tuple(M.shape)}; give lag operators (n, p, d) or a table of them (n, n, p, d)")
    return M.detach().to(torch.float64)
