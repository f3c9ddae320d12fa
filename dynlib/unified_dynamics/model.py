"""A one-layer network that can learn associative recall in seconds, because its keys look one step back."""

from dynlib.unified_dynamics.gated_mixers import GLA, QLSTM, RGLRU, S6
from dynlib.unified_dynamics.mixers import (
    SSD,
    EluAttention,
    GeneralisedAttention,
    NormalisedAttention,
    RetNet,
    SoftmaxAttention,
)
from dynlib_kernels.arguments.scalars import check_choice, check_counts
from dynlib_kernels.engine import nn, torch

WITH_KEYS = {
    "softmax": SoftmaxAttention,
    "linear": EluAttention,
    "generalised": GeneralisedAttention,
    "normalised": NormalisedAttention,
    "retnet": RetNet,
    "ssd": SSD,
    "gla": GLA,
    "s6": S6,
}
WITHOUT_KEYS = {"qlstm": QLSTM, "rglru": RGLRU}


class RecallModel(nn.Module):
    """tokens (batch, L) → scores of the next token (batch, L, vocab).

    Embedding, norm, mixer, linear map, norm, linear readout. Where a key is followed by its value,
    the key that is written beside the value is made from the step before (shift): asking with the
    same token again finds the value. With keys of the same step it would take two layers, the first
    of which copies each token one step on. There are no positions, no residual connection and no
    MLP: what is not the mixer's doing cannot help it.

    Parameters
    ----------
    mixer : str
        A name from ``WITH_KEYS``.
    n : int
        Numbers of state a channel.
    vocab : int, default 128
        The number of tokens.
    d : int, default 64
        Channels.

    Raises
    ------
    ValueError
        For another mixer and a count below 1.
    """

    def __init__(self, mixer: str, n: int, *, vocab: int = 128, d: int = 64):
        super().__init__()
        vocab, d = check_counts("RecallModel", vocab=vocab, d=d)
        check_choice("RecallModel", "mixer", mixer, WITH_KEYS)
        self.mixer = WITH_KEYS[mixer](d, n, shift=True)
        self.embedding = nn.Embedding(vocab, d)
        self.before, self.after = nn.LayerNorm(d), nn.LayerNorm(d)
        self.out, self.readout = nn.Linear(d, d), nn.Linear(d, vocab)

    def forward(self, tokens: torch.Tensor, at: torch.Tensor | None = None) -> torch.Tensor:
        """Scores at all places, or only where ``at`` is true.

        Parameters
        ----------
        tokens : (batch, L) integer tensor
            The sequences.
        at : (batch, L) bool tensor, optional
            The places asked for, all if None.

        Returns
        -------
        (batch, L, vocab) or (places, vocab) tensor
            The scores; those at places in the order of the examples.
        """
        if not isinstance(tokens, torch.Tensor) or tokens.dtype not in (torch.int64, torch.int32) or tokens.ndim != 2:
            found = f"{tokens.dtype} {tuple(tokens.shape)}" if isinstance(tokens, torch.Tensor) else type(tokens).__name__
            raise ValueError(f"RecallModel: tokens is {found}; give whole numbers (batch, L)")
        if tokens.numel() == 0:
            raise ValueError(f"RecallModel: tokens of shape {tuple(tokens.shape)} must be at least one")
        try:
            embedded = self.embedding(tokens)
        except IndexError:
            most, token = self.embedding.num_embeddings - 1, tokens.min() if tokens.min() < 0 else tokens.max()
            raise ValueError(f"RecallModel: tokens holds {token}; each must be from 0 to {most}") from None
        y = self.mixer(self.before(embedded))
        return self.readout(self.after(self.out(y if at is None else y[at])))
