"""The two networks that the pointer was compared with: answers from a dictionary of fixed size, with attention and without.

Both read and are fed as the pointer network is, and both end in a linear map to n + 1 logits, one for the end and one for each
index: weights for n are of no use for n + 1. Baseline A sees the input through the decoder's state alone. Baseline B averages the
encoder's states with weights from the same scores u that a pointer would answer with, predicts from [average, state], and is fed
the average.

Sutskever, Vinyals, Le, 2014, and Bahdanau, Cho, Bengio, 2015, as described by Vinyals, Fortunato, Jaitly, 2015, arXiv:1506.03134.
"""

from dynlib.pointer.network import Answering, Encoded, check_gain
from dynlib.pointer.scores import content_attention
from dynlib_kernels.arguments.scalars import check_count
from dynlib_kernels.arguments.values import layer
from dynlib_kernels.engine import nn, torch
from dynlib_kernels.precision import full_precision


class DictionaryNetwork(Answering):
    """p(c | P) for exactly n points, from a softmax over a dictionary of n + 1 places.

    Parameters
    ----------
    n : int
        The number of points.
    d_in, H, end, scale, gain : int, int, bool, float, float
        As ``PointerNetwork``.
    content : bool, default False
        Whether attention over the input helps (baseline B) or not (baseline A).

    Raises
    ------
    ValueError
        As ``PointerNetwork``, and for inputs of another number of points.

    """

    def __init__(
        self,
        n: int,
        d_in: int = 2,
        H: int = 64,
        *,
        content: bool = False,
        end: bool = True,
        scale: float = 4.0,
        gain: float = 3.0,
    ):
        super().__init__(d_in, H, end, False, scale)
        self.n, self.content = check_count("DictionaryNetwork", "n", n), content
        gain, n, d_in, H = check_gain("DictionaryNetwork", gain), self.n, self.d_in, self.H
        self.encoder = nn.LSTM(d_in, H, batch_first=True)
        self.decoder = nn.LSTM(d_in + content * H, H, batch_first=True)
        self.out = nn.Linear(H + content * H, n + 1)
        if content:
            self.W1, self.W2 = nn.Linear(H, H, bias=False), nn.Linear(H, H, bias=False)
            self.v = nn.Parameter(torch.empty(H).uniform_(-(H**-0.5), H**-0.5))
            with torch.no_grad():
                self.W1.weight.mul_(gain)
                self.W2.weight.mul_(gain)
                self.v.mul_(min(gain, 2.0))

    @full_precision
    def encode(self, P: torch.Tensor) -> Encoded:
        """Read points; the keys are the states.

        Parameters
        ----------
        P : (B, n, d_in) tensor
            The points.

        Returns
        -------
        Encoded
            Its state is (h, c, average), (1, B, H) each, the last 0.

        Raises
        ------
        ValueError
            As ``scaled`` and for another n.

        """
        x = self.scaled(P)
        if P.shape[1] != self.n:
            raise ValueError(
                f"DictionaryNetwork: P has {P.shape[1]} points, but the dictionary was made for n = {self.n}; train "
                "another network for each n, or use a PointerNetwork"
            )
        e, state = self.encoder(x)
        return Encoded(torch.cat([torch.zeros_like(x[:, :1]), x], 1), e, (*state, torch.zeros_like(state[0])))

    @full_precision
    def step(self, keys: torch.Tensor, x: torch.Tensor, state):
        """One step of the decoder.

        Parameters
        ----------
        keys : (B, n, H) tensor
            The encoder's states.
        x : (B, 1, d_in) tensor
            The scaled point chosen before.
        state : tuple of three (1, B, H) tensors
            h, c and the average.

        Returns
        -------
        tuple
            Logits (B, 1, n + 1), with nothing forbidden, and the next state.

        """
        h, c, average = state
        d, (h, c) = self.decoder(torch.cat([x, average[0][:, None]], -1) if self.content else x, (h, c))
        if self.content:
            mixed = content_attention(self.W1(keys), self.W2(d), self.v, keys)  # (B, 1, H)
            d, average = torch.cat([mixed, d], -1), mixed.transpose(0, 1)
        return self.out(d), (h, c, average)

    @layer
    @full_precision
    def forward(self, P: torch.Tensor, T: torch.Tensor, mask: bool = True) -> torch.Tensor:
        """Logits under teacher forcing.

        Step after step if the average is fed back, else all at once.

        Parameters
        ----------
        P : (B, n, d_in) tensor
            The points.
        T : (B, m) int64 tensor
            The target.
        mask : bool, default True
            Whether places taken before are forbidden.

        Returns
        -------
        (B, m, n + 1) tensor
            Forbidden places have −∞.

        Raises
        ------
        ValueError
            As ``encode``, ``told`` and ``visited_mask``.

        """
        points, keys, (h, c, average) = self.encode(P)
        x = self.told(points, T)
        if not self.content:
            return self.forbid(self.out(self.decoder(x, (h, c))[0]), T, mask)
        logits, state = [], (h, c, average)
        for i in range(x.shape[1]):
            u, state = self.step(keys, x[:, i : i + 1], state)
            logits.append(u)
        return self.forbid(torch.cat(logits, 1), T, mask)
