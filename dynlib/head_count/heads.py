"""Heads as a layer: y_i = Σ_h Σ_{j≤i} α^h_ij V_h x_j with values V_h (p, d) and weights α that depend on the positions only.

The weights come in four forms; each is a module that answers ``weights(n)`` with the tables (H, n, n):

    FreeWeights      α_ij = c(i − j), any numbers                     a relative-position table; what H = r heads need
    DecayWeights     α_ij = a λ^{i−j}                                 a decay mask, as in RetNet
    FeatureWeights   α_ij = φ(i)·ψ(j)                                 linear attention on positions, not normalised
    SinkWeights      α_ij = softmax over j ≤ i and one empty token    not negative, rows sum to at most 1: r + 1 heads and a sink
"""

from dynlib.head_count.factorization import Factorization, check_heads_given
from dynlib_kernels.arguments.scalars import check_choice, check_count, check_has, check_number
from dynlib_kernels.arguments.tensors import check_numbers, check_shapes
from dynlib_kernels.arguments.values import layer
from dynlib_kernels.engine import nn, torch
from dynlib_kernels.precision import full_precision

SINKS = ("position", "constant")


def lags(n: int) -> torch.Tensor:
    """i − j for i, j < n: negative above the diagonal, where every weight is 0.

    Parameters
    ----------
    n : int
        The length of a sequence.

    Returns
    -------
    (n, n) integer tensor
        i − j.
    """
    return torch.arange(n)[:, None] - torch.arange(n)


def _by_lag(c: torch.Tensor, n: int, future: float) -> torch.Tensor:
    """Entries (H, n or more) by lag laid out as tables (H, n, n), with ``future`` above the diagonal."""
    if check_count("weights", "n", n) > c.shape[1]:
        raise ValueError(f"weights: n = {n} is longer than the {c.shape[1]} lags that these weights were made for")
    lag = lags(n).to(c.device)
    return c[:, lag.clamp(min=0)].masked_fill(lag < 0, future)


class FreeWeights(nn.Module):
    """α_ij = c(i − j).

    Parameters
    ----------
    coefficients : (H, n) tensor
        c, n the longest sequence.

    Raises
    ------
    ValueError
        For another shape.
    """

    def __init__(self, coefficients: torch.Tensor):
        super().__init__()
        check_shapes("FreeWeights", coefficients=(coefficients, "H n"))
        self.coefficients = nn.Parameter(coefficients.clone())

    def forward(self, n: int) -> torch.Tensor:
        """The weights of a sequence of n steps.

        Parameters
        ----------
        n : int
            From 1 to the longest sequence.

        Returns
        -------
        (H, n, n) tensor
            α, 0 above the diagonal.

        Raises
        ------
        ValueError
            For another n.
        """
        return _by_lag(self.coefficients, n, 0.0)


class DecayWeights(nn.Module):
    """α_ij = a λ^{i−j}, a mask that decays with the distance.

    It is never divided, so nothing overflows for |λ| ≤ 1.

    Parameters
    ----------
    decays : (H,) tensor
        λ.
    amplitudes : (H,) tensor, optional
        a, 1 if left out.

    Raises
    ------
    ValueError
        For other shapes and |λ| > 1.
    """

    def __init__(self, decays: torch.Tensor, amplitudes: torch.Tensor | None = None):
        super().__init__()
        amplitudes = torch.ones_like(decays) if amplitudes is None else amplitudes
        check_shapes("DecayWeights", decays=(decays, "H"), amplitudes=(amplitudes, "H"))
        if decays.abs().max() > 1:
            raise ValueError(f"DecayWeights: decays holds {decays[decays.abs().argmax()].item():g}; a mask decays: keep |λ| ≤ 1")
        self.decays, self.amplitudes = nn.Parameter(decays.clone()), nn.Parameter(amplitudes.clone())

    def forward(self, n: int) -> torch.Tensor:
        """The weights of a sequence of n steps.

        Parameters
        ----------
        n : int
            At least 1.

        Returns
        -------
        (H, n, n) tensor
            α, 0 above the diagonal.

        Raises
        ------
        ValueError
            For n below 1.
        """
        lag = lags(check_count("weights", "n", n)).to(self.decays.device)
        powers = self.decays[:, None, None] ** lag.clamp(min=0).to(self.decays.dtype)
        return (self.amplitudes[:, None, None] * powers).masked_fill(lag < 0, 0.0)


