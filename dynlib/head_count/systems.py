"""Small systems to count heads for: A, B and C as ``lag_operators`` takes them, float64, the same for the same seed.

leaking       numbers that fade at given factors, in equal groups: r is the number of factors, as far as p d allows
chain         one factor for all, but each number also feeds the next: r is the length of the chain
turning       pairs that fade and turn: r is twice the number of pairs
delay_line    a memory of the last inputs: any lag operators one likes, for as many steps
"""

import cmath
import math
from collections.abc import Sequence

from dynlib_kernels.arguments.scalars import check_count, check_counts, check_number, check_seed
from dynlib_kernels.arguments.tensors import check_shapes
from dynlib_kernels.engine import torch

System = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def leaking(factors: Sequence[float], N: int = 16, p: int = 4, d: int = 4, *, seed: int = 0) -> System:
    """N numbers; group g of them keeps the share factors[g] of itself in a step.

    B and C are normal draws.

    Parameters
    ----------
    factors : sequence of float
        As many as divide N.
    N : int, default 16
        The size of the state.
    p, d : int, default 4
        Outputs and inputs.
    seed : int, default 0
        Of B and C.

    Returns
    -------
    A, B, C : (N,), (N, d) and (p, N) float64 tensor
        The system.

    Raises
    ------
    ValueError
        For no factors and for a number of them that does not divide N, and for sizes below 1.
    """
    N, factors = check_count("leaking", "N", N), _factors("leaking", factors, float)
    if N % len(factors):
        raise ValueError(
            f"leaking: factors has {len(factors)} entries, which do not share N = {N} numbers evenly; give as many as divide N"
        )
    return torch.tensor(factors, dtype=torch.float64).repeat_interleave(N // len(factors)), *_ends(N, p, d, seed)


def chain(factor: float, N: int = 4, p: int = 4, d: int = 4, *, seed: int = 0) -> System:
    """N numbers that all keep the same share of themselves, and each takes over the next one's.

    A is a Jordan block.

    Parameters
    ----------
    factor : float
        The share.
    N : int, default 4
        The size of the state.
    p, d : int, default 4
        Outputs and inputs.
    seed : int, default 0
        Of B and C, normal draws.

    Returns
    -------
    A, B, C : (N, N), (N, d) and (p, N) float64 tensor
        The system.

    Raises
    ------
    ValueError
        For sizes below 1.
    """
    N, factor = check_count("chain", "N", N), check_number("chain", "factor", factor, -math.inf)
    A = factor * torch.eye(N, dtype=torch.float64) + torch.diag(torch.ones(N - 1, dtype=torch.float64), 1)
    return A, *_ends(N, p, d, seed)


def turning(factors: Sequence[complex], p: int = 4, d: int = 4, *, seed: int = 0) -> System:
    """Pairs of numbers that a step turns and shortens, one complex factor for each.

    Real: two numbers a pair.

    Parameters
    ----------
    factors : sequence of complex
        m of them.
    p, d : int, default 4
        Outputs and inputs.
    seed : int, default 0
        Of B and C, normal draws.

    Returns
    -------
    A, B, C : (2 m, 2 m), (2 m, d) and (p, 2 m) float64 tensor
        The system.

    Raises
    ------
    ValueError
        For no factors, and for sizes below 1.
    """
    factors = _factors("turning", factors, complex)
    blocks = [torch.tensor([[f.real, -f.imag], [f.imag, f.real]], dtype=torch.float64) for f in factors]
    return torch.block_diag(*blocks), *_ends(2 * len(blocks), p, d, seed)


def delay_line(taps: torch.Tensor) -> System:
    """A state that holds the last K inputs, and is read by the taps.

    Its lag operators are the taps, and 0 after them.

    Parameters
    ----------
    taps : (K, p, d) real tensor
        The lag operators wanted.

    Returns
    -------
    A, B, C : (K d, K d), (K d, d) and (p, K d) tensor
        The system, in the dtype of the taps.

    Raises
    ------
    ValueError
        For another shape, nan and inf.
    """
    K, p, d = check_shapes("delay_line", taps=(taps, "K p d")).values()
    one = torch.eye(d, dtype=taps.dtype)
    A = torch.kron(torch.diag(torch.ones(K - 1, dtype=taps.dtype), -1), one)
    return A, torch.cat([one, torch.zeros((K - 1) * d, d, dtype=taps.dtype)]), taps.movedim(0, 1).reshape(p, K * d)


def _factors(where: str, factors, kind: type) -> list:
    """factors as a list of finite numbers of the kind, at least one."""
    try:
        found = [kind(f) for f in factors if not isinstance(f, str)]
    except TypeError:
        found = []
    if isinstance(factors, str) or not found or len(found) != len(factors) or not all(map(cmath.isfinite, found)):
        raise ValueError(f"{where}: factors = {factors!r:.60} must be a list of finite numbers, at least one")
    return found


def _ends(N: int, p: int, d: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """How the state is fed and read, (N, d) and (p, N)."""
    p, d = check_counts("systems", p=p, d=d)
    generator = torch.Generator().manual_seed(check_seed("systems", "seed", seed))
    B = torch.randn(N, d, generator=generator, dtype=torch.float64)
    return B, torch.randn(p, N, generator=generator, dtype=torch.float64)
