"""From the differential equation x' = A x + u to one step of a recurrence, x_k = A_bar x_{k−1} + B_bar u_k.

zoh        zero-order hold: exact for an input held still over the step. The default of S4D.
bilinear   also Tustin's or the trapezoidal rule: S4's choice. It bends the frequency axis: ω becomes (2/dt) arctan(ω dt/2).
dss        zoh with weights that depend on the length L, so that the kernel is a softmax over time (Gupta, Gu and Berant, 2022).

y_k = 2 Re Σ_n C_n x_k reads the state after the step: K_0 = 2 Re Σ C B_bar, not 0.
"""

from dynlib_kernels.arguments.arrays import check_reals
from dynlib_kernels.arguments.scalars import check_choice, check_count
from dynlib_kernels.arguments.tensors import check_broadcast, check_numbers
from dynlib_kernels.arguments.values import looked_at
from dynlib_kernels.elementary import expm1, exprel
from dynlib_kernels.engine import torch

METHODS = ("zoh", "bilinear", "dss")


def check_modes(where: str, A: torch.Tensor, dt) -> torch.Tensor:
    """The step size as a tensor, after A and dt were checked.

    Parameters
    ----------
    where : str
        The function that asks; errors begin with it.
    A : tensor
        Modes of any shape, Re A ≤ 0.
    dt : float or tensor
        Step size > 0, broadcast against A.

    Returns
    -------
    real tensor
        dt in A's precision and on its device.

    Raises
    ------
    ValueError
        For a wrong dtype, a mode that is not finite or grows, dt that is complex, not finite or ≤
        0, and shapes that do not broadcast.
    """
    check_numbers(where, "A", A)
    if looked_at() and (A.real > 0).any():
        worst = A.real.max().item()
        raise ValueError(f"{where}: A has a real part of {worst:g}; a mode with Re A > 0 grows without bound, make it ≤ 0")
    if isinstance(dt, torch.Tensor):
        check_numbers(where, "dt", dt)
    if isinstance(dt, complex) or (isinstance(dt, torch.Tensor) and dt.is_complex()):
        raise ValueError(f"{where}: dt is complex; a step of time is real: give dt.real")
    dt = dt if isinstance(dt, torch.Tensor) else torch.from_numpy(check_reals(where, "dt", dt, infinite=True))
    dt = dt.to(A.device, A.real.dtype)
    if looked_at() and not (torch.isfinite(dt) & (dt > 0)).all():
        raise ValueError(f"{where}: dt = {dt.min().item():g} must be finite and positive in {dt.dtype}")
    check_broadcast(where, A=A.shape, dt=dt.shape)
    return dt


def discretize_zoh(A: torch.Tensor, dt) -> tuple[torch.Tensor, torch.Tensor]:
    """Solve x' = A x + u exactly over one step with the input held still (zero-order hold).

    x_k = A_bar x_{k−1} + B_bar u_k with A_bar = e^{A dt} and B_bar = (e^{A dt} − 1)/A, which is dt
    where A = 0; its derivatives keep their digits there too.

    Parameters
    ----------
    A : real or complex tensor
        Modes of any shape, Re A ≤ 0.
    dt : float or real tensor
        Step size > 0 in A's unit of time, broadcast against A.

    Returns
    -------
    A_bar, B_bar : tensor
        Each of the broadcast shape and A's dtype.

    Raises
    ------
    ValueError
        For a wrong dtype, a mode that is not finite or grows, and dt ≤ 0.

    References
    ----------
    .. [1] Gu, Gupta, Goel and Ré, 2022, section 2.
    """
    dt = check_modes("discretize_zoh", A, dt)
    z = A * dt
    return torch.exp(z), dt * exprel(z)


def discretize_bilinear(A: torch.Tensor, dt) -> tuple[torch.Tensor, torch.Tensor]:
    """The trapezoidal rule: A_bar = (1 + A dt/2)/(1 − A dt/2), B_bar = dt/(1 − A dt/2).

    It maps Re A ≤ 0 to |A_bar| ≤ 1, but a mode that turns by many radians a step hardly decays any
    more: A_bar tends to −1.

    Parameters
    ----------
    A : real or complex tensor
        Modes, as in ``discretize_zoh``.
    dt : float or real tensor
        Step size, as in ``discretize_zoh``.

    Returns
    -------
    A_bar, B_bar : tensor
        As ``discretize_zoh``.

    Raises
    ------
    ValueError
        As ``discretize_zoh``.

    References
    ----------
    .. [1] Gu, Goel and Ré, "S4", 2022, section 2.
    """
    dt = check_modes("discretize_bilinear", A, dt)
    half = A * dt / 2
    return (1 + half) / (1 - half), dt / (1 - half)


