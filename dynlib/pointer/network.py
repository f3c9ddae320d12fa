"""The pointer network: an encoder reads the points, a decoder points at one of them at each step, or at place 0, the end.

    encoder    e_j from the scaled points 4(p_j − ½), j = 1 … n; its last state starts the decoder
    keys       E_j = W1 e_j, j = 0 … n, where e_0 is learned: pointing at place 0 ends the answer
    decoder    d_i from the scaled point chosen before; a learned start vector at the first step
    answer     row i of W: the softmax over j of u_ij = v · tanh(E_j + W2 d_i), places already taken left out

The paper does not say how the end gets a logit in a softmax over n points; place 0 is our choice. Its weights begin in
U[−.08, .08] and its inputs are raw. Here the points are scaled and the initial W1, W2 are tripled, v doubled: otherwise tanh is
nearly linear at first, a sum v·E_j + v·D_i follows, and the softmax over j removes D: the pointer does not hear the decoder.

Vinyals, Fortunato, Jaitly, "Pointer networks", 2015, arXiv:1506.03134.
"""

from collections.abc import Callable
from typing import NamedTuple

from dynlib.pointer.encoders import make_encoder
from dynlib.pointer.scores import additive_scores, places_of, visited_mask
from dynlib.tasks import IGNORE
from dynlib_kernels.arguments.scalars import check_count, check_number
from dynlib_kernels.arguments.tensors import check_shapes
from dynlib_kernels.arguments.values import layer
from dynlib_kernels.engine import functional, nn, torch
from dynlib_kernels.precision import full_precision


class Encoded(NamedTuple):
    """What the decoder needs of the input.

    Attributes
    ----------
    points : (B, n + 1, d_in) tensor
        The scaled points behind a row of zeros.
    keys : (B, n + 1, H) tensor
        The keys.
    state : tuple of (1, B, H) tensors
        The decoder's first state: h and c (and the average, for ``DictionaryNetwork``).

    """

    points: torch.Tensor
    keys: torch.Tensor
    state: tuple[torch.Tensor, ...]


def check_gain(where: str, gain: float) -> float:
    """Return gain, which a network's first weights are multiplied with.

    Parameters
    ----------
    where : str
        The network.
    gain : float
        Above 0.

    Returns
    -------
    float
        gain.

    Raises
    ------
    ValueError
        For what is no number above 0, or with which float32 would overflow.

    """
    if check_number(where, "gain", gain, 0, open_end=True) > 1e30:
        raise ValueError(f"{where}: gain = {gain!r} makes infinite weights; it must be a number such as 3")
    return float(gain)


