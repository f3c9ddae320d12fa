"""Three kinds of layer in one network, on eye writing: S4D, a GRU and a dilated convolution, with as many parameters each.

``python -m dynlib.sweep run diagonal_ssm.benchmark_rates`` trains every kind at four learning rates with seed 0; the rate of the
best accuracy in validation is taken. ``python -m dynlib.sweep run diagonal_ssm.benchmark`` trains with it and five other seeds.
"""

from collections.abc import Iterator
from pathlib import Path

from dynlib.diagonal_ssm.eye_writing import CLASSES, strokes
from dynlib.diagonal_ssm.layer import S4D, parameter_groups
from dynlib_kernels.arguments.scalars import check_choice
from dynlib_kernels.engine import nn, torch

DATA = Path(__file__).parent / "data"
H, N, UNITS, EPOCHS, BATCH = 16, 32, 23, 12, 29
KINDS = ("lin", "inv", "legs", "real", "convolution", "gru")
DILATIONS, TAPS = (1, 3, 9, 27), 3


class Convolution(nn.Module):
    """GELU of a causal convolution with three taps, ``dilation`` steps apart: (batch, H, L) → (batch, H, L)."""

    def __init__(self, dilation: int):
        super().__init__()
        self.reach = (TAPS - 1) * dilation
        self.taps = nn.Conv1d(H, H, TAPS, dilation=dilation)

    def forward(self, u: torch.Tensor) -> torch.Tensor:
        return nn.functional.gelu(self.taps(nn.functional.pad(u, (self.reach, 0))))


class Gated(nn.Module):
    """23 gated recurrent units and a linear map back: (batch, H, L) → (batch, H, L)."""

    def __init__(self):
        super().__init__()
        self.gru, self.back = nn.GRU(H, UNITS, batch_first=True), nn.Linear(UNITS, H)

    def forward(self, u: torch.Tensor) -> torch.Tensor:
        return self.back(self.gru(u.mT)[0]).mT


class Network(nn.Module):
    """Recordings (batch, 2, L) → scores (batch, 12): the same around every kind of layer.

    h = W x + bias; for each layer h ← h + layer(LayerNorm(h)); the mean over time; a linear readout.
    Two layers of S4D, one GRU, four convolutions.

    Parameters
    ----------
    kind : str
        One of ``KINDS``: the start of S4D's modes, "gru" or "convolution".

    Raises
    ------
    ValueError
        For another kind.
    """

    def __init__(self, kind: str):
        super().__init__()
        layers: list[nn.Module]
        if check_choice("Network", "kind", kind, KINDS) == "gru":
            layers = [Gated()]
        elif kind == "convolution":
            layers = [Convolution(dilation) for dilation in DILATIONS]
        else:
            layers = [S4D(H, N, init=kind) for _ in range(2)]
        self.encoder, self.readout = nn.Linear(2, H), nn.Linear(H, CLASSES)
        self.layers, self.norms = nn.ModuleList(layers), nn.ModuleList(nn.LayerNorm(H) for _ in layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.encoder(x.mT)  # (batch, L, H)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            h = h + layer(norm(h).mT).mT
        return self.readout(h.mean(1))


def accuracy(model: nn.Module, part: str) -> float:
    """The share of a part's recordings that a network gets right.

    Parameters
    ----------
    model : nn.Module
        From recordings to scores; it is left in training mode.
    part : str
        "train", "validation" or "test".

    Returns
    -------
    float
        Between 0 and 1.
    """
    x, labels = strokes()[part]
    model.eval()
    with torch.no_grad():
        right = (model(x).argmax(1) == labels).double().mean().item()
    model.train()
    return right


def train(*, kind: str, rate: float, seed: int) -> Iterator[dict]:
    """Train one network: AdamW, one cycle of rates up to ``rate``, 12 passes in batches of 29.

    The gradient is cut at length 1. S4D's modes and steps learn at min(rate, 0.001), without weight
    decay.

    Parameters
    ----------
    kind : str
        As for ``Network``.
    rate : float
        The highest learning rate.
    seed : int
        Of torch: the first weights and the order of the batches.

    Yields
    ------
    dict
        {"loss", "validation", "test"}, once: the mean loss of the last pass and two accuracies after it.
    """
    torch.manual_seed(seed)
    model = Network(kind)
    x, labels = strokes()["train"]
    groups = [group for group in parameter_groups(model, rate) if group["params"]]
    optimiser = torch.optim.AdamW(groups)
    rates = [group["lr"] for group in groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=EPOCHS * (len(x) // BATCH), pct_start=0.1)
    for _ in range(EPOCHS):
        total = 0.0
        for batch in torch.randperm(len(x)).split(BATCH):
            loss = nn.functional.cross_entropy(model(x[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item() * len(batch)
    yield {"loss": round(total / len(x), 5)} | {part: round(accuracy(model, part), 4) for part in ("validation", "test")}


def parameters(kind: str) -> int:
    """How many numbers a network of a kind learns.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.

    Returns
    -------
    int
        Real parameters.

    Raises
    ------
    ValueError
        For another kind.
    """
    return sum(parameter.numel() for parameter in Network(kind).parameters())


def multiply_adds(kind: str) -> int:
    """Multiplications, each with its addition, for one more step of the input, run as a recurrence.

    S4D: a complex mode 8 (4 for A_bar x, 2 for B_bar u, 2 for the real part of C x), a real mode 3, the
    skip 1 a channel, the mixing 2 H². GRU with U units: 3 U (H + U), and U H for the way back.
    Convolution: 3 H² a layer. Encoder and readout are left out: they are the same for all.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.

    Returns
    -------
    int
        Of all layers together.

    Raises
    ------
    ValueError
        For another kind.
    """
    if check_choice("multiply_adds", "kind", kind, KINDS) == "gru":
        return 3 * UNITS * (H + UNITS) + UNITS * H
    if kind == "convolution":
        return len(DILATIONS) * TAPS * H**2
    modes = 3 * N if kind == "real" else 8 * N // 2
    return 2 * (H * modes + H + 2 * H**2)


def nearest_neighbour(part: str) -> float:
    """The share of a part's recordings whose nearest recording for training has the same label.

    Parameters
    ----------
    part : str
        "validation" or "test".

    Returns
    -------
    float
        Between 0 and 1: what a plain comparison of the signals, by Euclidean distance, gets right.
    """
    (known, names), (x, labels) = strokes()["train"], strokes()[part]
    nearest = torch.cdist(x.flatten(1).double(), known.flatten(1).double()).argmin(1)
    return (names[nearest] == labels).double().mean().item()


def same_half() -> float:
    """The share of all recordings whose nearest other recording lies in the same half of the archive.

    Returns
    -------
    float
        About a half if the halves are alike.
    """
    parts = strokes()
    x = torch.cat([parts[name][0] for name in ("train", "validation", "test")]).flatten(1).double()
    half = torch.arange(len(x)) < len(x) - len(parts["test"][0])
    return (half[torch.cdist(x, x).fill_diagonal_(torch.inf).argmin(1)] == half).double().mean().item()
