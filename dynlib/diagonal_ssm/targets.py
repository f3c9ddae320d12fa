"""Eight kernels to aim at: echoes, decays, a wave and a block. No law of initialisation is the best for all of them."""

from dynlib.diagonal_ssm.fit import bump
from dynlib_kernels.arguments.scalars import check_cells, check_count
from dynlib_kernels.engine import torch


def target_kernels(L: int = 256) -> dict[str, torch.Tensor]:
    """Kernels that a diagonal model is asked to imitate, by name.

    Four echoes, which are bumps of standard deviation 6 after 20, 40, 100 and 200 steps; a slow
    decay e^{−l/60}; a power law (1 + l)^{−1/2}; a damped wave of period 23, cos(2πl/23) e^{−l/80};
    and a block, 1 for 64 steps and then 0.

    Parameters
    ----------
    L : int, default 256
        Samples, at least 1.

    Returns
    -------
    dict of str to (L,) float64 tensor
        The kernels, l = 0 … L−1.

    Raises
    ------
    ValueError
        For L < 1.
    """
    L = check_cells("target_kernels", check_count("target_kernels", "L", L), 8, "L")
    lag = torch.arange(L, dtype=torch.float64)
    echoes = {f"echo after {late} steps": bump(L, late, width=6) for late in (20, 40, 100, 200)}
    return echoes | {
        "slow decay": torch.exp(-lag / 60),
        "power law": (1 + lag) ** -0.5,
        "damped wave": torch.cos(2 * torch.pi * lag / 23) * torch.exp(-lag / 80),
        "block of 64 steps": (lag < 64).double(),
    }
