"""How much state does recall need? One-layer networks trained on multi-query associative recall.

``python -m dynlib.sweep run unified_dynamics.mqar`` trains five mixers with 4 to 64 numbers of state a channel, at two lengths,
and stores their accuracy in data/mqar.csv: five seeds at L = 64 up to n = 16, three elsewhere.
"""

from collections.abc import Iterator
from pathlib import Path

from dynlib.tasks import IGNORE, multi_query_recall
from dynlib.unified_dynamics.model import RecallModel
from dynlib_kernels.arguments.scalars import check_count
from dynlib_kernels.engine import functional, torch

DATA = Path(__file__).parent / "data"
STEPS, BATCH, VOCAB, TEST = 800, 32, 128, 500
TEST_SEED = 999


def accuracy(model: RecallModel, *, L: int, kv: int) -> float:
    """Share of the questions of 500 fixed test examples that the model answers right.

    Parameters
    ----------
    model : RecallModel
        The network.
    L : int
        The length of an example.
    kv : int
        Pairs in an example.

    Returns
    -------
    float
        Between 0 and 1.
    """
    tokens, targets = multi_query_recall(TEST, L=L, pairs=kv, vocab=VOCAB, generator=torch.Generator().manual_seed(TEST_SEED))
    asked = targets != IGNORE
    with torch.no_grad():
        return (model(tokens, at=asked).argmax(-1) == targets[asked]).double().mean().item()


def train(*, mixer: str, n: int, L: int, kv: int, seed: int, steps: int = STEPS) -> Iterator[dict]:
    """Train a ``RecallModel`` and yield a row four times: after each quarter of the steps.

    Batches of 32 examples with 128 tokens, none seen twice; AdamW with weight decay 0.01 and one
    cycle of learning rates up to 0.005.

    Parameters
    ----------
    mixer : str
        A name from ``WITH_KEYS``.
    n : int
        Numbers of state a channel.
    L : int
        The length of an example.
    kv : int
        Pairs in an example.
    seed : int
        Sets the weights and the examples.
    steps : int, optional
        At least 4; ``STEPS`` if left out.

    Yields
    ------
    dict
        {"step", "loss", "accuracy"}: the loss is the mean over the quarter, in nats a question; the
        accuracy that of ``accuracy``.

    Raises
    ------
    ValueError
        For fewer than 4 steps, and as ``RecallModel`` and ``multi_query_recall``.
    """
    if check_count("train", "steps", steps) < 4:
        raise ValueError(f"train: steps = {steps!r} must be at least 4: a row is yielded after each quarter")
    torch.manual_seed(seed)
    model = RecallModel(mixer, n, vocab=VOCAB)
    tokens, targets = multi_query_recall(steps * BATCH, L=L, pairs=kv, vocab=VOCAB, generator=torch.Generator().manual_seed(seed))
    asked = targets != IGNORE
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 5e-3, total_steps=steps, pct_start=0.1)
    start, total = 0, 0.0
    for step in range(1, steps + 1):
        batch = slice((step - 1) * BATCH, step * BATCH)
        loss = functional.cross_entropy(model(tokens[batch], at=asked[batch]), targets[batch][asked[batch]])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        total += loss.item()
        if 4 * step // steps > 4 * (step - 1) // steps:
            yield {"step": step, "loss": round(total / (step - start), 4), "accuracy": round(accuracy(model, L=L, kv=kv), 4)}
            start, total = step, 0.0


def train_planned(*, n: int, L: int, seed: int, **settings) -> Iterator[dict]:
    """``train``, but nothing for seeds above 2 where a run is long or sure to succeed.

    That is at L = 128, and with n of 32 and more.

    Parameters
    ----------
    n : int
        As in ``train``.
    L : int
        As in ``train``.
    seed : int
        As in ``train``.
    **settings
        All further arguments of ``train``.

    Yields
    ------
    dict
        As ``train``.
    """
    if seed < 3 or (L == 64 and n < 32):
        yield from train(n=n, L=L, seed=seed, **settings)
