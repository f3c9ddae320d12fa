"""The models of the chapter as trainable layers: those that weigh whole values by one score q_i·k_j.

A mixer takes u (batch, L, d) to y (batch, L, d), where y_i depends on u_0 … u_i only, by its efficient route, and knows its
``DSF``. What differs between mixers is where queries, keys, decays and normalisers come from; the sums over the past are those
of ``routes``. None multiplies its output by a matrix: that is left to the model.

Where a score is q_i·k_j itself, the query is divided by √n, so that these mixers start with scores of one size: softmax,
generalised, normalised, RetNet, SSD, GLA and S6. The published SSD and S6 (Mamba) do not divide their reads C; as q is trained,
this is another start and not another function. ``EluAttention`` takes q as it is, before elu + 1.

Under ``torch.autocast`` a mixer computes in float32 throughout, its linear maps too: decays are summed over time. ``forward``
checks shapes and dtypes, and the numbers only where ``dynlib_kernels.arguments.values`` is told to look everywhere.
"""

import dataclasses
import math
import numbers

from dynlib.unified_dynamics import attention, extension, ssm
from dynlib.unified_dynamics.attention import elu_plus_one
from dynlib.unified_dynamics.dsf import DSF
from dynlib.unified_dynamics.routes import scalar_memory
from dynlib_kernels.arguments.scalars import check_choice, check_count
from dynlib_kernels.arguments.tensors import check_numbers
from dynlib_kernels.arguments.values import layer, looked_at
from dynlib_kernels.elementary import softplus
from dynlib_kernels.engine import functional, nn, torch
from dynlib_kernels.precision import full_precision
from dynlib_kernels.softmax_attention import softmax_attention_ref


class Mixer(nn.Module):
    """What all share: the check of u, and one value matrix W_V.

    Parameters
    ----------
    d : int
        Channels.
    n : int
        Numbers of state a channel.

    Raises
    ------
    ValueError
        For a count below 1.
    """

    def __init__(self, d: int, n: int):
        super().__init__()
        d, n = check_count(type(self).__name__, "d", d), check_count(type(self).__name__, "n", n)
        self.d, self.n = d, n
        self.value = nn.Linear(d, d, bias=False)

    @layer
    @full_precision
    def forward(self, u: torch.Tensor, *, route: str = "chunked") -> torch.Tensor:
        """The layer's output by the named route; all are equal up to rounding.

        Parameters
        ----------
        u : (batch, L, d) tensor
            The input.
        route : str, default "chunked"
            "chunked", the efficient route, "quadratic" or "loop".

        Returns
        -------
        (batch, L, d) tensor
            The output.

        Raises
        ------
        ValueError
            For another shape, half precision, and an unknown route; where layers look at numbers,
            for nan and inf.
        """
        if check_numbers(type(self).__name__, "u", u).ndim != 3 or u.shape[-1] != self.d:
            raise ValueError(f"{type(self).__name__}: u has shape {tuple(u.shape)}; it must be (batch, L, {self.d})")
        if u.is_complex():
            raise ValueError(f"{type(self).__name__}: u is {u.dtype}; give real numbers: u.real")
        check_choice(type(self).__name__, "route", route, ("chunked", "quadratic", "loop"))
        return self.mix(u, route)

    def mix(self, u: torch.Tensor, route: str) -> torch.Tensor:
        """What ``forward`` gives, for a u and a route that are checked.

        Parameters
        ----------
        u : (batch, L, d) tensor
            The input.
        route : str
            "chunked", "quadratic" or "loop".

        Returns
        -------
        (batch, L, d) tensor
            The output.
        """
        raise NotImplementedError

    def loop(self, u: torch.Tensor) -> DSF:
        """What ``dsf`` gives, for a u that is checked.

        Parameters
        ----------
        u : (L, d) tensor
            The input.

        Returns
        -------
        DSF
            The loop.
        """
        raise NotImplementedError

    @full_precision
    def dsf(self, u: torch.Tensor) -> DSF:
        """The loop with the gates that this u sets: ``dsf(u).run(u)`` is the layer's output for u.

        Parameters
        ----------
        u : (L, d) tensor
            One sequence.

        Returns
        -------
        DSF
            The loop.

        Raises
        ------
        ValueError
            For another shape, half precision, nan or inf.
        """
        if check_numbers(type(self).__name__, "u", u).ndim != 2 or u.shape[-1] != self.d:
            raise ValueError(f"{type(self).__name__}: u has shape {tuple(u.shape)}; a loop is for one sequence (L, {self.d})")
        return self.loop(u)


