"""(e^z − 1)/z, which has no singularity at 0 and whose quotient and derivatives lose their digits there.

The derivative of the quotient is (e^z − exprel(z))/z: for |z| = 10⁻⁸ the difference of two numbers that agree in eight digits,
for z = 0 nothing at all. So for |z| < 1 the series Σ z^k / (k + 1)! stands in, as far as k = 18: what is left out of it is below
10⁻¹⁸, and of its derivative below 10⁻¹⁶. At |z| = 1 the quotient's derivative loses a factor of 3.
"""

import math

from dynlib_kernels.engine import torch

__all__ = ["expm1", "exprel"]

LAST = 18  # the power of the series' last term


def expm1(z: torch.Tensor) -> torch.Tensor:
    """e^z − 1 without cancellation near 0, also for complex z, which ``torch.expm1`` refuses.

    Parameters
    ----------
    z : tensor
        Real or complex, any shape.

    Returns
    -------
    tensor
        The shape and dtype of z.
    """
    if not z.is_complex():
        return torch.expm1(z)
    real = torch.expm1(z.real) * torch.cos(z.imag) - 2 * torch.sin(z.imag / 2) ** 2
    return torch.complex(real, torch.exp(z.real) * torch.sin(z.imag))


def exprel(z: torch.Tensor) -> torch.Tensor:
    """(e^z − 1)/z, 1 where z = 0, with derivatives that keep their digits there.

    Parameters
    ----------
    z : tensor
        Real or complex, any shape.

    Returns
    -------
    tensor
        The shape and dtype of z.
    """
    near = z.detach().abs() < 1
    small, large = (
        torch.where(near, z, 0),
        torch.where(near, 1, z),
    )  # each form only sees what it is for, or gives nan to the other
    series = torch.full_like(small, 1 / math.factorial(LAST + 1))
    for k in range(LAST, 0, -1):
        series = series * small + 1 / math.factorial(k)
    return torch.where(near, series, expm1(large) / large)
