"""Causal convolution by FFT, and the scan whose factor does not change in time, which is one.

Padding. A discrete Fourier transform of length n convolves in a circle: what runs over the end comes back at the start. Two
sequences of lengths L and M overlap in L + M − 1 places, so n ≥ L + M − 1 (2 L − 1 for equal lengths) keeps the circle open.

Rounding is relative to the whole sequence and not to the single answer: with u = 2⁻²⁴ in float32 and 2⁻⁵³ in float64,
    max_t |y_t − exact| ≤ 20 u log₂ n ‖K‖₂ ‖input‖₂
(three transforms, each off by at most 6.7 u log₂ n: Higham, "Accuracy and Stability of Numerical Algorithms", theorem 24.2).
It grows like log L only, slower than in the recurrence. But a small answer beside a large one, such as the tail of a decay,
drowns in it, where a recurrence keeps its digits.
"""

from scipy import fft

from dynlib.scan.recurrence import arguments, scan_chunked
from dynlib_kernels.arguments.tensors import check_broadcast, check_numbers
from dynlib_kernels.arguments.values import looked_at, traced
from dynlib_kernels.engine import torch
from dynlib_kernels.precision import full_precision


@full_precision
def causal_convolution(u: torch.Tensor, K: torch.Tensor) -> torch.Tensor:
    """Convolve u with K, looking only back: y_t = Σ_{s ≤ t} K_s u_{t−s} for t = 0 … L−1.

    By FFT, with enough zeros that nothing wraps around.

    Parameters
    ----------
    u : (..., L) float32, float64, complex64 or complex128 tensor
        The input; time is the last axis.
    K : (..., M) tensor
        The kernel; its axes before time broadcast against those of u. K beyond L is not used.

    Returns
    -------
    (..., L) tensor
        The output, real where u and K are.

    Raises
    ------
    ValueError
        For half precision or integers, nan or inf, and shapes that do not fit.

    Notes
    -----
    Cost: three FFTs of the first fast length n ≥ L + M − 1. Memory: three spectra, n/2 complex
    numbers for real input.
    """
    for name, x in (("u", u), ("K", K)):
        if check_numbers("causal_convolution", name, x).ndim < 1:
            raise ValueError(f"causal_convolution: {name} has no axis; its last axis is time")
    check_broadcast("causal_convolution", **{"u without time": u.shape[:-1], "K without time": K.shape[:-1]})
    L = u.shape[-1]
    K = K[..., :L]
    if u.is_complex() or K.is_complex():
        n = next_fast_len(L + K.shape[-1] - 1)
        return torch.fft.ifft(torch.fft.fft(u, n) * torch.fft.fft(K, n))[..., :L]
    n = next_fast_len(L + K.shape[-1] - 1, real=True)
    return torch.fft.irfft(torch.fft.rfft(u, n) * torch.fft.rfft(K, n), n)[..., :L]


@full_precision
def scan_convolution(a: torch.Tensor, b: torch.Tensor, initial: torch.Tensor | None = None) -> torch.Tensor:
    """Run x_t = a x_{t−1} + b_t with a constant a: the convolution of b with 1, a, a², …

    Parameters
    ----------
    a : number or (..., L) tensor
        The factor, the same at all times: a number, (..., 1), or (..., L) with equal entries.
    b : (..., L) tensor
        The input, real or complex; broadcasts against a.
    initial : (...) tensor or number, optional
        x_{−1}, without the time axis; zero if left out.

    Returns
    -------
    (..., L) tensor
        The states, of the common shape and dtype.

    Raises
    ------
    ValueError
        As ``scan_sequential``, and where a changes in time.

    Notes
    -----
    Cost and memory: as ``causal_convolution``, and 2 √L short steps for the powers of a, in double
    precision and rounded once.
    """
    a, b, initial = arguments("scan_convolution", a, b, initial)
    if looked_at() and (spread := (a - a[..., :1]).detach().abs().max().item()) > 0:
        raise ValueError(f"scan_convolution: a changes in time, by {spread:.3g}; make it constant, or use scan_chunked")
    L = max(a.shape[-1], b.shape[-1])
    pulse = torch.zeros(L + 1, dtype=torch.complex128 if a.is_complex() else torch.float64, device=a.device)
    pulse[0] = 1
    powers = scan_chunked(a[..., :1].to(pulse.dtype), pulse).to(a.dtype)  # 1, a, …, a^L
    return causal_convolution(b.expand(*b.shape[:-1], L), powers[..., :-1]) + initial[..., None] * powers[..., 1:]


def next_fast_len(n: int, real: bool = False) -> int:
    """The first fast length of an FFT from n on; n itself where torch traces and n may be no number yet.

    Parameters
    ----------
    n : int
        At least 1.
    real : bool, default False
        Whether the input is real.

    Returns
    -------
    int
        A length.
    """
    return n if traced() else fft.next_fast_len(n, real)
