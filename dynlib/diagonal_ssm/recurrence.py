"""The model step by step: what it does when the input arrives one number at a time, and in chunks that hand the state on.

The recurrence costs O(N) a step and remembers N numbers; the convolution with the kernel costs O(log L) a step but needs the
whole input. Cut into chunks, a sequence gets the second's speed with the first's memory.
"""

from dynlib.diagonal_ssm.discretization import discretize, step_exponent
from dynlib.diagonal_ssm.kernel import check_weights, ssm_kernel
from dynlib.scan import causal_convolution
from dynlib_kernels.arguments.scalars import check_count
from dynlib_kernels.arguments.tensors import check_broadcast, check_numbers
from dynlib_kernels.engine import torch
from dynlib_kernels.precision import full_precision


def step(x: torch.Tensor, u: torch.Tensor, A_bar: torch.Tensor, B_bar: torch.Tensor, C: torch.Tensor):
    """One step: x ← A_bar x + B_bar u, then y = 2 Re Σ_n C_n x_n (complex) or Σ_n C_n x_n (real).

    Nothing is checked: this is the inner loop.

    Parameters
    ----------
    x : (..., N) tensor
        The state.
    u : (...) tensor
        The input.
    A_bar, B_bar : (..., N) tensor
        From ``discretize``.
    C : (..., N) tensor
        The weights.

    Returns
    -------
    y : (...) tensor
        The output; it reads the state after the step.
    x : (..., N) tensor
        The new state.
    """
    x = A_bar * x + B_bar * u[..., None]
    return read(x, C), x


def read(x: torch.Tensor, C: torch.Tensor) -> torch.Tensor:
    """y = 2 Re Σ_n C_n x_n for complex modes, Σ_n C_n x_n for real ones.

    Of complex modes one of each conjugate pair is kept.

    Parameters
    ----------
    x : (..., N) tensor
        The state.
    C : (..., N) tensor
        The weights.

    Returns
    -------
    (...) real tensor
        The output.
    """
    return output((C * x).sum(-1))


def output(y: torch.Tensor) -> torch.Tensor:
    """Twice the real part of a complex sum over modes, for the conjugate half; a real sum as it is.

    Parameters
    ----------
    y : tensor
        The sum, any shape.

    Returns
    -------
    real tensor
        The shape of y.
    """
    return 2 * y.real if y.is_complex() else y


@full_precision
def run(u: torch.Tensor, A: torch.Tensor, C: torch.Tensor, dt, *, state: torch.Tensor | None = None, method: str = "zoh"):
    """The model as a recurrence over the whole input.

    Parameters
    ----------
    u : (..., L) real tensor
        The input; its axes before time broadcast against the rows of A.
    A : (..., N) tensor
        As in ``ssm_kernel``.
    C : (..., N) tensor
        As in ``ssm_kernel``.
    dt : float or real tensor
        As in ``ssm_kernel``.
    state : (..., N) tensor, optional
        The state before the first step, zero if left out.
    method : str, default "zoh"
        As in ``ssm_kernel`` ("dss": for this L).

    Returns
    -------
    y : (..., L) tensor
        The output.
    x : (..., N) tensor
        The state after the last step: ``run`` on the rest of the input with it continues.

    Raises
    ------
    ValueError
        As ``ssm_kernel``, for a complex input, and for shapes that do not fit.

    Notes
    -----
    Cost: N multiplications a step, L steps one after the other. Memory: y and the state (when no
    gradient is asked for).
    """
    check_input("run", u)
    A_bar, B_bar = discretize(A, dt, method, u.shape[-1])
    x = start("run", u, A, C, state)
    y = []
    for t in range(u.shape[-1]):
        now, x = step(x, u[..., t], A_bar, B_bar, C)
        y.append(now)
    return torch.stack(y, -1), x


