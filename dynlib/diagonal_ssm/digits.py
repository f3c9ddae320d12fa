"""Sequential digits: scikit-learn's 8 × 8 digits, doubled to 16 × 16 and read one pixel at a time.

``python -m dynlib.sweep run diagonal_ssm.digits`` trains every initialisation and every parameterisation of the chapter with
three seeds and stores their curves in data/digits.csv; ``python -m dynlib.sweep train diagonal_ssm.digits_lin`` stores one
trained network.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from safetensors.torch import load_file, save_file
from sklearn.datasets import load_digits

from dynlib.diagonal_ssm.classifier import SequenceClassifier
from dynlib_kernels.engine import nn, torch

DATA = Path(__file__).parent / "data"
TRAIN, BATCH, EPOCHS = 1400, 50, 20  # of 1,797 digits; 397 remain for testing
USUAL = {"init": "lin", "method": "zoh", "decay": "exp", "train_modes": True}


@functools.cache
def pixels() -> tuple[torch.Tensor, torch.Tensor]:
    """The 1,797 digits as they come, row by row.

    Returns
    -------
    images : (1797, 64) float64 tensor
        8 × 8 pixels in [0, 1].
    labels : (1797,) tensor
        0 to 9.
    """
    images, labels = (torch.from_numpy(part) for part in load_digits(return_X_y=True))
    return images / 16, labels


@functools.cache
def sequences() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The digits as sequences, for training and for testing.

    The order is shuffled once with seed 0, so that every run has the same 1,400 digits for training
    and 397 for testing.

    Returns
    -------
    tuple of four tensors
        Training inputs, training labels, test inputs, test labels; inputs (digits, 1, 256) float32
        in [0, 1].
    """
    images, labels = pixels()
    doubled = images.view(-1, 8, 8).repeat_interleave(2, 1).repeat_interleave(2, 2)
    x = doubled.reshape(len(images), 1, 256).float()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    x, labels = x[order], labels[order]
    return x[:TRAIN], labels[:TRAIN], x[TRAIN:], labels[TRAIN:]


def accuracy(model: nn.Module) -> float:
    """Share of the 397 test digits that the model gets right.

    Parameters
    ----------
    model : nn.Module
        From (digits, 1, 256) to scores (digits, 10); it is left in training mode.

    Returns
    -------
    float
        Between 0 and 1.
    """
    _, _, x, labels = sequences()
    model.eval()
    with torch.no_grad():
        right = (model(x).argmax(1) == labels).double().mean().item()
    model.train()
    return right


def train(*, seed: int, epochs: int = EPOCHS, model: SequenceClassifier | None = None, **s4d) -> Iterator[dict]:
    """Train a classifier (H = 32, N = 32, two layers) on the digits.

    AdamW, one cycle of learning rates up to 0.01 (0.001 for A and dt), batches of 50.

    Parameters
    ----------
    seed : int
        Of torch: the first weights (unless a model is given) and the order of the batches.
    epochs : int, default 20
        Passes through the 1,400 training digits.
    model : SequenceClassifier, optional
        Replaces the network that is made otherwise, and holds the result.
    **s4d
        Goes to each layer.

    Yields
    ------
    dict
        {"epoch", "loss", "accuracy"} after each epoch.
    """
    torch.manual_seed(seed)
    yield from train_model(model or digits_model(**s4d), epochs)


def train_model(model: SequenceClassifier, epochs: int = EPOCHS, mode_lr: float | None = None) -> Iterator[dict]:
    """Train a given classifier on the digits, with batches in the order that torch's own generator draws.

    Parameters
    ----------
    model : SequenceClassifier
        From one feature to ten classes; it holds the result.
    epochs : int, default 20
        Passes through the 1,400 training digits.
    mode_lr : float, optional
        The largest learning rate of A and dt, 0.001 if left out; that of the rest is 0.01.

    Yields
    ------
    dict
        {"epoch", "loss", "accuracy"} after each epoch.

    Raises
    ------
    ValueError
        For a rate that is not positive.
    """
    x, labels, _, _ = sequences()
    groups = model.parameter_groups(0.01, ssm_lr=mode_lr)
    optimiser = torch.optim.AdamW(groups)
    steps = epochs * (len(x) // BATCH)
    rates = [group["lr"] for group in groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps, pct_start=0.1)
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in torch.randperm(len(x)).split(BATCH):
            loss = nn.functional.cross_entropy(model(x[batch]), labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(batch)
        yield {"epoch": epoch, "loss": round(total / len(x), 5), "accuracy": round(accuracy(model), 4)}


def digits_model(**s4d) -> SequenceClassifier:
    """The network of all runs: 1 feature, 10 classes, H = 32, N = 32, two layers.

    Parameters
    ----------
    **s4d
        Goes to each layer.

    Returns
    -------
    SequenceClassifier
        Untrained.
    """
    return SequenceClassifier(1, 10, H=32, N=32, layers=2, **s4d)


def trained_model() -> SequenceClassifier:
    """The stored network (S4D-Lin, seed 0, 20 epochs), in evaluation mode."""
    model = digits_model()
    model.load_state_dict(load_file(DATA / "digits_lin.safetensors"))
    return model.eval()


def store(*, seed: int, out: Path, made: Mapping[str, str]) -> None:
    """Train the network of all runs as S4D-Lin and store it.

    Parameters
    ----------
    seed : int
        Of torch.
    out : Path
        The file to write.
    made : mapping of str to str
        What the file is to say of how it was made.
    """
    torch.manual_seed(seed)
    model = digits_model()
    *_, last = train(seed=seed, model=model)
    save_file(model.state_dict(), out, dict(made) | {"torch": torch.__version__, "result": json.dumps(last)})
