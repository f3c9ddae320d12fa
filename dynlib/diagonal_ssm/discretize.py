"""From the differential equation to one step of a recurrence."""

import torch


def check_modes(where: str, A: torch.Tensor, dt) -> torch.Tensor:
    """The step size as a tensor, after A and dt were checked; errors begin with ``where``."""
    if not isinstance(A, torch.Tensor) or A.dtype not in (torch.float32, torch.float64, torch.complex64, torch.complex128):
        kind = A.dtype if isinstance(A, torch.Tensor) else type(A).__name__
        raise ValueError(f"{where}: A is {kind}; give a float32, float64, complex64 or complex128 tensor")
    if not torch.isfinite(torch.view_as_real(A) if A.is_complex() else A).all():
        raise ValueError(f"{where}: A holds nan or inf; every mode must be finite")
    if (A.real > 0).any():
        raise ValueError(f"{where}: A has a real part of {A.real.max().item():g}; a mode with Re A > 0 grows without bound, make it ≤ 0")
    dt = torch.as_tensor(dt, dtype=A.real.dtype, device=A.device)
    if not (torch.isfinite(dt) & (dt > 0)).all():
        raise ValueError(f"{where}: dt = {dt.min().item():g} must be finite and positive")
    return dt


def expm1(z: torch.Tensor) -> torch.Tensor:
    """e^z − 1 without cancellation near 0, also for complex z, which ``torch.expm1`` refuses."""
    if not z.is_complex():
        return torch.expm1(z)
    real = torch.expm1(z.real) * torch.cos(z.imag) - 2 * torch.sin(z.imag / 2) ** 2
    return torch.complex(real, torch.exp(z.real) * torch.sin(z.imag))


def discretize_zoh(A: torch.Tensor, dt) -> tuple[torch.Tensor, torch.Tensor]:
    """Solve x' = A x + u exactly over one step with the input held still (zero-order hold).

    x_k = A_bar x_{k−1} + B_bar u_k with A_bar = e^{A dt} and B_bar = (e^{A dt} − 1)/A; B_bar = dt where A = 0.

    Parameters: A, modes of any shape, Re A ≤ 0; dt, step size > 0 in A's unit of time, broadcast against A.
    Returns: (A_bar, B_bar), each of the broadcast shape and A's dtype.
    Raises: ``ValueError`` for a wrong dtype, a mode that is not finite or grows, and dt ≤ 0.
    Source: Gu, Gupta, Goel and Ré (2022), section 2.
    """
    dt = check_modes("discretize_zoh", A, dt)
    z = A * dt
    still = A == 0
    B_bar = torch.where(still, dt.to(A.dtype), expm1(z) / torch.where(still, torch.ones_like(A), A))
    return torch.exp(z), B_bar