class Attention(Mixer):
    """Queries W_Q u_i + bias and keys W_K u_i + bias, (..., L, n) each.

    Parameters
    ----------
    d : int
        Channels.
    n : int
        Numbers of state a channel.
    shift : bool, default False
        Keys see u_{i−1} and not u_i (zeros before the first step): then one layer can find what
        came after a token that it met before.

    Raises
    ------
    ValueError
        For a count below 1.
    """

    def __init__(self, d: int, n: int, *, shift: bool = False):
        super().__init__(d, n)
        self.shift = shift
        self.query, self.key = nn.Linear(d, n), nn.Linear(d, n)

    def queries_and_keys(self, u):
        """Queries and keys for this input.

        Parameters
        ----------
        u : (…, L, d) tensor
            The input.

        Returns
        -------
        q, k : (…, L, n) tensor
            Queries and keys.
        """
        seen = functional.pad(u, (0, 0, 1, 0))[..., :-1, :] if self.shift else u
        return self.query(u), self.key(seen)


class SoftmaxAttention(Attention):
    """Softmax of q_i·k_j / √n. Its state is all it has met: n + d numbers a step.

    Chunked: torch's own attention, which goes through the scores in blocks without keeping them
    when keys and values have one length; so the shorter of the two are filled up with zeros.

    Parameters
    ----------
    d, n : int
        Channels, and the length of keys.
    shift : bool, default False
        As in ``Attention``.

    Raises
    ------
    ValueError
        For a count below 1.
    """

    def mix(self, u, route):
        (q, k), v = self.queries_and_keys(u), self.value(u)
        if route == "quadratic":
            return softmax_attention_ref(q, k, v)
        if route == "chunked":
            width = max(self.n, self.d)
            q, k, v = (functional.pad(x, (0, width - x.shape[-1]))[:, None] for x in (q, k, v))
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1 / math.sqrt(self.n))
            return y[:, 0, :, : self.d]
        weights = ((q[:, i : i + 1] @ k[:, : i + 1].mT / math.sqrt(self.n)).softmax(-1) for i in range(u.shape[1]))
        return torch.cat([row @ v[:, : i + 1] for i, row in enumerate(weights)], 1)

    def loop(self, u):
        """The loop for this u, with a state of L numbers a channel.

        Step j writes into number j, and the read weighs them all: a DSF needs that for softmax.

        Parameters
        ----------
        u : (L, d) tensor
            The input.

        Returns
        -------
        DSF
            The loop.
        """
        q, k = self.queries_and_keys(u)
        identity = torch.eye(len(u), dtype=u.dtype, device=u.device)
        weights = softmax_attention_ref(q, k, identity)
        return attention.generalised_attention(weights, identity, self.value.weight)


class EluAttention(Attention):
    """Scores φ(q_i)·φ(k_j) with φ = elu + 1, divided by their sum over j ≤ i.

    Parameters
    ----------
    d, n : int
        Channels, and numbers of state a channel.
    shift : bool, default False
        As in ``Attention``.

    Raises
    ------
    ValueError
        As ``Attention``, and where layers look at numbers and that sum is too small to divide by
        (in float32, entries of q and k that add up to −87); where they do not, the output is nan.
    """

    def mix(self, u, route):
        (q, k), v = self.queries_and_keys(u), self.value(u)
        y = scalar_memory(elu_plus_one(q), elu_plus_one(k), functional.pad(v, (0, 1), value=1.0), route=route)
        total = y[..., -1:]  # the last column mixed ones: the sum of the scores
        if looked_at() and not (total >= torch.finfo(total.dtype).tiny).all():
            raise ValueError(
                f"EluAttention: the scores of a step add up to {total.min().item():.3g}, too little to divide by "
                f"in {total.dtype}; bring queries and keys nearer to 0, or use float64"
            )
        return y[..., :-1] / total.masked_fill(total < torch.finfo(total.dtype).tiny, torch.nan)  # it has no digits there

    def loop(self, u):
        return attention.elu_attention(*self.queries_and_keys(u), self.value.weight)


