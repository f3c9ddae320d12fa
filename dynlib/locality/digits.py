"""Real pictures: is it a 3 or an 8, somewhere on a noisy canvas? A convolution, a locally connected and a dense layer.

``python -m dynlib.sweep run locality.digits`` trains them on 60 to 1,920 canvases and stores the test errors in data/digits.csv.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from dynlib.locality.layer import LocalLinear
from dynlib_kernels.arguments.samples import check_kind
from dynlib_kernels.arguments.scalars import check_counts, check_number, check_rng
from dynlib_kernels.engine import nn, torch

DATA = Path(__file__).parent / "data"
CELLS, PIXELS, CHANNELS, SIGMA = 9, 64, 8, 0.05
STEPS, EVERY, VALIDATION, TEST, SEEN = 240, 5, 400, 1500, 240
SIZES = (60, 240, 960, 1920)
RATE = {"shared": 0.05, "local": 0.05, "dense": 0.03}


@cache
def threes_and_eights() -> tuple[np.ndarray, np.ndarray]:
    """The 8 × 8 pictures of scikit-learn's digits that show a 3 or an 8, shuffled.

    Returns
    -------
    tuple of two float64 arrays
        Pictures (357, 64), less their mean, each of length 1; labels (357,), −1 for a 3 and 1 for
        an 8.

    """
    digits = load_digits()
    chosen = np.isin(digits.target, [3, 8])
    pictures = digits.images[chosen].reshape(-1, PIXELS)
    pictures = pictures - pictures.mean(0)
    order = np.random.default_rng(0).permutation(len(pictures))
    y = np.where(digits.target[chosen] == 8, 1.0, -1.0)
    return (pictures / np.linalg.norm(pictures, axis=1, keepdims=True))[order], y[order]


def canvases(P: int, sigma: float, rng: np.random.Generator, *, unseen: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """P canvases of 3 × 3 cells, one of which holds a picture, in single precision.

    Every pixel of every cell has noise σ.

    Parameters
    ----------
    P : int
        The number of canvases.
    sigma : float
        The noise, ≥ 0.
    rng : numpy.random.Generator
        Draws pictures, cells and noise.
    unseen : bool, default False
        The pictures are drawn from the first 240, or from the others if ``unseen``.

    Returns
    -------
    tuple of two float32 tensors
        x (P, 9, 64) and y (P,) of ±1.

    Raises
    ------
    ValueError
        For P < 1, sigma < 0 and anything but a generator.

    """
    check_counts("canvases", P=P)
    check_number("canvases", "sigma", sigma, 0)
    check_rng("canvases", rng)
    pictures, y = threes_and_eights()
    chosen = rng.integers(SEEN, len(y), P) if unseen else rng.integers(0, SEEN, P)
    x = sigma * rng.standard_normal((P, CELLS, PIXELS))
    x[np.arange(P), rng.integers(0, CELLS, P)] += pictures[chosen]
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y[chosen], dtype=torch.float32)


class CanvasNet(nn.Module):
    """Eight channels of ReLUs for each cell, and a weighted sum. x (B, 9, 64) → f (B,).

    Parameters
    ----------
    kind : str
        shared: one filter bank for all cells, and one set of weights in the sum; local: a filter
        bank for each cell, and one set; dense: 72 units that see the whole canvas.

    Raises
    ------
    ValueError
        For an unknown kind.

    """

    def __init__(self, kind: str):
        super().__init__()
        check_kind("CanvasNet", kind)
        units = CELLS * CHANNELS if kind == "dense" else CHANNELS
        cells, pixels = (1, CELLS * PIXELS) if kind == "dense" else (CELLS, PIXELS)
        self.cells = cells
        self.first = LocalLinear(cells, pixels, units, shared=kind != "local")
        self.last = nn.Parameter(torch.randn(units) / CHANNELS**0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (torch.relu(self.first(x.reshape(len(x), self.cells, -1))) @ self.last).sum(1)


def share_wrong(net: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """The share of wrong signs; nan counts as wrong.

    Parameters
    ----------
    net : torch.nn.Module
        Maps x to (B,).
    x : tensor
        Inputs of the net.
    y : (B,) tensor
        Labels ±1.

    Returns
    -------
    float
        The error rate.

    """
    with torch.no_grad():
        return (~(net(x) * y > 0)).double().mean().item()


def canvas_error(kind: str, P: int, seed: int) -> float:
    """The test error of one net: full batch, SGD with momentum 0.9, clipped gradients, 240 steps.

    Every fifth step is tried on 400 validation canvases, whose pictures the training may have seen;
    the first of the best is tested on 1,500 canvases whose pictures it has not.

    Parameters
    ----------
    kind : str
        "shared", "local" or "dense".
    P : int
        Training canvases.
    seed : int
        Seed of canvases and start.

    Returns
    -------
    float
        The error rate.

    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    x, y = canvases(P, SIGMA, rng)
    test, valid = canvases(TEST, SIGMA, rng, unseen=True), canvases(VALIDATION, SIGMA, rng)
    net = CanvasNet(kind)
    optimiser = torch.optim.SGD(net.parameters(), lr=RATE[kind], momentum=0.9, weight_decay=1e-3)
    fewest, error = 1.0, 1.0
    for step in range(1, STEPS + 1):
        optimiser.zero_grad()
        nn.functional.softplus(-y * net(x)).mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        if step % EVERY == 0 and (wrong := share_wrong(net, *valid)) < fewest:
            fewest, error = wrong, share_wrong(net, *test)
    return error


def trained(*, kind: str, P: int, seed: int) -> Iterator[dict]:
    """The error of one net, as a row.

    Parameters
    ----------
    kind : str
        "shared", "local" or "dense".
    P : int
        Training canvases.
    seed : int
        Seed of canvases and start.

    Yields
    ------
    dict
        {"error"}.

    """
    yield {"error": round(canvas_error(kind, P, seed), 5)}
