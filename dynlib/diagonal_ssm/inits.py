"""Where the modes of a diagonal state space model start: the diagonal of A.

name      A_n, n = 0 … N/2−1                          function
legs      −1/2 + i · (speeds of HiPPO-LegS)            ``legs.s4d_legs``: the eigenvalues of its normal part
inv       −1/2 + i (N/π)(N/(2n+1) − 1)                 ``s4d_inv``: the speeds of LegS for large N
lin       −1/2 + iπn                                   ``s4d_lin``: the speeds of a Fourier series
inv2      −1/2 + i (N/π)(N/(n+1) − 1)                  ``s4d_inv2``: an ablation
quad      −1/2 + i (2n+1)²/π                           ``s4d_quad``: an ablation
real      −(n+1), n = 0 … N−1                          ``s4d_real``: the eigenvalues of HiPPO-LegS itself
rand      −1/2 + i e^ξ, ξ ~ N(0, 1)                    ``s4d_rand``: an ablation
lin, inv, … with a random real or imaginary part       ``random_real``, ``random_imaginary``: ablations

A mode a decays like e^{Re a · t}, its half-life is ln 2/|Re a| units of time, and turns by Im a radians in a unit of time.
Source: Gu, Gupta, Goel and Ré (2022), section 4; the ablations as in the authors' code (state-spaces/s4, ``dplr.py``).
``choose.initial_modes`` picks one by its name.
"""

import math

from dynlib_kernels.arguments.scalars import MOST, check_choice, check_count, check_generator, whole
from dynlib_kernels.arguments.tensors import check_numbers
from dynlib_kernels.engine import torch

# The laws for the speed of mode n, as functions of a real n: the ablation with random imaginary parts draws n.
SPEEDS = {
    "lin": lambda n, N: math.pi * n,
    "inv": lambda n, N: N / math.pi * (N / (2 * n + 1) - 1),
    "inv2": lambda n, N: N / math.pi * (N / (n + 1) - 1),
    "quad": lambda n, N: (2 * n + 1) ** 2 / math.pi,
}


def check_even(where: str, N: int) -> int:
    """N, after it was found to be an even whole number of at least 2.

    Parameters
    ----------
    where : str
        The function that asks; the error begins with it.
    N : int
        How many real numbers are kept.

    Returns
    -------
    int
        N.

    Raises
    ------
    ValueError
        Otherwise.
    """
    count = whole(N)
    if count is None or not 2 <= count <= MOST or count % 2:
        raise ValueError(f"{where}: N = {N!r} must be an even whole number of at least 2: complex modes come in conjugate pairs")
    return count


