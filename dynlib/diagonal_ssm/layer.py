"""The S4D layer: H independent diagonal models side by side, a nonlinearity, and a mixing of channels."""

import math

from dynlib.diagonal_ssm.choose import INITS, initial_modes
from dynlib.diagonal_ssm.discretization import METHODS, discretize
from dynlib.diagonal_ssm.inits import check_even
from dynlib.diagonal_ssm.kernel import ssm_kernel
from dynlib.diagonal_ssm.recurrence import step
from dynlib.scan import causal_convolution
from dynlib_kernels.arguments.scalars import check_choice, check_count, check_generator, check_has, check_number
from dynlib_kernels.arguments.tensors import check_numbers
from dynlib_kernels.arguments.values import layer
from dynlib_kernels.engine import nn, torch
from dynlib_kernels.precision import single

# How a free parameter becomes a decay −Re A, and back.
DECAYS = {
    "exp": (torch.exp, torch.log),
    "relu": (lambda p: torch.relu(p) + 1e-4, lambda leak: (leak - 1e-4).clamp(min=0)),
    "none": (lambda p: p, torch.clone),
}


class S4D(nn.Module):
    """y = GLU(W GELU(K * u + D u) + bias), with one kernel K = ssm_kernel(A, C, dt) a channel.

    H channels with N numbers each have 2 H N + 2 H parameters before the mixing, with complex and
    with real modes alike. All are real, for optimisers and checkpoints that know no complex
    numbers; they are listed under Attributes.

    Under ``torch.autocast`` the kernel and the convolution are computed in float32 and the mixing as
    autocast has it, so that the output is in half precision. ``forward`` and ``step`` check shapes
    and dtypes, and the numbers only where ``dynlib_kernels.arguments.values`` is told to look
    everywhere.

    Parameters
    ----------
    H : int
        Channels.
    N : int, default 64
        Real numbers kept a channel, even.
    init : str or tensor, default "lin"
        A name from ``INITS``, or modes (modes,) or (H, modes).
    method : str, default "zoh"
        "zoh", "bilinear" or "dss".
    decay : str, default "exp"
        "exp", "relu" or "none": what the parameter of that name means, see below.
    dt_min, dt_max : float, default 1e-3 and 1e-1
        Between which step sizes are drawn.
    dropout : float, default 0
        The share of channels that the output of the nonlinearity loses while training, each for the
        whole sequence, as in ``s4d.py`` (its DropoutNd ties the times; nn.Dropout would not).
    train_modes : bool, default True
        False to freeze A.
    generator : torch.Generator, optional
        For all that is drawn but the mixing, which takes torch's own.

    Attributes
    ----------
    log_dt : (H,) parameter
        dt = e^log_dt, drawn log-uniformly from [dt_min, dt_max]; a channel remembers about 2/dt
        steps.
    decay : (H, modes) parameter
        Re A = −e^decay ("exp"), −(max(decay, 0) + 1e-4) ("relu"), −decay ("none": may cross 0).
    speed : (H, modes) parameter or None
        Im A; None with real modes.
    C : (H, modes, 2) parameter
        Real and imaginary part, E|C|² = 1; (H, modes) with real modes.
    D : (H,) parameter
        The skip, N(0, 1).
    mix : nn.Linear
        From H to 2 H channels, before the GLU.

    Raises
    ------
    ValueError
        For odd N, H < 1, modes that do not decay, dt_min outside (0, dt_max], and names that are
        not known.

    References
    ----------
    .. [1] Gu, Gupta, Goel and Ré, 2022; the minimal layer of state-spaces/s4, ``models/s4/s4d.py``.
       There S4D-Real keeps N/2 modes that training may set turning; here N real modes with real
       weights, as many parameters and as many numbers kept.
    """

    def __init__(
        self,
        H: int,
        N: int = 64,
        *,
        init: str | torch.Tensor = "lin",
        method: str = "zoh",
        decay: str = "exp",
        dt_min: float = 1e-3,
        dt_max: float = 1e-1,
        dropout: float = 0.0,
        train_modes: bool = True,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        H, N = check_count("S4D", "H", H), check_count("S4D", "N", N)
        dt_min, dt_max = check_number("S4D", "dt_min", dt_min, 0), check_number("S4D", "dt_max", dt_max, 0)
        if not 0 < dt_min <= dt_max < 1e38:  # float32 holds them
            raise ValueError(f"S4D: dt_min = {dt_min!r}, dt_max = {dt_max!r} must be positive and in this order: give 1e-3, 1e-1")
        self.method = check_choice("S4D", "method", method, METHODS)
        self.decay_form = check_choice("S4D", "decay", decay, DECAYS)
        A = _rows(init, H, N, generator)
        if (A.real >= 0).any():
            raise ValueError(f"S4D: init has a real part of {A.real.max().item():g}; the layer starts from modes with Re A < 0")
        self.decay = nn.Parameter(DECAYS[decay][1](-A.real.float()))
        self.speed = nn.Parameter(A.imag.float()) if A.is_complex() else None
        for parameter in (self.decay, self.speed):
            if parameter is not None:
                parameter.requires_grad_(train_modes)
        span = torch.rand(H, generator=generator)
        self.log_dt = nn.Parameter(math.log(dt_min) + span * (math.log(dt_max) - math.log(dt_min)))
        parts = (2,) if A.is_complex() else ()
        self.C = nn.Parameter(torch.randn(*A.shape, *parts, generator=generator) / math.sqrt(2 if parts else 1))
        self.D = nn.Parameter(torch.randn(H, generator=generator))
        self.mix = nn.Linear(H, 2 * H)
        if not check_number("S4D", "dropout", dropout, 0) <= 1:
            raise ValueError(f"S4D: dropout = {dropout!r} must lie between 0 and 1")
        self.dropout = nn.Dropout(dropout)

    def modes(self) -> torch.Tensor:
        """A, (H, modes), complex64 or, for real modes, float32 (double precision after ``.double()``)."""
        leak = DECAYS[self.decay_form][0](self.decay)
        return -leak if self.speed is None else torch.complex(-leak, self.speed)

    def ssm(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """A, C and dt, as ``ssm_kernel``, ``run`` and ``run_in_chunks`` take them.

        Returns
        -------
        A, C, dt : (H, modes), (H, modes) and (H, 1) tensor
            Modes, weights and step sizes.

        Raises
        ------
        ValueError
            For parameters in half precision or not finite.
        """
        for name in ("log_dt", "decay", "speed", "C", "D"):
            if getattr(self, name) is not None:
                check_numbers("S4D", name, getattr(self, name))
        C = self.C if self.speed is None else torch.view_as_complex(self.C)
        return self.modes(), C, self.log_dt.exp()[:, None]

    def kernel(self, L: int) -> torch.Tensor:
        """K, without the skip D.

        Parameters
        ----------
        L : int
            How many entries.

        Returns
        -------
        (H, L) real tensor
            One kernel a channel.
        """
        return ssm_kernel(*self.ssm(), L, method=self.method)

    @layer
    def forward(self, u: torch.Tensor) -> torch.Tensor:
        """The layer's output for a whole sequence.

        Parameters
        ----------
        u : (..., H, L) real tensor
            The input: channels, then time.

        Returns
        -------
        (..., H, L) tensor
            The output.

        Raises
        ------
        ValueError
            For another shape and half precision; where numbers are looked at, for nan, inf, and Re
            A > 0.
        """
        u = single(u)
        if check_numbers("S4D", "u", u).is_complex() or u.ndim < 2 or u.shape[-2] != len(self.D):
            raise ValueError(
                f"S4D: u is {u.dtype} of shape {tuple(u.shape)}; this layer takes real (..., {len(self.D)}, L): "
                "channels, then time"
            )
        return self._out(causal_convolution(u, self.kernel(u.shape[-1])) + self.D[:, None] * u)

    def initial_state(self, *batch: int) -> torch.Tensor:
        """The state before the first ``step``: zeros.

        Parameters
        ----------
        *batch : int
            The leading axes.

        Returns
        -------
        (*batch, H, modes) tensor
            In A's dtype.
        """
        A, _, _ = self.ssm()
        return torch.zeros(*batch, *A.shape, dtype=A.dtype, device=A.device)

    @layer
    def step(self, u: torch.Tensor, state: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """One moment of the input and the state → the output and the next state; not for "dss".

        With dropout each call drops channels anew: while training, use ``forward``.

        Parameters
        ----------
        u : (..., H) real tensor
            The input at this moment.
        state : (..., H, modes) tensor
            From ``initial_state`` or the step before.

        Returns
        -------
        y : (..., H) tensor
            The output.
        state : (..., H, modes) tensor
            The next state.

        Raises
        ------
        ValueError
            For another shape or dtype, and for "dss", whose modes depend on the length.
        """
        if self.method == "dss":
            raise ValueError('S4D.step: method = "dss" weighs the modes by the whole length; a layer with "zoh" has steps')
        A, C, dt = self.ssm()
        u = single(u)
        if check_numbers("S4D.step", "u", u).is_complex() or u.ndim < 1 or u.shape[-1] != len(A):
            raise ValueError(f"S4D.step: u is {u.dtype} of shape {tuple(u.shape)}; give a real number a channel: (..., {len(A)})")
        if check_numbers("S4D.step", "state", state).shape != (*u.shape[:-1], *A.shape) or state.is_complex() != A.is_complex():
            batch = ", ".join(map(str, u.shape[:-1]))
            raise ValueError(
                f"S4D.step: state is {state.dtype} of shape {tuple(state.shape)}; with this u it must be {A.dtype} of shape "
                f"{(*u.shape[:-1], *A.shape)}, such as initial_state({batch})"
            )
        y, state = step(state, u, *discretize(A, dt, self.method), C)
        return self._out((y + self.D * u)[..., None])[..., 0], state

    def _out(self, y: torch.Tensor) -> torch.Tensor:
        kept = self.dropout(y.new_ones(y.shape[:-1]))[..., None]  # a channel is dropped for the whole sequence
        y = nn.functional.gelu(y) * kept
        return nn.functional.glu(self.mix(y.mT).mT, dim=-2)

    def parameter_groups(self, lr: float, **options) -> list[dict]:
        """Two groups for an optimiser, for this layer alone.

        Parameters
        ----------
        lr : float
            The rate of learning of all but dt and A.
        **options
            As for the function ``parameter_groups``.

        Returns
        -------
        list of dict
            Two groups.

        Raises
        ------
        ValueError
            As the function.
        """
        return parameter_groups(self, lr, **options)


def parameter_groups(model: nn.Module, lr: float, *, weight_decay: float = 0.01, ssm_lr: float | None = None) -> list[dict]:
    """Two groups for an optimiser: dt and A of every S4D layer, learnt slowly; and everything else.

    dt and A are not decayed: weight decay would pull log dt to 0, that is dt to 1, and the speeds
    to 0. Frozen parameters are left out.

    Parameters
    ----------
    model : nn.Module
        Of which every ``S4D`` inside is looked for.
    lr : float
        The rate of learning for everything else.
    weight_decay : float, default 0.01
        For everything else.
    ssm_lr : float, optional
        The rate of dt and A; min(lr, 0.001) if left out.

    Returns
    -------
    list of dict
        Everything else first, dt and A second, each with "params", "lr" and "weight_decay".

    Raises
    ------
    ValueError
        When lr or ssm_lr is not positive.
    """
    ssm_lr = min(check_number("parameter_groups", "lr", lr, 0), 1e-3) if ssm_lr is None else ssm_lr
    for name, value in (("lr", lr), ("ssm_lr", ssm_lr)):
        check_number("parameter_groups", name, value, 0, open_end=True)
    check_number("parameter_groups", "weight_decay", weight_decay, 0)
    check_has("parameter_groups", "model", model, "modules", "parameters", like="a torch.nn.Module")
    layers = [module for module in model.modules() if isinstance(module, S4D)]
    slow = [p for layer in layers for p in (layer.log_dt, layer.decay, layer.speed) if p is not None and p.requires_grad]
    known = {id(p) for p in slow}
    others = [p for p in model.parameters() if p.requires_grad and id(p) not in known]
    return [{"params": others, "lr": lr, "weight_decay": weight_decay}, {"params": slow, "lr": ssm_lr, "weight_decay": 0.0}]


def _rows(init, H, N, generator) -> torch.Tensor:
    """The initial modes, (H, modes): drawn anew for each channel where they are random."""
    check_generator("S4D", "generator", generator)
    if isinstance(init, str):
        check_choice("S4D", "init", init, INITS)
        return torch.stack([initial_modes(init, N, generator) for _ in range(H)])
    A = check_numbers("S4D", "init", init)
    wanted = check_even("S4D", N) // 2 if A.is_complex() else check_count("S4D", "N", N)
    if A.ndim not in (1, 2) or A.shape[-1] != wanted or (A.ndim == 2 and len(A) != H):
        raise ValueError(f"S4D: init has shape {tuple(A.shape)}; N = {N} takes ({wanted},) or ({H}, {wanted}) of these modes")
    return A.expand(H, wanted)