class Answering(nn.Module):
    """What a network that answers with a sequence of places shares, whatever makes its logits.

    That is the masks, the loss, the lengths. A subclass has ``forward``, ``encode``, ``step`` and
    ``start`` as ``PointerNetwork`` has them; ``decode`` asks for no more.

    Parameters
    ----------
    d_in : int
        Numbers of a point.
    H : int
        Hidden units.
    end : bool
        Whether answers end with place 0.
    revisit : bool
        Whether a point may be taken twice.
    scale : float
        Inputs become scale·(p − ½), 0 leaves them raw.

    Raises
    ------
    ValueError
        For a count below 1 and a scale that is negative or not finite.

    """

    encode: Callable[[torch.Tensor], Encoded]
    step: Callable[[torch.Tensor, torch.Tensor, tuple[torch.Tensor, ...]], tuple[torch.Tensor, tuple[torch.Tensor, ...]]]

    def __init__(self, d_in: int, H: int, end: bool, revisit: bool, scale: float):
        super().__init__()
        self.d_in, self.H = (check_count(type(self).__name__, name, value) for name, value in (("d_in", d_in), ("H", H)))
        self.end, self.revisit = end, revisit
        self.scale = check_number(type(self).__name__, "scale", scale, 0)  # 0 leaves inputs raw
        self.start = nn.Parameter(torch.zeros(self.d_in))

    def scaled(self, P: torch.Tensor) -> torch.Tensor:
        """scale·(P − ½), or P itself if the scale is 0.

        Parameters
        ----------
        P : (B, n, d_in) tensor
            The points.

        Returns
        -------
        (B, n, d_in) tensor
            Scaled points.

        Raises
        ------
        ValueError
            For another shape or dtype than the network's, nan, inf, or no point at all.

        """
        where = type(self).__name__
        check_shapes(where, P=(P, "B n d_in"))
        if P.shape[2] != self.d_in or P.dtype != self.start.dtype:
            raise ValueError(
                f"{where}: P is {P.dtype} with {P.shape[2]} numbers a point; this network takes {self.start.dtype} "
                f"with {self.d_in}"
            )
        return (P - 0.5) * self.scale if self.scale else P

    def told(self, points: torch.Tensor, T: torch.Tensor) -> torch.Tensor:
        """The decoder's inputs under teacher forcing: the start, then those points that T chose.

        Parameters
        ----------
        points : (B, n + 1, d_in) tensor
            Scaled points behind a row of zeros.
        T : (B, m) int64 tensor
            The target.

        Returns
        -------
        (B, m, d_in) tensor
            Inputs.

        Raises
        ------
        ValueError
            As ``places_of``, and for another number of rows.

        """
        where = type(self).__name__
        places = places_of(where, T, points.shape[1] - 1)
        if len(T) != len(points):
            raise ValueError(f"{where}: T has {len(T)} rows and P {len(points)} sets; give one target for each set")
        chosen = points.gather(1, places[:, :-1, None].expand(-1, -1, self.d_in))
        return torch.cat([self.start.expand(len(points), 1, -1), chosen], 1)

    def forbid(self, u: torch.Tensor, T: torch.Tensor, mask: bool) -> torch.Tensor:
        """Logits with −∞ at forbidden places.

        These are the places taken before, if mask and not revisiting, and place 0 without an end.

        Parameters
        ----------
        u : (B, m, n + 1) tensor
            Logits.
        T : (B, m) int64 tensor
            The target.
        mask : bool
            Whether places taken before are forbidden.

        Returns
        -------
        (B, m, n + 1) tensor
            Logits.

        Raises
        ------
        ValueError
            As ``visited_mask``.

        """
        if mask and not self.revisit:
            return u.masked_fill(visited_mask(T, u.shape[2] - 1, self.end), -torch.inf)
        return u if self.end else torch.cat([torch.full_like(u[..., :1], -torch.inf), u[..., 1:]], -1)

    def loss(self, P: torch.Tensor, T: torch.Tensor, mask: bool = True) -> torch.Tensor:
        """−log p of the targets, the mean over all steps, in nats.

        What stands behind a target's end, zeros or numbers below 0, is padding and no step.

        Parameters
        ----------
        P : (B, n, d_in) tensor
            The points.
        T : (B, m) int64 tensor
            The targets.
        mask : bool, default True
            Whether places taken before are forbidden.

        Returns
        -------
        tensor
            One number.

        Raises
        ------
        ValueError
            As ``forward``, where a target has no end although the network needs one, and where it has
            one although the network has none.

        """
        u, where = self(P, T, mask), type(self).__name__
        first = (T <= 0).int().argmax(1, keepdim=True)  # behind the points: the end, or padding in its place
        if self.end and not (ended := T.gather(1, first)[:, 0] == 0).all():
            row = int((~ended).nonzero()[0])
            raise ValueError(
                f"{where}: T[{row}] has no 0; every target of a network with an end must contain it, before any padding"
            )
        if not self.end and (T == 0).any():
            row = int((T == 0).any(1).nonzero()[0])
            raise ValueError(f"{where}: T[{row}] holds 0, the end, which this network has not; give places 1 to n")
        steps = ((T <= 0).cumsum(1) <= self.end) & (T >= 0)  # up to the end; all of a target without one
        return functional.cross_entropy(u.flatten(0, 1), T.where(steps, IGNORE).flatten(), ignore_index=IGNORE)

    def steps(self, n: int) -> int:
        """The longest answer to n points.

        Parameters
        ----------
        n : int
            The number of points.

        Returns
        -------
        int
            n with no end, n + 1 with it, and three for each of 2n − 5 triangles if revisiting.

        """
        if self.revisit:
            return 3 * max(2 * n - 5, 1) + 1
        return n + 1 if self.end else n


