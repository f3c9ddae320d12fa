"""Where the modes of a diagonal state space model start: the diagonal of A."""

import math

import torch


def s4d_lin(N: int) -> torch.Tensor:
    """S4D-Lin: modes that leak alike and turn at evenly spaced speeds, A_n = −1/2 + iπn.

    Parameters: N, the number of real numbers kept, even. A complex mode keeps two.
    Returns: (N/2,) complex128. The other half of the spectrum is the conjugate and is not stored.
    Raises: ``ValueError`` when N is odd or below 2.
    Source: Gu, Gupta, Goel and Ré (2022), section 4.
    """
    if not isinstance(N, int) or N < 2 or N % 2:
        raise ValueError(f"s4d_lin: N = {N!r} must be an even whole number of at least 2: complex modes come in conjugate pairs")
    return torch.complex(torch.full((N // 2,), -0.5, dtype=torch.float64), math.pi * torch.arange(N // 2, dtype=torch.float64))


def s4d_real(N: int) -> torch.Tensor:
    """S4D-Real: modes that leak at rates 1, 2, …, N and do not turn, A_n = −(n + 1).

    Parameters: N, the number of real numbers kept. A real mode keeps one.
    Returns: (N,) float64. Raises: ``ValueError`` when N is below 1.
    Source: Gu, Gupta, Goel and Ré (2022), section 4; the eigenvalues of the HiPPO-LegS matrix.
    """
    if not isinstance(N, int) or N < 1:
        raise ValueError(f"s4d_real: N = {N!r} must be a whole number of at least 1")
    return -torch.arange(1, N + 1, dtype=torch.float64)
