"""Can training set real modes turning? Starts with and without imaginary parts, at three learning rates of the modes.

``python -m dynlib.sweep run diagonal_ssm.turning`` stores the runs. Real modes of the layer have no imaginary part and can
never turn; the authors' S4D-Real keeps half as many complex modes that start at Im A = 0, so that training may turn them. Both
keep 32 real numbers a channel.
"""

from collections.abc import Iterator
from pathlib import Path

from dynlib.diagonal_ssm import digits
from dynlib.diagonal_ssm.choose import initial_modes
from dynlib.diagonal_ssm.layer import S4D
from dynlib_kernels.arguments.scalars import check_choice
from dynlib_kernels.engine import torch

STORE = Path(__file__).parent / "data" / "turning.csv"
STARTS = ("real", "complex", "lin")
MODE_RATES = (0.001, 0.01, 0.1)
GRID = [  # S4D-Lin at the rate 0.001 stands among the runs of ``digits``
    {"start": start, "mode_lr": rate}
    for start, rates in (("real", MODE_RATES), ("complex", MODE_RATES), ("lin", (0.1, 0.01)))
    for rate in rates
]


def starting_modes(start: str) -> torch.Tensor:
    """The modes that a run of the sweep starts from; each set keeps 32 real numbers.

    Parameters
    ----------
    start : str
        "real": A = −1 … −32 without an imaginary part; "complex": A = −1 … −16 with Im A = 0, which
        is no trap, because weights are complex and so the gradient in Im A is not 0; "lin": S4D-Lin.

    Returns
    -------
    (32,) float64 or (16,) complex128 tensor
        The modes.

    Raises
    ------
    ValueError
        For another start.
    """
    if check_choice("starting_modes", "start", start, STARTS) in ("real", "lin"):
        return initial_modes(start, 32)
    return initial_modes("real", 16).to(torch.complex128)


def train(*, start: str, mode_lr: float, seed: int, epochs: int = digits.EPOCHS) -> Iterator[dict]:
    """Train the two-layer digits classifier and watch how far its modes' imaginary parts move.

    Parameters
    ----------
    start : str
        As in ``starting_modes``.
    mode_lr : float
        The largest learning rate of A and dt; that of the rest is 0.01.
    seed : int
        Of torch: the first weights and the order of the batches.
    epochs : int, default 20
        Passes through the 1,400 training digits.

    Yields
    ------
    dict
        {"epoch", "loss", "accuracy", "turned"} after each epoch; "turned" is the largest |Im A − Im A at
        the start| of all modes of both layers, in radians a unit of time.

    Raises
    ------
    ValueError
        For another start, and a rate that is not positive.
    """
    torch.manual_seed(seed)
    model = digits.digits_model(init=starting_modes(start))
    layers = [part for part in model.modules() if isinstance(part, S4D)]
    first = [layer.modes() for layer in layers]
    for row in digits.train_model(model, epochs, mode_lr):
        changes = [_imaginary(layer.modes() - A) for layer, A in zip(layers, first, strict=True)]
        yield row | {"turned": round(max(changes), 4)}


def _imaginary(A: torch.Tensor) -> float:
    """The largest imaginary part, 0 where there is none."""
    return A.imag.abs().max().item() if A.is_complex() else 0.0