class FeatureWeights(nn.Module):
    """α_ij = φ(i)·ψ(j) for features of the positions.

    That is linear attention whose queries and keys are positional.

    Parameters
    ----------
    phi, psi : (H, n, m) tensor
        The features.

    Raises
    ------
    ValueError
        For other shapes, nan and inf: see ``decay_features``.
    """

    def __init__(self, phi: torch.Tensor, psi: torch.Tensor):
        super().__init__()
        check_shapes("FeatureWeights", phi=(phi, "H n m"), psi=(psi, "H n m"))
        self.phi, self.psi = nn.Parameter(phi.clone()), nn.Parameter(psi.clone())

    def forward(self, n: int) -> torch.Tensor:
        """The weights of a sequence of n steps.

        Parameters
        ----------
        n : int
            From 1 to the number of positions.

        Returns
        -------
        (H, n, n) tensor
            α, 0 above the diagonal.

        Raises
        ------
        ValueError
            For another n.
        """
        if check_count("weights", "n", n) > self.phi.shape[1]:
            raise ValueError(f"weights: n = {n} is longer than the {self.phi.shape[1]} positions that the features were made for")
        return torch.tril(torch.einsum("him,hjm->hij", self.phi[:, :n], self.psi[:, :n]))


def decay_features(decays: torch.Tensor, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """φ(i) = λ^i and ψ(j) = λ^{−j}, whose product is λ^{i−j}.

    That is right on paper, and out of range on a machine. In float32 and for λ = 0.9 ψ(j) is inf
    from j = 843 on, and φ(i) is 0 soon after: the product of two late neighbours is nan instead of
    0.9. The features are returned as they come; ``FeatureWeights`` refuses those, and
    ``DecayWeights`` does not need them.

    Parameters
    ----------
    decays : (H,) tensor
        λ, not 0.
    n : int
        The number of positions, at least 1.

    Returns
    -------
    φ, ψ : (H, n, 1) tensor
        The features.

    Raises
    ------
    ValueError
        For a decay of 0 and n < 1.
    """
    check_shapes("decay_features", decays=(decays, "H"))
    n = check_count("decay_features", "n", n)
    if (decays == 0).any():
        raise ValueError("decay_features: decays holds 0, and ψ(j) = λ^{−j} divides by it; use DecayWeights")
    position = torch.arange(n, dtype=decays.dtype, device=decays.device)
    return (decays[:, None] ** position)[..., None], (decays[:, None] ** -position)[..., None]


class SinkWeights(nn.Module):
    """A softmax that may also look at an empty token of value 0, the sink.

    α_ij = e^{l(i−j)} / (e^{s_i} + Σ_{m≤i} e^{l(i−m)}).

    Parameters
    ----------
    logits : (H, n) tensor
        l by lag, −inf for a weight of 0.
    sink : (H, n) or (H, 1) tensor
        s by position, or one that is constant.

    Raises
    ------
    ValueError
        For other shapes, nan, +inf, and a sink that is not finite.
    """

    def __init__(self, logits: torch.Tensor, sink: torch.Tensor):
        super().__init__()
        if not isinstance(logits, torch.Tensor):
            raise ValueError(f"SinkWeights: logits is a {type(logits).__name__}; give a tensor: torch.as_tensor(logits)")
        check_shapes("SinkWeights", logits=(logits.masked_fill(logits == -torch.inf, 0.0), "H n"), sink=(sink, "H m"))
        if sink.shape[1] not in (1, logits.shape[1]):
            raise ValueError(f"SinkWeights: sink has shape {tuple(sink.shape)}; give (H, 1), or (H, {logits.shape[1]})")
        self.logits, self.sink = nn.Parameter(logits.clone()), nn.Parameter(sink.clone())

    def forward(self, n: int) -> torch.Tensor:
        """The weights of a sequence of n steps, without those of the sink.

        Parameters
        ----------
        n : int
            From 1 to the longest sequence.

        Returns
        -------
        (H, n, n) tensor
            α, 0 above the diagonal.

        Raises
        ------
        ValueError
            For another n.
        """
        scores = _by_lag(self.logits, n, -torch.inf)
        sink = self.sink[:, :n].expand(len(scores), n)
        return torch.softmax(torch.cat([scores, sink[..., None]], -1), -1)[..., :n]


class UFFLayer(nn.Module):
    """H heads: attention with weights that do not look at the input.

    y_i = Σ_h Σ_{j≤i} α^h_ij V_h x_j. Under ``torch.autocast`` it computes in float32.

    Parameters
    ----------
    weights : nn.Module
        One of the forms above, from n to (H, n, n).
    values : (H, p, d) tensor
        V. A head of width w is a V of rank at most w (W_O W_V).

    Raises
    ------
    ValueError
        For values of another shape.

    References
    ----------
    .. [1] The factorised class of Ghodsi, 2025, arXiv:2512.15115, with weights that depend on
       positions only.
    """

    def __init__(self, weights: nn.Module, values: torch.Tensor):
        super().__init__()
        check_has(
            "UFFLayer", "weights", weights, "forward", like="a module that makes (H, n, n) weights of n, such as FreeWeights"
        )
        check_shapes("UFFLayer", values=(values, "H p d"))
        self.weights, self.values = weights, nn.Parameter(values.clone())

    def operators(self, n: int) -> torch.Tensor:
        """The layer's table W_ij = Σ_h α^h_ij V_h.

        Parameters
        ----------
        n : int
            The length of a sequence.

        Returns
        -------
        (n, n, p, d) tensor
            The table.
        """
        return torch.einsum("hij,hpd->ijpd", self.weights(n), self.values)

    @layer
    @full_precision
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer's output.

        Parameters
        ----------
        x : (…, n, d) real tensor
            The input.

        Returns
        -------
        (…, n, p) tensor
            The output.

        Raises
        ------
        ValueError
            For another d and complex numbers; where layers look at numbers, for nan and inf.

        Notes
        -----
        Cost: H n² d and H n p d multiplications.
        """
        if check_numbers("UFFLayer", "x", x).is_complex():
            raise ValueError(f"UFFLayer: x is {x.dtype}; give real numbers: x.real, x.imag")
        if x.dtype != self.values.dtype:
            raise ValueError(f"UFFLayer: x is {x.dtype} but the layer is {self.values.dtype}; give both one precision")
        if x.ndim < 2 or x.shape[-1] != self.values.shape[2]:
            raise ValueError(f"UFFLayer: x has shape {tuple(x.shape)}; give (…, n, d) with d = {self.values.shape[2]}")
        mixed = torch.einsum("hij,...jd->h...id", self.weights(x.shape[-2]), x)
        return torch.einsum("h...id,hpd->...ip", mixed, self.values)


def free_heads(heads: Factorization) -> UFFLayer:
    """The layer whose heads are those of a factorisation, by a table of its coefficients.

    Parameters
    ----------
    heads : Factorization
        The heads.

    Returns
    -------
    UFFLayer
        With ``FreeWeights``.
    """
    check_heads_given("free_heads", heads)
    return UFFLayer(FreeWeights(heads.coefficients), heads.values)


def softmax_heads(heads: Factorization, *, sink: str = "position", slack: float = 0.01) -> UFFLayer:
    """Softmax heads with the weights of a factorisation that is not negative.

    Such as ``nonnegative_heads``. Rows of a softmax sum to 1. Let S = (1 + slack) Σ_τ c(τ): with
    the value S V and weights c(τ)/S what is missing to 1 goes to the sink, s_i = log(1 − Σ_{τ≤i}
    c(τ)/S) for logits log c(τ)/S. Early positions have fewer lags, so the sink depends on i.

    Parameters
    ----------
    heads : Factorization
        With coefficients ≥ 0.
    sink : str, default "position"
        "position", or "constant", which keeps the last s instead: exact for the last output only,
        since every row is divided by another sum. The others miss something like 1/slack: a large
        slack makes the sums alike, at the price of values that grow with it.
    slack : float, default 0.01
        Above 0: it keeps the sink's logit finite.

    Returns
    -------
    UFFLayer
        With ``SinkWeights``.

    Raises
    ------
    ValueError
        For a coefficient below 0, another sink, and a slack that is not positive.
    """
    check_choice("softmax_heads", "sink", sink, SINKS)
    check_heads_given("softmax_heads", heads)
    slack = check_number("softmax_heads", "slack", slack, 0, open_end=True)
    if slack < 1e-12:
        raise ValueError(f"softmax_heads: slack = {slack!r} is lost in rounding; give at least 1e-12")
    c = heads.coefficients
    if c.min() < 0:
        raise ValueError(
            f"softmax_heads: coefficients holds {c.min().item():.3g}, and a softmax is not negative; "
            "use nonnegative_heads, with one head more"
        )
    total = (1 + slack) * c.sum(1, keepdim=True)
    total = torch.where(total == 0, torch.ones_like(total), total)
    share = c / total
    left = torch.log1p(-share.cumsum(1))
    logits = SinkWeights(torch.log(share), left if sink == "position" else left[:, -1:])
    return UFFLayer(logits, total[..., None] * heads.values)
