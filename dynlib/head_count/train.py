"""The cliff at H = r, found by three who do not know r: the singular values, alternating least squares and gradient descent.

``python -m dynlib.sweep run head_count.heads`` gives 1 to 6 heads to a system of rank 4 and stores what each method misses in
data/heads.csv. The fourth method trains softmax heads with a sink whose logit is constant, which come near but have no cliff.
"""

from collections.abc import Iterator
from pathlib import Path

from dynlib.head_count.factorization import alternating_least_squares, error_floor
from dynlib.head_count.heads import FreeWeights, SinkWeights, UFFLayer
from dynlib.head_count.operators import lag_operators, operator_table, spectral_radius
from dynlib_kernels.arguments.scalars import check_choice, check_count
from dynlib_kernels.engine import torch

DATA = Path(__file__).parent / "data"
STEPS, TEACHER_SEED = 2500, 0
METHODS = ("svd", "als", "sgd", "softmax")


def teacher(N: int = 4, p: int = 3, d: int = 3, n: int = 16, radius: float = 0.9) -> torch.Tensor:
    """Lag operators of one fixed system with normal A, B, C, A scaled to its spectral radius.

    Parameters
    ----------
    N : int, default 4
        The size of the state.
    p, d : int, default 3
        Outputs and inputs.
    n : int, default 16
        How many lags.
    radius : float, default 0.9
        The spectral radius of A.

    Returns
    -------
    (n, p, d) float64 tensor
        M.
    """
    generator = torch.Generator().manual_seed(TEACHER_SEED)
    A, B, C = (torch.randn(size, dtype=torch.float64, generator=generator) for size in ((N, N), (N, d), (p, N)))
    return lag_operators(A * radius / spectral_radius(A), B, C, n)


def train_heads(M: torch.Tensor, H: int, *, method: str = "sgd", seed: int = 0, steps: int = STEPS) -> float:
    """Train H heads by Adam on the mean square error for white noise, in its closed form.

    That is Σ_{i≥j} ‖W_ij − Σ_h α^h_ij V_h‖². The rate of learning falls from 0.03 to 0 as a cosine.

    Parameters
    ----------
    M : (n, p, d) real tensor
        Lag operators.
    H : int
        At least 1.
    method : str, default "sgd"
        "sgd": free weights; "softmax": with a constant sink, and a rate that falls from 0.05.
    seed : int, default 0
        Of the first values and weights.
    steps : int, optional
        At least 1; ``STEPS`` if left out.

    Returns
    -------
    float
        The relative squared error at the end.

    Raises
    ------
    ValueError
        For another method, and for H and steps below 1.
    """
    check_choice("train_heads", "method", method, ("sgd", "softmax"))
    check_count("train_heads", "H", H)
    check_count("train_heads", "steps", steps)
    generator = torch.Generator().manual_seed(seed)
    n, p, d = M.shape
    values = 0.5 * torch.randn(H, p, d, dtype=M.dtype, generator=generator)
    c = 0.3 * torch.randn(H, n, dtype=M.dtype, generator=generator)
    layer = UFFLayer(FreeWeights(c) if method == "sgd" else SinkWeights(c, torch.zeros(H, 1, dtype=M.dtype)), values)
    wanted = operator_table(M)
    total = (wanted**2).sum()
    optimiser = torch.optim.Adam(layer.parameters(), lr=0.03 if method == "sgd" else 0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        loss = ((layer.operators(n) - wanted) ** 2).sum() / total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        return (((layer.operators(n) - wanted) ** 2).sum() / total).item()


def miss(*, method: str, H: int, seed: int) -> Iterator[dict]:
    """The relative squared error of H heads by one method.

    Parameters
    ----------
    method : str
        One of ``METHODS``.
    H : int
        The number of heads.
    seed : int
        Of the first values; the singular values have no seed: one row, seed 0.

    Yields
    ------
    dict
        {"error"}.
    """
    M = teacher()
    if method == "svd":
        if seed == 0:
            yield {"error": error_floor(M)[H].item()}
    elif method == "als":
        yield {"error": alternating_least_squares(M, H, generator=torch.Generator().manual_seed(seed)).error}
    else:
        yield {"error": train_heads(M, H, method=method, seed=seed)}
