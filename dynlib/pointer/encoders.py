"""Encoders: one that reads the points in the order given, and three that cannot tell the order.

An encoder maps scaled points x (B, n, d_in) to states e (B, n, H) and to the decoder's first state. If a permutation π of the
points gives e(πx) = πe(x) and the same first state, the whole network is equivariant: p(πc | πP) = p(c | P), step by step, for
the decoder is fed with the chosen points and not with their places. An LSTM is not; layers of averages, of maxima or of attention
without positions are. What such an encoder cannot say is "the point that came first": targets must start by a rule of geometry.
"""

from dynlib_kernels.arguments.scalars import check_choice
from dynlib_kernels.engine import nn, torch

ENCODERS = ("lstm", "mean", "max", "attention")
LAYERS, HEADS = 3, 4


def make_encoder(name: str, d_in: int, H: int) -> nn.Module:
    """The encoder of that name.

    Parameters
    ----------
    name : str
        One of ``ENCODERS``.
    d_in : int
        Numbers of a point.
    H : int
        Hidden units.

    Returns
    -------
    torch.nn.Module
        An LSTM, or a ``SetEncoder``.

    Raises
    ------
    ValueError
        For an unknown name, and for attention if H is not a multiple of 4.

    """
    check_choice("PointerNetwork", "encoder", name, ENCODERS)
    if name == "lstm":
        return nn.LSTM(d_in, H, batch_first=True)
    if name == "attention" and H % HEADS:
        raise ValueError(f"PointerNetwork: H = {H} does not split over {HEADS} heads; make H a multiple of {HEADS}")
    return SetEncoder(d_in, H, {"mean": MeanMix, "max": MaxMix, "attention": AttentionMix}[name])


class SetEncoder(nn.Module):
    """x (B, n, d_in) → e (B, n, H) and a first state, equivariant in the order of the points.

    The first state of a decoder is (1, B, H) twice. Each of three layers adds to every point what
    its mixer says of all of them, then what a small network makes of it; the first state is a
    linear map of the mean. Norms are over the H numbers of one point, so n may be anything.

    Parameters
    ----------
    d_in : int
        Numbers of a point.
    H : int
        Hidden units.
    mixer : type of torch.nn.Module
        Made with H; maps (B, n, H) to something that can be added to it.

    """

    def __init__(self, d_in: int, H: int, mixer: type[nn.Module]):
        super().__init__()
        self.enter = nn.Linear(d_in, H)
        self.mixers = nn.ModuleList(mixer(H) for _ in range(LAYERS))
        self.norms = nn.ModuleList(nn.LayerNorm(H) for _ in range(2 * LAYERS))
        self.inner = nn.ModuleList(nn.Sequential(nn.Linear(H, 2 * H), nn.ReLU(), nn.Linear(2 * H, H)) for _ in range(LAYERS))
        self.state = nn.Linear(H, 2 * H)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        e = self.enter(x)
        for k, (mixer, inner) in enumerate(zip(self.mixers, self.inner, strict=True)):
            e = e + mixer(self.norms[2 * k](e))
            e = e + inner(self.norms[2 * k + 1](e))
        h, c = self.state(e.mean(1)).chunk(2, -1)
        return e, (h.tanh()[None].contiguous(), c[None].contiguous())


class MeanMix(nn.Module):
    """Each point gets the mean over all points.

    Parameters
    ----------
    H : int
        Hidden units.

    """

    def __init__(self, H: int):
        super().__init__()
        self.out = nn.Linear(H, H)

    def forward(self, e: torch.Tensor) -> torch.Tensor:
        return self.out(e.mean(1, keepdim=True))


class MaxMix(nn.Module):
    """Each point gets how far the points reach in H directions.

    A vertex of the hull is one that reaches furthest in some.

    Parameters
    ----------
    H : int
        Hidden units.

    """

    def __init__(self, H: int):
        super().__init__()
        self.reach, self.out = nn.Linear(H, H, bias=False), nn.Linear(H, H)

    def forward(self, e: torch.Tensor) -> torch.Tensor:
        return self.out(self.reach(e).amax(1, keepdim=True))


class AttentionMix(nn.Module):
    """Each point attends to all points.

    Weighted by a softmax of scaled dot products, in four heads.

    Parameters
    ----------
    H : int
        Hidden units, a multiple of 4.

    """

    def __init__(self, H: int):
        super().__init__()
        self.qkv, self.out = nn.Linear(H, 3 * H), nn.Linear(H, H)

    def forward(self, e: torch.Tensor) -> torch.Tensor:
        B, n, H = e.shape
        q, k, v = self.qkv(e).view(B, n, 3, HEADS, H // HEADS).permute(2, 0, 3, 1, 4)  # (B, heads, n, H / heads) each
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(B, n, H))
