"""The convolution kernel of a diagonal state space model: what it answers to a single 1.

    K_l = 2 Re Σ_n C_n B_bar_n A_bar_n^l      complex modes, one of each conjugate pair
    K_l = Σ_n C_n B_bar_n A_bar_n^l           real modes

Only the product of input and output weights matters, so C stands for both ("B = 1"). Then y_t = Σ_{s ≤ t} K_s u_{t−s}.
"""

from dynlib.diagonal_ssm.discretization import discretize, step_exponent
from dynlib.diagonal_ssm.vandermonde import vandermonde_materialised, vandermonde_tables, vandermonde_two_level
from dynlib_kernels.arguments.scalars import check_choice
from dynlib_kernels.arguments.tensors import check_broadcast, check_numbers
from dynlib_kernels.engine import torch
from dynlib_kernels.precision import full_precision

FORMS = {"two-level": vandermonde_two_level, "tables": vandermonde_tables, "materialised": vandermonde_materialised}


def check_weights(where: str, A: torch.Tensor, C: torch.Tensor, name: str = "C") -> tuple[int, ...]:
    """The common shape of modes and weights, both real or both complex, and one weight a mode.

    Parameters
    ----------
    where : str
        The function that asks; errors begin with it.
    A : (..., N) tensor
        The modes.
    C : (..., N) tensor
        Their weights.

    Returns
    -------
    tuple of int
        The broadcast shape, its last entry N.

    Raises
    ------
    ValueError
        For weights that are not finite numbers, of another kind than A, or of a shape that does not
        fit.
    """
    check_numbers(where, name, C)
    if C.real.dtype != A.real.dtype:
        raise ValueError(f"{where}: {name} is {C.dtype} but A is {A.dtype}; give both one precision: {name}.to(A)")
    if C.is_complex() != A.is_complex():
        kinds = ["real", "complex"]
        raise ValueError(
            f"{where}: A is {kinds[A.is_complex()]} but {name} is {kinds[C.is_complex()]}; a real mode takes a real "
            "weight, a complex one a complex weight"
        )
    if A.ndim < 1 or C.ndim < 1 or A.shape[-1] != C.shape[-1]:
        raise ValueError(
            f"{where}: A is {tuple(A.shape)} and {name} is {tuple(C.shape)}; both end in the modes, so give one size: (..., N)"
        )
    return check_broadcast(where, A=A.shape, C=C.shape)


@full_precision
def ssm_kernel(A: torch.Tensor, C: torch.Tensor, dt, L: int, *, method: str = "zoh", form: str = "two-level") -> torch.Tensor:
    """The first L entries of the kernel.

    Parameters
    ----------
    A : (..., N) real or complex tensor
        Modes with Re A ≤ 0.
    C : (..., N) tensor
        Their weights, broadcast against A; both complex or both real.
    dt : float or real tensor
        Step size > 0, broadcast against A: a number, or (..., 1) for one step size a row.
    L : int
        How many entries, at least 1.
    method : str, default "zoh"
        "zoh", "bilinear" or "dss" (a softmax over these L steps).
    form : str, default "two-level"
        "two-level", "tables" or "materialised": the same numbers at other costs, see
        ``vandermonde``.

    Returns
    -------
    (..., L) real tensor
        Float32 or float64, under ``torch.autocast`` too. Differentiable any number of times in A, C
        and dt.

    Raises
    ------
    ValueError
        As ``discretize``; for weights of another kind or shape, and another method or form.

    References
    ----------
    .. [1] Gu, Gupta, Goel and Ré, 2022, section 3.
    """
    check_choice("ssm_kernel", "form", form, FORMS)
    _, B_bar = discretize(A, dt, method, L)
    check_weights("ssm_kernel", A, C)
    z, c = step_exponent(A, dt, method), C * B_bar
    if z.is_complex() and not c.is_complex():  # real modes that bilinear has turned: the conjugate is the mode itself
        c = torch.complex(c / 2, torch.zeros_like(c))
    dtype = torch.promote_types(z.dtype, c.dtype)
    return FORMS[form](z.to(dtype), c.to(dtype), L)


@full_precision
def dss_kernel(A: torch.Tensor, w: torch.Tensor, dt, L: int) -> torch.Tensor:
    """The kernel of DSS with its authors' softmax, also for modes that grow.

    K = 2 Re Σ_n (w_n/A_n) softmax_l(l A_n dt). The 2 is for the conjugate of each mode, as everywhere
    here; the authors write Re without it, so that their w is twice ours. It equals ``ssm_kernel(A, w, dt, L, method="dss")``
    where Re A ≤ 0. A growing mode is read from the end: the softmax divides by its largest entry.
    Written as a materialised table, N L numbers.

    Parameters
    ----------
    A : (..., N) complex tensor
        Modes, not 0.
    w : (..., N) complex tensor
        Their weights.
    dt : float or real tensor
        Step size > 0, broadcast against A.
    L : int
        At least 1.

    Returns
    -------
    (..., L) real tensor
        The kernel.

    Raises
    ------
    ValueError
        As ``ssm_kernel``, and at a pole, where the exponentials of the L steps sum to zero.

    References
    ----------
    .. [1] Gupta, Gu and Berant, "DSS", 2022, equation 8.
    """
    mirrored = torch.complex(-A.real.abs(), A.imag) if isinstance(A, torch.Tensor) and A.is_complex() else A
    discretize(mirrored, dt, "dss", L)  # refuses bad A, dt, L and poles; Re A and −Re A have the same ones
    check_weights("dss_kernel", A, w, "w")
    L = int(L)
    if not A.is_complex():
        raise ValueError("dss_kernel: A is real; DSS is written for complex modes: give A.to(torch.complex64)")
    z = A * torch.as_tensor(dt, dtype=A.real.dtype, device=A.device)
    exponent = z[..., None] * torch.arange(L, device=A.device)
    table = torch.exp(exponent - exponent.real.amax(-1, keepdim=True))
    return 2 * torch.einsum("...n,...nl->...l", w / A / table.sum(-1), table).real
