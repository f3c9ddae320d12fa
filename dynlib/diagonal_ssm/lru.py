"""The linear recurrent unit (LRU) of Orvieto and others, 2023: a diagonal recurrence that begins in discrete time.

x_t = λ x_{t−1} + γ u_t with |λ| = exp(−e^ν), so that no value of ν is unstable, and angle θ. λ starts uniformly in a ring of the
complex plane. A mode whose |λ| is near 1 adds up about 1/(1 − |λ|²) past inputs; γ = √(1 − |λ|²) makes up for it.
"""

import math

from dynlib_kernels.arguments.scalars import check_count, check_generator, check_number
from dynlib_kernels.arguments.tensors import check_numbers
from dynlib_kernels.engine import torch


def ring(
    N: int, r_min: float = 0.9, r_max: float = 0.999, max_angle: float = math.tau, generator: torch.Generator | None = None
) -> torch.Tensor:
    """Factors λ of one step, drawn uniformly by area from the ring r_min ≤ |λ| ≤ r_max, angles up to max_angle.

    Parameters
    ----------
    N : int
        How many factors.
    r_min, r_max : float, default 0.9 and 0.999
        The ring, 0 ≤ r_min ≤ r_max < 1.
    max_angle : float, default 2π
        The largest angle, in radians a step; small ones turn slowly.
    generator : torch.Generator, optional
        What is drawn from.

    Returns
    -------
    (N,) complex128 tensor
        The factors.

    Raises
    ------
    ValueError
        For N < 1, a ring that is none, and a negative angle.
    """
    N, generator = check_count("ring", "N", N), check_generator("ring", "generator", generator)
    r_min, r_max = check_number("ring", "r_min", r_min, 0), check_number("ring", "r_max", r_max, 0)
    if not r_min <= r_max < 1:
        raise ValueError(f"ring: r_min = {r_min!r}, r_max = {r_max!r} must lie below 1 and in this order: give 0.9, 0.999")
    angle = check_number("ring", "max_angle", max_angle, 0)
    draw = torch.rand(2, N, generator=generator, dtype=torch.float64)
    radius = torch.sqrt(r_min**2 + draw[0] * (r_max**2 - r_min**2))  # uniform by area: its square is uniform
    return torch.polar(radius, angle * draw[1])


def normalisation(factors: torch.Tensor) -> torch.Tensor:
    """γ = √(1 − |λ|²): with it white noise of variance 1 keeps every mode at E|x|² = 1.

    Parameters
    ----------
    factors : tensor
        λ of any shape, |λ| ≤ 1.

    Returns
    -------
    real tensor
        γ, of the same shape.

    Raises
    ------
    ValueError
        For factors that are no finite numbers, or beyond the unit circle.

    References
    ----------
    .. [1] Orvieto and others, "Resurrecting Recurrent Neural Networks for Long Sequences", 2023, section 3.4.
    """
    size = check_numbers("normalisation", "factors", factors).abs()
    if (size > 1).any():
        raise ValueError(f"normalisation: factors reach |λ| = {size.max().item():g}; keep |λ| ≤ 1, or no state settles")
    return torch.sqrt(1 - size**2)