class PointerNetwork(Answering):
    """p(c | P) for sequences c of places: 1 … n are the points, 0 is the end.

    With the LSTM it has 10H² + (8 d_in + 18)H + d_in parameters, whatever n. Under
    ``torch.autocast`` it computes in float32; ``torch.compile(fullgraph=True)`` takes an LSTM only
    with ``torch._dynamo.config.allow_rnn = True``.

    Parameters
    ----------
    d_in : int, default 2
        Numbers of a point.
    H : int, default 64
        Hidden units.
    end : bool, default True
        Whether answers end with place 0 (else they take all n points).
    revisit : bool, default False
        Whether a point may be taken twice (then nothing is masked).
    scale : float, default 4
        Inputs become scale·(p − ½), 0 leaves them raw.
    gain : float, default 3
        What W1, W2 are multiplied with at the start (v by at most 2).
    encoder : str, default "lstm"
        "lstm" or, without an order, "mean", "max" or "attention" (``dynlib.pointer.encoders``).

    Raises
    ------
    ValueError
        For a count below 1, a negative scale, a gain that is not positive, an unknown encoder.

    """

    def __init__(
        self,
        d_in: int = 2,
        H: int = 64,
        *,
        end: bool = True,
        revisit: bool = False,
        scale: float = 4.0,
        gain: float = 3.0,
        encoder: str = "lstm",
    ):
        super().__init__(d_in, H, end, revisit, scale)
        d_in, H, scale = self.d_in, self.H, self.scale
        gain = check_gain("PointerNetwork", gain)
        self.settings = {"d_in": d_in, "H": H, "end": end, "revisit": revisit, "scale": scale, "gain": gain, "encoder": encoder}
        self.encoder = make_encoder(encoder, d_in, H)
        self.decoder = nn.LSTM(d_in, H, batch_first=True)
        self.W1, self.W2 = nn.Linear(H, H, bias=False), nn.Linear(H, H, bias=False)
        self.v = nn.Parameter(torch.empty(H).uniform_(-(H**-0.5), H**-0.5))
        with torch.no_grad():
            self.W1.weight.mul_(gain)
            self.W2.weight.mul_(gain)
            self.v.mul_(min(gain, 2.0))
        self.e_end = nn.Parameter(torch.empty(H).uniform_(-0.08, 0.08))

    @full_precision
    def encode(self, P: torch.Tensor) -> Encoded:
        """Read points.

        Parameters
        ----------
        P : (B, n, d_in) tensor
            The points.

        Returns
        -------
        Encoded
            Points, keys and the decoder's first state.

        Raises
        ------
        ValueError
            As ``scaled``.

        """
        x = self.scaled(P)
        e, state = self.encoder(x)
        e = torch.cat([self.e_end.expand(len(P), 1, -1), e], 1)
        return Encoded(torch.cat([torch.zeros_like(x[:, :1]), x], 1), self.W1(e), state)

    @layer
    @full_precision
    def forward(self, P: torch.Tensor, T: torch.Tensor, mask: bool = True) -> torch.Tensor:
        """Logits of every step of the target at once, each step told the true places before it.

        Parameters
        ----------
        P : (B, n, d_in) tensor
            The points.
        T : (B, m) int64 tensor
            The target: places 1 … n and, of a network with an end, 0; behind it padding, zeros or
            numbers below 0. (Every such number is padding.)
        mask : bool, default True
            Whether places taken before are forbidden.

        Returns
        -------
        (B, m, n + 1) tensor
            Forbidden places have −∞: those taken before, unless mask is False or points may be
            revisited; place 0 without an end.

        Raises
        ------
        ValueError
            As ``scaled``, ``told`` and ``visited_mask``.

        """
        points, keys, state = self.encode(P)
        d, _ = self.decoder(self.told(points, T), state)
        return self.forbid(additive_scores(keys, self.W2(d), self.v), T, mask)

    @full_precision
    def step(self, keys: torch.Tensor, x: torch.Tensor, state):
        """One step of k decoders for each set.

        Parameters
        ----------
        keys : (B, n + 1, H) tensor
            As ``encode`` returns them.
        x : (B, k, d_in) tensor
            The scaled points chosen before.
        state : tuple of two (1, B k, H) tensors
            h and c.

        Returns
        -------
        tuple
            Logits (B, k, n + 1), with nothing forbidden, and the next state.

        """
        B, k, _ = x.shape
        d, state = self.decoder(x.reshape(B * k, 1, self.d_in), state)
        return additive_scores(keys, self.W2(d.view(B, k, self.H)), self.v), state
