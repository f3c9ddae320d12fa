"""Elementary functions that keep their digits, and those of their derivatives, where the usual formula loses them.

exprel(z) = (e^z − 1)/z has no singularity at 0. Yet its derivative by the quotient is (e^z − exprel(z))/z: for |z| = 10⁻⁸ the
difference of two numbers that agree in eight digits, for z = 0 nothing at all. So for |z| < 1 the series Σ z^k / (k + 1)! stands
in, as far as k = 18: what is left out of it is below 10⁻¹⁸, and of its derivative below 10⁻¹⁶. At |z| = 1 the quotient loses a
factor of 3.

softplus(x) = log(1 + e^x). torch's becomes x itself from x = 20 on, in float64 2·10⁻⁹ too little; here it does from 40 on.
"""

import math

from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.engine import functional, torch

__all__ = ["expm1", "exprel", "log_softplus", "softplus"]

SERIES = [1 / math.factorial(k + 1) for k in range(19)]  # of exprel, by powers of z
SLOPES = [k * coefficient for k, coefficient in enumerate(SERIES)][1:]  # of its derivative


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
    return differentiable(ByHand(_exprel, lambda z: (_value(z), ()), _gradient), z)


def _exprel(z):
    """As torch differentiates it: each form only sees what it is for, or its nan reaches the other's derivative."""
    near = z.detach().abs() < 1
    small, large = torch.where(near, z, 0), torch.where(near, 1, z)
    series = torch.full_like(small, SERIES[-1])
    for coefficient in SERIES[-2::-1]:
        series = series * small + coefficient
    return torch.where(near, series, expm1(large) / large)


def _value(z):
    return torch.where(z.abs() < 1, _polynomial(z, SERIES), expm1(z) / z)


def _gradient(g, inputs, kept, needed):
    (z,) = inputs
    slope = torch.where(z.abs() < 1, _polynomial(z, SLOPES), (torch.exp(z) - expm1(z) / z) / z)
    return (g * slope.conj(),)


def _polynomial(z, coefficients):
    """Σ_k coefficients[k] z^k in place, for it runs in every step of a training."""
    total = torch.full_like(z, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total.mul_(z).add_(coefficient)
    return total


def softplus(x: torch.Tensor) -> torch.Tensor:
    """log(1 + e^x).

    Parameters
    ----------
    x : real tensor
        Any shape.

    Returns
    -------
    tensor
        The shape and dtype of x.
    """
    return functional.softplus(x, threshold=40.0)


def log_softplus(x: torch.Tensor) -> torch.Tensor:
    """log(log(1 + e^x)), also where softplus itself underflows: x for very negative x.

    Parameters
    ----------
    x : real tensor
        Any shape.

    Returns
    -------
    tensor
        The shape and dtype of x.
    """
    low = x.detach() < -20
    small = torch.where(low, x, -20)  # log(y − y²/2 + y³/3 − …) = x − y/2 + … with y = e^x < 3·10⁻⁹
    return torch.where(low, small - torch.exp(small) / 2, torch.log(softplus(torch.where(low, 0, x))))