def discretize_dss(A: torch.Tensor, dt, L: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Zero-order hold with B_bar divided by e^{L A dt} − 1: a softmax over the L steps.

    A_bar and B_bar are those of ``discretize_zoh`` otherwise. Then B_bar A_bar^l = softmax_l(l A
    dt)/A for l < L: every mode's kernel sums to 1/A, however long the sequence.

    Parameters
    ----------
    A : real or complex tensor
        Modes, as in ``discretize_zoh``.
    dt : float or real tensor
        Step size, as in ``discretize_zoh``.
    L : int
        At least 1: the length that the model is made for.

    Returns
    -------
    A_bar, B_bar : tensor
        As ``discretize_zoh``.

    Raises
    ------
    ValueError
        As ``discretize_zoh``, and at a pole: where L A dt is a multiple of 2πi to within rounding,
        so that the mode sums to zero over the L steps; also for A = 0.

    References
    ----------
    .. [1] Gupta, Gu and Berant, "DSS", 2022, proposition 1.
    """
    A_bar, B_bar = discretize_zoh(A, dt)
    z = check_count("discretize_dss", "L", L) * A * torch.as_tensor(dt, dtype=A.real.dtype, device=A.device)
    total = expm1(z)
    # A rounding of z moves the denominator by about eps |z|: below a few times that, its value says nothing.
    pole = total.abs() <= 4 * torch.finfo(A.dtype).eps * z.abs().clamp(min=1)
    if looked_at() and pole.any():
        at = z[pole][0].item()
        raise ValueError(
            f"discretize_dss: L A dt = {at:.6g} is a pole, a multiple of 2πi: it divides by e^(L A dt) − 1 = 0; "
            "change L or dt, or give the mode A a negative real part"
        )
    return A_bar, B_bar / total


def discretize(A: torch.Tensor, dt, method: str = "zoh", L: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """A_bar and B_bar by the method called "zoh", "bilinear" or "dss".

    Parameters
    ----------
    A : real or complex tensor
        Modes, as in ``discretize_zoh``.
    dt : float or real tensor
        Step size, as in ``discretize_zoh``.
    method : str, default "zoh"
        "zoh", "bilinear" or "dss".
    L : int, optional
        The length; only dss needs it.

    Returns
    -------
    A_bar, B_bar : tensor
        As ``discretize_zoh``.

    Raises
    ------
    ValueError
        As the three functions, and for another name.
    """
    check_choice("discretize", "method", method, METHODS)
    if method == "dss":
        if L is None:
            raise ValueError('discretize: method = "dss" is a softmax over L steps, and L is left out; give it: L=1024')
        return discretize_dss(A, dt, L)
    return discretize_bilinear(A, dt) if method == "bilinear" else discretize_zoh(A, dt)


def step_exponent(A: torch.Tensor, dt, method: str = "zoh") -> torch.Tensor:
    """z with e^z = A_bar, so that A_bar^l = e^{lz}.

    It is A dt for zoh and dss, 2 artanh(A dt/2) for bilinear. Taking the logarithm of a rounded
    A_bar would lose l u where A dt is small. For bilinear the result is complex, for A_bar of a
    real mode may be negative (A dt < −2); A_bar = 0 itself gives a number so small that its powers
    vanish.

    Parameters
    ----------
    A : real or complex tensor
        Modes, as in ``discretize``.
    dt : float or real tensor
        Step size, as in ``discretize``.
    method : str, default "zoh"
        As in ``discretize``.

    Returns
    -------
    tensor
        The broadcast shape, A's dtype, for bilinear its complex dtype.

    Raises
    ------
    ValueError
        As ``discretize``.
    """
    check_choice("step_exponent", "method", method, METHODS)
    dt = check_modes("step_exponent", A, dt)
    if method != "bilinear":
        return A * dt
    half = (A * dt / 2).to(torch.promote_types(A.dtype, torch.complex64))
    half = half + (half.detach() == -1) * torch.finfo(half.dtype).eps  # there A_bar = 0 has no logarithm; its neighbour has
    p, q = half.real, half.imag
    above, below = (1 + p) ** 2 + q**2, (1 - p) ** 2 + q**2  # |1 + A dt/2|² and |1 − A dt/2|²
    near = 4 * p > -below / 2  # there log1p keeps the digits that a quotient near 1 loses
    change = torch.where(near, 4 * p / below, torch.zeros_like(p))
    ratio = torch.where(near, torch.ones_like(p), above.clamp(min=torch.finfo(p.dtype).tiny) / below)
    decay = torch.where(near, torch.log1p(change), torch.log(ratio)) / 2
    return torch.complex(decay, torch.atan2(2 * q, (1 - p) * (1 + p) - q**2))
