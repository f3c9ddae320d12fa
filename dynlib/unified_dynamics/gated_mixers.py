"""More trainable mixers: those in which each number of the state fades at its own pace."""

import dataclasses
import math

from dynlib.unified_dynamics import extension, rnn, ssm
from dynlib.unified_dynamics.dsf import DSF
from dynlib.unified_dynamics.mixers import GeneralisedAttention, Mixer
from dynlib.unified_dynamics.routes import diagonal_memory
from dynlib_kernels.elementary import exprel, log_softplus, softplus
from dynlib_kernels.engine import functional, nn, torch


class GLA(GeneralisedAttention):
    """A fade of its own for each of the n key directions, α_i = σ(W_α u_i + bias)^(1/16).

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
        self.fade = nn.Linear(d, n)

    def mix(self, u, route):
        (q, k), log_decay = self.queries_and_keys(u), functional.logsigmoid(self.fade(u))[..., None, :]
        return diagonal_memory(q, k, self.value(u), log_decay, 1 / 16, route=route)

    def loop(self, u):
        return extension.gla(*self.queries_and_keys(u), torch.exp(functional.logsigmoid(self.fade(u)) / 16), self.value.weight)


class S6(GeneralisedAttention):
    """A step size for each channel and a rate for each number.

    e^{−Δ_i A} of the state is kept, Δ_i k_i v_i is written. Δ_i = softplus(W_Δ u_i + bias), at the
    start log-uniform in [0.001, 0.1] for a small u; A (d, n) > 0 is trained as log A, and starts at
    1 … n in each channel.

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
        self.step = nn.Linear(d, d)
        start = torch.exp(math.log(1e-3) + math.log(100) * torch.rand(d))
        self.step.bias = nn.Parameter(start.expm1().log())  # softplus of it is ``start``
        self.log_A = nn.Parameter(torch.arange(1.0, n + 1).log().repeat(d, 1))

    def mix(self, u, route):
        (q, k), delta = self.queries_and_keys(u), softplus(self.step(u))
        return diagonal_memory(q, k, delta * self.value(u), -delta[..., None], self.log_A.exp(), route=route)

    def loop(self, u):
        q, k = self.queries_and_keys(u)
        plain = ssm.s6(softplus(self.step(u)), k, q, self.log_A.exp())
        return dataclasses.replace(plain, value=self.value.weight)


class QLSTM(Mixer):
    """The LSTM without feedback and without tanh around the state.

    h_i = f_i ⊙ h_{i−1} + g_i ⊙ W_V u_i, y_i = o_i ⊙ h_i. Forget, input and output gates are
    sigmoids of u_i. One number a channel: n = 1.

    Parameters
    ----------
    d : int
        Channels.

    Raises
    ------
    ValueError
        For a count below 1.
    """

    def __init__(self, d: int):
        super().__init__(d, 1)
        self.forget, self.input, self.output = (nn.Linear(d, d) for _ in range(3))

    def mix(self, u, route):
        one, written = u.new_ones(*u.shape[:-1], 1), torch.sigmoid(self.input(u)) * self.value(u)
        h = diagonal_memory(one, one, written, functional.logsigmoid(self.forget(u))[..., None], route=route)
        return torch.sigmoid(self.output(u)) * h

    def loop(self, u):
        inputs = self.forget(u), self.input(u), self.output(u)
        return rnn.qlstm(*map(torch.sigmoid, inputs), self.value.weight)


class RGLRU(Mixer):
    """The real-gated linear recurrent unit of Griffin, n = 1.

    h_i = a_i ⊙ h_{i−1} + √(1 − a_i²) ⊙ g_i ⊙ W_V u_i, y_i = h_i with a_i = exp(−8 r_i ⊙
    softplus(Λ)). r and g are sigmoids of u_i; Λ (d) starts so that a at r = 1 is uniform in [0.9,
    0.999], as Griffin's text says. Griffin's code (recurrentgemma) draws a radius from there, its
    square uniformly, before the exponent 8, so that a at r = 1 is the radius to the eighth; it
    writes the first step of a sequence in full, g_0 ⊙ W_V u_0, which here is multiplied by
    √(1 − a²) as all others; and it cuts the gradient of that root off at 1000, which here is exact.

    Parameters
    ----------
    d : int
        Channels.

    Raises
    ------
    ValueError
        For a count below 1.
    """

    def __init__(self, d: int):
        super().__init__(d, 1)
        self.recurrence, self.input = nn.Linear(d, d), nn.Linear(d, d)
        rate = -torch.log(0.9 + 0.099 * torch.rand(d)) / 8  # a at r = 1 is e^{−8 softplus(Λ)}
        self.Lambda = nn.Parameter(rate.expm1().log())

    def gates(self, u):
        """The logarithm of the decays a, and how much of the value is written, √(1 − a²) ⊙ g.

        1 − a² is 1 − e^{−x} with x = 16 r ⊙ softplus(Λ). Where r underflows that is x; its root has
        an infinite derivative in x, and a finite one in log x.

        Parameters
        ----------
        u : (…, L, d) tensor
            The input.

        Returns
        -------
        log_decay : (…, L, d) tensor
            At most 0.
        written : (…, L, d) tensor
            From 0 to 1.
        """
        r = self.recurrence(u)
        log_decay = -8 * torch.sigmoid(r) * softplus(self.Lambda)
        log_x = math.log(16) + functional.logsigmoid(r) + log_softplus(self.Lambda)
        low = log_x.detach() < -20
        small = torch.where(low, log_x, -20)  # each form only sees what it is for, or gives nan to the other
        root = torch.where(
            low,
            torch.exp(small / 2) * torch.sqrt(exprel(-torch.exp(small))),
            torch.sqrt(-torch.expm1(torch.where(low, -1, 2 * log_decay))),
        )
        return log_decay, root * torch.sigmoid(self.input(u))

    def mix(self, u, route):
        (log_decay, written), one = self.gates(u), u.new_ones(*u.shape[:-1], 1)
        return diagonal_memory(one, one, written * self.value(u), log_decay[..., None], route=route)

    def loop(self, u):
        log_decay, written = self.gates(u)
        return DSF(torch.exp(log_decay)[..., None], written[..., None], torch.ones_like(written[..., None]), self.value.weight)