def s4d_lin(N: int) -> torch.Tensor:
    """S4D-Lin: modes that leak alike and turn at evenly spaced speeds, A_n = −1/2 + iπn.

    Parameters
    ----------
    N : int
        The number of real numbers kept, even. A complex mode keeps two.

    Returns
    -------
    (N/2,) complex128 tensor
        The other half of the spectrum is the conjugate and is not stored.

    Raises
    ------
    ValueError
        When N is odd or below 2.

    References
    ----------
    .. [1] Gu, Gupta, Goel and Ré, 2022, section 4.
    """
    N = check_even("s4d_lin", N)
    return torch.complex(torch.full((N // 2,), -0.5, dtype=torch.float64), math.pi * torch.arange(N // 2, dtype=torch.float64))


def s4d_real(N: int) -> torch.Tensor:
    """S4D-Real: modes that leak at rates 1, 2, …, N and do not turn, A_n = −(n + 1).

    Parameters
    ----------
    N : int
        The number of real numbers kept. A real mode keeps one.

    Returns
    -------
    (N,) float64 tensor
        The modes, which are the eigenvalues of the HiPPO-LegS matrix.

    Raises
    ------
    ValueError
        When N is below 1.

    References
    ----------
    .. [1] Gu, Gupta, Goel and Ré, 2022, section 4.
    """
    N = check_count("s4d_real", "N", N)
    return -torch.arange(1, N + 1, dtype=torch.float64)


def s4d_inv(N: int) -> torch.Tensor:
    """S4D-Inv: speeds that fall like 1/(2n+1), as those of S4D-LegS do for large N.

    Parameters
    ----------
    N : int
        The full number of real numbers, as in ``s4d_lin``.

    Returns
    -------
    (N/2,) complex128 tensor
        As ``s4d_lin``.

    Raises
    ------
    ValueError
        As ``s4d_lin``.
    """
    return _turning("inv", check_even("s4d_inv", N))


def s4d_inv2(N: int) -> torch.Tensor:
    """S4D-Inv2: speeds that fall like 1/(n+1).

    Some texts print this law, with n = 1 … N, as S4D-Inv.

    Parameters
    ----------
    N : int
        As in ``s4d_lin``.

    Returns
    -------
    (N/2,) complex128 tensor
        As ``s4d_lin``.

    Raises
    ------
    ValueError
        As ``s4d_lin``.
    """
    return _turning("inv2", check_even("s4d_inv2", N))


def s4d_quad(N: int) -> torch.Tensor:
    """S4D-Quad: speeds that grow like (2n+1)².

    Parameters
    ----------
    N : int
        As in ``s4d_lin``.

    Returns
    -------
    (N/2,) complex128 tensor
        As ``s4d_lin``.

    Raises
    ------
    ValueError
        As ``s4d_lin``.
    """
    return _turning("quad", check_even("s4d_quad", N))


def s4d_rand(N: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """S4D-Rand: log-normal speeds, e^ξ with ξ ~ N(0, 1).

    Parameters
    ----------
    N : int
        As in ``s4d_lin``.
    generator : torch.Generator, optional
        Of the draws; torch's own if None.

    Returns
    -------
    (N/2,) complex128 tensor
        As ``s4d_lin``, in no order.

    Raises
    ------
    ValueError
        As ``s4d_lin``.
    """
    xi = torch.randn(check_even("s4d_rand", N) // 2, dtype=torch.float64, generator=generator)
    return torch.complex(torch.full_like(xi, -0.5), xi.exp())


def random_real(A: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """The modes A with decays drawn anew.

    Re A ~ −U[0, 1] for complex modes, −(N/2) U[0, 1] for N real ones. The authors' code writes the
    latter so that Python divides last, ``rand * N // 2``, which rounds down to whole numbers, zero
    among them; here the decays are spread over the interval.

    Parameters
    ----------
    A : (modes,) tensor
        Real or complex.
    generator : torch.Generator, optional
        Of the draws; torch's own if None.

    Returns
    -------
    (modes,) tensor
        The same shape and dtype.

    Raises
    ------
    ValueError
        When A is not a vector.
    """
    check_generator("random_real", "generator", generator)
    if check_numbers("random_real", "A", A).ndim != 1:
        raise ValueError(f"random_real: A has shape {tuple(A.shape)}; give one vector of modes, A[0] for instance")
    decay = torch.rand(len(A), dtype=torch.float64, generator=generator).to(A.real.dtype)
    return torch.complex(-decay, A.imag) if A.is_complex() else -len(A) / 2 * decay


def random_imaginary(law: str, N: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """A law of speeds read at random places: n is replaced by (N/2) U[0, 1].

    "inv" falls below 0 where n > (N − 1)/2, so that now and then a mode turns backwards, slowly. A
    mode and its conjugate make the same kernels. The authors' code has the same law, and stops
    there by an assertion.

    Parameters
    ----------
    law : str
        "lin", "inv", "inv2" or "quad".
    N : int
        As in ``s4d_lin``.
    generator : torch.Generator, optional
        Of the draws; torch's own if None.

    Returns
    -------
    (N/2,) complex128 tensor
        The modes, in no order.

    Raises
    ------
    ValueError
        For another law, odd N.
    """
    check_choice("random_imaginary", "law", law, SPEEDS)
    check_generator("random_imaginary", "generator", generator)
    N = check_even("random_imaginary", N)
    n = N // 2 * torch.rand(N // 2, dtype=torch.float64, generator=generator)
    return _turning(law, N, n)


def _turning(law: str, N: int, n: torch.Tensor | None = None) -> torch.Tensor:
    n = torch.arange(N // 2, dtype=torch.float64) if n is None else n
    return torch.complex(torch.full_like(n, -0.5), SPEEDS[law](n, N))