@full_precision
def run_in_chunks(
    u: torch.Tensor, A: torch.Tensor, C: torch.Tensor, dt, *, chunk: int, state: torch.Tensor | None = None, method: str = "zoh"
):
    """The same by FFT convolution within chunks of Q steps; between them the state is carried on.

    In a chunk that starts in state x, with input u_0 … u_{Q−1},

        y_j = (K * u)_j + 2 Re Σ_n C_n A_bar_n^{j+1} x_n,
        x ← A_bar^Q x + Σ_j A_bar^{Q−1−j} B_bar u_j.

    Parameters
    ----------
    u : (..., L) real tensor
        As in ``run``.
    A : (..., N) tensor
        As in ``run``.
    C : (..., N) tensor
        As in ``run``.
    dt : float or real tensor
        As in ``run``.
    chunk : int
        Q, at least 1.
    state : (..., N) tensor, optional
        As in ``run``.
    method : str, default "zoh"
        "zoh" or "bilinear".

    Returns
    -------
    y : (..., L) tensor
        The output.
    x : (..., N) tensor
        The state after the last step.

    Raises
    ------
    ValueError
        As ``run``, for "dss", and for a chunk below 1.

    Notes
    -----
    Cost: O(log Q + N) a step, L/Q steps that wait for each other. Memory: y, and N Q numbers a row
    for the powers of A_bar.
    """
    chunk = check_count("run_in_chunks", "chunk", chunk)
    check_input("run_in_chunks", u)
    if method == "dss":
        raise ValueError('run_in_chunks: method = "dss" weighs the modes by the whole length; use "zoh" with C/(e^(L A dt) − 1)')
    A_bar, B_bar = discretize(A, dt, method)
    x = start("run_in_chunks", u, A, C, state)
    Q = min(chunk, u.shape[-1])
    K = ssm_kernel(A, C, dt, Q, method=method)
    z = step_exponent(A, dt, method)
    powers = torch.exp(z[..., None] * torch.arange(Q + 1, device=u.device))  # 1, A_bar, …, A_bar^Q: (..., N, Q + 1)
    powers = powers if A_bar.is_complex() else powers.real
    y = []
    for part in u.split(Q, -1):
        q = part.shape[-1]
        carried = output(((C * x)[..., None, :] @ powers[..., 1 : q + 1])[..., 0, :])
        y.append(causal_convolution(part, K[..., :q]) + carried)
        entered = (powers[..., :q].flip(-1) @ part[..., None].to(powers.dtype))[..., 0]  # Σ_j A_bar^{q−1−j} u_j
        x = powers[..., q] * x + B_bar * entered
    return torch.cat(y, -1), x


def check_input(where: str, u: torch.Tensor) -> None:
    """Refuse a u that is no real sequence, time last.

    Parameters
    ----------
    where : str
        The function that asks; the error begins with it.
    u : (..., L) tensor
        The input.

    Raises
    ------
    ValueError
        For complex numbers, nan, inf, half precision, and a u without an axis.
    """
    if check_numbers(where, "u", u).is_complex() or u.ndim < 1:
        raise ValueError(f"{where}: u is {u.dtype} of shape {tuple(u.shape)}; give a real input, its last axis time: (..., L)")


def start(where: str, u: torch.Tensor, A: torch.Tensor, C: torch.Tensor, state: torch.Tensor | None) -> torch.Tensor:
    """The state before the first step, with the axes of u and of A's rows.

    Parameters
    ----------
    where : str
        The function that asks; errors begin with it.
    u : (..., L) tensor
        The input.
    A : (..., N) tensor
        The modes.
    C : (..., N) tensor
        The weights.
    state : (..., N) tensor, optional
        Zero if None.

    Returns
    -------
    (..., N) tensor
        The state.

    Raises
    ------
    ValueError
        For shapes that do not fit.
    """
    modes = check_weights(where, A, C)
    rows = check_broadcast(where, **{"u without time": u.shape[:-1], "A and C without modes": modes[:-1]})
    if state is None:
        return torch.zeros(*rows, modes[-1], dtype=C.dtype, device=A.device)
    if check_numbers(where, "state", state).shape != (*rows, modes[-1]):
        raise ValueError(f"{where}: state has shape {tuple(state.shape)}; with this u and A it must be {(*rows, modes[-1])}")
    if state.real.dtype != C.real.dtype:
        raise ValueError(f"{where}: state is {state.dtype} but C is {C.dtype}; give both one precision: state.to(C)")
    return state
