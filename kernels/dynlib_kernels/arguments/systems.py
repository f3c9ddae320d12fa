"""Linear systems and tables of operators, of chapter 3."""

from dynlib_kernels.arguments.tensors import check_numbers, check_shapes
from dynlib_kernels.engine import torch


def check_system(
    where: str, A: torch.Tensor, B: torch.Tensor, C: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A, B and C of one dtype, after a check that they are a linear system: A (N, N) or a diagonal (N,), B (N, d), C (p, N).

    Raises: ``ValueError`` for other shapes, half precision, nan and inf.
    """
    axes = "N" if isinstance(A, torch.Tensor) and A.ndim == 1 else "N N"
    check_shapes(where, real=False, A=(A, axes), B=(B, "N d"), C=(C, "p N"))
    dtype = torch.promote_types(torch.promote_types(A.dtype, B.dtype), C.dtype)
    return A.to(dtype), B.to(dtype), C.to(dtype)


def check_operators(where: str, M: torch.Tensor) -> torch.Tensor:
    """M, in double precision, after a check that it is a curve (n, p, d) or a table (n, n, p, d) of real operators."""
    check_numbers(where, "M", M)
    if M.is_complex():
        raise ValueError(f"{where}: M is {M.dtype}; the span is taken over the real numbers: give M.real, or the real operators "
                         "that lag_operators makes of complex modes")
    if M.ndim not in (3, 4):
        raise ValueError(f"{where}: M has shape {tuple(M.shape)}; give lag operators (n, p, d) or a table of them (n, n, p, d)")
    return M.detach().to(torch.float64)