class GeneralisedAttention(Attention):
    """Scores q_i·k_j / √n as they are, without feature map and normaliser.

    Parameters
    ----------
    d, n : int
        Channels, and numbers of state a channel.
    shift : bool, default False
        As in ``Attention``.

    Raises
    ------
    ValueError
        For a count below 1.
    """

    def queries_and_keys(self, u):
        q, k = super().queries_and_keys(u)
        return q / math.sqrt(self.n), k

    def mix(self, u, route):
        return scalar_memory(*self.queries_and_keys(u), self.value(u), route=route)

    def loop(self, u):
        return attention.generalised_attention(*self.queries_and_keys(u), self.value.weight)


class NormalisedAttention(GeneralisedAttention):
    """Scores q_i·k_j / √n divided by η_i = exp(W_η u_i + bias): an output gate of each step.

    Parameters
    ----------
    d, n : int
        Channels, and numbers of state a channel.
    shift : bool, default False
        As in ``Attention``.

    Raises
    ------
    ValueError
        As ``Attention``, and where layers look at numbers and η_i vanishes: W_η u_i + bias below
        −88 in float32.
    """

    def __init__(self, d: int, n: int, *, shift: bool = False):
        super().__init__(d, n, shift=shift)
        self.log_eta = nn.Linear(d, 1)

    def mix(self, u, route):
        gate = torch.exp(-self.log_eta(u))
        if looked_at() and not torch.isfinite(gate).all():
            raise ValueError(f"NormalisedAttention: the normaliser vanishes, 1/η overflows {gate.dtype}; bring log η nearer to 0")
        return super().mix(u, route) * gate

    def loop(self, u):
        return attention.normalised_attention(*self.queries_and_keys(u), self.log_eta(u)[:, 0], self.value.weight)


class RetNet(GeneralisedAttention):
    """Scores q_i·k_j / √n times γ^(i − j), the same γ for all time.

    Parameters
    ----------
    d, n : int
        Channels, and numbers of state a channel.
    shift : bool, default False
        As in ``Attention``.
    gamma : float, default 1 − 1/64
        In (0, 1); it is not trained.

    Raises
    ------
    ValueError
        As ``Attention``, and for another γ.
    """

    def __init__(self, d: int, n: int, *, shift: bool = False, gamma: float = 1 - 1 / 64):
        super().__init__(d, n, shift=shift)
        if not isinstance(gamma, numbers.Real) or not 0 < gamma < 1:
            raise ValueError(f"RetNet: gamma = {gamma!r} must lie in (0, 1); 1 − 1/64 remembers about 64 steps")
        self.gamma = gamma

    def mix(self, u, route):
        decay = u.new_full(u.shape[:-1], math.log(self.gamma))
        return scalar_memory(*self.queries_and_keys(u), self.value(u), decay, route=route)

    def loop(self, u):
        return extension.retnet(*self.queries_and_keys(u), self.gamma, self.value.weight)


class SSD(GeneralisedAttention):
    """A step size a step, which fades all that was kept by e^{−a δ_i}, and writes δ_i k_i v_i.

    δ_i = softplus(W_δ u_i + bias). Starts at δ near 1 and a = 1/64: about 64 steps of memory. a > 0
    is trained as log a.

    Parameters
    ----------
    d, n : int
        Channels, and numbers of state a channel.
    shift : bool, default False
        As in ``Attention``.

    Raises
    ------
    ValueError
        For a count below 1.
    """

    def __init__(self, d: int, n: int, *, shift: bool = False):
        super().__init__(d, n, shift=shift)
        self.step, self.log_a = nn.Linear(d, 1), nn.Parameter(torch.tensor(-math.log(64)))
        nn.init.constant_(self.step.bias, math.log(math.e - 1))  # softplus of it is 1

    def mix(self, u, route):
        (q, k), delta = self.queries_and_keys(u), softplus(self.step(u))
        return scalar_memory(q, delta * k, self.value(u), -self.log_a.exp() * delta[..., 0], route=route)

    def loop(self, u):
        q, k = self.queries_and_keys(u)
        plain = ssm.ssd(softplus(self.step(u)), k, q, self.log_a.exp()[None], self.d)
        return dataclasses.replace(plain, value=self.value.weight)
