"""Initialisations by name, for loops over all of them."""

from dynlib.diagonal_ssm import inits
from dynlib.diagonal_ssm.legs import s4d_legs
from dynlib_kernels.arguments.scalars import check_choice, check_generator
from dynlib_kernels.engine import torch

# name → modes, from N and a generator. The names are those of the official code where it has one.
INITS = {
    "legs": lambda N, g: s4d_legs(N),
    "inv": lambda N, g: inits.s4d_inv(N),
    "lin": lambda N, g: inits.s4d_lin(N),
    "inv2": lambda N, g: inits.s4d_inv2(N),
    "quad": lambda N, g: inits.s4d_quad(N),
    "real": lambda N, g: inits.s4d_real(N),
    "rand": lambda N, g: inits.s4d_rand(N, g),
    "lin-random-real": lambda N, g: inits.random_real(inits.s4d_lin(N), g),
    "lin-random-imag": lambda N, g: inits.random_imaginary("lin", N, g),
    "inv-random-imag": lambda N, g: inits.random_imaginary("inv", N, g),
    "real-random-real": lambda N, g: inits.random_real(inits.s4d_real(N), g),
}


def initial_modes(name: str, N: int, generator: torch.Generator | None = None) -> torch.Tensor:
    """The modes of the initialisation called ``name``, a key of ``INITS``.

    Parameters
    ----------
    name : str
        A key of ``INITS``.
    N : int
        How many real numbers are kept.
    generator : torch.Generator, optional
        For the random ones; torch's own if None.

    Returns
    -------
    (N/2,) complex128 or (N,) float64 tensor
        One of each conjugate pair, or the N modes of the real ones.

    Raises
    ------
    ValueError
        For a name that is not in ``INITS``, and for odd N (N < 1 for the real ones).
    """
    check_generator("initial_modes", "generator", generator)
    return INITS[check_choice("initial_modes", "name", name, INITS)](N, generator)
